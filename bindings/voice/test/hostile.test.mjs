// Whatever comes in, an answer or an error in words goes out, and the module goes on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../index.js';
import { decodeWav, encodeWav } from '../wav.js';
import { cases, EXPECTED, FULL, NOW, sdk, voiceAt } from './house.mjs';

const WRONG = [7, {}, [], true, Symbol('x'), 1n, () => ''].map((each) => /** @type {any} */ (each));

test('wrong types are said in words, and change nothing', () => {
  const { voice, told } = voiceAt();
  voice.init(FULL);
  for (const wrong of WRONG) assert.throws(() => voice.init(wrong), TypeError);
  for (const wrong of ['true', 1, null, undefined, {}].map((each) => /** @type {any} */ (each))) {
    assert.throws(() => voice.enableANS(wrong), TypeError);
    assert.throws(() => voice.enableAGC(wrong), TypeError);
  }
  for (const wrong of [null, undefined, {}, [], true].map((each) => /** @type {any} */ (each))) assert.throws(() => voice.setANSMode(wrong), TypeError);
  for (const wrong of [null, undefined, [], new Float32Array(479), new Float32Array(481), new Float64Array(480), new Int16Array(480)].map((each) => /** @type {any} */ (each))) assert.throws(() => voice.process(wrong), /480 samples/);
  for (const wrong of [null, [], new Int16Array(480)].map((each) => /** @type {any} */ (each))) assert.throws(() => voice.clean(wrong), TypeError);
  assert.deepEqual([told, voice.recording], [[], false]);
  voice.enableANS(true);
  voice.startRecord();
  assert.equal(voice.running.ans, 'medium');
});

test('options that cannot be used are refused, each in words', () => {
  const onError = () => {};
  /** @type {[any, RegExp][]} */
  const all = [
    [undefined, /options are needed/], [null, /options are needed/], ['x', /options are needed/],
    [{}, /tonegate key pins/], [{ ...EXPECTED, pins: 'x' }, /tonegate key pins/], [{ ...EXPECTED, pins: `${EXPECTED.pins}${' '.repeat(400)}` }, /tonegate key pins/],
    [{ ...EXPECTED, issuer: undefined }, /issuer/], [{ ...EXPECTED, environment: 'staging' }, /environment/],
    [{ ...EXPECTED, appId: '12345' }, /appId/], [{ ...EXPECTED, appId: -1 }, /appId/], [{ ...EXPECTED, appId: 2 ** 32 }, /appId/], [{ ...EXPECTED, appId: 1.5 }, /appId/],
    [{ ...EXPECTED, identity: 'x' }, /identity/], [{ ...EXPECTED, identity: '' }, /identity/], [{ ...EXPECTED, state: 'x' }, /Uint8Array/],
  ];
  for (const [options, words] of all) {
    assert.throws(() => sdk.voice(options && typeof options === 'object' ? { ...options, onError } : options), words);
    assert.throws(() => sdk.explain(FULL, options), words);
  }
  assert.throws(() => sdk.voice(/** @type {any} */ (EXPECTED)), /onError/);
  assert.throws(() => sdk.voice({ ...EXPECTED, onError, clock: /** @type {any} */ ({}) }), /wall\(\) and elapsed\(\)/);
  for (const clock of [{ wall: () => NaN, elapsed: () => 0 }, { wall: () => /** @type {any} */ ('now'), elapsed: () => 0 }]) assert.throws(() => sdk.voice({ ...EXPECTED, onError, clock }).init(FULL), /number of seconds/);
});

test('any text is a verdict', () => {
  const { voice } = voiceAt();
  for (const text of ['\ud800', 'ä'.repeat(3_000), '🎙️', '\0', 'x'.repeat(1e7), `${FULL}\n`, FULL.slice(0, -1)]) assert.equal(voice.init(text).state, 'refused');
  assert.equal(voice.init(FULL).state, 'valid');
});

test('every licence of the vectors gets the verdict that is stated', () => {
  let looked = 0;
  for (const each of cases.cases) {
    const [step] = each.steps;
    if (step.do !== 'load') continue;
    const { app_id: appId, environment, identity, issuer } = each.expect;
    const state = Uint8Array.from(Buffer.from(each.state_hex, 'hex'));
    const voice = sdk.voice({ pins: each.pins ?? cases.pins, issuer, environment, appId, identity, state, clock: { wall: () => step.wall, elapsed: () => step.elapsed }, onError: () => {} });
    const verdict = voice.init(step.license);
    const { state: found, reason, sdk_code, now } = step.expect;
    assert.deepEqual([verdict.state, verdict.reason, verdict.sdkCode, verdict.now], [found, reason, sdk_code, now], each.name);
    assert.equal(Buffer.from(voice.state).toString('hex'), step.expect.state_hex, each.name);
    voice.free();
    looked++;
  }
  assert.ok(looked > 250, `${looked} cases`);
});

test('samples that no microphone makes trap nothing', () => {
  for (const value of [NaN, Infinity, -Infinity, 3.4e38, 1e-42]) {
    const { voice } = voiceAt();
    voice.init(FULL);
    voice.enableANS(true);
    voice.enableAGC(true);
    for (const mode of [0, 1, 2, 3, 4]) {
      voice.setANSMode(mode);
      assert.equal(voice.clean(new Float32Array(4_800).fill(value)).length, 4_800);
    }
    voice.free();
  }
  const { voice } = voiceAt();
  voice.init(FULL);
  voice.enableANS(true);
  assert.equal(voice.clean(new Float32Array()).length, 0);
  assert.equal(voice.clean(new Float32Array(1)).length, 1);
});

test('a voice that was freed says so, and its memory is used again', () => {
  const first = voiceAt();
  const bytes = () => process.memoryUsage().arrayBuffers + process.memoryUsage().external;
  first.voice.init(FULL);
  const { state } = first.voice;
  first.voice.free();
  first.voice.free();
  assert.throws(() => first.voice.startRecord(), /freed/);
  assert.deepEqual([first.voice.recording, first.voice.latency, first.voice.state], [false, 0, state]);
  let before = 0;
  for (let round = 0; round < 300; round++) {
    const { voice } = voiceAt();
    voice.init(FULL);
    voice.enableANS(true);
    voice.startRecord();
    voice.free();
    if (round === 100) before = bytes();
  }
  assert.ok(bytes() - before < 8e6, `${bytes() - before} bytes more`);
});

test('what is told may call the voice itself', () => {
  const { told, voice } = voiceAt(NOW, { onError: (/** @type {import('../index.js').VoiceError} */ error) => { told.push(error); if (told.length < 3) voice.enableAGC(true); } });
  voice.init('');
  voice.enableANS(true);
  assert.deepEqual(told.map(({ feature }) => feature), ['ans', 'agc', 'agc']);
});

test('a module of another version, and none at all, are said in words', async () => {
  await assert.rejects(load(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])), /deploy both files together/);
  await assert.rejects(load(/** @type {any} */ (7)), /load\(\) takes/);
});

test('WAV files go there and back, and what is none is refused', () => {
  const samples = Float32Array.from([0, 0.5, -0.5, 1, -1, 2]);
  const { samples: found, sampleRate } = decodeWav(encodeWav(samples));
  assert.deepEqual([[...found], sampleRate], [[0, 0.5, -0.5, 32_767 / 32_768, -1, 32_767 / 32_768], 48_000]);
  for (const length of [0, 10, 43]) assert.throws(() => decodeWav(encodeWav(samples).slice(0, length)), /WAV/);
});
