// What an app meets: one look, a gate over time, and the memory behind it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { load } from '../index.js';
import { caseOf, clockAt, EXPECTED, EXPIRES, LICENSE, NOW, tonegate } from './house.mjs';

test('one look says what is true, and what to keep', () => {
  const { verdict, state } = tonegate.verify(LICENSE, { ...EXPECTED, now: NOW });
  assert.deepEqual([verdict.state, verdict.reason, verdict.sdkCode, verdict.validUntil, verdict.secondsLeft], ['valid', null, 0, EXPIRES, EXPIRES - NOW]);
  assert.equal(state.length, 32);
  assert.equal('inForce' in verdict, false);

  const later = tonegate.verify(LICENSE, { ...EXPECTED, now: EXPIRES, state });
  assert.deepEqual([later.verdict.state, later.verdict.sdkCode], ['expired', 82]);
  const clockSetBack = tonegate.verify(LICENSE, { ...EXPECTED, now: NOW, state: later.state });
  assert.equal(clockSetBack.verdict.state, 'expired', 'the state remembers');
});

test('a refused licence explains itself', () => {
  const { verdict } = tonegate.verify(`${LICENSE}x`, { ...EXPECTED, now: NOW });
  assert.deepEqual([verdict.state, verdict.reason, verdict.sdkCode, verdict.retryable, verdict.now], ['refused', 'not_a_license', 81, true, null]);
  assert.match(verdict.message, /not a licence/);
  assert.match(verdict.nextStep, /exactly as the issuer answered it/);
});

test('an explanation is the same as in every other language', () => {
  const told = tonegate.explain(LICENSE, { ...EXPECTED, now: NOW });
  assert.deepEqual([told.authentic, told.at, told.license?.app_id, told.features.map((each) => [each.name, each.answer])], [true, NOW, 12_345, [['agc', 'run'], ['ans', 'run']]]);
  const altered = tonegate.explain(LICENSE.slice(0, -4) + 'AAAA', { ...EXPECTED, now: NOW });
  assert.deepEqual([altered.authentic, altered.reason, altered.features, altered.license?.app_id], [false, 'signature', [], 12_345]);
  assert.equal(tonegate.explain('?', EXPECTED).license, null);
});

test('the fullest licence is explained whole', () => {
  const full = caseOf('at-2048');
  const told = tonegate.explain(full.steps[0].license, { ...EXPECTED, now: NOW });
  assert.equal(told.state, full.steps[0].expect.state);
});

test('a gate runs, expires and takes a next licence', () => {
  const clock = clockAt(NOW);
  const gate = new tonegate.Gate({ ...EXPECTED, clock });
  assert.deepEqual(gate.check('ans'), { answer: 'bypass', runs: false, reason: 'empty', sdkCode: 81, secondsLeft: null });
  assert.equal(gate.outlook('ans'), null);
  assert.equal(gate.load(LICENSE).state, 'valid');
  assert.deepEqual(gate.check('ans'), { answer: 'run', runs: true, reason: null, sdkCode: 0, secondsLeft: null });
  assert.deepEqual(gate.check('ans-ai'), { answer: 'bypass', runs: false, reason: 'feature_missing', sdkCode: 83, secondsLeft: null });
  assert.deepEqual(gate.outlook('ans'), { onExpiry: 'bypass', runsUntil: EXPIRES });

  const offered = gate.renew('not a licence');
  assert.deepEqual([offered.inForce, offered.reason], [false, 'not_a_license']);
  assert.equal(gate.verdict().state, 'valid', 'what runs runs on');
  assert.equal(gate.renew(LICENSE).inForce, true);

  clock.advance(EXPIRES - NOW);
  assert.equal(gate.check('ans').sdkCode, 82);
  gate.free();
});

