// A page that is watched: whatever a walk does, it must not log an error, break the console's policy, open a dialog of
// the browser or ask another host for anything.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { chromium } from 'playwright-core';

/** @type {Promise<import('playwright-core').Browser> | undefined} */
let browser;
/** Every page that is open. @type {import('playwright-core').Page[]} */
const open = [];

/** Closes all pages: a server that stops must not be asked by one of them. */
export const leave = () => Promise.all(open.splice(0).map((page) => page.close()));

/**
 * A page in a browser profile of its own, watched to the end.
 * @param {string} origin
 * @param {{width?: number, height?: number, language?: 'en' | 'zh', tapped?: boolean, from?: import('playwright-core').Page}} [look]
 *   `tapped`: without the page's policy, which would keep a tap out (sound.mjs); `from`: signed in as that page is
 */
export async function openPage(origin, { width = 1280, height = 900, language = 'en', tapped = false, from } = {}) {
  if (!browser) {
    browser = chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
    after(async () => (await browser)?.close());
  }
  const context = await (await browser).newContext({ viewport: { width, height }, permissions: ['clipboard-read', 'clipboard-write'], locale: 'en-GB', timezoneId: 'UTC', reducedMotion: 'reduce', bypassCSP: tapped, storageState: await from?.context().storageState() });
  await context.addInitScript((spoken) => {
    if (!localStorage.getItem('tonegate.language')) localStorage.setItem('tonegate.language', spoken);
    document.addEventListener('securitypolicyviolation', (event) => console.error(`policy broken: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  }, language);
  const page = await context.newPage();
  open.push(page);
  page.setDefaultTimeout(10_000);
  const watch = watched(page, origin);
  after(() => watch.end());
  return Object.assign(page, { origin, answers: watch.answers, faults: watch.faults });
}

/** @typedef {Awaited<ReturnType<typeof openPage>>} Page */

/** Collects what must not happen, and every answer of the API. @param {import('playwright-core').Page} page @param {string} origin */
function watched(page, origin) {
  /** @type {string[]} */
  const faults = [];
  /** @type {{method: string, path: string, status: number}[]} */
  const answers = [];
  // What is refused on purpose is logged by the browser too; answers are looked at one by one instead.
  const isRefusal = (/** @type {string} */ text) => text.startsWith('Failed to load resource: the server responded with a status of 4');
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type()) && !isRefusal(message.text())) faults.push(`${message.type()}: ${message.text()}`); });
  page.on('pageerror', (error) => faults.push(`page error: ${error.message}`));
  page.on('dialog', (dialog) => { faults.push(`dialog: ${dialog.message()}`); dialog.dismiss().catch(() => {}); });
  page.on('request', (request) => { if (!request.url().startsWith(`${origin}/`) && !/^(data|blob):/.test(request.url())) faults.push(`asked ${request.url()}`); });
  page.on('response', async (response) => {
    const { pathname } = new URL(response.url());
    if (!pathname.startsWith('/api/')) return;
    const answer = { method: response.request().method(), path: pathname, status: response.status() };
    answers.push(answer);
    if (answer.status >= 500) faults.push(`${answer.method} ${pathname} answered ${answer.status}`);
  });
  const end = () => assert.deepEqual(faults, [], 'what must not happen on a page');
  return { faults, answers, end };
}

/** Opens a page of the console and waits until it has loaded. @param {Page} page @param {string} hash such as `/apps` */
export async function go(page, hash) {
  const before = new URL(page.url());
  if (before.origin === page.origin && before.hash === `#${hash}`) await page.reload();
  else await page.goto(`${page.origin}/#${hash}`);
  await settled(page);
}

/** Waits until nothing is being fetched or drawn. @param {Page} page */
export async function settled(page) {
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(() => !document.querySelector('.skeleton, .spinner, [aria-busy=true]'));
  // What follows the last answer (a chart, a list's next page) begins within two frames.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.waitForFunction(() => !document.querySelector('.skeleton, .spinner, [aria-busy=true]'));
  const broken = await page.locator('h1').evaluateAll((all) => all.some((each) => each.textContent === 'Something went wrong here.'));
  if (broken) page.faults.push(`${new URL(page.url()).hash}: ${await page.locator('main').innerText()}`);
}

/** A button, by its whole text. @param {Page} page @param {string} name */
export function button(page, name) {
  return page.getByRole('button', { name, exact: true });
}

/** The dialog that is on top. @param {Page} page */
export const dialog = (page) => page.locator('dialog[open]').last();

/** Waits for a text to be seen. @param {Page | import('playwright-core').Locator} where @param {string | RegExp} text */
export const seen = (where, text) => where.getByText(text).first().waitFor();

/** A call of the admin API by the page's session. @param {Page} page @param {string} method @param {string} where @param {unknown} [body] */
export async function api(page, method, where, body) {
  return page.evaluate(async ([method, where, body]) => {
    const session = await (await fetch('/api/v1/session')).json();
    const answer = await fetch(`/api/v1${where}`, { method, headers: { 'X-CSRF-Token': session.csrf_token, ...(body ? { 'Content-Type': 'application/json' } : {}) }, body: body ? JSON.stringify(body) : undefined });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  }, /** @type {const} */ ([method, where, body]));
}

/** Every page that somebody who is signed in can open, by a name for its picture. @param {number} appId */
export const pagesOf = (appId) => Object.entries({
  overview: '/', apps: '/apps', keys: '/keys', usage: '/usage?range=31d', call: '/call', checker: '/checker', inspector: '/inspector', verifier: '/verifier', playground: '/playground', reference: '/reference',
  'app-activity': `/apps/${appId}`, 'app-settings': `/apps/${appId}?tab=settings`, 'app-secrets': `/apps/${appId}?tab=secrets`, 'app-licenses': `/apps/${appId}?tab=licenses`, 'app-integrate': `/apps/${appId}?tab=integrate`,
  audit: '/audit', 'audit-checkpoint': '/audit?tab=checkpoint', webhooks: '/webhooks', people: '/people', 'people-tokens': '/people?tab=tokens', 'people-sessions': '/people?tab=sessions', 'people-roles': '/people?tab=roles',
  settings: '/settings', account: '/account', 'account-sessions': '/account?tab=sessions', 'not-found': '/nowhere',
});

/** Pixels by which the page is wider than the window. @param {Page} page */
export const overflow = (page) => page.evaluate(() => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - document.documentElement.clientWidth);
