// The demo: its link signs in, and there are apps and a month of usage to look at, clearly marked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, button, demo, go, openPage, picture, seen, settled } from './house.mjs';

const DAY_SECS = 86_400;
const house = await demo();
const page = await openPage(house.origin);

test('the link signs in', async () => {
  await page.goto(house.link);
  await page.getByRole('heading', { name: 'Overview', exact: true }).waitFor();
  await settled(page);
  assert.ok(!page.url().includes('token='), 'the link’s token stays in the address');
});

test('another link does not', async () => {
  const stranger = await openPage(house.origin);
  await stranger.goto(`${house.origin}/#/demo?token=tgi_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`);
  await seen(stranger, 'This token is unknown, used or expired.');
});

test('it says that it is a demo', async () => {
  await go(page, '/settings');
  await seen(page, 'This is a demonstration.');
});

test('there are sample apps, and filters find among them', async () => {
  await go(page, '/apps');
  const rows = page.getByRole('table', { name: 'Apps' }).locator('tbody tr:not(.filler)');
  const all = await rows.count();
  assert.ok(all >= 5, `${all} apps`);
  await page.getByLabel('Search').fill('karaoke');
  await page.waitForFunction(() => document.querySelectorAll('tbody tr:not(.filler)').length === 1);
  await button(page, 'Reset').click();
  await page.getByLabel('Status').selectOption('suspended');
  await seen(page, 'No app fits these filters.');
});

test('there is a month of usage, in a chart, a table and a file', async () => {
  const { body } = await api(page, 'GET', `/usage?resolution=day&from=${Math.floor(Date.now() / 1000) - 30 * DAY_SECS}&until=${Math.floor(Date.now() / 1000)}`);
  const days = new Set(body.series.flatMap((/** @type {any} */ each) => each.points.map(([at]) => at)));
  assert.ok(days.size >= 28, `${days.size} days`);
  assert.ok(body.series.length >= 3, 'more than one return code');
  await go(page, '/usage?range=31d');
  await page.locator('.chart-box canvas').waitFor();
  assert.ok(await page.getByRole('table').count() >= 2);
  const [file] = await Promise.all([page.waitForEvent('download'), button(page, 'Save as CSV').click()]);
  assert.match(file.suggestedFilename(), /^usage.*\.csv$/);
  for (const range of ['24h', '7d', '12m']) {
    await page.getByLabel('Time', { exact: true }).selectOption(range);
    await settled(page);
    assert.deepEqual(await page.locator('main [role=alert]').allInnerTexts(), []);
    await picture(page, `usage-${range}`);
  }
});

test('apps are changed many at once, exported and imported', async () => {
  await go(page, '/apps');
  for (const row of [1, 2]) await page.getByRole('table', { name: 'Apps' }).getByRole('checkbox').nth(row).check();
  await seen(page, '2 apps selected');
  await picture(page, 'apps-selected');
  await button(page, 'Clear the selection').click();
  await button(page, 'Export').click();
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator('dialog[open]').getByRole('button', { name: 'Export' }).click()]);
  assert.match(file.suggestedFilename(), /apps.*\.(csv|jsonl)$/);
  await page.keyboard.press('Escape');
  await button(page, 'Import').click();
  await page.locator('dialog[open] input[type=file]').setInputFiles({ name: 'apps.csv', mimeType: 'text/csv', buffer: Buffer.from('app_id,name,features\n,Imported one,ans\n,,ans\n') });
  await button(page, 'Try it (dry run)').click();
  await seen(page, 'Dry run: 1 would be created, 1 would fail.');
  await picture(page, 'apps-import');
});
