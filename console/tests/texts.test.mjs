// The pure parts: how moments and lengths of time read, what an audit entry says, which stretch of usage is asked for.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import test from 'node:test';
import './browser.mjs';

const i18n = await import('../lib/i18n.js');
const { listChange, readable } = await import('../pages/audit_difference.js');
const { momentText, resolutionsFor, stretchOf } = await import('../pages/usage_range.js');
const { pictureOf, stacked } = await import('../pages/usage_series.js');
const { takes, withEvent } = await import('../pages/webhooks_events.js');
const { SAMPLES } = await import('../pages/webhooks_receiver.js');

const DAY = 86_400;
const NOW = Date.UTC(2026, 2, 14, 9, 26, 53) / 1000;

test('a length of time is told in its two largest units', async () => {
  await i18n.speak('en');
  assert.deepEqual([0, 59, 3600, 90_061, 1_213_200].map(i18n.duration), ['0 s', '59 s', '1 h', '1 d 1 h', '14 d 1 h']);
  await i18n.speak('zh');
  assert.equal(i18n.duration(1_213_200), '14 天 1 小时');
  await i18n.speak('en');
});

test('a moment is told by its distance', () => {
  assert.deepEqual([-90, 3 * DAY, -DAY, 40 * DAY].map((distance) => i18n.relative(NOW + distance, NOW)), ['1 minute ago', 'in 3 days', 'yesterday', 'next month']);
});

test('a value is put into a text as it is, once', () => {
  assert.equal(i18n.t('people.no_app_id', { text: '{text} <b>$& $1' }), '“{text} <b>$& $1” is no AppId.');
  assert.equal(i18n.t('audit.same', { count: 12_345 }), 'Unchanged fields: 12,345');
});

test('a change tells what differs, and named things by their names', () => {
  const before = { rate_per_second: 20, features: [{ name: 'ans' }, { name: 'aec', until: 5 }], tags: ['a', 'b'], note: '' };
  const after = { rate_per_second: 50, features: [{ name: 'agc' }, { name: 'ans' }, { name: 'aec', until: 9 }], tags: ['b', 'c'], note: '' };
  const read = readable([before, after]);
  assert.equal(read.kind, 'change');
  assert.deepEqual(read.kind === 'change' && read.changes, [
    { path: 'rate_per_second', before: 20, after: 50 },
    { path: 'features.aec.until', before: 5, after: 9 },
    { path: 'tags', before: ['a', 'b'], after: ['b', 'c'] },
    { path: 'features.agc', before: undefined, after: true },
  ]);
  assert.equal(read.kind === 'change' && read.same, 2);
  assert.deepEqual(listChange({ path: 'tags', before: ['a', 'b'], after: ['b', 'c'] }), { removed: ['a'], added: ['c'] });
  assert.equal(listChange({ path: 'tags', before: null, after: ['b'] }), null);
});

test('what is no change is told as facts', () => {
  assert.deepEqual(readable({ serial: 6, root: { kid: 'ab' } }), { kind: 'facts', facts: [{ path: 'serial', value: 6 }, { path: 'root.kid', value: 'ab' }] });
  assert.deepEqual(readable({}), { kind: 'facts', facts: [{ path: '', value: {} }] });
  assert.deepEqual(readable(null), { kind: 'facts', facts: [] });
  assert.equal(readable([1, 2]).kind, 'facts');
  assert.equal(readable([null, { name: 'new' }]).kind, 'change');
});

test('each range asks for whole steps, and never for more than the API gives', () => {
  const longest = { minute: DAY, hour: 31 * DAY, day: 400 * DAY };
  const step = { minute: 60, hour: 3600, day: DAY };
  for (const range of ['24h', '7d', '31d', '12m', 'custom']) {
    for (const resolution of ['', 'minute', 'hour', 'day', 'year']) {
      const asked = stretchOf(new URLSearchParams({ range, resolution, from: String(NOW - 3 * DAY), until: String(NOW) }), NOW);
      assert.ok(asked.until > asked.from && asked.until - asked.from <= longest[asked.resolution], `${range} ${resolution}`);
      assert.equal(asked.from % step[asked.resolution] + asked.until % step[asked.resolution], 0, `${range} ${resolution}`);
      assert.ok(asked.until >= NOW, 'the running step is in it');
    }
  }
  assert.deepEqual(resolutionsFor(DAY), ['minute', 'hour', 'day']);
  assert.deepEqual(resolutionsFor(DAY + 1), ['hour', 'day']);
  assert.deepEqual(resolutionsFor(500 * DAY), ['day']);
});

