// Rotating the issuing key: what would happen is shown first; then the new key stands in the calendar.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, button, dialog, endStepUp, fetchCode, go, look, ownersHouse, seen, settled, signedQuery, stepUp } from './house.mjs';

const { page, owner, gateway } = await ownersHouse();
const { body: { app, server_secret: secret } } = await api(page, 'POST', '/apps', { name: 'Signed', features: [{ name: 'ans' }] });

test('the calendar shows the one key', async () => {
  await go(page, '/keys');
  await seen(page, 'The roots live with the server');
  assert.deepEqual(await serials(), ['1']);
});

test('the preview says what will happen, and what would break', async () => {
  await button(page, 'Rotate…').click();
  await seen(dialog(page), 'What will happen');
  await seen(dialog(page), 'Key 2');
  await seen(dialog(page), 'Licences of earlier keys stay good to their end.');
  await look(page, 'keys-preview');
  await dialog(page).getByLabel('Withdraw all earlier keys').check();
  await seen(dialog(page), 'Devices that stay offline keep older licences to');
  await settled(page);
  await look(page, 'keys-preview-warning');
  await dialog(page).getByLabel('Withdraw all earlier keys').uncheck();
});

test('an hour that is too soon is refused before anything is done', async () => {
  await dialog(page).getByLabel('When').selectOption('at');
  const soon = new Date(Date.now() + 3_600_000).toISOString().slice(0, 13);
  await dialog(page).getByLabel('Hour').fill(`${soon}:00`);
  await dialog(page).getByLabel('Hour').dispatchEvent('change');
  await seen(dialog(page), 'That hour is too soon.');
  assert.ok(await button(page, 'Continue…').isDisabled());
});

test('at once: confirmed by the issuer’s name and a fresh code', async () => {
  await dialog(page).getByLabel('When').selectOption('now');
  await page.waitForFunction(() => [...document.querySelectorAll('dialog button')].some((each) => each.textContent === 'Continue…' && !(/** @type {HTMLButtonElement} */ (each).disabled)));
  await button(page, 'Continue…').click();
  await seen(dialog(page), 'Publish key 2');
  const publish = dialog(page).getByRole('button', { name: 'Publish the key' });
  assert.ok(await publish.isDisabled());
  await dialog(page).getByRole('textbox').fill('tonegate');
  await endStepUp(page, /\/api\/v1\/keys$/);
  await publish.click();
  await stepUp(page, owner);
  await seen(page, 'Key 2 was published.');
});

test('the new key stands in the calendar, and licences are issued by it', async () => {
  await settled(page);
  assert.deepEqual(await serials(), ['2', '1']);
  const calendar = page.getByRole('img', { name: /^Calendar/ });
  assert.match(await calendar.getAttribute('aria-label') ?? '', /Key 2 signs from/);
  await look(page, 'keys-rotated');
  assert.equal(await fetchCode(gateway, signedQuery(app.app_id, secret)), 0);
  const minted = await api(page, 'POST', `/apps/${app.app_id}/licenses`);
  assert.equal(minted.body.serial, 2);
});

test('the pins can be downloaded', async () => {
  const [file] = await Promise.all([page.waitForEvent('download'), button(page, 'Download pins.json').click()]);
  assert.equal(file.suggestedFilename(), 'pins.json');
});

/** The serials of the table, newest first. */
async function serials() {
  return page.getByRole('table', { name: 'All issuing keys' }).locator('tbody tr td:first-child').allInnerTexts();
}
