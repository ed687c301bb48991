// A session in a page: it keeps its licence in localStorage, and the network's return hastens it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { EXPECTED, LICENSE, NOW } from '../house.mjs';
import { open } from './browser.mjs';

/** @type {Awaited<ReturnType<typeof open>>} */ let house;

before(async () => {
  house = await open({ '/empty.html': '<!doctype html><title>Empty</title>' });
});
after(() => house?.close());

test('the next page needs no network', async () => {
  const { page, origin } = house;
  await page.goto(`${origin}/empty.html`);
  const given = { expected: EXPECTED, license: LICENSE, now: NOW };
  const visit = (/** @type {typeof given & {offline?: boolean}} */ given) => page.evaluate(async ({ expected, license, now, offline }) => {
    const { load, localStorageStore, ManualClock } = await import(/** @type {any} */ ('/index.js'));
    const tonegate = await load();
    let asked = 0;
    const fetchIt = async () => {
      asked++;
      if (offline) throw new Error('offline');
      return license;
    };
    const session = tonegate.session({ ...expected, clock: new ManualClock(now), store: localStorageStore('licence'), fetch: fetchIt });
    await session.start();
    const { answer } = session.check('ans');
    session.close();
    return { answer, asked };
  }, given);
  assert.deepEqual(await visit(given), { answer: 'run', asked: 1 });
  await page.reload();
  assert.deepEqual(await visit({ ...given, offline: true }), { answer: 'run', asked: 0 });
});

test('the network\'s return ends a wait', async () => {
  const { page, origin } = house;
  await page.goto(`${origin}/empty.html`);
  const asked = await page.evaluate(async ({ expected, now }) => {
    const { load, FetchError, ManualClock } = await import(/** @type {any} */ ('/index.js'));
    let asked = 0;
    const fetchIt = async () => {
      asked++;
      throw new FetchError('busy', 300);
    };
    const session = (await load()).session({ ...expected, clock: new ManualClock(now), fetch: fetchIt });
    await session.start();
    const turn = async () => {
      dispatchEvent(new Event('online'));
      await new Promise((done) => setTimeout(done, 20));
      return asked;
    };
    const after = [await turn(), await turn()];
    session.close();
    return [...after, await turn()];
  }, { expected: EXPECTED, now: NOW });
  assert.deepEqual(asked, [2, 2, 2], 'once, not at each flicker, and not when it is closed');
  assert.deepEqual(house.faults, []);
});
