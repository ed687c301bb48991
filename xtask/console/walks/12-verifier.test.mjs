// The verifier as WebAssembly in the page: a vector's licence, the clock dragged through its life and beyond, another
// device of the fleet, and somebody who plays with a device's clock. Nothing is asked of the server for any of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Person, button, enrol, go, look, openPage, overflow, picture, seen, serve, settled, temporaryFolder } from './house.mjs';
import { install, pins, vector } from './vectors.mjs';

/** `agc` stops, `ans` has ten hours of grace, `ans-ai` bypasses. */
const { text, step } = vector('outlook');
const BEFORE = 7200;

const folder = temporaryFolder();
install(folder);
const house = await serve({ folder });
const page = await openPage(house.origin);
await enrol(page, await new Person('olivia').early(), { setup: house.setupToken });
await go(page, '/verifier');

/** What the page asked of the server, by path. @type {string[]} */
const asked = [];
page.on('request', (request) => asked.push(new URL(request.url()).pathname));

test('the pins of this issuer are there', async () => {
  await page.waitForFunction((wanted) => [...document.querySelectorAll('textarea')].some((each) => each.value === wanted), pins);
  assert.equal(await page.getByLabel('Issuer').inputValue(), 'tonegate-test');
  await look(page, 'verifier-empty');
});

test('a licence that is pasted is judged here: long expired', async () => {
  asked.length = 0;
  await page.getByLabel('The licence’s text').fill(`${text}\n`);
  await verdict('Expired', 'expired', 'The licence has expired.');
});

test('the clock in its life: every feature runs, and how each will end is told', async () => {
  await travelTo(step.wall);
  await verdict('Valid', null, 'The licence is valid.');
  assert.deepEqual(await answers(), { agc: 'runs', ans: 'runs', 'ans-ai': 'runs' });
  await seen(feature('agc'), 'Stops at expiry, 29 Nov 2025, 21:31:33.');
  await seen(feature('ans'), /a grace of at most 10 h after expiry, on this device until 30 Nov 2025, 05:01:32/);
  await seen(feature('ans-ai'), 'Passes audio untouched after 29 Nov 2025, 21:31:33.');
  await look(page, 'verifier-valid');
});

test('the clock before its life: a device knows better', async () => {
  await page.getByRole('slider', { name: 'Moment' }).focus();
  await page.keyboard.press('Home');
  await seen(page, /lies before the licence was made/);
  await verdict('Valid', null);
});

test('the clock at expiry: one feature stops, one takes its grace, one passes audio untouched', async () => {
  await goTo('Expires');
  await verdict('Expired', 'expired', 'Fetch a new licence');
  assert.deepEqual(await answers(), { agc: 'stops', ans: 'runs in its grace', 'ans-ai': 'off, audio passes untouched' });
  await seen(feature('agc'), 'SDK code 82');
  await seen(feature('ans'), '7 h 29 min left');
  await look(page, 'verifier-grace');
});

test('other devices of the fleet take between a half and the whole of the grace', async () => {
  const spread = page.getByRole('slider', { name: /^Spread/ });
  await spread.focus();
  await page.keyboard.press('Home');
  await seen(feature('ans'), '5 h left');
  await page.keyboard.press('End');
  await seen(feature('ans'), '10 h left');
  await seen(page, '100 % of its hours');
});

test('the clock after the grace: the feature passes audio untouched', async () => {
  await goTo('Grace of ans ends on this device');
  assert.deepEqual(await answers(), { agc: 'stops', ans: 'off, audio passes untouched', 'ans-ai': 'off, audio passes untouched' });
});

test('a device that somebody plays with gains nothing', async () => {
  await travelTo(step.expect.valid_until - BEFORE);
  await button(page, 'Begin here').click();
  await button(page, 'Use it for 1 h').click();
  for (let round = 0; round < 2; round += 1) {
    await button(page, 'Set the clock back by 1 d').click();
    await button(page, 'Restart the app').click();
  }
  const told = await page.getByRole('list', { name: 'What happened' }).getByRole('listitem').allInnerTexts();
  assert.equal(told.length, 6);
  assert.match(told[1], /Used for 1 h · time that counts: \+1 h\n/);
  for (const line of told.slice(2)) assert.match(line, /time that counts: \+(0 s|\d min)/);
  await look(page, 'verifier-device');
  await button(page, 'Use it for 1 h').click();
  await page.getByRole('list', { name: 'What happened' }).getByRole('listitem').last().getByText('Expired').waitFor();
  assert.match(await page.locator('main').innerText(), /\b0100ffff[0-9a-f]{56}\b/);
});

