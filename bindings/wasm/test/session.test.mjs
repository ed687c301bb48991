// A session before a real server, with a clock that the tests move: it starts, refreshes, survives what goes wrong, and ends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { relay } from '../index.js';
import { caseOf, clockAt, EXPECTED, EXPIRES, LICENSE, NOW, tonegate } from './house.mjs';
import { hands, refuses, relayWith } from './relay.mjs';

/** An hour younger than LICENSE. */
const NEWER = caseOf('renew-newer').steps[1].license;
const DAY = 86_400;

/** Waits for what happens by itself. @param {() => unknown} happened */
async function until(happened) {
  for (let round = 0; round < 500; round++) {
    if (happened()) return;
    await new Promise((done) => setTimeout(done, 10));
  }
  assert.fail(`it never came: ${happened}`);
}

/** A store in memory, and what it was told. @param {Uint8Array | null} [kept] */
function storeOf(kept = null) {
  const store = { kept, saves: 0, load: () => store.kept, save: (/** @type {Uint8Array} */ bytes) => { store.kept = bytes; store.saves++; } };
  return store;
}

/** A session before a relay that answers so. @param {import('node:test').TestContext} t @param {import('./relay.mjs').Answer} answer @param {Partial<import('../index.js').SessionOptions>} [options] */
async function house(t, answer, options = {}) {
  const played = await relayWith(t, answer);
  const clock = clockAt(NOW), store = storeOf();
  const told = { changes: /** @type {string[]} */ ([]), errors: /** @type {string[]} */ ([]) };
  const session = tonegate.session({
    ...EXPECTED, clock, store, fetch: relay(played.url, { apiKey: 'key-1' }),
    onChange: (verdict) => { told.changes.push(verdict.state); },
    onError: (error) => { told.errors.push(error.message); },
    ...options,
  });
  t.after(() => session.close());
  return { relay: played, clock, store, told, session };
}

test('it starts, and a feature runs', async (t) => {
  const { relay, session, store, told } = await house(t, hands(LICENSE));
  assert.equal(session.check('ans').reason, 'empty');
  assert.equal((await session.start()).state, 'valid');
  assert.equal(session.check('ans').answer, 'run');
  assert.deepEqual(relay.asked, [{ url: '/v1/license', authorization: 'Bearer key-1' }]);
  assert.deepEqual([session.license, session.outlook('ans')?.runsUntil], [LICENSE, EXPIRES]);
  assert.deepEqual([told.changes, told.errors], [['refused', 'valid'], []]);
  assert.equal(store.kept?.length, 32 + LICENSE.length);
});

test('the next start needs no network', async (t) => {
  const before = await house(t, hands(LICENSE));
  await before.session.start();
  before.session.close();
  await before.relay.close();
  const { session, relay } = await house(t, refuses(503, 'no_license'), { store: before.store });
  assert.equal((await session.start()).state, 'valid');
  assert.equal(session.check('ans').answer, 'run');
  assert.deepEqual(relay.asked, []);
});

test('a newer licence is swapped in while a feature runs', async (t) => {
  const { relay, session, clock, told } = await house(t, hands(LICENSE));
  await session.start();
  relay.answer = hands(NEWER);
  clock.advance(5 * DAY);
  await until(() => session.license === NEWER);
  assert.equal(session.check('ans').answer, 'run');
  assert.deepEqual([told.changes.slice(0, 2), told.errors], [['refused', 'valid'], []]);
});

test('an outage is invisible until the licence ends', async (t) => {
  const { relay, session, clock, told } = await house(t, hands(LICENSE));
  await session.start();
  await relay.close();
  clock.advance(5 * DAY);
  await until(() => told.errors.length > 0);
  assert.equal(session.check('ans').answer, 'run');
  clock.advance(3 * DAY);
  assert.deepEqual([session.check('ans').answer, session.check('ans').sdkCode], ['bypass', 82]);
  assert.deepEqual(told.changes, ['refused', 'valid', 'expired']);
});

test('bad, foreign and older licences take nothing away', async (t) => {
  const { relay, session, clock, told } = await house(t, hands(NEWER));
  clock.advance(3_600);
  await session.start();
  for (const [license, words] of /** @type {const} */ ([['nonsense', /not a licence/], [`${LICENSE.slice(0, -4)}AAAA`, /altered/], [LICENSE, /older/]])) {
    relay.answer = hands(license);
    clock.advance(5 * DAY - clock.elapsed() + told.errors.length * 7_200);
    const errors = told.errors.length;
    await session.refresh();
    await until(() => told.errors.length > errors);
    assert.match(told.errors.at(-1) ?? '', words);
    assert.deepEqual([session.license, session.check('ans').answer], [NEWER, 'run']);
  }
});

