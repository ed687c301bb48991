// A person with a password and a second factor, and what they do with them.

import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { button, dialog, seen, settled } from './page.mjs';

/** @typedef {import('./page.mjs').Page} Page */

const STEP_SECS = 30;
const PASSWORD = 'walrus teapot lantern quarry';

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
