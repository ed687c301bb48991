// The example app, started as a visitor starts it: from issuer through relay to a cleaned voice message. Then the issuer is
// killed, and the relay too: who has a licence goes on, and who never had one sends what was recorded, byte for byte.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { button, look, openPage, overflow, picture, repository, seen } from './house.mjs';
import { levels, quietAndLoud, samplesOf } from './levels.mjs';

const SOUNDS = path.join(repository, 'bindings/voice/sounds');
const STEADY = readFileSync(path.join(SOUNDS, 'steady.wav'));
/** When somebody speaks, in samples. @type {[number, number][]} */
const SPOKEN = JSON.parse(readFileSync(path.join(SOUNDS, 'sounds.json'), 'utf8')).spoken;
const BEFORE = levels(samplesOf(STEADY), SPOKEN);
const START_MS = 60_000;
const RECORD_MS = 6_000;

const app = await visitorStarts();
const page = await openPage(app.origin);
/** Another device, from when the issuer is gone. @type {Awaited<ReturnType<typeof openPage>>} */
let fresh;
let sent = 0;

test('a message in noise is cleaned in the app, and the backend has the cleaned one', async () => {
  await page.goto(app.origin);
  await licensed(page);
  await look(page, 'voice-empty');
  const { message, wav } = await sendSample(page);
  await seen(message, 'Cleaned: Noise suppression (Medium)');
  assertCleaned(wav);
});

test('the other side hears it, and whoever sent it hears it as recorded, too', async () => {
  const other = await openPage(app.origin);
  await other.goto(app.origin);
  const message = other.locator('.theirs');
  await seen(message, 'The other side');
  await message.getByRole('button', { name: 'Play', exact: true }).click();
  await message.getByRole('button', { name: 'Pause', exact: true }).click();
  await message.getByRole('button', { name: 'Play', exact: true }).waitFor();
  assert.equal(await button(other, 'Play as recorded').count(), 0, 'what was recorded never left its device');
  await button(page, 'Play as recorded').click();
  await button(page, 'Pause as recorded').click();
  await other.close();
});

test('gain control comes along where it is wanted', async () => {
  await page.getByLabel('Gain control').check();
  const { message, wav } = await sendSample(page);
  await seen(message, 'Cleaned: Noise suppression (Medium), Gain control');
  assertCleaned(wav, { gained: true });
  await page.getByLabel('Gain control').uncheck();
});

test('the AI mode is not in the licence: told at once, and the message goes out as it was recorded', async () => {
  await page.getByLabel('Noise suppression').selectOption('AI');
  const refusal = 'Noise suppression (AI) does not run: 83, the licence does not include it.';
  await page.locator('#refused').getByText(refusal, { exact: true }).waitFor();
  const { message, wav } = await sendSample(page);
  await seen(message, 'Sent as recorded');
  await seen(message, refusal);
  assert.ok(wav.equals(STEADY), 'the message is not what was recorded');
  await look(page, 'voice-refused');

  await page.getByLabel('Gain control').check();
  const gained = await sendSample(page);
  await seen(gained.message, 'Cleaned: Gain control');
  const { speech, pauses } = levels(samplesOf(gained.wav), SPOKEN);
  assert.ok(Math.abs((speech - pauses) - (BEFORE.speech - BEFORE.pauses)) <= 3, `noise was suppressed in another mode than the one refused: ${speech - pauses} dB`);
  await page.getByLabel('Gain control').uncheck();
  await page.getByLabel('Noise suppression').selectOption('Medium');
  assert.equal(await page.locator('#refused').innerText(), '');
});

test('with the issuer killed: a new installation of the app still gets a licence, and cleans; after a reload, too', async () => {
  await page.getByText('Operator').click();
  await seen(page, 'Issuer: running');
  process.kill(app.issuer, 'SIGKILL');
  await app.says(/the issuer ended \(SIGKILL\)\. Its last lines:\n.*serving/s);
  await seen(page, 'Issuer: stopped');
  fresh = await openPage(app.origin);
  await fresh.goto(app.origin);
  await licensed(fresh);
  assertCleaned((await sendSample(fresh)).wav);
  for (const each of [fresh, page]) {
    await each.reload();
    await licensed(each);
    assertCleaned((await sendSample(each)).wav);
  }
});

