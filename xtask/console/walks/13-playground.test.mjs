// The playground: what a licence unlocks is heard, and what it ends is heard to end. Measured in the samples that the page
// puts out: while it plays, and rendered by the same node; in the console, and on a server that only serves files.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { chromium } from 'playwright-core';
import { Person, button, enrol, go, look, openPage, overflow, picture, repository, seen, serve, settled, temporaryFolder } from './house.mjs';
import { beginning, listenIn, pauses, rendered, steady, steepest, tapped, tappedWhole, untouchedFrom } from './sound.mjs';
import { install, pins, vector } from './vectors.mjs';

const EXPIRES = 1_764_451_893;
const NOW = EXPIRES - 86_400;
/** Samples of a node's frame and of WebRTC's suppression. */
const LATE = 480 + 334;
const FRAME = 480;

const folder = temporaryFolder();
install(folder);
const house = await serve({ folder });
const page = await openPage(house.origin, { tapped: true });
await listenIn(page);
await enrol(page, await new Person('olivia').early(), { setup: house.setupToken });
await go(page, '/playground');

/** What the page asked of the server, by path. @type {string[]} */
const asked = [];
page.on('request', (request) => asked.push(new URL(request.url()).pathname));
const files = filesAt(path.join(repository, 'bindings/voice'));

test('without a licence everything is locked: code 81, what it means and what to do', async () => {
  for (const effect of ['ans', 'agc']) {
    assert.equal(await toggle(effect).getAttribute('aria-checked'), 'false');
    await seen(part(effect), 'Code 81');
    await seen(part(effect), 'There is no licence.');
    await seen(part(effect), /Locked/);
  }
  await toggle('agc').click();
  assert.equal(await toggle('agc').getAttribute('aria-checked'), 'false');
  await toggle('agc').click();
  await look(page, 'playground-locked');
});

test('locked: what comes out is what went in, the very same samples', { timeout: 60_000 }, async () => {
  await begun();
  await page.waitForTimeout(3_000);
  const both = await tapped(page);
  await button(page, 'Stop').click();
  const from = beginning(both.heard);
  assert.ok(from >= 0 && both.heard.length - from > 48_000, `${both.heard.length} samples`);
  assert.equal(untouchedFrom(both, 0), 0, 'samples differ');
});

test('unlocked: the pauses have at least 10 dB less noise', { timeout: 120_000 }, async () => {
  await sample('All features');
  await seen(page.locator('.pg-verdict'), 'Valid');
  assert.equal(await toggle('ans').getAttribute('aria-checked'), 'true');
  await begun();
  await seen(part('ans'), 'Runs');
  await ended();
  const { heard, told } = await tappedWhole(page);
  const less = pauses(heard, 0) - pauses(told, LATE);
  console.log(`live: ${less.toFixed(1)} dB less noise in the pauses`);
  assert.ok(less >= 10, `${less.toFixed(1)} dB`);
});

test('the clock passes the expiry while it plays: untouched from there on, without a click', { timeout: 120_000 }, async () => {
  await button(page, 'In its life').click();
  await begun();
  await seen(part('ans'), 'Runs');
  await button(page, '3 s before it ends').click();
  await seen(page.locator('.pg-verdict'), 'Expired');
  await seen(part('ans'), 'Code 82');
  await seen(part('ans'), 'Audio passes untouched');
  assert.equal(await button(page, 'Stop').count(), 1, 'bypass ends no recording');
  await look(page, 'playground-expired');
  await ended();
  passedBy(await tappedWhole(page));
});

test('one listens to what comes out, or to what went in', { timeout: 60_000 }, async () => {
  await button(page, 'In its life').click();
  await begun();
  await seen(part('ans'), 'Runs');
  await page.waitForTimeout(2_000);
  await page.getByRole('radio', { name: 'Before', exact: true }).check();
  await page.waitForTimeout(2_000);
  const { heard, told, ear } = await tapped(page);
  await button(page, 'Stop').click();
  await page.getByRole('radio', { name: 'After', exact: true }).check();
  const begin = beginning(heard);
  alike(ear, told, begin + 24_000, begin + 48_000);
  alike(ear, heard, heard.length - 24_000, heard.length);
  assert.throws(() => alike(told, heard, begin + 24_000, begin + 48_000), 'there is nothing to tell apart');
});

