// An app's life: made, its secret revealed and rotated while its backend goes on fetching, suspended and resumed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { button, dialog, endStepUp, fetchCode, go, look, ownersHouse, seen, settled, signedQuery, stepUp } from './house.mjs';

const NAME = 'Walk <app> & "sons"';
const SUSPENDED = 100000017;
const REVOKED = 910004;

const { page, owner, gateway } = await ownersHouse({ config: '[network_limit]\nper_second = 1000\nburst = 1000\n' });
let appId = '';
let secret = '';
let second = '';

test('an app is made', async () => {
  await go(page, '/apps');
  await seen(page, 'No apps yet.');
  await look(page, 'apps-none');
  await button(page, 'Create an app').first().click();
  await dialog(page).getByLabel('Name').fill(NAME);
  await look(page, 'app-create');
  await dialog(page).getByRole('button', { name: 'Create an app' }).click();
  await seen(dialog(page), `${NAME} is there`);
  appId = await dialog(page).locator('dd code').first().innerText();
  assert.match(appId, /^\d{9,10}$/);
  await button(page, 'Reveal').click();
  secret = await dialog(page).locator('.secret-text').innerText();
  assert.match(secret, /^[0-9a-f]{32}$/);
  await dialog(page).getByRole('link').click();
  await seen(page, 'Code for this app');
  await settled(page);
  assert.ok((await page.locator('pre').first().innerText()).includes(appId));
});

test('its backend gets a licence', async () => {
  assert.equal(await fetchCode(gateway, signedQuery(appId, secret)), 0);
});

test('its licence is listed by its hour, and found valid by the verifier', { timeout: 30_000 }, async () => {
  // An app's hours begin at a minute of its own; what was issued is written every two seconds.
  const hour = page.getByRole('row').getByText(new RegExp(` ${new Date(Date.now() - 3_600_000).getUTCFullYear()}, \\d\\d:\\d\\d:\\d\\d$`));
  do await go(page, `/apps/${appId}?tab=licenses`); while (await hour.count() === 0);
  await button(page, 'Issue it').click();
  await look(page, 'app-license');
  await button(page, 'Verifier').click();
  await page.locator('.notice-title').getByText('Valid', { exact: true }).waitFor();
  await seen(page, 'Proven genuine');
});

test('the secret is revealed to who steps up, and hidden again', async () => {
  await go(page, `/apps/${appId}?tab=secrets`);
  assert.ok(!(await page.content()).includes(secret));
  await endStepUp(page, /\/reveal$/);
  await button(page, 'Reveal').click();
  await seen(page, 'Confirm that it is you');
  await look(page, 'step-up');
  await stepUp(page, owner);
  await seen(page, secret);
  await button(page, 'Hide').click();
  assert.ok(!(await page.content()).includes(secret));
});

test('who cancels the step-up sees no secret and no error', async () => {
  await endStepUp(page, /\/reveal$/);
  await button(page, 'Reveal').click();
  await dialog(page).getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await page.locator('[role=alert]').count(), 0);
});

test('it is rotated with an overlap, and no fetch fails', async () => {
  const backend = new Backend(secret);
  await button(page, 'Rotate the secret').click();
  await seen(dialog(page), 'Both work for');
  await look(page, 'app-rotate');
  await dialog(page).getByRole('button', { name: 'Rotate the secret' }).click();
  await seen(dialog(page), 'The new secret is active');
  await dialog(page).getByRole('button', { name: 'Reveal' }).click();
  second = await dialog(page).locator('.secret-text').innerText();
  assert.notEqual(second, secret);
  await pause(300);
  backend.secret = second;
  await pause(300);
  await button(page, 'Done').click();
  const codes = await backend.stop();
  assert.ok(codes.length > 10, `${codes.length} fetches`);
  assert.deepEqual([...new Set(codes)], [0]);
  assert.equal(await fetchCode(gateway, signedQuery(appId, secret)), 0, 'the old one still works');
  await seen(page, 'Generation 2');
  await seen(page.locator('.badge'), 'retiring');
});

