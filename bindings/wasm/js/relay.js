// Asks a Tonegate relay for a licence (docs/RELAY.md). What comes back is only text: the session verifies it.

import { platformClock } from './clock.js';

/** An answer of the relay is about 1 kB. */
const ANSWER_BYTES_MAX = 16_384;

/** A failure that may say when to come back. @type {typeof import('../index.d.ts').FetchError} */
export const FetchError = class FetchError extends Error {
  /** @param {string} message @param {number} [retryAfter] */
  constructor(message, retryAfter = 0) {
    super(message);
    this.name = 'FetchError';
    this.retryAfter = retryAfter;
  }
};

/** @type {typeof import('../index.d.ts').relay} */
export function relay(url, { apiKey, jwt, appId } = {}) {
  if ((apiKey === undefined) === (jwt === undefined)) throw new TypeError('a relay is asked with either an apiKey or a jwt');
  const path = appId === undefined ? 'v1/license' : `v1/apps/${Number(appId)}/license`;
  const address = new URL(path, String(url).replace(/\/*$/, '/'));
  const given = apiKey ?? jwt;
  if (typeof given !== 'function') bearer(given);
  return async ({ signal }) => {
    const headers = { Authorization: bearer(typeof given === 'function' ? await given() : given), Accept: 'application/json' };
    // A redirect could carry the credential elsewhere.
    const answer = await fetch(address, { headers, signal, redirect: 'error', credentials: 'omit', cache: 'no-store' });
    const text = await readBounded(answer);
    if (!answer.ok) throw new FetchError(refusal(answer.status, text), retryAfter(answer.headers.get('retry-after')));
    const license = member(text, 'License');
    if (license === '') throw new FetchError('the answer holds no License: is this the address of a relay?');
    return license;
  };
}

/** Checked here, because the platform's own complaint would show it. @param {unknown} credential */
function bearer(credential) {
  if (typeof credential !== 'string' || !/^[!-~]{1,8192}$/.test(credential)) throw new TypeError('a relay\'s credential is a text without blanks and line ends, and not empty');
  return `Bearer ${credential}`;
}

/** @param {Response} answer */
async function readBounded(answer) {
  const reader = answer.body?.getReader();
  const decoder = new TextDecoder();
  let text = '', length = 0;
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) return text + decoder.decode();
    length += value.length;
    if (length > ANSWER_BYTES_MAX) {
      await reader?.cancel();
      throw new FetchError('the answer is longer than any of a relay: is this its address?');
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** A member that is a text, of what may be JSON. @param {string} json @param {string} name */
function member(json, name) {
  try {
    const value = JSON.parse(json)?.[name];
    return typeof value === 'string' ? value : '';
  } catch {
    return '';
  }
}

/** @param {number} status @param {string} text */
function refusal(status, text) {
  const code = member(text, 'code');
  const known = /^[a-z_]{1,40}$/.test(code) ? `${status} ${code}` : String(status);
  return `the relay answered ${known}; docs/RELAY.md says what that means`;
}

/** Seconds, of a header that holds seconds or a date. @param {string | null} header */
function retryAfter(header) {
  if (header === null) return 0;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const left = Date.parse(header) / 1_000 - platformClock.wall();
  return left > 0 ? left : 0;
}