test('with the relay stopped too: who has a licence goes on, also after a reload', async () => {
  await page.getByText('Operator').click();
  await button(page, 'Stop: Relay').click();
  await seen(page, 'Relay: stopped');
  await look(page, 'voice-operator');
  await page.reload();
  await licensed(page);
  assertCleaned((await sendSample(page)).wav);
});

test('when that has gone on for longer than a licence lasts: told 82, and the message goes out as it was recorded', async () => {
  await fresh.addInitScript(() => {
    const { now } = Date;
    Date.now = () => now() + 8 * 86_400_000;
  });
  await fresh.reload();
  await seen(fresh, 'Messages go out as recorded: 82, the licence has expired');
  const { message, wav } = await sendSample(fresh);
  await seen(message, 'Noise suppression does not run: 82, the licence has expired.');
  assert.ok(wav.equals(STEADY), 'the message is not what was recorded');
  await closeWithoutLicenses(fresh);
});

test('who never had a licence sends what was recorded, byte for byte, and is told 81', async () => {
  const locked = await openPage(app.origin);
  await locked.goto(app.origin);
  await seen(locked, 'Messages go out as recorded: 81, there is no licence that this app can trust');
  await locked.getByLabel('Gain control').check();
  const { message, wav } = await sendSample(locked);
  await seen(message, 'Sent as recorded');
  await seen(message, 'Noise suppression does not run: 81, there is no licence that this app can trust.');
  await seen(message, 'Gain control does not run: 81, there is no licence that this app can trust.');
  assert.ok(wav.equals(STEADY), 'the message is not what was recorded');
  await look(locked, 'voice-locked');

  await locked.getByText('Operator').click();
  for (const name of ['Relay', 'Issuer']) {
    await button(locked, `Start: ${name}`).click();
    await seen(locked, `${name}: running`);
  }
  await locked.reload();
  await licensed(locked);
  assertCleaned((await sendSample(locked)).wav);
  await closeWithoutLicenses(locked);
});

test('a reinstalled app is a new device, and gets its licence again', async () => {
  const before = await page.evaluate(() => localStorage.getItem('voice-state'));
  await page.getByText('Operator').click();
  await button(page, 'Reinstall the app').click();
  await page.waitForFunction((old) => localStorage.getItem('voice-state') !== old, before);
  await licensed(page);
});

test('what a microphone brings is cleaned the same way', async () => {
  const fake = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', `--use-file-for-fake-audio-capture=${path.join(SOUNDS, 'steady.wav')}`];
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage', ...fake] });
  after(() => browser.close());
  const speaker = await (await browser.newContext({ locale: 'en-GB', permissions: ['microphone'] })).newPage();
  // What was recorded stays in the page, as what its second play button plays.
  await speaker.addInitScript(() => {
    const { createObjectURL } = URL;
    URL.createObjectURL = (blob) => createObjectURL(/** @type {any} */ (window).recorded = blob);
  });
  await speaker.goto(app.origin);
  await licensed(speaker);
  await button(speaker, 'Record').click();
  await button(speaker, 'Stop and send').waitFor();
  await pause(RECORD_MS);
  await button(speaker, 'Stop and send').click();
  sent += 1;
  await seen(speaker.locator(`#message-${sent}`), 'Cleaned: Noise suppression (Medium)');
  const cleaned = samplesOf(await received());
  const recorded = samplesOf(Buffer.from(await speaker.evaluate(async () => [...new Uint8Array(await /** @type {any} */ (window).recorded.arrayBuffer())])));
  assert.equal(cleaned.length, recorded.length);
  assert.ok(Math.abs(recorded.length / 48 - RECORD_MS) < 1_500, `${recorded.length} samples in ${RECORD_MS} ms`);
  const [before, now] = [recorded, cleaned].map(quietAndLoud);
  const told = `quiet ${before.quiet.toFixed(1)} to ${now.quiet.toFixed(1)} dBFS, loud ${before.loud.toFixed(1)} to ${now.loud.toFixed(1)} dBFS`;
  assert.ok(before.loud > -30, `nothing was recorded: ${told}`);
  assert.ok(before.quiet - now.quiet >= 10, told);
  assert.ok(Math.abs(before.loud - now.loud) <= 3, told);
});

