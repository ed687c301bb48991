// The console's MD5 against the vectors of docs/PROTOCOL.md §3, and against Node's own for every length around a block.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const root = new URL('../../', import.meta.url);
// Read as a module whatever the nearest package.json says: the console has none.
const source = await readFile(new URL('console/lib/md5.js', root), 'utf8');
const { md5 } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

test('the vectors of the protocol', async () => {
  const page = await readFile(new URL('docs/PROTOCOL.md', root), 'utf8');
  const secret = /Vectors, secret `(\w{32})`/.exec(page)[1];
  const rows = [...page.matchAll(/^\| V\d+ \| (\d+) \| (.+?) \| (\d+) \| (\w{32})/gm)];
  assert.equal(rows.length, 8);
  for (const [, appId, nonce, timestamp, expected] of rows) {
    const text = appId + nonce.replace(/^`(.*)`.*$/, '$1') + secret + timestamp;
    assert.equal(md5(text), expected, `AppId ${appId}, nonce ${nonce}`);
  }
});

test('every length around a block', () => {
  for (let length = 0; length < 300; length += 1) {
    const text = 'é0aZ~随'.repeat(60).slice(0, length);
    assert.equal(md5(text), createHash('md5').update(text).digest('hex'), `${length} characters`);
  }
});
