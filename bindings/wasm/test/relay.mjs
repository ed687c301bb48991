// A server on loopback that plays the relay: it answers what a test says, as slowly as that says.

import { once } from 'node:events';
import { createServer } from 'node:http';

/** @typedef {{status?: number, headers?: Record<string, string>, body?: string, hangs?: boolean}} Answer */

/** Starts one. @param {import('node:test').TestContext} t @param {Answer} answer */
export async function relayWith(t, answer) {
  const played = { answer, asked: /** @type {{url: string, authorization: string | undefined}[]} */ ([]), url: '' };
  const server = createServer((request, response) => {
    played.asked.push({ url: request.url ?? '', authorization: request.headers.authorization });
    const { status = 200, headers = {}, body = '', hangs = false } = played.answer;
    if (hangs) return;
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => new Promise((done) => {
    server.close(done);
    server.closeAllConnections();
  });
  t.after(close);
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  played.url = `http://127.0.0.1:${port}`;
  return Object.assign(played, { close });
}

/** The relay's answer with this licence. @param {string} license @returns {Answer} */
export const hands = (license) => ({ body: JSON.stringify({ License: license, AppId: 12_345, Source: 'fresh' }) });

/** The relay's refusal. @param {number} status @param {string} code @param {Record<string, string>} [headers] @returns {Answer} */
export const refuses = (status, code, headers = {}) => ({ status, headers, body: JSON.stringify({ code, detail: 'words' }) });
