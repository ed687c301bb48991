// Whatever comes in, a verdict or an error in words goes out, in a bounded time, and the verifier goes on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockAt, EXPECTED, LICENSE, NOW, tonegate } from './house.mjs';

const gateAt = (/** @type {number} */ wall) => tonegate.gate({ ...EXPECTED, clock: clockAt(wall) });
const reasonOf = (/** @type {any} */ text) => tonegate.verify(text, { ...EXPECTED, now: NOW }).verdict.reason;

test('texts that are no licences are verdicts', () => {
  const texts = {
    empty: ['', null, undefined],
    too_long: ['x'.repeat(2_049), 'ä'.repeat(1_025), '\ud800'.repeat(700), 'x'.repeat(5e7), `${LICENSE}${'\n'.repeat(2_000)}`],
    not_a_license: ['\ud800', `${LICENSE}\ud800`, '\0', 'a.b.c', '🎙️', `${LICENSE}\n`, '..', '.'.repeat(2_048)],
  };
  for (const [reason, all] of Object.entries(texts)) for (const text of all) assert.equal(reasonOf(text), reason, JSON.stringify(text)?.slice(0, 60));
});

test('a changed character anywhere is refused', () => {
  for (let at = 0; at < LICENSE.length; at += 7) {
    const other = LICENSE[at] === 'A' ? 'B' : 'A';
    assert.notEqual(reasonOf(LICENSE.slice(0, at) + other + LICENSE.slice(at + 1)), null, `at ${at}`);
  }
});

test('wrong types are said in words, and change nothing', () => {
  const gate = gateAt(NOW);
  gate.load(LICENSE);
  for (const wrong of [7, {}, [], true, Symbol('x'), 1n, new Uint8Array(3), () => ''].map((each) => /** @type {any} */ (each))) {
    assert.throws(() => gate.load(wrong), TypeError);
    assert.throws(() => gate.renew(wrong), TypeError);
    assert.throws(() => gate.check(wrong), TypeError);
    assert.throws(() => gate.outlook(wrong), TypeError);
    assert.throws(() => tonegate.explain(wrong, EXPECTED), TypeError);
    assert.throws(() => tonegate.verify(wrong, EXPECTED), TypeError);
  }
  assert.equal(gate.check('ans').answer, 'run');
  gate.free();
});

test('options that cannot be used are refused, each in words', () => {
  /** @type {[any, RegExp][]} */
  const all = [
    [undefined, /options are needed/], [null, /options are needed/], ['x', /options are needed/],
    [{}, /tonegate key pins/], [{ ...EXPECTED, pins: 'x' }, /tonegate key pins/], [{ ...EXPECTED, pins: `${EXPECTED.pins}${' '.repeat(400)}x` }, /tonegate key pins/],
    [{ ...EXPECTED, issuer: undefined }, /issuer/], [{ ...EXPECTED, environment: 'staging' }, /environment/], [{ ...EXPECTED, environment: null }, /environment/],
    [{ ...EXPECTED, appId: '12345' }, /appId/], [{ ...EXPECTED, appId: -1 }, /appId/], [{ ...EXPECTED, appId: 2 ** 32 }, /appId/], [{ ...EXPECTED, appId: NaN }, /appId/], [{ ...EXPECTED, appId: 1.5 }, /appId/],
    [{ ...EXPECTED, identity: 'x' }, /identity/], [{ ...EXPECTED, identity: '' }, /identity/], [{ ...EXPECTED, identity: 3 }, /identity/],
    [{ ...EXPECTED, state: 'x' }, /Uint8Array/], [{ ...EXPECTED, state: [1, 2] }, /Uint8Array/],
  ];
  for (const [options, words] of all) {
    assert.throws(() => tonegate.gate(options), words);
    assert.throws(() => tonegate.verify(LICENSE, options), words);
    assert.throws(() => tonegate.explain(LICENSE, options), words);
  }
  assert.throws(() => tonegate.gate({ ...EXPECTED, clock: /** @type {any} */ ({}) }), /wall\(\) and elapsed\(\)/);
  assert.throws(() => tonegate.verify(LICENSE, { ...EXPECTED, now: NaN }), /Unix seconds/);
  assert.throws(() => tonegate.verify(LICENSE, { ...EXPECTED, now: /** @type {any} */ ('now') }), /Unix seconds/);
});

