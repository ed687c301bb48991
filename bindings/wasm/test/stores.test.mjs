// What outlives a process: a file under Node, and the browser's localStorage (here one that behaves as it does).

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { localStorageStore } from '../index.js';
import { fileStore } from '../node.js';
import { EXPECTED, LICENSE, NOW, clockAt, tonegate } from './house.mjs';

test('a file is replaced in one piece, and its owner\'s alone', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tonegate-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'license.bin');
  const store = fileStore(pathToFileURL(file));
  assert.equal(await store.load(), null);
  await store.save(Uint8Array.of(1, 2));
  await store.save(Uint8Array.of(3));
  assert.deepEqual(await fileStore(file).load(), Uint8Array.of(3));
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(folder), ['license.bin']);
  await assert.rejects(async () => fileStore(join(folder, 'none', 'x')).save(Uint8Array.of(1)));
});

test('a session goes on from its file, and a damaged one counts as none', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tonegate-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'license.bin');
  const start = async (/** @type {() => string} */ fetch) => {
    const session = tonegate.session({ ...EXPECTED, clock: clockAt(NOW), store: fileStore(file), fetch });
    const { state } = await session.start();
    session.close();
    return state;
  };
  const offline = () => { throw new Error('offline'); };
  assert.equal(await start(() => LICENSE), 'valid');
  for (let round = 0; round < 100 && (await readFile(file).catch(() => '')).length < 1_000; round++) await new Promise((done) => setTimeout(done, 10));
  assert.equal(await start(offline), 'valid');
  await writeFile(file, 'what somebody else wrote, longer than a state is');
  assert.equal(await start(offline), 'refused');
});

test('localStorage keeps bytes, and foreign texts count as none', () => {
  const kept = new Map();
  Object.defineProperty(globalThis, 'localStorage', { configurable: true, value: { getItem: (/** @type {string} */ key) => kept.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => kept.set(key, value) } });
  const store = localStorageStore('licence');
  assert.equal(store.load(), null);
  const bytes = Uint8Array.from({ length: 2_080 }, (_, at) => at % 256);
  store.save(bytes);
  assert.deepEqual(store.load(), bytes);
  kept.set('licence', '%%%');
  assert.equal(store.load(), null);
  assert.throws(() => localStorageStore(''), TypeError);
});
