// The app's backend: hands the relay's licence on to the app, takes voice messages and gives them to the other side, and
// serves the page. The page sees neither ServerSecret nor API key.

import { mkdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** A minute of 48 kHz, 16 bits, mono, and its header. */
const MESSAGE_BYTES_MAX = 48_000 * 2 * 60 + 1_024;
const MESSAGES_MAX = 50;
const RELAY_MS = 5_000;

const HEADERS = {
  'Content-Security-Policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; media-src 'self' blob:; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Permissions-Policy': 'microphone=(self)',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
};

/** Where the page and what it imports lie; a bundler would put them into one folder. */
const FOLDERS = { 'tonegate/': '../../bindings/wasm/', 'voice/': '../../bindings/voice/', '': 'page/' };
const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', wasm: 'application/wasm', wav: 'audio/wav', json: 'application/json' };
const FILE = /^(?:[\w-]+\/)*[\w-]+(?:\.[\w-]+)*\.(html|js|css|svg|wasm|wav|json)$/;

/** A refusal with its status. */
class Refusal extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {object} wanted
 * @param {number} wanted.port 0: a free one
 * @param {{url: string, key: string}} wanted.relay
 * @param {object} wanted.built what is built into the app: public pins, issuer, environment, AppId
 * @param {string} wanted.folder where messages are kept
 * @param {Record<string, import('./service.mjs').Service>} wanted.services for the page's operator corner
 */
export async function serve({ port, relay, built, folder, services }) {
  const chat = new Chat(path.join(folder, 'messages'));

  /** @type {Record<string, (request: import('node:http').IncomingMessage, url: URL) => unknown>} */
  const routes = {
    // A backend of yours asks for its user's session here: whoever has the licence can use the app's features.
    'GET /license': () => license(relay),
    'GET /built.js': () => ({ type: TYPES.js, body: `export const built = ${JSON.stringify(built)};\n` }),
    'GET /chat': () => ({ messages: chat.messages, services: Object.fromEntries(Object.entries(services).map(([name, service]) => [name, service.isRunning])) }),
    'POST /messages': async (request, { searchParams }) => chat.add(await bodyOf(request), searchParams),
  };
  for (const [name, service] of Object.entries(services)) {
    // As an outage comes: without a goodbye.
    routes[`POST /operator/${name}/stop`] = () => service.stop('SIGKILL');
    routes[`POST /operator/${name}/start`] = () => service.start();
  }

  const server = createServer(async (request, response) => {
    try {
      const url = new URL(request.url ?? '/', 'http://backend');
      if (request.method !== 'GET') refuseStrangers(request);
      const route = routes[`${request.method} ${url.pathname}`] ?? (() => fileAt(request.method, url.pathname, chat));
      const answer = (await route(request, url)) ?? {};
      const { type, body } = answer.type ? answer : { type: TYPES.json, body: JSON.stringify(answer) };
      response.writeHead(200, { ...HEADERS, 'Content-Type': type }).end(body);
    } catch (error) {
      if (!error.status) console.error(error);
      response.writeHead(error.status ?? 500, { ...HEADERS, 'Content-Type': 'text/plain; charset=utf-8', ...error.headers }).end(error.message);
    }
  });
  const cannotListen = (/** @type {Error} */ error) => new Error(`the page cannot be served on port ${port} (${error.message}); choose another one, or none for a free one`);
  await new Promise((done, fail) => server.once('error', (error) => fail(cannotListen(error))).listen(port, '127.0.0.1', () => done(null)));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => new Promise((done) => { server.close(done); server.closeAllConnections(); }) };
}

/** The licence, as the relay has it now. Nothing is kept here: keeping it, and keeping it fresh, is what the relay does. @param {{url: string, key: string}} relay */
async function license({ url, key }) {
  let answer;
  try {
    answer = await fetch(`${url}/v1/license`, { headers: { Authorization: `Bearer ${key}` }, redirect: 'error', signal: AbortSignal.timeout(RELAY_MS) });
  } catch (error) {
    throw new Refusal(503, `the relay does not answer: ${error.cause?.code ?? error.message}`);
  }
  const found = await answer.json();
  if (!answer.ok) throw Object.assign(new Refusal(503, `the relay answered ${answer.status} ${found.code}: ${found.detail}`), { headers: retryAfter(answer) });
  return { License: found.License };
}

/** @param {Response} answer */
function retryAfter(answer) {
  const seconds = answer.headers.get('retry-after');
  return seconds === null ? {} : { 'Retry-After': seconds };
}

/** Messages: their sound in files, what is said about them in memory. */
class Chat {
  #folder;
  #next = 1;
  /** @type {{id: number, from: string, effects: string, refused: string}[]} */
  messages = [];

  /** @param {string} folder */
  constructor(folder) {
    mkdirSync(this.#folder = folder, { recursive: true });
  }

  /** @param {Buffer} wav @param {URLSearchParams} about */
  async add(wav, about) {
    if (wav.toString('latin1', 0, 4) !== 'RIFF' || wav.toString('latin1', 8, 12) !== 'WAVE') throw new Refusal(400, 'a message is a WAV file');
    const told = (/** @type {string} */ name) => /^[\w:, -]{0,64}$/.exec(about.get(name) ?? '')?.[0] ?? '';
    const id = this.#next++;
    await writeFile(this.file(id), wav);
    this.messages.push({ id, from: told('from'), effects: told('effects'), refused: told('refused') });
    if (this.messages.length > MESSAGES_MAX) await rm(this.file(this.messages.shift().id));
    return { id };
  }

  /** @param {number | string} id */
  file(id) { return path.join(this.#folder, `${id}.wav`); }
}

/** A message, or a file of the page. @param {string} method @param {string} pathname @param {Chat} chat */
async function fileAt(method, pathname, chat) {
  const name = pathname === '/' ? 'index.html' : pathname.slice(1);
  const type = FILE.exec(name)?.[1];
  if (method !== 'GET' || !type) throw new Refusal(404, 'there is nothing here');
  const [, message] = /^messages\/(\d+)\.wav$/.exec(name) ?? [];
  const [prefix, folder] = Object.entries(FOLDERS).find(([prefix]) => name.startsWith(prefix));
  const file = message ? chat.file(message) : fileURLToPath(new URL(folder + name.slice(prefix.length), import.meta.url));
  try {
    return { type: TYPES[type], body: await readFile(file) };
  } catch {
    throw new Refusal(404, 'there is nothing here');
  }
}

/** Other pages in the visitor's browser can send here, too. @param {import('node:http').IncomingMessage} request */
function refuseStrangers({ headers }) {
  if (headers.origin !== `http://${headers.host}`) throw new Refusal(403, 'this is for the page of this backend alone');
}

/** @param {import('node:http').IncomingMessage} request */
async function bodyOf(request) {
  const pieces = [];
  let length = 0;
  for await (const piece of request) {
    pieces.push(piece);
    if ((length += piece.length) > MESSAGE_BYTES_MAX) throw new Refusal(413, 'a message lasts a minute at most');
  }
  return Buffer.concat(pieces);
}