test('a server that says when to come back is heeded', async (t) => {
  const { relay, session, clock, told } = await house(t, refuses(429, 'rate_limited', { 'Retry-After': '250' }));
  assert.equal((await session.start()).reason, 'empty');
  assert.match(told.errors[0], /429 rate_limited/);
  relay.answer = hands(LICENSE);
  clock.advance(240);
  await new Promise((done) => setTimeout(done, 50));
  assert.equal(relay.asked.length, 1, 'not before');
  clock.advance(11);
  await until(() => session.verdict().state === 'valid');
});

test('whoever asks for it need not wait', async (t) => {
  const { relay, session } = await house(t, refuses(503, 'no_license', { 'Retry-After': '250' }));
  await session.start();
  relay.answer = hands(LICENSE);
  assert.equal((await session.refresh()).state, 'valid');
});

test('a server that never answers is given up after 30 s', async (t) => {
  const { relay, session, clock, told } = await house(t, { hangs: true });
  const started = session.start();
  await until(() => relay.asked.length === 1);
  clock.advance(29);
  assert.deepEqual(told.errors, []);
  clock.advance(1);
  assert.equal((await started).reason, 'empty');
  assert.match(told.errors[0], /took over 30 s/);
  relay.answer = hands(LICENSE);
  clock.advance(60);
  await until(() => session.verdict().state === 'valid');
});

test('answers that are no relay\'s are failures in words', async (t) => {
  const { relay, session, told } = await house(t, { body: 'x'.repeat(1e6) });
  await session.start();
  assert.match(told.errors[0], /longer than any/);
  for (const body of ['', 'null', '[]', '{"License":7}', '<html>']) {
    relay.answer = { body };
    await session.refresh();
    assert.match(told.errors.at(-1) ?? '', /holds no License/);
  }
  relay.answer = { status: 302, headers: { Location: '/elsewhere' } };
  const errors = told.errors.length;
  await session.refresh();
  assert.equal(told.errors.length, errors + 1);
  assert.ok(relay.asked.every((each) => each.url === '/v1/license'), 'a credential follows no redirect');
  assert.ok(told.errors.every((each) => !each.includes('key-1')));
});

test('a token is asked for at each fetch, and an app can be named', async (t) => {
  const played = await relayWith(t, hands(LICENSE));
  let tokens = 0;
  const fetchIt = relay(`${played.url}/base/`, { jwt: async () => `token-${++tokens}`, appId: 12_345 });
  const context = { signal: new AbortController().signal };
  assert.deepEqual([await fetchIt(context), await fetchIt(context)], [LICENSE, LICENSE]);
  assert.deepEqual(played.asked.map((each) => each.authorization), ['Bearer token-1', 'Bearer token-2']);
  assert.equal(played.asked[0].url, '/base/v1/apps/12345/license');
  for (const wrong of [{}, { apiKey: 'a', jwt: 'b' }]) assert.throws(() => relay(played.url, wrong), /either/);
});

test('a credential that no header can hold is refused, and shown to nobody', async (t) => {
  const played = await relayWith(t, hands(LICENSE));
  const context = { signal: new AbortController().signal };
  for (const wrong of ['secret\nof mine', 'secret\u2026', 'secret of mine', '', 7, undefined].map((each) => /** @type {any} */ (each))) {
    const hides = (/** @type {Error} */ error) => error instanceof TypeError && /credential|either/.test(error.message) && !error.message.includes('secret');
    assert.throws(() => relay(played.url, { apiKey: wrong }), hides);
    await assert.rejects(async () => relay(played.url, { jwt: async () => wrong })(context), hides);
  }
  assert.deepEqual(played.asked, []);
});

test('what an app hands in may fail, and the session goes on', async (t) => {
  let round = 0;
  const throws = () => { throw new Error(`thrown ${++round}`); };
  const rejects = () => Promise.reject(new Error(`rejected ${++round}`));
  const store = { load: rejects, save: throws };
  const { session, clock } = await house(t, hands(LICENSE), { store, onChange: throws, onError: rejects });
  assert.equal((await session.start()).state, 'valid');
  assert.equal(session.check('ans').answer, 'run');
  clock.advance(600);
  assert.equal(session.check('ans').answer, 'run');

  for (const fetchIt of [throws, rejects, () => 7, () => null, () => ({ then: throws })].map((each) => /** @type {any} */ (each))) {
    const other = tonegate.session({ ...EXPECTED, clock, fetch: fetchIt });
    assert.equal((await other.start()).reason, 'empty');
    other.close();
  }
});

test('a save that failed is tried again', async (t) => {
  const store = storeOf();
  let fails = true;
  const save = (/** @type {Uint8Array} */ bytes) => {
    if (fails) throw new Error('full');
    store.save(bytes);
  };
  const { session, clock, told } = await house(t, hands(LICENSE), { store: { load: store.load, save } });
  await session.start();
  assert.deepEqual([store.saves, told.errors.includes('full')], [0, true]);
  fails = false;
  clock.advance(60);
  assert.equal(store.kept?.length, 32 + LICENSE.length);
});

