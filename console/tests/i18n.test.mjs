// Both languages say the same things, every text that is asked for is there, and no page speaks past them.
import assert from 'node:assert/strict';
import test from 'node:test';
import en from '../i18n/en.js';
import zh from '../i18n/zh.js';
import { sources, templates } from './sources.mjs';

/** What is a name, the same in every language. */
const NAMES = new Set('AppId AppIds ServerSecret AppSign Tonegate API CLI CSV JSON JSONL TLS TOTP Python Node.js Go Webhook HTTP HTTPS HMAC-SHA256 MD5 UTC URL Code RequestId Authorization Bearer tgt_ openapi.json GET POST PUT PATCH DELETE serial kid jti Nonce nonce Signature SignatureNonce Timestamp curl lower_hex'.split(' '));
/** Attributes whose text a person reads or hears. */
const READ_ALOUD = /\s(title|label|hint|placeholder|aria-label|alt|lead|act)="([^"]*)"/g;

const files = sources();
const code = [...files.values()].join('\n');

/** Keys put together at run time, where the code does not show it; and where it does: t(`app.status.${status}`). */
const LISTED = ['inspector.state.', 'inspector.claim.', 'inspector.answer.', 'inspector.root.'];
const shown = [...code.matchAll(/`([a-z_0-9]+(?:\.[a-z_0-9]+)*[._]?)\$\{/g)].map(([, prefix]) => prefix).filter((prefix) => prefix.includes('.'));
const prefixes = [...LISTED, ...shown];

test('both languages have the same keys', () => {
  const missing = (/** @type {object} */ from, /** @type {object} */ to) => Object.keys(from).filter((key) => !(key in to));
  assert.deepEqual({ 'not in zh': missing(en, zh), 'not in en': missing(zh, en) }, { 'not in zh': [], 'not in en': [] });
});

test('both languages fill in the same values', () => {
  const values = (/** @type {string} */ text) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].sort().join();
  const differ = Object.keys(en).filter((key) => key in zh && values(en[key]) !== values(zh[key]));
  assert.deepEqual(differ, []);
});

test('no text is empty, and none of the Chinese ones was left in English', () => {
  const empty = Object.entries({ ...en, ...zh }).filter(([, text]) => text.trim() === '').map(([key]) => key);
  assert.deepEqual(empty, []);
  const words = (/** @type {string} */ text) => text.replace(/\{\w+\}/g, '').match(/[A-Za-z]{3,}/g) ?? [];
  const left = Object.keys(zh).filter((key) => zh[key] === en[key] && words(en[key]).some((word) => !NAMES.has(word)));
  assert.deepEqual(left, []);
});

test('every text that is asked for is there', () => {
  /** @type {string[]} */
  const unknown = [];
  for (const [file, source] of files) {
    for (const [, key] of source.matchAll(/\bt\('([^']+)'/g)) if (!(key in en)) unknown.push(`${file}: ${key}`);
    for (const [, key] of source.matchAll(/\bplural\('([^']+)'/g)) for (const form of ['one', 'other']) if (!(`${key}.${form}` in en)) unknown.push(`${file}: ${key}.${form}`);
  }
  assert.deepEqual(unknown, []);
});

test('every prefix of keys put together at run time has texts', () => {
  const mine = new Set(Object.keys(en).map((key) => key.split('.')[0]));
  const none = prefixes.filter((prefix) => !code.includes(`hasText(\`${prefix}\${`) && mine.has(prefix.split('.')[0]) && !Object.keys(en).some((key) => key.startsWith(prefix)));
  assert.deepEqual(none, []);
});

test('no text is unused', () => {
  const quoted = new Set([...code.matchAll(/['"`]([a-z_0-9]+(?:\.[A-Za-z_0-9-]+)+)['"`]/g)].map(([, key]) => key));
  const plurals = new Set([...code.matchAll(/\bplural\('([^']+)'/g)].flatMap(([, key]) => [`${key}.one`, `${key}.other`]));
  const unused = Object.keys(en).filter((key) => !quoted.has(key) && !plurals.has(key) && !prefixes.some((prefix) => key.startsWith(prefix)));
  assert.deepEqual(unused, []);
});

test('no page speaks English past the texts', () => {
  /** @type {string[]} */
  const spoken = [];
  for (const [file, source] of files) {
    for (const template of templates(source)) for (const text of textsOf(template)) if (isProse(text)) spoken.push(`${file}: ${text.trim()}`);
  }
  assert.deepEqual(spoken, []);
});

test('the search for English finds it where it is', () => {
  const source = 'const x = /`/; // `\nhtml`<p title="Hello there">${t(\'a.b\')} ${ok ? html`<b>Press the button</b>` : \'`\'} AppId</p>`;';
  assert.deepEqual(templates(source).flatMap(textsOf).filter(isProse).map((text) => text.trim()).sort(), ['Hello there', 'Press the button']);
});

/** What a person would read of a template. @param {string} template */
function textsOf(template) {
  const attributes = [...template.matchAll(READ_ALOUD)].map(([, , text]) => text);
  // Code is the same in every language.
  const prose = template.replace(/<!--.*?-->/gs, '').replace(/<(code|pre)\b.*?<\/\1>/gs, '\0');
  return [...attributes, ...prose.replace(/<[^>]*>/gs, '\0').split('\0')].map((text) => text.replace(/https?:\/\/\S*/g, ''));
}

/** @param {string} text */
const isProse = (text) => (text.match(/[A-Za-z][A-Za-z.\-_0-9]*/g) ?? []).some((word) => /[A-Za-z]{3}/.test(word) && !NAMES.has(word.replace(/[.,:;]$/, '')));
