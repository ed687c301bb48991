// A viewer, and an operator who is confined to one app: on no page do they meet a control that the API would refuse.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Person, api, button, dialog, enrol, go, openPage, ownersHouse, pagesOf, picture, seen, settled, signedQuery, fetchCode } from './house.mjs';

const house = await ownersHouse({ config: '[webhooks]\nallow_private_addresses = true\n' });
const owner = house.page;
const app = async (/** @type {string} */ name) => (await api(owner, 'POST', '/apps', { name, features: [{ name: 'ans' }] })).body;
const [own, foreign] = [await app('Her own'), await app('Of others')];
const ownId = own.app.app_id;
const { body: { webhook } } = await api(owner, 'POST', '/webhooks', { url: 'http://127.0.0.1:9/nobody', events: ['*'] });
await fetchCode(house.gateway, signedQuery(ownId, own.server_secret));

/** What a control does, by its words, wherever it stands; null: it asks the API for nothing that needs a right. */
const CONTROLS = /** @type {Record<string, string | null>} */ ({
  'Create an app': 'create_app', Import: 'import_apps', Export: 'export_apps',
  Suspend: 'suspend_app', Resume: 'resume_app', 'More for this app': 'delete_app', Save: 'update_app', Discard: 'update_app', 'Add a feature': 'update_app', 'Remove this feature': 'update_app',
  Reveal: 'reveal_secret', 'Rotate the secret': 'rotate_secret', Revoke: 'revoke_secret', 'Issue it': 'mint_license',
  'Rotate…': 'rotate_key', 'Preview a rotation…': 'preview_rotation', 'Download the request file': 'request_certificates', 'Download pins.json': 'get_pins',
  'Save as CSV': 'export_usage', 'Fetch the secret from the server': 'reveal_secret', Send: 'gateway_call', 'Check': 'check_request', Inspect: 'inspect_license',
  'Create a webhook': 'create_webhook', 'Send a test': 'test_webhook', Edit: 'update_webhook', Disable: 'update_webhook', Enable: 'update_webhook', 'Try now': 'retry_delivery',
  Delete: 'delete_webhook', 'Invite a user': 'create_user', 'Create an API token': 'create_api_token', 'Change the password': 'change_password', End: 'end_session', Download: 'get_checkpoint',
});
/** Controls of the page itself. */
const HARMLESS = /^(Copy.*|Hide|Show|Clear|Refresh|Reset|Navigation|.*Language|Theme|Account of .*|Password|EN|◐|New nonce|Time of now|Curl|Go there|Old time|Milliseconds|Upper-case signature|Signature too long|Wrong version|AppId twice|No nonce|curl without quotes|Download openapi.json|Go to the overview|Call it online|Integrate|Try again|Close|Play|Record yourself|Noise suppression|Gain control)$/;

const PICTURES = ['overview', 'apps', 'keys', 'app-settings', 'app-secrets', 'webhook', 'people'];

/** @type {{name: string, role: string, confined: boolean, pages: number}[]} */
const PEOPLE = [
  { name: 'vera', role: 'viewer', confined: false, pages: 0 },
  { name: 'otto', role: 'operator', confined: true, pages: 0 },
];

for (const each of PEOPLE) {
  const person = new Person(each.name);
  let link = '';
  /** @type {import('./house.mjs').Page} */
  let page;

  test(`the owner invites ${each.name}, ${each.role}`, async () => {
    await go(owner, '/people');
    await button(owner, 'Invite a user').click();
    await dialog(owner).getByLabel('Name').fill(each.name);
    await dialog(owner).getByLabel('Role').selectOption(each.role);
    if (each.confined) {
      await dialog(owner).getByLabel('Only for some apps').check();
      await dialog(owner).getByLabel('AppIds').fill(String(ownId));
    }
    await dialog(owner).getByRole('button', { name: 'Invite a user' }).click();
    await seen(dialog(owner), 'enroll?token=');
    link = await dialog(owner).locator('.code-line code').innerText();
    await button(owner, 'Done').click();
    await owner.getByRole('row').filter({ hasText: each.name }).getByText('invited').waitFor();
  });

  test(`${each.name} accepts`, async () => {
    page = await openPage(house.origin);
    await enrol(page, await person.early(), { link });
    const session = (await api(page, 'GET', '/session')).body;
    assert.equal(session.role, each.role);
    assert.deepEqual(session.app_ids, each.confined ? [ownId] : null);
  });

  test(`${each.name} meets nothing that is refused`, async () => {
    const { operations } = (await api(page, 'GET', '/session')).body;
    const pages = [...pagesOf(ownId), ['webhook', `/webhooks?id=${webhook.id}`]];
    /** @type {string[]} */
    const wrong = [];
    page.answers.length = 0;
    for (const [name, hash] of pages) {
      await go(page, hash);
      for (const control of await controls()) {
        const needs = CONTROLS[control];
        if (needs && !operations.includes(needs)) wrong.push(`${hash}: “${control}” needs ${needs}`);
        if (needs === undefined && !HARMLESS.test(control)) wrong.push(`${hash}: “${control}” is not known to this test`);
      }
      if (PICTURES.includes(name)) await picture(page, `${each.name}-${name}`);
    }
    assert.deepEqual(wrong, []);
    assert.deepEqual(page.answers.filter((answer) => answer.status === 403), []);
  });

  test(`${each.name} is led nowhere that is closed`, async () => {
    await page.goto(`${house.origin}/`);
    await settled(page);
    const links = await page.locator('nav a').evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''));
    assert.ok(links.length >= 5, links.join());
    page.answers.length = 0;
    for (const link of links) {
      await page.locator(`nav a[href="${link}"]`).click();
      await settled(page);
      assert.deepEqual(await page.locator('main [role=alert]').allInnerTexts(), [], link);
    }
    for (const tab of ['', '?tab=settings', '?tab=secrets', '?tab=licenses', '?tab=integrate']) await go(page, `/apps/${ownId}${tab}`);
    assert.deepEqual(page.answers.filter((answer) => answer.status >= 400), []);
  });

  /** The words of what can be pressed or changed now. */
  async function controls() {
    return page.locator('main button:visible:not(:disabled), main a.button:visible').evaluateAll((all) => all
      .filter((each) => !each.matches('[role=tab], .sort, .link, .usage-legend button'))
      .map((each) => (each.getAttribute('aria-label') ?? each.textContent ?? '').trim()));
  }

  if (each.role === 'viewer') {
    test('a viewer reads settings in fields that are closed', async () => {
      await go(page, `/apps/${ownId}?tab=settings`);
      const open = await page.locator('main .tab-panel').locator('input:enabled, select:enabled, textarea:enabled').count();
      assert.equal(open, 0);
    });
  }
  if (each.confined) {
    test('other apps do not exist for who is confined', async () => {
      await go(page, '/apps');
      assert.equal(await page.getByText('Of others').count(), 0);
      await go(page, `/apps/${foreign.app.app_id}`);
      await seen(page, 'No such app, or it is not one of yours.');
    });

    test('and their own app is theirs to run', async () => {
      await go(page, `/apps/${ownId}?tab=secrets`);
      await button(page, 'Reveal').click();
      await seen(page, own.server_secret);
    });
  }
}
