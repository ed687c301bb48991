// The licence inspector on the vectors, at an installation that pins their roots: what verifiers must answer, the page
// says; then the same licence at other moments.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Person, button, enrol, go, look, openPage, seen, serve, settled, temporaryFolder } from './house.mjs';
import { install, vector } from './vectors.mjs';

const WORDS = { valid: 'Valid', not_yet_valid: 'Not valid yet', expired: 'Expired', refused: 'Refused', no_license: 'No licence' };
const REASONS = {
  signature: 'The licence was altered, or never signed by this issuer.',
  root: 'The key certificate comes from a root that is not pinned.',
  chain: 'The licence does not fit its key certificate, or no root signed that.',
  not_a_license: 'The text is not a licence, or was damaged on its way.',
  too_long: 'The text is longer than any licence.',
  claims: 'The claims break the format.',
  certificate: 'The key certificate breaks the format.',
  certificate_expired: 'The key certificate behind the licence has expired.',
  expired: 'The licence has expired.',
  not_yet_valid: 'The licence is not yet valid.',
  issuer: 'The licence is of another issuer.',
};

const folder = temporaryFolder();
install(folder);
const house = await serve({ folder });
const page = await openPage(house.origin);
await enrol(page, await new Person('olivia').early(), { setup: house.setupToken });
await go(page, '/inspector');

for (const name of ['valid', 'tampered-payload', 'tampered-s', 'alg-none', 'two-segments', 'unpinned-root', 'another-key', 'features-unsorted', 'over-2048', 'damaged-certificate', 'before-nbf', 'at-exp', 'after-exp', 'certificate-ended']) {
  test(`vector ${name}`, async () => {
    const { text, step } = vector(name);
    const wanted = step.expect;
    const found = await inspect(text, step.wall);
    // What has not the form of a licence is told apart; an app refuses both, with the same code.
    assert.equal(found.state === 'no_license' ? 'refused' : found.state, wanted.state);
    if (found.state !== 'no_license') assert.equal(found.reason, wanted.reason);
    assert.equal(found.sdk_code, wanted.sdk_code);
  });
}

test('a valid licence now: expired', async () => {
  await paste(vector('valid').text);
  await verdict('expired', 'expired');
  await look(page, 'inspector-expired');
});

test('time travel: to its life, before it, and back', async () => {
  const { step } = vector('valid');
  await page.getByLabel('Go to a date').fill(new Date(step.wall * 1000).toISOString().slice(0, 16));
  await page.getByLabel('Go to a date').dispatchEvent('change');
  await verdict('valid');
  await look(page, 'inspector-valid');
  await page.locator('input.travel').focus();
  await page.keyboard.press('Home');
  await seen(page, /lies before the licence was made/);
  await page.getByRole('button', { name: 'Go to: Expires' }).or(page.locator('.life li').filter({ hasText: 'Expires' }).getByRole('button')).first().click();
  await verdict('expired', 'expired');
  await button(page, 'Back to now').click();
  await verdict('expired', 'expired');
});

test('tampered with, damaged, and something else: each told apart', async () => {
  await paste(vector('tampered-payload').text);
  await verdict('refused', vector('tampered-payload').step.expect.reason);
  await look(page, 'inspector-tampered');
  await paste(vector('two-segments').text);
  await verdict('no_license');
  await seen(page, 'This is the beginning of a licence; the rest is missing.');
  await paste('good morning');
  await verdict('no_license');
});

/** What the server tells the page about a text at a moment. @param {string} license @param {number} at */
async function inspect(license, at) {
  return page.evaluate(async ([license, at]) => {
    const session = await (await fetch('/api/v1/session')).json();
    const headers = { 'X-CSRF-Token': session.csrf_token, 'Content-Type': 'application/json' };
    return (await fetch('/api/v1/licenses/inspect', { method: 'POST', headers, body: JSON.stringify({ license, at }) })).json();
  }, /** @type {const} */ ([license, at]));
}

/** @param {string} text */
async function paste(text) {
  await page.getByLabel('Licence', { exact: true }).fill(text);
  const answered = page.waitForResponse(/\/licenses\/inspect$/);
  await button(page, 'Inspect').click();
  await answered;
  await settled(page);
}

/** @param {keyof typeof WORDS} state @param {keyof typeof REASONS} [reason] */
async function verdict(state, reason) {
  await page.locator('.notice-title').filter({ hasText: new RegExp(`^${WORDS[state]}$`) }).waitFor();
  if (reason) await seen(page.locator('.notice'), REASONS[reason]);
}
