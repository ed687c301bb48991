// What every walk stands in: a server of its own in a temporary folder, a browser, and a page that is watched. Whatever
// a walk does, the page must not log an error, break the console's policy, open a dialog of the browser or ask another
// host for anything.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const TONEGATE = process.env.TONEGATE ?? 'tonegate';
const SCREENSHOTS = process.env.SCREENSHOTS ?? path.join(tmpdir(), 'tonegate-screenshots');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ANY_PORT = '127.0.0.1:0';
const START_MS = 30_000;
const STEP_SECS = 30;

export const repository = process.env.TONEGATE_REPOSITORY ?? process.cwd();
export const PASSWORD = 'walrus teapot lantern quarry';

/** A folder that is gone when the file's tests are over. */
export function temporaryFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'tonegate-walk-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A command of tonegate; gives what it wrote. @param {...string} given */
export const tonegate = (...given) => execFileSync(TONEGATE, given, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/**
 * A server on an installation in `folder`, which is made where there is none.
 * @param {{folder?: string, config?: string}} [wanted] `config`: a configuration file's text
 * @returns {Promise<{origin: string, gateway: string, setupToken: string}>}
 */
export async function serve({ folder = temporaryFolder(), config = '' } = {}) {
  const [data, file] = [path.join(folder, 'data'), path.join(folder, 'tonegate.toml')];
  writeFileSync(file, config);
  if (!exists(data)) tonegate('init', '--auto-root', '--data', data);
  const said = run('serve', '--json', '--data', data, '--config', file, '--address', ANY_PORT, '--admin-address', ANY_PORT);
  const { admin, gateway } = JSON.parse(await said.line(/^\{"admin".*/m));
  return { ...places(admin, gateway), setupToken: /setup_token="?(tgi_[\w-]+)/.exec(said.errors())?.[1] ?? '' };
}

/** The demo, with the link that signs in. @returns {Promise<{origin: string, gateway: string, link: string}>} */
export async function demo() {
  const data = path.join(temporaryFolder(), 'data');
  const said = run('demo', '--data', data, '--address', ANY_PORT, '--admin-address', ANY_PORT, '--relay-address', ANY_PORT, '--relay-admin-address', ANY_PORT);
  await said.line(/^Serving\. .*/m);
  const fact = (/** @type {string} */ name) => new RegExp(`^${name} +(\\S+)`, 'm').exec(said.text())?.[1] ?? '';
  return { ...places(new URL(fact('Health, metrics')).host, new URL(fact('Gateway')).host), link: fact('Console') };
}

/** Browsers take the session's cookie without TLS from localhost alone. @param {string} admin @param {string} gateway */
const places = (admin, gateway) => ({ origin: `http://localhost:${admin.split(':').pop()}`, gateway: `http://${gateway}` });

/** @param {string} data */
function exists(data) {
  try {
    return Boolean(readFileSync(path.join(data, 'kek.key')));
  } catch {
    return false;
  }
}

/** A process of tonegate, stopped when the file's tests are over. @param {...string} given */
function run(...given) {
  const child = spawn(TONEGATE, given, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, errors] = ['', ''];
  child.stdout.on('data', (piece) => { out += piece; });
  child.stderr.on('data', (piece) => { errors += piece; });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // Also where a test file fails before its tests.
  process.once('exit', () => child.kill('SIGKILL'));
  after(async () => {
    child.kill('SIGTERM');
    const slow = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(slow);
  });
  const line = async (/** @type {RegExp} */ wanted) => {
    for (const until = Date.now() + START_MS; Date.now() < until && child.exitCode === null; await pause(25)) {
      const found = wanted.exec(out);
      if (found) return found[0];
    }
    throw new Error(`tonegate ${given[0]} did not begin:\n${out}\n${errors}`);
  };
  return { line, text: () => out, errors: () => errors };
}

/** @type {Promise<import('playwright-core').Browser> | undefined} */
let browser;

/**
 * A page in a browser profile of its own, watched to the end.
 * @param {string} origin
 * @param {{width?: number, height?: number, language?: 'en' | 'zh'}} [look]
 */
export async function openPage(origin, { width = 1280, height = 900, language = 'en' } = {}) {
  if (!browser) {
    browser = chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
    after(async () => (await browser)?.close());
  }
  const context = await (await browser).newContext({ viewport: { width, height }, permissions: ['clipboard-read', 'clipboard-write'], locale: 'en-GB', timezoneId: 'UTC', reducedMotion: 'reduce' });
  await context.addInitScript((spoken) => {
    if (!localStorage.getItem('tonegate.language')) localStorage.setItem('tonegate.language', spoken);
    document.addEventListener('securitypolicyviolation', (event) => console.error(`policy broken: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  }, language);
  const page = await context.newPage();
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
  /** @type {{method: string, path: string, status: number, code?: string}[]} */
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

/** A button, by its whole text; within the open dialog if there is one. @param {Page} page @param {string} name */
export function button(page, name) {
  return page.getByRole('button', { name, exact: true });
}

/** The dialog that is on top. @param {Page} page */
export const dialog = (page) => page.locator('dialog[open]').last();

/** Waits for a text to be seen. @param {Page | import('playwright-core').Locator} where @param {string | RegExp} text */
export const seen = (where, text) => where.getByText(text).first().waitFor();

/** A person with a password and a second factor. */
export class Person {
  /** @param {string} name @param {string} [password] */
  constructor(name, password = PASSWORD) {
    this.name = name;
    this.password = password;
    this.secret = '';
    this.lastStep = 0;
  }

  /** Takes the secret of the second factor. @param {string} base32 */
  learn(base32) {
    this.secret = base32.replace(/\s/g, '');
  }

  /**
   * A code that was not used yet. One step on both sides of now counts, and each step once: three codes need no wait, if
   * the first is the oldest.
   */
  async code() {
    const step = Math.max(this.lastStep + 1, stepNow() - 1);
    while (stepNow() + 1 < step) await pause(200);
    this.lastStep = step;
    return totp(this.secret, step);
  }

  /** Waits for so much of a step to be left that a few requests fit into it. */
  async early() {
    while (Date.now() / 1000 % STEP_SECS > STEP_SECS - 4) await pause(200);
    return this;
  }
}

const stepNow = () => Math.floor(Date.now() / 1000 / STEP_SECS);

/** RFC 6238. @param {string} base32 @param {number} step */
function totp(base32, step) {
  const bits = [...base32].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const tag = createHmac('sha1', key).update(counter).digest();
  const word = tag.readUInt32BE(tag[19] & 15) & 0x7fffffff;
  return String(word % 1_000_000).padStart(6, '0');
}

/** Enrols with a setup token or an invitation, in the console. @param {Page} page @param {Person} person @param {{setup?: string, link?: string}} by */
export async function enrol(page, person, { setup, link }) {
  await page.goto(link ?? `${page.origin}/#/setup?token=${setup}`);
  if (setup) await page.getByLabel('Name').fill(person.name);
  await choosePassword(page, person.password);
  await confirmFactor(page, person);
}

/** @param {Page} page @param {string} password */
export async function choosePassword(page, password) {
  await page.getByLabel('Password', { exact: false }).first().fill(password);
  await page.getByLabel('The same password again').fill(password);
  await button(page, 'Next').click();
}

/** @param {Page} page @param {Person} person */
export async function confirmFactor(page, person) {
  person.learn(await page.locator('code.secret-text').innerText());
  await page.getByLabel('Code (6 digits)').fill(await person.code());
  await button(page, 'Confirm and sign in').click();
  await page.locator('.shell').waitFor();
  await settled(page);
}

/** A server with its first owner signed in. @param {{folder?: string, config?: string}} [wanted] @param {Parameters<typeof openPage>[1]} [look] */
export async function ownersHouse(wanted, look) {
  const house = await serve(wanted);
  const page = await openPage(house.origin, look);
  const owner = new Person('olivia');
  await enrol(page, await owner.early(), { setup: house.setupToken });
  return { ...house, page, owner };
}

/** Lets the session's step-up have ended: the next request that needs one is answered as it is after five minutes. @param {Page} page @param {RegExp} where */
export async function endStepUp(page, where) {
  const problem = { type: 'urn:tonegate:problem:step_up_required', title: 'Step-up required', status: 403, detail: 'this takes a fresh code', code: 'step_up_required' };
  await page.route(where, (route) => route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify(problem) }), { times: 1 });
}

/** Answers the dialog that asks for a fresh code. @param {Page} page @param {Person} person */
export async function stepUp(page, person) {
  await seen(dialog(page), 'Confirm that it is you');
  await page.getByLabel('Code (6 digits)').fill(await person.code());
  await button(page, 'Confirm').click();
}

/** A call of the admin API by the page's session. @param {Page} page @param {string} method @param {string} where @param {unknown} [body] */
export async function api(page, method, where, body) {
  return page.evaluate(async ([method, where, body]) => {
    const session = await (await fetch('/api/v1/session')).json();
    const answer = await fetch(`/api/v1${where}`, { method, headers: { 'X-CSRF-Token': session.csrf_token, ...(body ? { 'Content-Type': 'application/json' } : {}) }, body: body ? JSON.stringify(body) : undefined });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  }, /** @type {const} */ ([method, where, body]));
}

/** A signed query of the licence API. @param {number | string} appId @param {string} secret @param {{nonce?: string, timestamp?: number | string, signature?: string}} [given] */
export function signedQuery(appId, secret, { nonce = randomBytes(8).toString('hex'), timestamp = Math.floor(Date.now() / 1000), signature } = {}) {
  const signed = signature ?? createHash('md5').update(`${appId}${nonce}${secret}${timestamp}`).digest('hex');
  return `Action=CgiDescribeZIMAudioLicense&AppId=${appId}&SignatureNonce=${encodeURIComponent(nonce)}&Timestamp=${timestamp}&SignatureVersion=2.0&Signature=${signed}`;
}

/** A backend's request for a licence; gives the return code. @param {string} gateway @param {string} query @returns {Promise<number>} */
export async function fetchCode(gateway, query) {
  const answer = await fetch(`${gateway}/?${query}`);
  return (/** @type {{Code: number}} */ (await answer.json())).Code;
}

/** Pictures of a page as it is, light and dark, and no serious finding of axe in either. @param {Page} page @param {string} name */
export async function look(page, name) {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await picture(page, `${name}.${colorScheme}`);
    // What is no matter of colours is the same in both.
    await axe(page, `${name}, ${colorScheme}`, colorScheme === 'dark' ? { runOnly: { type: 'rule', values: ['color-contrast'] } } : undefined);
  }
  await page.emulateMedia({ colorScheme: null });
}

/** Keeps a picture, of the whole page. @param {Page} page @param {string} name */
export async function picture(page, name) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const fullPage = (await page.locator('dialog[open]').count()) === 0;
  // `caret`: hiding it would put a style into the page, which its policy refuses.
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`), fullPage, caret: 'initial' });
}

/** No serious or critical finding. @param {Page} page @param {string} name @param {object} [options] */
export async function axe(page, name, options = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }) {
  if (!(await page.evaluate(() => 'axe' in window))) {
    // As the developer tools do it: the page's policy lets no script in.
    const tools = await page.context().newCDPSession(page);
    await tools.send('Runtime.evaluate', { expression: `${AXE};0` });
    await tools.detach();
  }
  const found = await page.evaluate(async (wanted) => {
    const { violations } = await /** @type {any} */ (window).axe.run(document, { preload: false, resultTypes: ['violations'], ...wanted });
    return violations.filter((/** @type {any} */ each) => ['serious', 'critical'].includes(each.impact)).map((/** @type {any} */ each) => `${each.id}: ${each.nodes.map((/** @type {any} */ node) => `${node.target} ${node.any[0]?.message ?? ''}`).join(' | ')}`);
  }, options);
  assert.deepEqual(found, [], `axe on ${name}`);
}

/** Every page that somebody who is signed in can open, by a name for its picture. @param {number} appId */
export const pagesOf = (appId) => Object.entries({
  overview: '/', apps: '/apps', keys: '/keys', usage: '/usage?range=31d', call: '/call', checker: '/checker', inspector: '/inspector', reference: '/reference',
  'app-activity': `/apps/${appId}`, 'app-settings': `/apps/${appId}?tab=settings`, 'app-secrets': `/apps/${appId}?tab=secrets`, 'app-licenses': `/apps/${appId}?tab=licenses`, 'app-integrate': `/apps/${appId}?tab=integrate`,
  audit: '/audit', 'audit-checkpoint': '/audit?tab=checkpoint', webhooks: '/webhooks', people: '/people', 'people-tokens': '/people?tab=tokens', 'people-sessions': '/people?tab=sessions', 'people-roles': '/people?tab=roles',
  settings: '/settings', account: '/account', 'account-sessions': '/account?tab=sessions', 'not-found': '/nowhere',
});

/** Pixels by which the page is wider than the window. @param {Page} page */
export const overflow = (page) => page.evaluate(() => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - document.documentElement.clientWidth);
