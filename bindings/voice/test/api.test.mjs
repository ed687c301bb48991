// The API as an app meets it: what is locked leaves samples untouched, what is unlocked is heard, and each refusal has its
// code.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXPECTED, EXPIRES, FORGED, framesOf, FULL, GRACE, license, NOW, pauses, sdk, sound, voiceAt, WITHOUT_AI } from './house.mjs';

const steady = await sound('steady'), speech = await sound('speech');
const same = (/** @type {Float32Array} */ found, /** @type {Float32Array} */ wanted) => assert.ok(Buffer.from(found.buffer, found.byteOffset, found.byteLength).equals(Buffer.from(wanted.buffer, wanted.byteOffset, wanted.byteLength)), 'not the very same samples');

test('without a licence, recording goes on and samples come back as they are', () => {
  for (const text of ['', null, undefined, 'no licence', FORGED]) {
    const { voice, codes } = voiceAt();
    assert.equal(voice.init(text).sdkCode, 81);
    voice.enableANS(true);
    voice.enableAGC(true);
    voice.setANSMode('ai');
    assert.deepEqual(codes(), [81, 81, 81]);
    same(voice.clean(steady), steady);
    voice.startRecord();
    assert.deepEqual([voice.recording, voice.running, voice.latency], [true, { ans: null, agc: false }, 0]);
    voice.free();
  }
});

test('a licence unlocks: the noise in the pauses goes, and what is said stays where it is', () => {
  const { voice, told } = voiceAt();
  assert.equal(voice.init(FULL).state, 'valid');
  for (const [mode, least] of /** @type {const} */ ([['soft', 8], ['medium', 10], ['aggressive', 10], ['ai', 15], ['ai_balanced', 15]])) {
    voice.setANSMode(mode);
    voice.enableANS(true);
    const cleaned = voice.clean(steady);
    assert.equal(cleaned.length, steady.length);
    const less = pauses(steady) - pauses(cleaned);
    assert.ok(less >= least, `${mode}: ${less.toFixed(1)} dB`);
    assert.ok(shiftOf(voice.clean(speech), speech) <= 8, `${mode} lies beside the sound it came from`);
  }
  assert.deepEqual(told, []);
});

test('modes are known by number and by name', () => {
  const { voice, codes } = voiceAt();
  voice.init(FULL);
  voice.enableANS(true);
  for (const [at, mode] of ['soft', 'medium', 'aggressive', 'ai', 'ai_balanced'].entries()) {
    for (const given of [at, /** @type {import('../index.js').Mode} */ (mode)]) {
      voice.setANSMode(given);
      voice.startRecord();
      assert.equal(voice.running.ans, mode);
      voice.completeRecord();
    }
  }
  for (const wrong of [-1, 5, 1.5, NaN, Infinity, /** @type {any} */ ('loud'), /** @type {any} */ ('')]) voice.setANSMode(wrong);
  assert.deepEqual(codes(), Array(7).fill(4));
});

test('code 2 before init, 4 at the wrong time, and nothing comes of it', () => {
  const { voice, codes } = voiceAt();
  voice.enableANS(true);
  voice.enableAGC(false);
  voice.setANSMode(0);
  voice.startRecord();
  voice.completeRecord();
  assert.deepEqual(codes(), [2, 2, 2, 2, 2]);
  const frame = steady.slice(0, 480);
  assert.equal(voice.process(frame), 'idle');
  same(frame, steady.slice(0, 480));
  same(voice.clean(steady), steady);
  assert.deepEqual(codes(), [2]);
  voice.init('');
  voice.completeRecord();
  voice.startRecord();
  voice.startRecord();
  assert.deepEqual(codes(), [4, 4]);
  same(voice.clean(steady), steady);
  assert.deepEqual([codes(), voice.recording], [[4], true]);
});