test('saves to a slow store keep their order', async (t) => {
  /** @type {(() => void)[]} */ const waiting = [];
  /** @type {Uint8Array[]} */ const saved = [];
  const store = { load: () => null, save: (/** @type {Uint8Array} */ bytes) => new Promise((/** @type {(_: void) => void} */ done) => waiting.push(() => { saved.push(bytes); done(); })) };
  const { session, clock } = await house(t, hands(LICENSE), { store });
  await session.start();
  clock.advance(600);
  assert.equal(waiting.length, 1, 'one at a time');
  waiting[0]();
  await until(() => waiting.length === 2);
  waiting[1]();
  await until(() => saved.length === 2);
  assert.equal(saved[1].length, 32 + LICENSE.length);
});

test('the last save of a closed session comes last', async (t) => {
  /** @type {(() => void)[]} */ const waiting = [];
  /** @type {number[]} */ const lengths = [];
  const store = { load: () => null, save: (/** @type {Uint8Array} */ bytes) => new Promise((/** @type {(_: void) => void} */ done) => { lengths.push(bytes.length); waiting.push(done); }) };
  const { session } = await house(t, hands(LICENSE), { store });
  await session.start();
  session.close();
  assert.deepEqual(lengths, [32], 'the first is still under way');
  waiting[0]();
  await until(() => lengths.length === 2);
  assert.deepEqual(lengths, [32, 32 + LICENSE.length]);
});

test('a clock that fails stands still', async (t) => {
  let broken = false;
  const clock = { wall: () => { if (broken) throw new Error('no clock'); return NOW; }, elapsed: () => broken ? NaN : 0 };
  const { session, told } = await house(t, hands(LICENSE), { clock });
  await session.start();
  broken = true;
  assert.equal(session.check('ans').answer, 'run');
  assert.equal(told.errors.at(-1), 'no clock');
});

test('a timer that cannot be cancelled is let be', async (t) => {
  const clock = { wall: () => NOW, elapsed: () => 0, after: /** @type {any} */ ((/** @type {number} */ seconds, /** @type {() => void} */ run) => setTimeout(run, seconds * 1_000).unref()) };
  const { session, told } = await house(t, hands(LICENSE), { clock });
  assert.equal((await session.start()).state, 'valid');
  assert.equal((await session.refresh()).state, 'valid');
  assert.deepEqual(told.errors, []);
});

test('a session that onError closes leaves the next one in its place alone', async (t) => {
  let broken = false;
  const clock = clockAt(NOW), wall = clock.wall.bind(clock);
  clock.wall = () => { if (broken) throw new Error('no clock'); return wall(); };
  /** @type {import('../index.js').LicenseSession[]} */ const next = [];
  const onError = () => {
    broken = false;
    session.close();
    next.push(tonegate.session({ ...EXPECTED, clock, fetch: () => LICENSE }));
  };
  const { session, relay } = await house(t, hands(LICENSE), { clock, onError });
  await session.start();
  broken = true;
  clock.advance(60);
  assert.equal(next.length, 1);
  await new Promise((done) => setTimeout(done, 50));
  assert.equal(relay.asked.length, 1, 'what is closed fetches no more');
  assert.equal((await next[0].start()).state, 'valid');
  next[0].close();
});

test('closing ends it, as often as one likes', async (t) => {
  const { relay, session, clock, told } = await house(t, { hangs: true });
  const started = session.start();
  await until(() => relay.asked.length === 1);
  session.close();
  session.close();
  assert.equal((await started).reason, 'empty');
  clock.advance(10 * DAY);
  assert.deepEqual([session.check('ans').answer, session.license, session.outlook('ans'), told.errors], ['bypass', '', null, []]);
  assert.equal((await session.refresh()).reason, 'empty');
  assert.equal(relay.asked.length, 1);
});

test('closing in a callback is heard', async (t) => {
  const { session, relay } = await house(t, hands(LICENSE), { onChange: () => session.close() });
  assert.equal((await session.start()).reason, 'empty');
  await new Promise((done) => setTimeout(done, 50));
  assert.ok(relay.asked.length <= 1);
});

test('options that cannot be used are refused at once', () => {
  const fetchIt = () => LICENSE;
  for (const options of [{}, { fetch: 'x' }, { fetch: fetchIt, store: {} }, { fetch: fetchIt, onChange: 7 }, { fetch: fetchIt, pins: 'x' }, { fetch: fetchIt, clock: 7 }]) {
    assert.throws(() => tonegate.session(/** @type {any} */ ({ ...EXPECTED, ...options })), TypeError);
  }
});
