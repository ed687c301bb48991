// What goes with the package: the README does what it says, and the playground's licences are those of the vectors.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import * as package_ from '../index.js';
import * as wav from '../wav.js';
import { cases, framesOf, FULL, NOW, sdk, sound } from './house.mjs';

const read = (/** @type {string} */ file) => readFile(new URL(`../${file}`, import.meta.url), 'utf8');

test('the playground’s licences are those of the vectors', async () => {
  const { pins, licenses } = JSON.parse(await read('playground/licenses.json'));
  assert.equal(pins, cases.pins);
  assert.equal(licenses.length, 5);
  for (const { vector, text } of licenses) assert.equal(text, cases.cases.find((/** @type {{name: string}} */ each) => each.name === vector).steps[0].license, vector);
});

test('the module names no place of the machine that built it', async () => {
  const found = /[\w./-]+\.rs\b|\.cargo/.exec(await readFile(new URL('../voice.wasm', import.meta.url), 'latin1'));
  assert.equal(found?.[0], undefined);
});

test('the README’s examples run', async (t) => {
  t.mock.method(Date, 'now', () => NOW * 1_000);
  const [first, second] = [...(await read('README.md')).matchAll(/```js\n(.*?)```/gs)].map(([, code]) => String(code));
  const samples = await sound('steady');
  /** @type {string[]} */ const said = [];
  const given = { load: package_.load, license: FULL, samples, frames: framesOf(samples), keep: (/** @type {Uint8Array} */ state) => said.push(`kept ${state.length}`), console: { log: (/** @type {unknown[]} */ ...words) => said.push(words.join(' ')) } };
  const AsyncFunction = /** @type {any} */ (async () => {}).constructor;
  await new AsyncFunction(...Object.keys(given), `${first}${second}`.replace(/^import .*$/gm, ''))(...Object.values(given));
  assert.deepEqual(said, ['valid the licence is valid', 'true', 'kept 32', 'false']);
});

test('every name in the README’s table is one of the package', async () => {
  const voice = sdk.voice({ pins: cases.pins, issuer: 'tonegate-test', onError: () => {} });
  const table = /\| `await load.*\n\n/s.exec(await read('README.md'))?.[0].split('\n\n')[0] ?? '';
  const names = [...table.matchAll(/`(?:await |sdk\.)?([A-Za-z]+)(?:\([^`]*\))?`/g)].map(([, name]) => String(name));
  assert.ok(names.length > 15, names.join());
  const others = ['index', 'Response', 'Voice', 'travel', 'close'];
  for (const name of names) assert.ok(others.includes(name) || name in package_ || name in wav || name in sdk || name in voice, name);
});
