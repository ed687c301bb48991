// What an owner looks after: the audit log, webhooks, users and tokens, their own account.

import assert from 'node:assert/strict';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { api, button, dialog, endStepUp, go, look, openPage, ownersHouse, seen, settled, stepUp } from './house.mjs';

const { page, owner, origin } = await ownersHouse({ config: '[webhooks]\nallow_private_addresses = true\n' });
const made = await api(page, 'POST', '/apps', { name: 'Audited', features: [{ name: 'ans' }] });
const appId = made.body.app.app_id;

/** @type {{headers: import('node:http').IncomingHttpHeaders, body: string}[]} */
const received = [];
const receiver = createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  received.push({ headers: request.headers, body });
  response.writeHead(204).end();
});
await new Promise((resolve) => receiver.listen(0, '127.0.0.1', () => resolve(undefined)));
after(() => receiver.close());
const { port } = /** @type {import('node:net').AddressInfo} */ (receiver.address());
const host = `127.0.0.1:${port}`;
let secret = '';

test('a webhook is made, and its secret shown once', async () => {
  await go(page, '/webhooks');
  await seen(page, 'No webhook yet.');
  await button(page, 'Create a webhook').first().click();
  await dialog(page).getByLabel('Address').fill(`http://${host}/hook`);
  await dialog(page).getByLabel('Note').fill('Whom to ask');
  await look(page, 'webhook-create');
  await endStepUp(page, /\/api\/v1\/webhooks$/);
  await button(page, 'Create').click();
  await stepUp(page, owner);
  await seen(dialog(page), 'This secret is shown only now.');
  secret = await dialog(page).locator('.secret-text').innerText();
  assert.match(secret, /^whsec_/);
  await look(page, 'webhook-made');
  await dialog(page).getByText('To its page, to test it').click();
  await page.getByRole('heading', { name: host }).waitFor();
});

test('a test arrives, rightly signed', async () => {
  await button(page, 'Send a test').click();
  await seen(page, 'A test is on its way');
  await page.getByRole('table', { name: 'Deliveries' }).getByText('taken').waitFor();
  const message = received.find(({ body }) => JSON.parse(body).type === 'test');
  assert.ok(message, 'it came');
  assert.ok(isSigned(message));
  assert.ok(!isSigned({ ...message, body: message.body.replace('test', 'best') }));
  await look(page, 'webhook');
});

test('what happens is told', async () => {
  await api(page, 'POST', `/apps/${appId}/suspend`);
  for (let tries = 0; tries < 100 && received.length < 2; tries += 1) await page.waitForTimeout(50);
  assert.deepEqual(received.map(({ body }) => JSON.parse(body).type), ['test', 'app.suspended']);
  assert.ok(received.every(isSigned));
});

test('it is disabled, and deleted by its name', async () => {
  await button(page, 'Disable').click();
  await dialog(page).getByRole('button', { name: 'Disable' }).click();
  await page.locator('.badge', { hasText: 'disabled' }).waitFor();
  await button(page, 'Delete').click();
  assert.ok(await dialog(page).getByRole('button', { name: 'Delete' }).isDisabled());
  await dialog(page).getByRole('textbox').fill(host);
  await dialog(page).getByRole('button', { name: 'Delete' }).click();
  await seen(page, 'No webhook yet.');
});

test('everything stands in the audit log, and no secret does', async () => {
  await go(page, '/audit');
  await page.getByLabel('Action').fill('app.suspend');
  await page.getByRole('table').getByRole('link', { name: `app ${appId}` }).first().waitFor();
  await page.getByRole('table').getByRole('button', { name: 'app.suspend' }).first().click();
  await seen(dialog(page), `user ${owner.name}`);
  await look(page, 'audit-entry');
  await button(page, 'Close').last().click();
  await button(page, 'Reset').click();
  await settled(page);
  const log = await page.evaluate(async () => (await fetch('/api/v1/audit?limit=200')).text());
  for (const kept of [secret, made.body.server_secret, owner.password, owner.secret]) assert.ok(!log.includes(kept));
});

test('a checkpoint can be kept', async () => {
  await page.getByRole('tab', { name: 'Checkpoint' }).click();
  await settled(page);
  const [file] = await Promise.all([page.waitForEvent('download'), button(page, 'Download').click()]);
  assert.match(file.suggestedFilename(), /^checkpoint-\d+\.txt$/);
});

test('a token is made, shown once, works, and is revoked', async () => {
  await go(page, '/people?tab=tokens');
  await button(page, 'Create an API token').first().click();
  await dialog(page).getByLabel('Name').fill('walk');
  await look(page, 'token-create');
  await dialog(page).getByRole('button', { name: 'Create' }).click();
  await seen(dialog(page), 'This token is shown only now.');
  const token = await dialog(page).locator('.secret-text').innerText();
  assert.match(token, /^tgt_/);
  const ask = async () => (await fetch(`${origin}/api/v1/apps`, { headers: { Authorization: `Bearer ${token}` } })).status;
  assert.equal(await ask(), 200);
  await button(page, 'Done').click();
  await page.getByRole('row').filter({ hasText: 'walk' }).getByRole('button', { name: 'Revoke' }).click();
  await dialog(page).getByRole('textbox').fill('walk');
  await dialog(page).getByRole('button', { name: 'Revoke' }).click();
  await seen(page.getByRole('table').locator('.badge'), 'revoked');
  assert.equal(await ask(), 401);
});

test('the last owner stays', async () => {
  await go(page, '/people');
  await page.getByRole('table').getByRole('button', { name: owner.name }).click();
  await look(page, 'user');
  await dialog(page).getByLabel('Role').selectOption('viewer');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await seen(dialog(page), 'The last owner must stay.');
  await page.keyboard.press('Escape');
});

test('a new password ends the other sessions', async () => {
  const elsewhere = await openPage(origin);
  await elsewhere.goto(`${origin}/#/sign-in`);
  await elsewhere.getByLabel('Name').fill(owner.name);
  await elsewhere.getByLabel('Password').fill(owner.password);
  await elsewhere.getByLabel('Code (6 digits)').fill(await owner.code());
  await button(elsewhere, 'Sign in').click();
  await elsewhere.locator('.shell').waitFor();
  await settled(elsewhere);
  await go(page, '/account?tab=sessions');
  await page.getByRole('table').locator('tbody tr').nth(1).waitFor();
  await go(page, '/account');
  await page.getByLabel('New password').fill('another quiet lantern 71');
  await page.getByLabel('The same password again').fill('another quiet lantern 71');
  await page.locator('main').getByRole('button', { name: 'Change the password' }).click();
  await seen(page, 'Password changed; your other sessions ended.');
  await go(page, '/account?tab=sessions');
  assert.equal(await page.getByRole('table').locator('tbody tr').count(), 1);
  await elsewhere.goto(`${origin}/#/keys`);
  await elsewhere.getByRole('heading', { name: 'Sign in' }).waitFor();
});

test('the reference finds an operation and shows how to call it', async () => {
  await go(page, '/reference');
  await page.getByRole('searchbox').fill('reveal secret');
  await seen(page, 'reveal_secret');
  assert.match(await page.locator('details.operation pre').last().innerText(), /^curl -sS -X POST/);
  await look(page, 'reference-operation');
});

/** As Standard Webhooks has it. @param {{headers: import('node:http').IncomingHttpHeaders, body: string}} message */
function isSigned({ headers, body }) {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64')).update(signed).digest();
  const given = Buffer.from(String(headers['webhook-signature']).replace(/^v1,/, ''), 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
