// Texts that would be scripts if a page took them for more than text: written into every field that keeps one, then
// looked at on every page that shows it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, go, ownersHouse, pagesOf, picture, settled } from './house.mjs';

const TEXTS = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  '\'"><img src=x onerror=alert(1)>',
  'javascript:alert(1)',
  '{{constructor.constructor("alert(1)")()}}',
  '${alert(1)}',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<a href="javascript:alert(1)">x</a>',
  '<style>*{display:none}</style>',
  '</textarea><script>alert(1)</script>',
  '<details open ontoggle=alert(1)>',
  '<math><mtext></mtext><mglyph><style>--></style><img src=x onerror=alert(1)>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '<base href="https://example.invalid/">',
];

const { page } = await ownersHouse();
/** @type {number[]} */
const appIds = [];
/** Texts that the API did not keep, by field: then nothing can come of them. @type {string[]} */
const refused = [];

test('they are kept as they are', async () => {
  for (const [i, text] of TEXTS.entries()) {
    const name = text.slice(0, 64);
    const app = await api(page, 'POST', '/apps', { name, note: text, tags: [text.slice(0, 32).replaceAll(',', '')], features: [{ name: 'ans' }] });
    if (app.status === 201) appIds.push(app.body.app.app_id);
    else refused.push(`app ${i}: ${app.body.detail}`);
    for (const [where, body] of /** @type {[string, object][]} */ ([
      ['/webhooks', { url: `https://hooks.example.com/${i}?q=${encodeURIComponent(text)}`, events: ['*'], note: text }],
      ['/users', { name: text, role: 'viewer' }],
      ['/api_tokens', { name: text, role: 'viewer', expires_in: 3600 }],
    ])) {
      const answer = await api(page, 'POST', where, body);
      if (answer.status !== 201) refused.push(`${where} ${i}: ${answer.body.detail}`);
    }
  }
  assert.ok(appIds.length >= 10, `apps take them: ${refused}`);
  assert.ok(refused.length <= TEXTS.length * 2, refused.join('\n'));
});

test('every page shows text, and runs nothing', async () => {
  const webhooks = (await api(page, 'GET', '/webhooks?limit=200')).body.items;
  const pages = [...pagesOf(appIds[1]), ...appIds.slice(2).map((id) => [`app-${id}`, `/apps/${id}?tab=settings`]), ...webhooks.slice(0, 3).map((/** @type {any} */ each) => [each.id, `/webhooks?id=${each.id}`])];
  for (const [name, hash] of pages) {
    await go(page, hash);
    const strange = await page.evaluate(() => [...document.querySelectorAll('script:not([src]), img[src="x"], iframe, base, math, style, [onerror], [onload], [ontoggle], a[href^="javascript:"]')].map((each) => each.outerHTML));
    assert.deepEqual(strange, [], name);
    assert.equal(await page.locator('h1').first().isVisible(), true, name);
  }
  assert.deepEqual(page.faults, []);
});

test('they are read as they were written', async () => {
  await go(page, '/apps');
  await picture(page, 'apps-strange-names');
  const listed = await page.getByRole('table', { name: 'Apps' }).innerText();
  for (const text of TEXTS.slice(0, 3)) assert.ok(listed.includes(text), text);
  await go(page, `/apps/${appIds[0]}?tab=settings`);
  assert.equal(await page.getByLabel('Note').inputValue(), TEXTS[0]);
  await go(page, '/audit');
  await page.getByRole('table').getByRole('button', { name: 'app.create' }).first().click();
  await settled(page);
  assert.ok((await page.locator('dialog[open]').innerText()).includes('<base href='));
  assert.deepEqual(page.faults, []);
});
