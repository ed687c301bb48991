// What README.md shows does what it says.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import * as tonegate from '../index.js';
import { LICENSE, NOW } from './house.mjs';
import { hands, relayWith } from './relay.mjs';

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code);

/** Runs an example as if it were a module: its imports are handed in. @param {string} code @param {Record<string, unknown>} given */
async function run(code, given) {
  /** @type {string[]} */ const said = [];
  const console = { log: (/** @type {unknown[]} */ ...words) => said.push(words.join(' ')), warn: (/** @type {unknown[]} */ ...words) => said.push(words.join(' ')) };
  const body = code.replace(/^import .*$/m, '');
  const names = { load: tonegate.load, localStorageStore: tonegate.localStorageStore, relay: tonegate.relay, console, ...given };
  const AsyncFunction = /** @type {any} */ (async () => {}).constructor;
  await new AsyncFunction(...Object.keys(names), body)(...Object.values(names));
  return said;
}

test('both examples run', async (t) => {
  t.mock.method(Date, 'now', () => NOW * 1_000);
  const kept = new Map();
  Object.defineProperty(globalThis, 'localStorage', { configurable: true, value: { getItem: (/** @type {string} */ key) => kept.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => kept.set(key, value) } });
  const relay = await relayWith(t, hands(LICENSE));
  assert.equal(examples.length, 2);

  const session = await run(examples[0].replace('https://relay.example.com', relay.url), {});
  assert.deepEqual(session, ['refused there is no licence', 'valid the licence is valid', 'noise suppression runs']);
  assert.deepEqual([kept.size, relay.asked[0].authorization], [1, 'Bearer token-of-your-identity-provider']);

  /** @type {Uint8Array[]} */ const states = [];
  const gate = await run(examples[1], { text: LICENSE, keep: (/** @type {Uint8Array} */ state) => states.push(state) });
  assert.deepEqual([gate[0], gate[1].split(' ')[0], states[0].length], ['valid the licence is valid Nothing: the licence is good.', 'run', 32]);
});

test('every name in the table is one of the package', async () => {
  const loaded = await tonegate.load();
  for (const [, name] of readme.matchAll(/^\| `(?:await |new )?([A-Za-z]+)[(`.]/gm)) {
    assert.ok(name === 'identity' || name in loaded || name in tonegate, name);
  }
});