test('rendered by the same node: locked, unlocked, and each way to end', { timeout: 120_000 }, async () => {
  const by = (/** @type {string} */ license, /** @type {object} */ more) => rendered(page, '/voice/index.js', { pins, issuer: 'tonegate-test', license: vector(license).text, now: NOW, ...more });
  const full = 'feature-runs';

  const locked = await by('tampered-payload', { ans: true, agc: true });
  assert.deepEqual([locked.codes, locked.latency, untouchedFrom(locked, 0, steady.length)], [[81, 81], 0, 0]);

  const medium = await by(full, { ans: true });
  const less = pauses(steady, 0) - pauses(medium.told, medium.latency);
  console.log(`rendered: ${less.toFixed(1)} dB less noise in the pauses`);
  assert.ok(less >= 10, `${less.toFixed(1)} dB`);
  assert.deepEqual([medium.codes, medium.latency], [[], LATE]);

  const bypass = await by(full, { ans: true, schedule: [{ at: 5, wall: EXPIRES }] });
  const switched = passedBy(bypass);
  assert.ok(Math.abs(switched - 5 * 48_000) < 3 * FRAME, `at ${switched}`);
  assert.deepEqual([bypass.codes, bypass.recording], [[82], true]);

  const stop = await by(full, { agc: true, schedule: [{ at: 5, wall: EXPIRES }] });
  assert.deepEqual([stop.codes, stop.recording, stop.latency], [[82], false, FRAME]);
  const end = 5 * 48_000 + 3 * FRAME;
  assert.ok(stop.told.subarray(end).every((/** @type {number} */ each) => each === 0), 'it goes on');
  assert.ok(stop.told.subarray(end - 4_800, end - 4 * FRAME).some((/** @type {number} */ each) => each !== 0), 'it ended early');
  smooth(stop, end - 2 * FRAME, FRAME);

  const grace = await by('grace-begins', { ans: true, schedule: [{ at: 4, wall: EXPIRES + 3_600 }, { at: 7.3, wall: EXPIRES + 36_001 }] });
  const inGrace = /** @type {[number, number]} */ ([4 * 48_000, 7.2 * 48_000]);
  assert.ok(pauses(steady, 0, inGrace) - pauses(grace.told, grace.latency, inGrace) >= 10, 'no grace');
  const over = passedBy(grace);
  assert.ok(Math.abs(over - 7.3 * 48_000) < 3 * FRAME, `at ${over}`);
});

test('stop: gain control ends the recording, and the page says so', { timeout: 60_000 }, async () => {
  await button(page, 'In its life').click();
  await toggle('agc').click();
  await begun();
  await seen(part('agc'), 'Runs');
  await button(page, 'Just past its end').click();
  await seen(page, 'The licence has ended this recording');
  await button(page, 'Play').waitFor();
  await toggle('agc').click();
});

test('grace: it goes on after the end, and the page says for how long', async () => {
  await sample('With hours of grace');
  await button(page, 'Just past its end').click();
  await seen(page.locator('.pg-verdict'), /ans runs in its grace, \d h left/);
  assert.equal(await toggle('ans').getAttribute('aria-checked'), 'true');
  assert.equal(await part('ans').getByText('Code 82').count(), 0);
  await button(page, 'After any grace').click();
  await seen(part('ans'), 'Code 82');
});

test('code 83 for what the licence has not, 82 expired, 81 forged', async () => {
  await sample('Without the AI modes');
  await page.getByRole('radio', { name: 'AI', exact: true }).check();
  await seen(part('ans'), 'Code 83');
  await seen(part('ans'), /does not include|has not|feature/i);
  assert.equal(await part('agc').getByText(/Code/).count(), 0);
  await look(page, 'playground-missing');
  await page.getByRole('radio', { name: 'Medium', exact: true }).check();
  assert.equal(await part('ans').getByText(/Code/).count(), 0);
  await sample('Expired');
  await seen(part('ans'), 'Code 82');
  await sample('Forged');
  await seen(part('ans'), 'Code 81');
  await seen(page, 'A licence that is not authentic has no life to travel through.');
});

