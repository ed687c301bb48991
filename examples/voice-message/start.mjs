#!/usr/bin/env node
// Starts a small voice message app and all that it needs: an issuer, an app there, a relay, and the app's own backend.
//
// Whoever integrates has the first three elsewhere, and reads backend.mjs and page/.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { serve } from './backend.mjs';
import { Service } from './service.mjs';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const APP_ID = 12345;
/** Without `ans-ai`, so that one meets code 83. */
const FEATURES = ['ans', 'agc'];
const USAGE = `node examples/voice-message/start.mjs [--tonegate FILE] [--keep DIR] [--port PORT]

  --tonegate FILE  the program; otherwise TONEGATE, the one in PATH or in target/, or it is built
  --keep DIR       make everything there, or go on with what is there; otherwise in a temporary folder
  --port PORT      where the page is; otherwise a free one`;
const OWNER_ONLY = { mode: 0o600 };

/** What is to be undone at the end, the last first. @type {(() => unknown)[]} */
const undo = [];

async function main() {
  const { values: given } = parseArgs({ options: { tonegate: { type: 'string' }, keep: { type: 'string' }, port: { type: 'string' }, help: { type: 'boolean' } } });
  if (given.help) return console.log(USAGE);
  const tonegate = findTonegate(given.tonegate);
  const folder = given.keep ? path.resolve(given.keep) : temporaryFolder();
  const built = makeInstallation(tonegate, folder);

  const data = path.join(folder, 'data');
  const issuer = new Service('issuer', tonegate, ['serve', '--data', data], report);
  undo.push(() => issuer.stop());
  await issuer.start();

  const { file, key } = configureRelay(tonegate, folder, issuer.url, built);
  const relay = new Service('relay', tonegate, ['relay', '--config', file], report);
  undo.push(() => relay.stop());
  await relay.start();

  const backend = await serve({ port: portOf(given.port), relay: { url: relay.url, key }, built, folder, services: { issuer, relay } });
  undo.push(() => backend.close());

  console.log(`
Issuer    ${issuer.url}, process ${issuer.pid}
Relay     ${relay.url}, process ${relay.pid}
Backend   ${backend.url}
Folder    ${folder}${given.keep ? '' : ', removed at the end'}

Open ${backend.url} and send the sample in hum and hiss. Then try:

  * The same without noise suppression, and listen to both.
  * "AI": the licence lacks it, so the message goes out without it, and says 83.
  * Stop the issuer, under "Operator" or with kill -9 ${issuer.pid}: messages are still cleaned, and a
    reinstalled app, which is a new device, still gets its licence from the relay.
  * Stop the relay too: who has a licence goes on, also after a reload. A reinstalled app has none:
    its messages go out as they were recorded, and say 81.

Ctrl-C stops everything.`);
}

/** @param {string} [given] */
function portOf(given = '0') {
  if (!/^\d{1,5}$/.test(given) || Number(given) > 65_535) throw new Error(`--port ${given}: a port is a number from 1 to 65535`);
  return Number(given);
}

/** The first that is there; otherwise it is built. @param {string} [given] */
function findTonegate(given) {
  const target = process.env.CARGO_TARGET_DIR ?? path.join(REPOSITORY, 'target');
  const built = ['release', 'debug'].map((profile) => path.join(target, profile, 'tonegate'));
  const named = given ?? process.env.TONEGATE;
  if (named) return named;
  const runs = (/** @type {string} */ program) => spawnSync(program, ['--version']).status === 0;
  const found = ['tonegate', ...built].find(runs);
  if (found) return found;
  console.log('There is no tonegate in PATH or in target/. Building it: cargo build --release --package tonegate');
  execFileSync('cargo', ['build', '--release', '--package', 'tonegate'], { cwd: REPOSITORY, stdio: 'inherit' });
  return built[0];
}

/** A folder that is gone at the end. */
function temporaryFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'voice-message-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The issuer's installation with the app in it, made where there is none; gives what is built into the app. @param {string} tonegate @param {string} folder */
function makeInstallation(tonegate, folder) {
  const data = ['--data', path.join(folder, 'data')];
  if (!existsSync(data[1])) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    run(tonegate, 'init', '--auto-root', ...data);
    const features = FEATURES.flatMap((feature) => ['--feature', feature]);
    const { server_secret } = run(tonegate, 'app', 'create', 'Voice messages', '--app-id', APP_ID, ...features, ...data);
    writeFileSync(path.join(folder, 'app.secret'), server_secret, OWNER_ONLY);
  }
  const { pins, issuer, environment } = run(tonegate, 'key', 'pins', ...data);
  return { pins, issuer, environment, appId: APP_ID };
}

/** Configures the relay, which alone holds the ServerSecret; gives its configuration file, and the backend's key. @param {string} tonegate @param {string} folder @param {string} upstream @param {{pins: string, issuer: string, environment: string}} issuer */
function configureRelay(tonegate, folder, upstream, { pins, issuer, environment }) {
  const [file, keys, keyFile] = ['relay.toml', 'api-keys.json', 'backend.key'].map((name) => path.join(folder, name));
  const text = JSON.stringify; // A text of JSON is one of TOML.
  const inFolder = (/** @type {string} */ name) => text(path.join(folder, name));
  writeFileSync(file, `
[[apps]]
app_id = ${APP_ID}
secret_file = ${inFolder('app.secret')}

[upstreams.issuer]
endpoints = [${text(upstream)}]
pins = ${text(pins)}
issuer = ${text(issuer)}
environment = ${text(environment)}

[cache]
directory = ${inFolder('relay-cache')}

[auth]
api_keys = ${text(keys)}
`, OWNER_ONLY);
  if (!existsSync(keyFile)) writeFileSync(keyFile, run(tonegate, 'relay', 'key', 'add', 'backend', '--app', APP_ID, '--file', keys).api_key, OWNER_ONLY);
  return { file, key: readFileSync(keyFile, 'utf8') };
}

/** Runs a command of tonegate; gives its answer. @param {string} tonegate @param {...(string | number)} args */
function run(tonegate, ...args) {
  const { status, stdout, stderr, error } = spawnSync(tonegate, [...args.map(String), '--json'], { encoding: 'utf8' });
  if (error) throw new Error(`cannot run ${tonegate}: ${error.message}; name it with --tonegate FILE`);
  if (status !== 0) throw new Error(`${tonegate} ${args.slice(0, 2).join(' ')} ended with ${status}; is it this project's tonegate?\n${stderr}`);
  return JSON.parse(stdout);
}

/** @param {string} what */
function report(what) {
  console.error(`\nWithout being asked, ${what}\nIt can be started again under "Operator" on the page.`);
}

/** Stops everything, and ends. @param {number} code */
async function end(code) {
  for (const step of undo.splice(0).reverse()) await step();
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => end(0));
main().catch((error) => {
  console.error(error.code?.startsWith('ERR_PARSE_ARGS') ? `${error.message}\n\n${USAGE}` : error.message);
  return end(1);
});
