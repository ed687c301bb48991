// The example, walked: a licence is pasted, the clock is dragged from its beginning to after its graces, and mistakes are said.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { caseOf, cases, LICENSE } from '../house.mjs';
import { open } from './browser.mjs';

const SCREENSHOTS = process.env.SCREENSHOTS;
/** @type {Awaited<ReturnType<typeof open>>} */ let house;

before(async () => {
  house = await open();
  await house.page.clock.install({ time: new Date(1_763_900_000_000) });
  await house.page.goto(`${house.origin}/example/`);
  await house.page.getByText('Nothing to verify yet').waitFor();
});
after(() => house?.close());

const state = () => house.page.locator('#state').innerText();
/** @param {number} share of the way */
const drag = (share) => house.page.locator('#clock').fill(String(Math.round(share * 1_000)));
/** What a feature does now, and what is left. @param {string} name */
const row = async (name) => house.page.locator('#features tr', { has: house.page.getByRole('cell', { name, exact: true }) }).innerText();

/** @param {string} name */
async function picture(name) {
  if (!SCREENSHOTS) return;
  await mkdir(SCREENSHOTS, { recursive: true });
  await house.page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true });
}

/** @param {string} license */
async function paste(license) {
  await house.page.getByLabel('Licence').fill(license);
}

test('pins that cannot be used are said in words', async () => {
  await house.page.getByLabel('Pins').fill(cases.pins.slice(1));
  assert.equal(await state(), 'These options cannot be used');
});

test('a licence is pasted and read', async () => {
  await house.page.getByLabel('Pins').fill(cases.pins);
  assert.equal(await state(), 'refused: empty (SDK code 81)');
  await house.page.getByLabel('Issuer').fill('tonegate-test');
  await paste(LICENSE);
  assert.equal(await state(), 'valid');
  assert.match(await row('ans'), /run\s+audio passes untouched\s+2025-11-29 21:31:33 UTC/);
  await picture('valid');
});

test('the clock is dragged to the end of a licence with a grace', async () => {
  await paste(caseOf('grace-middle').steps[0].license);
  await drag(0);
  assert.equal(await state(), 'valid', 'a licence proves that its hour has come, whatever the clock says');
  await drag(0.3);
  assert.equal(await state(), 'valid');
  assert.match(await row('ans'), /^ans\s+run\s+up to \d+ h of grace/);
  const end = await house.page.evaluate(() => {
    const clock = /** @type {HTMLInputElement} */ (document.getElementById('clock'));
    for (let at = 0; at <= 1_000; at++) {
      clock.value = String(at);
      clock.dispatchEvent(new Event('input'));
      if (document.querySelector('#features .warn')) return at;
    }
    return -1;
  });
  assert.ok(end > 0, 'there is a time of grace');
  assert.equal(await state(), 'expired (SDK code 82)');
  assert.match(await row('ans'), /grace, \d+ h \d+ min left/);
  await picture('grace');
  await drag(1);
  assert.match(await row('ans'), /bypass.*over$/s);
  await picture('over');
});

test('what was altered is refused, and shown nevertheless', async () => {
  await paste(`${LICENSE.slice(0, -4)}AAAA`);
  assert.equal(await state(), 'refused: signature (SDK code 81)');
  assert.equal(await house.page.locator('#features-found').isVisible(), false);
  await house.page.getByText('Explanation').click();
  assert.match(await house.page.locator('#explanation').innerText(), /"app_id": 12345/);
  await picture('refused');
  const [header, claims, signature] = LICENSE.split('.');
  const forged = Buffer.from(Buffer.from(claims, 'base64url').toString().replace(/"exp":\d+/, '"exp":9007199254740991')).toString('base64url');
  await paste([header, forged, signature].join('.'));
  assert.equal(await house.page.locator('#latest').innerText(), 'beyond all calendars');
  assert.match(await house.page.locator('#explanation').innerText(), /"expires_at": 9007199254740991/);
  await paste(`<img src=x onerror=alert(1)>${'x'.repeat(100_000)}`);
  assert.equal(await state(), 'refused: too_long (SDK code 81)');
  await house.page.getByLabel('AppId').fill('twelve');
  assert.equal(await state(), 'These options cannot be used');
});

test('the page broke no policy, logged no error and asked nobody', () => {
  assert.deepEqual(house.faults, []);
});