test('a licence of one’s own: the installation’s pins are there, and wrong ones are said', async () => {
  await page.getByText('Your own licence').click();
  assert.equal(await page.getByLabel('Pins').inputValue(), pins);
  assert.equal(await page.getByLabel('Issuer').inputValue(), 'tonegate-test');
  await page.getByLabel('Licence text').fill(`${vector('outlook').text}\n`);
  await button(page, 'Use this licence').click();
  await seen(page.locator('.pg-verdict'), 'Expired');
  await button(page, 'In its life').click();
  await seen(page.locator('.pg-verdict'), 'Valid');
  assert.equal(await toggle('ans').getAttribute('aria-checked'), 'true');
  await page.getByLabel('Pins').fill('x');
  await button(page, 'Use this licence').click();
  await seen(page, /This cannot be checked: pins are two different/);
  await page.getByLabel('Pins').fill(pins);
});

test('the clock is moved by the keyboard', async () => {
  const slider = page.getByRole('slider');
  await slider.focus();
  await page.keyboard.press('End');
  await seen(page.locator('.pg-verdict'), 'Expired');
  await page.keyboard.press('Home');
  await seen(page.locator('.pg-verdict'), 'Valid');
});

test('none of it was asked of the server', () => {
  assert.deepEqual(asked.filter((each) => !each.startsWith('/voice/') && each !== '/icon.svg'), []);
});

test('in Chinese, and as narrow as a telephone', async () => {
  await page.getByRole('button', { name: 'EN · Language' }).click();
  await button(page, '简体中文').click();
  await page.getByRole('heading', { name: '试听' }).waitFor();
  await seen(part('ans'), '没有许可证');
  await page.getByRole('radio', { name: '全部功能', exact: true }).check();
  await seen(page.locator('.pg-verdict'), '有效');
  await look(page, 'playground.chinese');
  await page.setViewportSize({ width: 360, height: 740 });
  await settled(page);
  assert.equal(await overflow(page), 0, 'pixels too wide');
  await picture(page, 'playground.chinese.narrow');
  await page.getByRole('button', { name: '中文 · 语言' }).click();
  await button(page, 'English').click();
  await page.getByRole('heading', { name: 'Playground' }).waitFor();
  await seen(part('ans'), 'Code 81');
  assert.equal(await overflow(page), 0, 'pixels too wide');
  await look(page, 'playground.narrow');
});

test('the console’s policy lets it play', { timeout: 60_000 }, async () => {
  const kept = await openPage(house.origin, { from: page });
  await go(kept, '/playground');
  await kept.getByRole('radio', { name: 'All features', exact: true }).check();
  await button(kept, 'Play').click();
  await seen(kept.locator('[data-effect=ans]'), 'Runs');
  await button(kept, 'Stop').click();
});

test('alone, on a server that only serves files: it plays, and its policy is kept', { timeout: 60_000 }, async () => {
  const alone = await openPage(await files);
  await alone.goto(`${await files}/playground/`);
  await alone.getByRole('radio', { name: 'All features', exact: true }).check();
  await seen(alone.locator('.pg-verdict'), 'Valid');
  await button(alone, 'Play').click();
  await seen(alone.locator('[data-effect=ans]'), 'Runs');
  await alone.waitForTimeout(1_500);
  await look(alone, 'playground-alone');
  await button(alone, 'Stop').click();
  await button(alone, 'Record yourself').click();
  await seen(alone, /The microphone was not allowed|No microphone was found/);
  await button(alone, '简体中文').click();
  await alone.getByRole('heading', { name: '试听' }).waitFor();
});

