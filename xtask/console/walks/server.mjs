// A server of its own for a walk, in a temporary folder, stopped when the file's tests are over.

import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { leave } from './page.mjs';

const TONEGATE = process.env.TONEGATE ?? 'tonegate';
const ANY_PORT = '127.0.0.1:0';
const START_MS = 30_000;

export const repository = process.env.TONEGATE_REPOSITORY ?? process.cwd();

/** A folder that is gone when the file's tests are over. */
export function temporaryFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'tonegate-walk-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A command of tonegate; gives what it wrote. @param {...string} given */
export const tonegate = (...given) => execFileSync(TONEGATE, given, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/**
 * A server on an installation in `folder`, which is made where there is none.
 * @param {{folder?: string, config?: string}} [wanted] `config`: a configuration file's text
 * @returns {Promise<{origin: string, gateway: string, setupToken: string}>}
 */
export async function serve({ folder = temporaryFolder(), config = '' } = {}) {
  const [data, file] = [path.join(folder, 'data'), path.join(folder, 'tonegate.toml')];
  writeFileSync(file, config);
  if (!existsSync(path.join(data, 'kek.key'))) tonegate('init', '--auto-root', '--data', data);
  const said = run('serve', '--json', '--data', data, '--config', file, '--address', ANY_PORT, '--admin-address', ANY_PORT);
  const { admin, gateway } = JSON.parse(await said.line(/^\{"admin".*/m));
  return { ...places(admin, gateway), setupToken: /setup_token="?(tgi_[\w-]+)/.exec(said.errors())?.[1] ?? '' };
}

/** The demo, with the link that signs in. @returns {Promise<{origin: string, gateway: string, link: string}>} */
export async function demo() {
  const data = path.join(temporaryFolder(), 'data');
  const said = run('demo', '--data', data, '--address', ANY_PORT, '--admin-address', ANY_PORT, '--relay-address', ANY_PORT, '--relay-admin-address', ANY_PORT);
  await said.line(/^Serving\. .*/m);
  const fact = (/** @type {string} */ name) => new RegExp(`^${name} +(\\S+)`, 'm').exec(said.text())?.[1] ?? '';
  return { ...places(new URL(fact('Health, metrics')).host, new URL(fact('Gateway')).host), link: fact('Console') };
}

/** Browsers take the session's cookie without TLS from localhost alone. @param {string} admin @param {string} gateway */
const places = (admin, gateway) => ({ origin: `http://localhost:${admin.split(':').pop()}`, gateway: `http://${gateway}` });

/** A process of tonegate, stopped when the file's tests are over. @param {...string} given */
function run(...given) {
  const child = spawn(TONEGATE, given, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, errors] = ['', ''];
  child.stdout.on('data', (piece) => { out += piece; });
  child.stderr.on('data', (piece) => { errors += piece; });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // Also where a test file fails before its tests.
  process.once('exit', () => child.kill('SIGKILL'));
  after(async () => {
    await leave();
    child.kill('SIGTERM');
    const slow = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(slow);
  });
  const line = async (/** @type {RegExp} */ wanted) => {
    for (const until = Date.now() + START_MS; Date.now() < until && child.exitCode === null; await pause(25)) {
      const found = wanted.exec(out);
      if (found) return found[0];
    }
    throw new Error(`tonegate ${given[0]} did not begin:\n${out}\n${errors}`);
  };
  return { line, text: () => out, errors: () => errors };
}

/** A signed query of the licence API. @param {number | string} appId @param {string} secret @param {{nonce?: string, timestamp?: number | string, signature?: string}} [given] */
export function signedQuery(appId, secret, { nonce = randomBytes(8).toString('hex'), timestamp = Math.floor(Date.now() / 1000), signature } = {}) {
  const signed = signature ?? createHash('md5').update(`${appId}${nonce}${secret}${timestamp}`).digest('hex');
  return `Action=CgiDescribeZIMAudioLicense&AppId=${appId}&SignatureNonce=${encodeURIComponent(nonce)}&Timestamp=${timestamp}&SignatureVersion=2.0&Signature=${signed}`;
}

/** A backend's request for a licence; gives the return code. @param {string} gateway @param {string} query @returns {Promise<number>} */
export async function fetchCode(gateway, query) {
  const answer = await fetch(`${gateway}/?${query}`);
  return (/** @type {{Code: number}} */ (await answer.json())).Code;
}