test('any issuer is only a name', () => {
  for (const issuer of ['', ' ', 'x'.repeat(1e6), '\ud800', 'tonegate-test\0']) assert.equal(tonegate.verify(LICENSE, { ...EXPECTED, issuer, now: NOW }).verdict.reason, 'issuer');
});

test('times at the ends of the world are times', () => {
  // A licence proves that its own hour has come, whatever the clock says.
  for (const now of [-Infinity, -1e300, -1, 0, 0.5]) assert.equal(tonegate.verify(LICENSE, { ...EXPECTED, now }).verdict.state, 'valid', String(now));
  for (const now of [Infinity, 1e300, Number.MAX_VALUE]) assert.equal(tonegate.verify(LICENSE, { ...EXPECTED, now }).verdict.state, 'expired', String(now));
  const wild = { now: NOW, since: 0 };
  const gate = tonegate.gate({ ...EXPECTED, clock: { wall: () => wild.now, elapsed: () => wild.since } });
  gate.load(LICENSE);
  for (const [now, since] of [[Infinity, -Infinity], [-Infinity, Infinity], [NOW, -1], [0, 1e300]]) {
    Object.assign(wild, { now, since });
    assert.match(gate.check('ans').answer, /run|bypass/);
  }
  wild.now = NaN;
  assert.throws(() => gate.check('ans'), /a clock must give a number/);
  gate.free();
});

test('features of any name are only missing', () => {
  const gate = gateAt(NOW);
  gate.load(LICENSE);
  for (const name of ['', 'ANS', 'ans\0', 'ans ', 'x'.repeat(1e7), '\udfff', '__proto__']) {
    assert.equal(gate.check(name).reason, 'feature_missing');
    assert.equal(gate.outlook(name), null);
  }
  gate.free();
});

test('stored bytes of any kind begin a new device', () => {
  for (const state of [new Uint8Array(), new Uint8Array(32), new Uint8Array(31), new Uint8Array(1e6).fill(255)]) {
    const found = tonegate.verify(LICENSE, { ...EXPECTED, now: NOW, state });
    assert.equal(found.verdict.state, 'valid');
    assert.equal(found.state.length, 32);
  }
});

test('identities are of names', () => {
  assert.equal(tonegate.identity.web('https://app.example.com'), 'aa8R4wLDmIFA1N6gdYysPQ');
  for (const wrong of [undefined, '', 7, 'x'.repeat(401)].map((each) => /** @type {any} */ (each))) assert.throws(() => tonegate.identity.ios(wrong), TypeError);
  for (const wrong of [undefined, '', 'zz'.repeat(32), new Uint8Array(31)].map((each) => /** @type {any} */ (each))) assert.throws(() => tonegate.identity.android('com.example', wrong), /SHA-256/);
});

test('random bytes, ten thousand times', () => {
  const gate = gateAt(NOW);
  const alphabet = 'ABCabc019-_.="{}\n\0ä\ud800';
  let seed = 7;
  const next = (/** @type {number} */ below) => { seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648; return Math.floor(seed / 65_536) % below; };
  for (let round = 0; round < 10_000; round++) {
    const cut = LICENSE.slice(0, next(LICENSE.length));
    const noise = Array.from({ length: next(40) }, () => alphabet[next(alphabet.length)]).join('');
    assert.notEqual(gate.load(cut + noise).reason, null);
  }
  assert.equal(gate.load(LICENSE).state, 'valid');
  gate.free();
});