test('where the browser never begins to play, the page says so, and plays once it does', { timeout: 60_000 }, async () => {
  const mute = await openPage(await files);
  // As Firefox does without a sound device.
  await mute.addInitScript(() => {
    const { resume } = AudioContext.prototype;
    Object.assign(window, { mute: true });
    AudioContext.prototype.resume = function () { return /** @type {any} */ (window).mute ? new Promise(() => {}) : resume.call(this); };
  });
  await mute.goto(`${await files}/playground/`);
  await button(mute, 'Play').click();
  await mute.waitForTimeout(500);
  await button(mute, 'Play').click();
  await seen(mute, 'The browser has not begun to play.');
  assert.equal(await button(mute, 'Stop').count(), 0);
  await mute.evaluate(() => Object.assign(window, { mute: false }));
  await button(mute, 'Play').click();
  await seen(mute, 'Playing.');
  await button(mute, 'Stop').click();
});

test('somebody records themselves, and hears that', { timeout: 60_000 }, async () => {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] });
  try {
    const own = await browser.newPage();
    await own.goto(`${await files}/playground/`);
    await button(own, 'Record yourself').click();
    await seen(own, 'Recording…');
    await own.waitForTimeout(2_500);
    await button(own, 'Stop recording').click();
    await own.getByText('Your recording').waitFor();
    assert.equal(await own.locator('input[value=own]').isChecked(), true);
    await button(own, 'Play').click();
    await seen(own, 'Playing.');
    await own.getByText('Stopped.').waitFor({ timeout: 30_000 });
  } finally {
    await browser.close();
  }
});

/** Plays, from the beginning. */
async function begun() {
  await button(page, 'Play').click();
  await seen(page, 'Playing.');
}

/** Until the sample has played to its end. */
const ended = () => page.getByText('Stopped.').waitFor({ timeout: 30_000 });
/** The same to the ear. @param {Float32Array} one @param {Float32Array} other @param {number} from @param {number} until */
function alike(one, other, from, until) {
  for (let at = from; at < until; at++) assert.ok(Math.abs(one[at] - other[at]) < 1e-4, `at ${at}: ${one[at]}, not ${other[at]}`);
}

/** @param {string} effect */
const part = (effect) => page.locator(`[data-effect=${effect}]`);
/** @param {string} effect */
const toggle = (effect) => part(effect).getByRole('switch');
/** @param {string} name */
const sample = (name) => page.getByRole('radio', { name: name, exact: true }).check();

/** The suppression is heard, and from some sample on it is not, without a click. @param {import('./sound.mjs').Tapped} both */
function passedBy(both) {
  const from = untouchedFrom(both, LATE);
  assert.ok(from > 96_000 && from < both.told.length - 48_000, `untouched from ${from} of ${both.told.length}`);
  const first = /** @type {[number, number]} */ ([0, from - LATE - 2 * FRAME]);
  assert.ok(pauses(both.heard, 0, first) - pauses(both.told, LATE, first) >= 10, 'nothing was suppressed before');
  smooth(both, from - FRAME, LATE);
  return from;
}

/** No step around a place is larger than what goes in or comes out nearby. @param {import('./sound.mjs').Tapped} both @param {number} at @param {number} late */
function smooth({ heard, told }, at, late) {
  const near = 9_600;
  const usual = Math.max(steepest(heard, at - late - near, at - late + near), steepest(told, at - near, at - 2 * FRAME));
  const step = steepest(told, at - 2 * FRAME, at + 2 * FRAME);
  assert.ok(step > 0 && step <= usual, `a step of ${step}, where ${usual} is usual`);
}

/** A server that only serves a folder's files. @param {string} root */
async function filesAt(root) {
  const types = { html: 'text/html', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', wasm: 'application/wasm', json: 'application/json', wav: 'audio/wav' };
  const server = createServer((request, answer) => {
    const name = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname).replace(/\/$/, '/index.html');
    try {
      const body = readFileSync(path.join(root, path.normalize(name)));
      answer.writeHead(200, { 'Content-Type': types[/** @type {keyof typeof types} */ (name.split('.').pop())] ?? 'text/plain' }).end(body);
    } catch {
      answer.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(null)));
  after(() => { server.closeAllConnections(); server.close(); });
  return `http://localhost:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
}