test('none of it was asked of the server', () => {
  assert.deepEqual(asked.filter((path) => !path.startsWith('/wasm/')), []);
});

test('in Chinese, and as narrow as a telephone', async () => {
  await page.getByRole('button', { name: 'EN · Language' }).click();
  await button(page, '简体中文').click();
  await page.getByRole('heading', { name: '验证器' }).waitFor();
  await travelTo(step.expect.valid_until, '转到日期');
  await goTo('到期', '转到');
  await verdict('已过期', 'expired', '许可证已过期。');
  assert.deepEqual(await answers('功能'), { agc: '停止', ans: '在宽限期内运行', 'ans-ai': '关闭，音频原样通过' });
  await button(page, '从此刻重新开始').click();
  await button(page, '重启应用').click();
  await look(page, 'verifier.chinese');
  await page.setViewportSize({ width: 360, height: 740 });
  await settled(page);
  assert.equal(await overflow(page), 0, 'pixels too wide');
  await picture(page, 'verifier.chinese.narrow');
  await page.getByRole('button', { name: '中文 · 语言' }).click();
  await button(page, 'English').click();
  await page.getByRole('heading', { name: 'Verifier' }).waitFor();
  assert.equal(await overflow(page), 0, 'pixels too wide');
  await look(page, 'verifier.narrow');
  await page.setViewportSize({ width: 1280, height: 900 });
});

test('what is not expected is refused by its name, and what cannot be expected is said at its field', async () => {
  await page.getByLabel('Issuer').fill('somebody-else');
  await verdict('Refused', 'issuer', 'The licence is of another issuer.');
  await page.getByLabel('Issuer').fill('tonegate-test');
  await page.getByText('This app alone: AppId, identity').click();
  await page.getByLabel('AppId').fill('1');
  await verdict('Refused', 'app', 'The licence is for another app.');
  await page.getByLabel('AppId').fill('');
  await page.getByLabel('App identity').fill('short');
  await seen(page, 'An app identity has 22 base64url characters.');
  await page.getByLabel('App identity').fill('');
  await page.getByLabel('The licence’s text').fill(vector('tampered-payload').text);
  await verdict('Refused', vector('tampered-payload').step.expect.reason);
  await page.getByLabel('Pins').fill('x');
  await seen(page, 'Pins are two different keys of 43 characters each');
  await look(page, 'verifier-refused');
});

test('the inspector hands its licence over, and tells how features end', async () => {
  await go(page, '/inspector');
  await page.getByLabel('Licence', { exact: true }).fill(text);
  await button(page, 'Inspect').click();
  await seen(feature('ans'), /a grace of at most 10 h/);
  await look(page, 'inspector-endings');
  await button(page, 'Try it in the verifier').click();
  await verdict('Expired', 'expired');
  assert.equal(await page.getByLabel('The licence’s text').inputValue(), text);
});

/** @param {string} state @param {string | null} reason its stable name @param {string} [says] */
async function verdict(state, reason, says) {
  const notice = page.locator('.notice').filter({ has: page.locator('.notice-title', { hasText: new RegExp(`^${state}$`) }) });
  await notice.waitFor();
  if (reason) await notice.locator('.badge').getByText(reason, { exact: true }).waitFor();
  if (says) await seen(notice, says);
}

/** @param {number} at @param {string} [label] */
async function travelTo(at, label = 'Go to a date') {
  await page.getByLabel(label).fill(new Date(at * 1000).toISOString().slice(0, 16));
  await page.getByLabel(label).dispatchEvent('change');
}

/** Goes to an event of the licence's life. @param {string} event @param {string} [act] */
async function goTo(event, act = 'Go there') {
  await page.locator('.life li').filter({ has: page.getByText(event, { exact: true }) }).getByRole('button', { name: act }).click();
}

/** The card with what each feature does. @param {string} [title] */
const features = (title = 'Features') => page.locator('section.card').filter({ has: page.locator('h2', { hasText: new RegExp(`^${title}$`) }) });

/** A feature's lines. @param {string} name */
const feature = (name) => features().locator('.facts > div').filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) });

/** Each feature's answer. @param {string} [title] */
async function answers(title) {
  const rows = await features(title).locator('.facts > div').all();
  return Object.fromEntries(await Promise.all(rows.map(async (row) => [await row.locator('dt').innerText(), await row.locator('.badge').first().innerText()])));
}