test('code 83: what the licence has not stays locked, the rest runs', () => {
  const { voice, told } = voiceAt();
  voice.init(WITHOUT_AI);
  voice.enableANS(true);
  voice.setANSMode('ai');
  assert.deepEqual(told.map(({ code, feature, reason }) => ({ code, feature, reason })), [{ code: 83, feature: 'ans-ai', reason: 'feature_missing' }]);
  assert.ok(told[0]?.message && /\.$/.test(told[0].nextStep));
  voice.startRecord();
  assert.equal(voice.running.ans, 'medium');
});

test('code 82 at expiry, and again what unlocks it with a newer licence', () => {
  const { voice, clock, codes } = voiceAt(EXPIRES);
  assert.equal(voice.init(FULL).state, 'expired');
  voice.enableANS(true);
  assert.deepEqual(codes(), [82]);
  same(voice.clean(steady), steady);
  const { expected: _, text } = renewed();
  clock.at = EXPIRES + 60;
  voice.init(text);
  voice.enableANS(true);
  assert.deepEqual(codes(), []);
  assert.ok(pauses(steady) - pauses(voice.clean(steady)) > 10);
});

test('what is switched while a recording goes on counts from the next one', () => {
  const { voice } = voiceAt();
  voice.init(FULL);
  voice.startRecord();
  voice.enableANS(true);
  voice.enableAGC(true);
  for (const frame of framesOf(steady).slice(0, 20)) {
    const before = frame.slice();
    assert.equal(voice.process(frame), 'records');
    same(frame, before);
  }
  assert.deepEqual(voice.running, { ans: null, agc: false });
  voice.completeRecord();
  voice.startRecord();
  assert.deepEqual(voice.running, { ans: 'medium', agc: true });
});

test('bypass: an expiry in the middle leaves untouched samples from there on, as late as before', () => {
  const { voice, clock, codes } = voiceAt();
  voice.init(FULL);
  voice.enableANS(true);
  voice.startRecord();
  const latency = voice.latency, out = new Float32Array(steady.length), half = 310;
  framesOf(steady).forEach((frame, place) => {
    if (place === half) clock.at = EXPIRES;
    assert.equal(voice.process(frame), 'records');
    out.set(frame, 480 * place);
  });
  assert.deepEqual([codes(), voice.running, voice.latency], [[82], { ans: null, agc: false }, latency]);
  const from = 480 * (half + 1);
  same(out.slice(from), steady.slice(from - latency, out.length - latency));
  const level = (/** @type {Float32Array} */ samples) => samples.slice(132_000, 137_000).reduce((sum, sample) => sum + sample ** 2, 0);
  assert.ok(level(steady) / level(out) > 10, 'nothing was heard before');
});

test('stop: the recording ends, faded out, and what was recorded is kept', () => {
  const { voice, clock, codes } = voiceAt();
  voice.init(FULL);
  voice.enableAGC(true);
  voice.startRecord();
  const frames = framesOf(steady);
  frames.slice(0, 200).forEach((frame) => assert.equal(voice.process(frame), 'records'));
  clock.at = EXPIRES;
  const last = /** @type {Float32Array} */ (frames[200]);
  assert.equal(voice.process(last), 'ended');
  assert.ok(Math.abs(Number(last[479])) < 1e-3, 'it does not end in silence');
  assert.deepEqual([codes(), voice.recording], [[82], false]);
  const next = /** @type {Float32Array} */ (frames[201]), untouched = next.slice();
  assert.equal(voice.process(next), 'idle');
  same(next, untouched);
  // A whole recording meanwhile: it is cut where the licence ends.
  const { voice: other } = voiceAt(NOW, { clock: { wall: counting(), elapsed: () => 0 } });
  other.init(FULL);
  other.enableAGC(true);
  const cut = other.clean(steady);
  assert.ok(cut.length > 0 && cut.length < steady.length, `${cut.length} samples`);
  assert.equal(other.recording, false);
});

