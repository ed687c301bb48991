// The request checker: ten URLs, each broken in its own way; the cause of each is named.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { api, button, go, look, ownersHouse, seen, settled, signedQuery } from './house.mjs';

const { page, gateway } = await ownersHouse();
const app = async (/** @type {string} */ name) => (await api(page, 'POST', '/apps', { name, features: [{ name: 'ans' }] })).body;
const [own, other] = [await app('Checked'), await app('Another')];
const [appId, secret] = [own.app.app_id, own.server_secret];
const NONCE = '4fd24687296dd9f3';
const now = () => Math.floor(Date.now() / 1000);
const md5 = (/** @type {string} */ text) => createHash('md5').update(text).digest('hex');
const url = (/** @type {string} */ query) => `${gateway}/?${query}`;
const forged = (/** @type {(time: number) => string} */ signature, /** @type {number} */ timestamp = now()) => url(signedQuery(appId, secret, { nonce: NONCE, timestamp, signature: signature(timestamp) }));

/** @type {[string, () => string, number, string][]} what is wrong, the URL, the code, the cause */
const BROKEN = [
  ['upper-case hex', () => forged((time) => md5(`${appId}${NONCE}${secret}${time}`).toUpperCase()), 100000005, 'The signature is in upper-case hex'],
  ['milliseconds', () => url(signedQuery(appId, secret, { timestamp: Date.now() })), 100000004, 'The Timestamp is not in seconds'],
  ['a clock behind', () => url(signedQuery(appId, secret, { timestamp: now() - 4000 })), 100000004, 'The Timestamp is too old'],
  ['another order', () => forged((time) => md5(`${appId}${secret}${NONCE}${time}`)), 100000005, 'The texts were joined in another order'],
  ['another app’s secret', () => forged((time) => md5(`${appId}${NONCE}${other.server_secret}${time}`)), 100000005, 'Another app’s ServerSecret was used'],
  ['another hash', () => forged((time) => createHash('sha256').update(`${appId}${NONCE}${secret}${time}`).digest('hex')), 100000005, 'Another hash was used'],
  ['separators', () => forged((time) => md5([appId, NONCE, secret, time].join('&'))), 100000005, 'The texts were joined with separators'],
  ['an unknown app', () => url(signedQuery(4_000_000_001, secret)), 100000010, 'The app is not known here'],
  ['another version', () => url(signedQuery(appId, secret)).replace('SignatureVersion=2.0', 'SignatureVersion=1.0'), 100000014, 'The SignatureVersion is another one'],
  ['AppId twice', () => `${url(signedQuery(appId, secret))}&AppId=${appId}`, 2, 'A parameter is there twice'],
  ['no nonce', () => url(signedQuery(appId, secret)).replace(/&SignatureNonce=\w+/, ''), 100000008, 'A parameter is missing'],
  ['a secret with a line end', () => forged((time) => md5(`${appId}${NONCE}${secret}\n${time}`)), 100000005, 'The ServerSecret has something around it'],
];

for (const [what, make, code, cause] of BROKEN) {
  test(what, async () => {
    await check(make());
    assert.match(await page.locator('.notice-title').filter({ hasText: 'It would be answered with' }).innerText(), new RegExp(`answered with ${code}\\b`));
    const causes = await page.getByRole('region', { name: 'Likely causes' }).locator('.notice-title').allInnerTexts();
    assert.ok(causes.includes(cause), causes.join(' | '));
    assert.ok(!(await page.locator('main').innerText()).includes(secret), 'the secret is shown');
  });
}

test('a good one passes every check, and is not used up', async () => {
  const good = url(signedQuery(appId, secret));
  await check(good);
  await seen(page, 'It would be answered with 0');
  await look(page, 'checker-passed');
  assert.equal((await (await fetch(good)).json()).Code, 0);
  await check(good);
  await seen(page, 'It would be answered with 100000005');
  await look(page, 'checker-failed');
});

test('what is no request at all', async () => {
  await check('hello');
  await page.getByRole('region', { name: 'Likely causes' }).or(page.getByText('This is no request of the licence API')).first().waitFor();
});

test('each sample of the page has its cause', async () => {
  const samples = await page.getByRole('region', { name: 'Or look at a typical fault:' }).getByRole('button').allInnerTexts();
  assert.equal(samples.length, 8);
  for (const sample of samples) {
    await button(page, sample).click();
    await settled(page);
    await page.getByText('It would be answered with').or(page.getByText('This is no request')).first().waitFor();
  }
});

/** @param {string} text */
async function check(text) {
  if (!page.url().endsWith('#/checker')) await go(page, '/checker');
  await page.getByLabel('URL, query or curl line').fill(text);
  const answered = page.waitForResponse(/\/requests\/check$/);
  await button(page, 'Check').click();
  await answered;
  await settled(page);
}
