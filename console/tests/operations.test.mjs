// What the console asks of the admin API is there: each operation that it looks for in the session, each method and path
// that it calls, each parameter that it writes out, by docs/openapi.json.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { sources } from './sources.mjs';

const document = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8'));
const base = new URL(document.servers?.[0]?.url ?? '/', 'https://console.test').pathname.replace(/\/$/, '');
const METHODS = /** @type {Record<string, string>} */ ({ get: 'get', post: 'post', put: 'put', patch: 'patch', del: 'delete', address: 'get' });
/** The document does not list itself. */
const ITSELF = 'get /openapi.json';
/** Called with a method that the code puts together. @type {[string, string][]} */
const PUT_TOGETHER = [['post', '/apps/{}/suspend'], ['post', '/apps/{}/resume']];

/** By method and path, with `{}` for what is filled in. @type {Map<string, {operationId: string, parameters?: {in: string, name: string}[]}>} */
const operations = new Map(Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods)
  .filter(([, operation]) => operation.operationId)
  .map(([method, operation]) => [`${method} ${shaped(path)}`, operation])));
const ids = new Set([...operations.values()].map((operation) => operation.operationId));

test('every operation that the session is asked for is one of the API', () => {
  const asked = everywhere(/\bmay\('([^']*)'\)|\bneeds: '([^']*)'/g).map(([, one, other]) => one ?? other);
  assert.ok(asked.length > 40, `${asked.length} were found`);
  assert.deepEqual(asked.filter((id) => !ids.has(id)), []);
});

test('every call is one of the API, with its parameters', () => {
  const calls = everywhere(/\bapi\.(get|post|put|patch|del|address|request)\((?:'([A-Z]+)', )?(?:'([^']+)'|api\.path`([^`]+)`|(`))(?:, \{ ([^{}]*) \})?/g);
  assert.ok(calls.length > 60, `${calls.length} were found`);
  const wrong = calls.flatMap(([text, name, method, plain, filled, together, query]) => {
    if (together) return [];
    const how = method?.toLowerCase() ?? METHODS[name];
    const operation = operations.get(`${how} ${shaped(plain ?? filled)}`);
    if (!operation) return `${how} ${plain}` === ITSELF ? [] : [`${how} ${plain ?? filled}`];
    const named = name === 'get' && query ? query.split(', ').map((part) => part.split(':')[0].trim()).filter((part) => /^\w+$/.test(part)) : [];
    const known = (operation.parameters ?? []).filter((each) => each.in === 'query').map((each) => each.name);
    return named.filter((each) => !known.includes(each)).map((each) => `${text}: no parameter ${each}`);
  });
  assert.deepEqual(wrong, []);
  assert.deepEqual(PUT_TOGETHER.filter(([method, path]) => !operations.has(`${method} ${path}`)), []);
});

/** @param {RegExp} pattern */
function everywhere(pattern) {
  return [...sources().values()].flatMap((source) => [...source.matchAll(pattern)]);
}

/** @param {string} path as the document or as the code writes it */
function shaped(path) {
  return path.replace(/\$?\{[^}]*\}/g, '{}').replace(base, '');
}