test('a custom range that makes no sense is made one that does', () => {
  const upside = stretchOf(new URLSearchParams({ range: 'custom', from: String(NOW), until: String(NOW - DAY) }), NOW);
  assert.ok(upside.from < upside.until);
  const years = stretchOf(new URLSearchParams({ range: 'custom', from: '1', until: String(NOW) }), NOW);
  assert.ok(years.until - years.from <= 400 * DAY);
});

test('a day is named after its date in UTC', () => {
  assert.equal(momentText(Date.UTC(2026, 2, 14) / 1000, 'day'), '14 Mar 2026');
});

test('codes are drawn Success first, then by their sums, the rarest as one', () => {
  const rare = Array.from({ length: 12 }, (_, i) => ({ code: 100 + i, points: /** @type {[number, number][]} */ ([[0, 1 + i]]) }));
  const usage = /** @type {Api.Usage} */ ({ resolution: 'hour', from: 0, until: 7200, series: [...rare, { code: 0, points: [[0, 3], [3600, 4]] }, { code: 9, points: [] }] });
  const picture = pictureOf(usage);
  assert.deepEqual(picture.rows.map((row) => row.id), ['0', '111', '110', '109', '108', '107', '106', '105', 'others']);
  assert.deepEqual([picture.requests, picture.failures, picture.totals], [85, 78, [81, 4]]);
  assert.deepEqual(picture.rows.at(-1)?.values, [15, 0]);
  assert.equal(new Set(picture.rows.map((row) => row.color)).size, 9, 'a colour each');
});

test('stacked rows stand on each other', () => {
  assert.deepEqual(stacked([[1, 2], [3, 4], [5, 6]]), [[1, 2], [4, 6], [9, 12]]);
  assert.deepEqual(stacked([]), []);
});

test('events are picked one by one, by group, and all at once', () => {
  assert.deepEqual(withEvent([], 'app.created', true), ['app.created']);
  assert.deepEqual(withEvent(['app.created', 'key.ends_soon'], 'app.*', true), ['key.ends_soon', 'app.*']);
  const without = withEvent(['app.*'], 'app.deleted', false);
  assert.ok(takes(without, 'app.created') && !takes(without, 'app.deleted') && !takes(without, 'app.*'));
  const most = withEvent(['*'], 'user.*', false);
  assert.ok(takes(most, 'server.degraded') && takes(most, 'secret.*') && !takes(most, 'user.*'));
  assert.deepEqual(withEvent(['app.created'], '*', true), ['*']);
});

test('the receiver that the console shows takes what is ours and nothing else', async () => {
  const { verified } = await import(`data:text/javascript,${encodeURIComponent(SAMPLES.node)}`);
  const key = Buffer.alloc(32, 7);
  const secret = `whsec_${key.toString('base64')}`;
  const body = Buffer.from('{"type":"test"}');
  const headersAt = (/** @type {number} */ at) => ({
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(at),
    'webhook-signature': `v1,AAAA v1,${createHmac('sha256', key).update(`msg_1.${at}.`).update(body).digest('base64')}`,
  });
  const now = Math.floor(Date.now() / 1000);
  assert.equal(verified(secret, headersAt(now), body), true);
  assert.equal(verified(secret, headersAt(now), Buffer.from('{"type":"tesu"}')), false);
  assert.equal(verified(secret, headersAt(now - 1000), body), false);
  assert.equal(verified(secret, { ...headersAt(now), 'webhook-id': 'msg_2' }, body), false);
  assert.equal(verified(secret, { ...headersAt(now), 'webhook-signature': '' }, body), false);
});
