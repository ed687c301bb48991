// Call it online: signed in the browser, answered by the licence API, explained.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, button, go, look, ownersHouse, seen } from './house.mjs';

const { page } = await ownersHouse();
const made = await api(page, 'POST', '/apps', { name: 'Called', features: [{ name: 'ans' }] });
const [appId, secret] = [String(made.body.app.app_id), made.body.server_secret];
/** @type {string[]} */
const sent = [];
page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));

test('a call is signed here and answered with a licence', async () => {
  await go(page, '/call');
  await page.getByLabel('AppId').fill(appId);
  await page.getByLabel('ServerSecret').fill(secret);
  await button(page, 'Send').click();
  await seen(page, 'Answered with 0');
  await seen(page, 'The answer carries a licence.');
  assert.match(await page.locator('pre').first().innerText(), /"License": "eyJ/);
  await look(page, 'call-answered');
});

test('the same request again is refused, and the code explained', async () => {
  await page.getByLabel('A new nonce and the time of now for each call').uncheck();
  await button(page, 'Send').click();
  await seen(page, 'Answered with 100000005');
  await seen(page, 'The signature does not match, or was used before.');
  await look(page, 'call-replayed');
});

test('an old time is refused, and the time of now is not', async () => {
  await page.getByLabel('Timestamp').fill('1615186943');
  await button(page, 'Send').click();
  await seen(page, 'Answered with 100000004');
  await seen(page, 'Timestamp is more than 600 s from the issuer’s time.');
  await button(page, 'Time of now').click();
  await button(page, 'New nonce').click();
  await button(page, 'Send').click();
  await seen(page, 'Answered with 0');
});

test('the licence goes on to the inspector', async () => {
  await button(page, 'Inspect the licence').click();
  await seen(page, 'The licence is valid.');
  assert.equal(new URL(page.url()).hash, '#/inspector');
});

test('the secret can be fetched, and neither leaves the page nor stays', async () => {
  await go(page, '/call');
  await page.getByLabel('AppId').fill(appId);
  await button(page, 'Fetch the secret from the server').click();
  await page.waitForFunction((given) => /** @type {HTMLInputElement} */ (document.querySelector('input.dots'))?.value === given, secret);
  await button(page, 'Copy as curl').click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^curl -sS 'http:.*&Signature=[0-9a-f]{32}'$/);
  await go(page, '/apps');
  await go(page, '/call');
  assert.equal(await page.locator('input.dots').inputValue(), '');
  assert.ok(!sent.some((line) => line.includes(secret)), 'the secret was sent');
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]));
  assert.ok(!kept.includes(secret), 'the secret was kept');
});