test('grace: noise suppression goes on after expiry, and ends with the grace', () => {
  const { voice, clock, codes } = voiceAt();
  voice.init(GRACE);
  voice.enableANS(true);
  voice.startRecord();
  const frame = () => steady.slice(96_000, 96_480);
  clock.at = EXPIRES + 3_600;
  assert.equal(voice.process(frame()), 'records');
  assert.deepEqual([voice.running.ans, codes()], ['medium', []]);
  clock.at = EXPIRES + 36_001;
  assert.equal(voice.process(frame()), 'records');
  assert.deepEqual([voice.running.ans, codes()], [null, [82]]);
});

test('explain is the verifier’s', () => {
  const found = sdk.explain(FULL, { ...EXPECTED, now: NOW });
  assert.deepEqual([found.state, found.authentic, found.features.map(({ name, on_expiry }) => `${name}:${on_expiry}`)], ['valid', true, ['agc:stop', 'ans:bypass', 'ans-ai:bypass']]);
  assert.equal(sdk.explain(FULL, { ...EXPECTED, now: EXPIRES }).sdk_code, 82);
  assert.equal(sdk.explain(FORGED, { ...EXPECTED, now: NOW }).reason, 'signature');
  assert.equal(sdk.explain('', EXPECTED).reason, 'empty');
});

test('the state goes from one start to the next: a clock set back gains nothing', () => {
  const { voice, clock } = voiceAt();
  voice.init(FULL);
  clock.at = EXPIRES + 10;
  voice.enableANS(true);
  const { state } = voice;
  assert.equal(state.length, 32);
  const { voice: next, codes } = voiceAt(NOW, { state });
  assert.equal(next.init(FULL).state, 'expired');
  next.enableANS(true);
  assert.deepEqual(codes(), [82]);
});

/** A later licence than `FULL`, with `agc` and `ans`. */
function renewed() {
  const text = license('certificate-last-second');
  return { text, expected: EXPECTED };
}

test('a renewal that is no good takes nothing away', () => {
  const { voice, codes } = voiceAt();
  voice.init(FULL);
  voice.enableANS(true);
  voice.startRecord();
  for (const bad of ['', '<html>502</html>', FORGED]) {
    assert.equal(voice.renew(bad).inForce, false);
    voice.process(new Float32Array(480));
    assert.equal(voice.running.ans, 'medium');
  }
  assert.deepEqual([voice.renew(FULL).inForce, codes()], [true, []]);
});

test('who is told of an error may throw, or free the voice', async () => {
  const { voice, clock, told } = voiceAt(NOW, { onError: (/** @type {any} */ error) => { told.push(error); throw new Error('not now'); } });
  voice.init(WITHOUT_AI);
  voice.enableANS(true);
  voice.enableAGC(true);
  voice.startRecord();
  clock.at = EXPIRES;
  assert.throws(() => voice.process(new Float32Array(480)), /not now/);
  assert.deepEqual(told.map(({ feature }) => feature), ['ans', 'agc'], 'both are told');
  const ending = { at: NOW, wall: () => ending.at++, elapsed: () => 0 };
  const freed = sdk.voice({ ...EXPECTED, clock: ending, onError: () => freed.free() });
  freed.init(WITHOUT_AI);
  freed.enableANS(true);
  ending.at = EXPIRES - 20;
  const given = await sound('steady');
  assert.deepEqual(freed.clean(given), given);
});

/** A clock that stands before the expiry for a while, and then after it. */
function counting() {
  let asked = 0;
  return () => (++asked < 500 ? NOW : EXPIRES);
}

/** By how many samples a sound lies beside another, by what they have in common. @param {Float32Array} one @param {Float32Array} other */
function shiftOf(one, other) {
  let [best, found] = [-Infinity, 0];
  for (let shift = -600; shift <= 600; shift++) {
    let sum = 0;
    for (let at = 40_000; at < 430_000; at += 7) sum += Number(one[at + shift]) * Number(other[at]);
    if (sum > best) [best, found] = [sum, shift];
  }
  return Math.abs(found);
}
