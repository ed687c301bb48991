// A browser before the package: files served from its folder, the system's Chromium, and a page that is watched.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { extname } from 'node:path';
import { chromium } from 'playwright-core';

const PACKAGE = new URL('../../', import.meta.url);
const KINDS = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm', '.json': 'application/json' };
/** What a careful page allows; the example has the same in itself. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; img-src data:";
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Serves the package, and what a test adds. @param {Record<string, string>} [added] */
async function serve(added = {}) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    const kind = KINDS[/** @type {keyof typeof KINDS} */ (extname(path))] ?? 'text/plain';
    const content = added[path] ?? await readFile(new URL(`.${path}`, PACKAGE)).catch(() => null);
    response.writeHead(content === null ? 404 : 200, { 'Content-Type': kind, 'Content-Security-Policy': POLICY }).end(content ?? '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { server, origin: `http://127.0.0.1:${port}` };
}

/** A page that records what must not happen: errors, refusals of the policy, requests elsewhere. @param {Record<string, string>} [added] */
export async function open(added) {
  const { server, origin } = await serve(added);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] }).catch((error) => {
    server.close();
    throw new Error(`${CHROMIUM} does not start; install Debian's package chromium (${error.message.split('\n')[0]})`);
  });
  const context = await browser.newContext({ viewport: { width: 1_000, height: 1_100 }, locale: 'en-GB', timezoneId: 'UTC' });
  const page = await context.newPage();
  /** @type {string[]} */ const faults = [];
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) faults.push(message.text()); });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => { if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:')) faults.push(`asked ${request.url()}`); });
  const close = async () => {
    await browser.close();
    server.close();
  };
  return { page, origin, faults, close };
}
