// The verifier's page without its page: the real module, asked as the page asks it. A device that somebody plays with
// gains nothing, and what the page writes and reads of a stored state is what docs/FORMAT.md has.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import './browser.mjs';
import * as wasm from '../../bindings/wasm/index.js';

const { expectedOf, NOTHING_EXPECTED } = await import('../pages/verifier_expected.js');
const { Device } = await import('../pages/verifier_device.js');
const { lifeFound } = await import('../pages/verifier_life.js');
const { newState, readState } = await import('../pages/verifier_state.js');
const { speak } = await import('../lib/i18n.js');
await speak('en');

const DAY = 86_400;
const { cases, pins } = JSON.parse(readFileSync(new URL('../../vectors/cases.json', import.meta.url), 'utf8'));
const vector = (/** @type {string} */ name) => cases.find((/** @type {any} */ each) => each.name === name);
const verifier = { ...await wasm.load(), ManualClock: wasm.ManualClock };
const expected = /** @type {const} */ ({ pins, issuer: 'tonegate-test', environment: 'production' });
/** `agc` stops, `ans` has ten hours of grace, `ans-ai` bypasses. */
const { license: text, wall: at, expect: { valid_until: end } } = vector('outlook').steps[0];
const device = (spread = 0, from = at) => new Device(verifier, { text, expected, spread, at: from });
const answers = (/** @type {InstanceType<typeof Device>} */ it) => it.moments.at(-1)?.features.map(({ name, answer }) => `${name} ${answer}`);

test('the module gets at nothing of the page', async () => {
  const bytes = readFileSync(new URL('../../bindings/wasm/tonegate.wasm', import.meta.url));
  assert.deepEqual(WebAssembly.Module.imports(await WebAssembly.compile(bytes)), []);
});

test('a new state is the one that the vectors have, and a stored one is read as it was written', () => {
  const hex = (/** @type {Uint8Array} */ bytes) => Buffer.from(bytes).toString('hex');
  assert.deepEqual([0, 32_767, 65_535].map((spread) => hex(newState(spread))), ['valid', 'grace-middle', 'grace-whole'].map((name) => vector(name).state_hex));
  const step = vector('grace-middle').steps[0].expect;
  const read = readState(Buffer.from(step.state_hex, 'hex'));
  assert.deepEqual(read, { spread: 32_767, floors: [0, 0], paidUntil: end + 60, newestEnd: end, hex: step.state_hex });
});

test('a device runs, takes its grace, and ends as each feature’s policy has it', () => {
  const it = device(0, end - 3600);
  assert.deepEqual(answers(it), ['agc run', 'ans run', 'ans-ai run']);
  it.use(7200);
  assert.deepEqual(answers(it), ['agc stop', 'ans grace', 'ans-ai bypass']);
  it.use(5 * 3600);
  assert.deepEqual(answers(it), ['agc stop', 'ans bypass', 'ans-ai bypass']);
});

test('neither the clock set back nor restarts gain time', () => {
  const it = device();
  it.use(DAY);
  for (let round = 0; round < 3; round += 1) {
    it.setBack(DAY);
    it.restart();
    it.use(3600);
  }
  assert.ok(it.moments.every(({ moved, act, seconds }) => moved >= (act === 'use' ? seconds : 0)), JSON.stringify(it.moments.map(({ act, moved }) => [act, moved])));
  it.use(6 * DAY);
  it.setBack(30 * DAY);
  it.restart();
  assert.equal(it.moments.at(-1)?.verdict.state, 'expired');
});

test('the life of a licence is the one of the device asked about', () => {
  const ends = [0, 65_535].map((spread) => lifeFound(verifier.explain(text, { ...expected, now: at, state: newState(spread) }), text).find((event) => event.id === 'grace')?.at);
  assert.deepEqual(ends, [end + 5 * 3600, end + 10 * 3600]);
  const whole = lifeFound(verifier.explain(text, { ...expected, now: at }), text);
  assert.deepEqual(whole.map(({ id }) => id).sort(), ['certificate', 'expires', 'grace', 'issued', 'not_before', 'refresh']);
  assert.deepEqual(lifeFound(verifier.explain('good morning', { ...expected, now: at }), 'good morning'), []);
});

test('what an app cannot be built with is said at its field', () => {
  const form = { ...NOTHING_EXPECTED, pins, issuer: 'tonegate-test' };
  const errors = (/** @type {Partial<typeof form>} */ changed) => Object.keys(expectedOf({ ...form, ...changed }, verifier).errors);
  assert.deepEqual([{}, { pins: 'x' }, { appId: '4294967296' }, { appId: '4294967295' }, { identity: 'short' }, { pins: '' }].map(errors), [[], ['pins'], ['appId'], [], ['identity'], []]);
  assert.equal(expectedOf({ ...form, pins: '' }, verifier).expected, null);
});