test('the old secret is revoked by name', async () => {
  await button(page, 'Revoke').click();
  const act = dialog(page).getByRole('button', { name: 'Revoke' });
  assert.ok(await act.isDisabled());
  await dialog(page).getByRole('textbox').fill(NAME);
  await act.click();
  await seen(page, 'Secret revoked');
  assert.equal(await fetchCode(gateway, signedQuery(appId, secret)), REVOKED);
  assert.equal(await fetchCode(gateway, signedQuery(appId, second)), 0);
});

test('suspended, it is refused; resumed, it is served', async () => {
  await button(page, 'Suspend').click();
  await seen(dialog(page), 'A device that stays offline notices only when its licence ends');
  await look(page, 'app-suspend');
  await dialog(page).getByRole('textbox').fill(NAME);
  await dialog(page).getByRole('button', { name: 'Suspend' }).click();
  await seen(page, 'This app is suspended: it gets no new licences.');
  assert.equal(await fetchCode(gateway, signedQuery(appId, second)), SUSPENDED);
  await button(page, 'Resume').click();
  await dialog(page).getByRole('button', { name: 'Resume' }).click();
  await button(page, 'Suspend').waitFor();
  assert.equal(await fetchCode(gateway, signedQuery(appId, second)), 0);
});

test('its settings are changed, and what changed meanwhile is not overwritten unseen', async () => {
  await page.getByRole('tab', { name: 'Settings' }).click();
  await page.getByLabel('Requests per second').fill('55');
  await seen(page, 'Not saved: requests per second');
  const elsewhere = await page.evaluate(async (id) => {
    const session = await (await fetch('/api/v1/session')).json();
    const headers = { 'X-CSRF-Token': session.csrf_token, 'Content-Type': 'application/json', 'If-Match': '*' };
    return (await fetch(`/api/v1/apps/${id}`, { method: 'PATCH', headers, body: '{"note":"from elsewhere"}' })).status;
  }, appId);
  assert.equal(elsewhere, 200);
  await button(page, 'Save').click();
  await seen(page, 'Somebody else changed it meanwhile.');
  await look(page, 'app-conflict');
  await button(page, 'Keep my changes').click();
  await button(page, 'Save').click();
  await seen(page, 'Everything is saved.');
  assert.equal(await page.getByLabel('Note').inputValue(), 'from elsewhere');
  assert.equal(await page.getByLabel('Requests per second').inputValue(), '55');
});

test('what the backend asked for is listed', async () => {
  await go(page, `/apps/${appId}`);
  await seen(page, 'Recent requests');
  const rows = page.getByRole('table', { name: 'Recent requests' });
  // They are written up to 10 s after they were answered.
  for (let tries = 0; tries < 20 && (await rows.count()) === 0; tries += 1) {
    await page.waitForTimeout(1_000);
    await go(page, `/apps/${appId}`);
  }
  const codes = await rows.locator('.badge').allInnerTexts();
  assert.ok(codes.some((code) => code.includes('Success')), codes.join());
});

test('it is deleted by name', async () => {
  await button(page, 'More for this app').click();
  await button(page, 'Delete the app').click();
  await dialog(page).getByRole('textbox').fill(NAME);
  await dialog(page).getByRole('button', { name: 'Delete the app' }).click();
  await seen(page, 'No apps yet.');
});

/** An app's backend: fetches again and again. */
class Backend {
  /** @param {string} first */
  constructor(first) {
    this.secret = first;
    this.isOver = false;
    this.codes = this.run();
  }

  async run() {
    const codes = [];
    while (!this.isOver) {
      codes.push(await fetchCode(gateway, signedQuery(appId, this.secret)));
      // Below the 20 requests a second that an app may make.
      await pause(60);
    }
    return codes;
  }

  stop() {
    this.isOver = true;
    return this.codes;
  }
}
