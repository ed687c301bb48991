// First run: the setup token makes the first owner, with a password that is good enough and a second factor; then out
// and in again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Person, button, choosePassword, confirmFactor, look, openPage, seen, serve, settled } from './house.mjs';

const house = await serve();
const page = await openPage(house.origin);
const owner = new Person('olivia');

test('who opens the console first is led to the setup', async () => {
  await page.goto(`${house.origin}/`);
  await page.getByRole('heading', { name: 'First-run setup' }).waitFor();
  assert.equal(new URL(page.url()).hash, '#/setup');
  await look(page, 'setup');
});

test('a token that is not the log’s is refused', async () => {
  await page.getByLabel('Token').fill('tgi_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
  await page.getByLabel('Name').fill(owner.name);
  await choosePassword(page, owner.password);
  await seen(page, 'This token is unknown, used or expired.');
});

test('a weak password is refused, with a hint', async () => {
  await page.getByLabel('Token').fill(house.setupToken);
  await choosePassword(page, 'password123');
  const error = page.locator('.field-error').first();
  await error.waitFor();
  assert.ok((await error.innerText()).length > 20, 'a hint says what is wrong');
  await seen(page, 'This password is too easy to guess.');
  await look(page, 'setup-weak-password');
});

test('password and second factor make the owner', async () => {
  await owner.early();
  await choosePassword(page, owner.password);
  await page.locator('svg.qr').waitFor();
  await page.getByLabel('Code (6 digits)').fill('000000');
  await button(page, 'Confirm and sign in').click();
  await seen(page, 'That code is wrong.');
  await confirmFactor(page, owner);
  await page.getByRole('heading', { name: 'Overview', exact: true }).waitFor();
});

test('the token was good once', async () => {
  const answer = await page.request.get(`${house.origin}/api/v1/setup`);
  assert.deepEqual(await answer.json(), { needed: false });
});

test('out, and in again with the next code', async () => {
  await button(page, 'Account of olivia').click();
  await button(page, 'Sign out').click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await look(page, 'sign-in');
  await signIn('a wrong password', '123456');
  await seen(page, 'Name, password or code is wrong.');
  await signIn(owner.password, await owner.code());
  await page.locator('.shell').waitFor();
  await settled(page);
});

test('who is signed out sees nothing', async () => {
  const anybody = await openPage(house.origin);
  await anybody.goto(`${house.origin}/#/apps`);
  await anybody.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.deepEqual(anybody.answers.filter((answer) => answer.status === 200).map((answer) => answer.path).filter((path) => path !== '/api/v1/setup'), []);
});

/** @param {string} password @param {string} code */
async function signIn(password, code) {
  await page.getByLabel('Name').fill(owner.name);
  await page.getByLabel('Password').fill(password);
  await page.getByLabel('Code (6 digits)').fill(code);
  await button(page, 'Sign in').click();
}