test('a grace is announced, counted, and ends', () => {
  const { license, wall } = caseOf('grace-middle').steps[0];
  const clock = clockAt(wall);
  const gate = tonegate.gate({ ...EXPECTED, clock });
  const end = Number(gate.load(license).validUntil);
  const until = gate.outlook('ans')?.runsUntil ?? 0;
  assert.ok(until > end, 'later than the licence');
  assert.match(gate.outlook('ans')?.onExpiry ?? '', /^grace:\d+$/);
  clock.advance(end - wall);
  assert.deepEqual(gate.check('ans'), { answer: 'grace', runs: true, reason: null, sdkCode: 0, secondsLeft: until - end });
  clock.advance(until - end);
  assert.deepEqual([gate.check('ans').answer, gate.check('ans').sdkCode], ['bypass', 82]);
});

test('several gates at once know nothing of each other', () => {
  const [one, other] = [tonegate.gate({ ...EXPECTED, clock: clockAt(NOW) }), tonegate.gate({ ...EXPECTED, clock: clockAt(EXPIRES) })];
  one.load(LICENSE);
  other.load(LICENSE);
  assert.deepEqual([one.verdict().state, other.verdict().state], ['valid', 'expired']);
  one.free();
  assert.equal(other.verdict().state, 'expired');
  other.free();
});

test('a freed gate answers as one without a licence', () => {
  const gate = tonegate.gate({ ...EXPECTED, clock: clockAt(NOW) });
  gate.load(LICENSE);
  const { state } = gate;
  gate.free();
  gate.free();
  assert.deepEqual([gate.check('ans').answer, gate.verdict().reason, gate.outlook('ans')], ['bypass', 'empty', null]);
  assert.deepEqual(gate.state, state, 'what is to be kept outlives it');
  assert.throws(() => gate.load(LICENSE), /was freed/);
});

test('memory does not grow over 100,000 gates and sessions', async () => {
  const bytes = await readFile(new URL('../tonegate.wasm', import.meta.url));
  /** @type {WebAssembly.Memory | undefined} */ let memory;
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = /** @type {any} */ (async (/** @type {WebAssembly.Module} */ module) => {
    const instance = await instantiate(module);
    memory = /** @type {WebAssembly.Memory} */ (instance.exports.memory);
    return instance;
  });
  const fresh = await load(bytes).finally(() => { WebAssembly.instantiate = instantiate; });
  const options = { ...EXPECTED, clock: clockAt(NOW), fetch: () => LICENSE };
  const round = (/** @type {number} */ at) => at % 2 ? fresh.gate(options).free() : fresh.session(options).close();
  [0, 1].forEach(round);
  const before = memory?.buffer.byteLength;
  for (let at = 0; at < 100_000; at++) round(at);
  assert.equal(memory?.buffer.byteLength, before);
});

test('what nobody holds any more is given back', { skip: !globalThis.gc && 'needs --expose-gc' }, async () => {
  for (let round = 0; round < 20; round++) {
    for (let at = 0; at < 500; at++) tonegate.gate(EXPECTED);
    globalThis.gc?.();
    await new Promise((done) => setTimeout(done, 1));
  }
  assert.ok(process.memoryUsage().arrayBuffers < 64 * 1024 * 1024);
});

test('the module is taken in any form', async () => {
  const address = new URL('../tonegate.wasm', import.meta.url);
  const bytes = await readFile(address);
  const answer = () => new Response(bytes, { headers: { 'Content-Type': 'application/wasm' } });
  for (const source of [address, address.href, bytes, new Uint8Array(bytes).buffer, answer(), Promise.resolve(answer()), await WebAssembly.compile(bytes)]) {
    assert.equal((await load(source)).verify(LICENSE, { ...EXPECTED, now: NOW }).verdict.state, 'valid');
  }
  await assert.rejects(load(new Response('', { status: 404 })), /answered 404/);
  await assert.rejects(load(/** @type {any} */ (7)), TypeError);
  await assert.rejects(load(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)), /not of this version/);
});