test('in Chinese, and as narrow as a telephone', async () => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'language', { get: () => 'zh-CN' }));
  await page.setViewportSize({ width: 360, height: 740 });
  await page.reload();
  await seen(page.locator('#license'), /许可证有效期至/);
  await page.getByLabel('降噪').selectOption('AI');
  await seen(page.locator('#refused'), '降噪 (AI)未运行：83，许可证不包含此功能。');
  assert.equal(await page.locator('[data-word]').evaluateAll((all) => all.filter((each) => /^$|undefined/.test(each.textContent ?? '')).length), 0, 'words are missing');
  assert.equal(await overflow(page), 0, 'pixels too wide');
  await look(page, 'voice.chinese.narrow');
  await page.getByText('运维').click();
  assert.equal(await overflow(page), 0, 'pixels too wide');
  await picture(page, 'voice.chinese.operator');
});

test('Ctrl-C stops everything and leaves nothing behind', async () => {
  await page.close();
  const [code, text] = await app.interrupt();
  assert.equal(code, 0, text);
  assert.equal(existsSync(app.folder), false, `${app.folder} is still there`);
  await assert.rejects(fetch(app.origin));
  for (const pid of text.match(/process (\d+)/g) ?? []) assert.throws(() => process.kill(Number(pid.slice(8)), 0), { code: 'ESRCH' });
});

/** Starts the example; it is stopped when the tests are over. */
async function visitorStarts() {
  const child = spawn('node', [path.join(repository, 'examples/voice-message/start.mjs')], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => { text += piece; });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const interrupt = async () => {
    child.kill('SIGINT');
    return /** @type {[number, string]} */ ([await ended, text]);
  };
  after(interrupt);
  // Also where the file fails before its tests.
  process.once('exit', () => child.kill('SIGTERM'));
  const says = async (/** @type {RegExp} */ wanted) => {
    for (const until = Date.now() + START_MS; Date.now() < until && child.exitCode === null; await pause(25)) {
      const found = wanted.exec(text);
      if (found) return found;
    }
    throw new Error(`it did not say ${wanted}:\n${text}`);
  };
  await says(/Ctrl-C stops everything/);
  const fact = async (/** @type {RegExp} */ wanted) => (await says(wanted))[1];
  return { says, interrupt, origin: await fact(/^Backend +(http:\S+)\/$/m), folder: await fact(/^Folder +([^\s,]+)/m), issuer: Number(await fact(/^Issuer .* process (\d+)$/m)) };
}

/** @param {import('playwright-core').Page} page */
const licensed = (page) => seen(page.locator('#license.good'), /^Licensed until/);

/** Closes a page for which the backend had no licence: the browser has logged each time that it asked. @param {Awaited<ReturnType<typeof openPage>>} page */
async function closeWithoutLicenses(page) {
  await page.close();
  page.faults.splice(0, page.faults.length, ...page.faults.filter((fault) => !fault.includes('status of 503')));
}

/** Sends the sample in hum and hiss; gives the message as this page shows it, and as the backend has it. @param {import('playwright-core').Page} page */
async function sendSample(page) {
  await page.getByLabel('Sample').selectOption('Speech in hum and hiss');
  await button(page, 'Send').click();
  sent += 1;
  const message = page.locator(`#message-${sent}`);
  await message.locator('.about').waitFor();
  return { message, wav: await received() };
}

/** The last message, as the backend gives it to the other side. */
async function received() {
  const answer = await fetch(`${app.origin}/messages/${sent}.wav`);
  assert.equal(answer.status, 200);
  return Buffer.from(await answer.arrayBuffer());
}

/** Less noise in the pauses by 10 dB or more, and the speech about as loud. @param {Buffer} wav @param {{gained?: boolean}} [how] */
function assertCleaned(wav, { gained = false } = {}) {
  assert.equal(wav.length, STEADY.length);
  const { speech, pauses } = levels(samplesOf(wav), SPOKEN);
  const change = speech - BEFORE.speech;
  const told = `speech ${BEFORE.speech.toFixed(1)} to ${speech.toFixed(1)} dBFS, pauses ${BEFORE.pauses.toFixed(1)} to ${pauses.toFixed(1)} dBFS`;
  assert.ok(BEFORE.pauses - (pauses - change) >= 10, told);
  assert.ok(Math.abs(change) <= (gained ? 12 : 3), told);
}
