// A request to the licence API (docs/PROTOCOL.md §2 and §3): what is signed, the query, the curl line.
import { md5 } from '../lib/md5.js';

const ACTION = 'CgiDescribeZIMAudioLicense';
const VERSION = '2.0';

/** @typedef {{appId: string, nonce: string, timestamp: string}} Public what is signed together with the secret */

/** 16 hex characters that nobody used before. */
export const newNonce = () => [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** Unix seconds, as text. */
export const newTimestamp = () => String(Math.floor(Date.now() / 1000));

/** @param {Public} request @param {string} secret */
export const signature = (request, secret) => md5(request.appId + request.nonce + secret + request.timestamp);

/** @param {Public} request @param {string} secret */
export function signedQuery(request, secret) {
  const parameters = [
    ['Action', ACTION],
    ['AppId', request.appId],
    ['SignatureNonce', request.nonce],
    ['Timestamp', request.timestamp],
    ['SignatureVersion', VERSION],
    ['Signature', signature(request, secret)],
  ];
  return parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}

/** @param {string} base the licence API's address @param {string} query */
export const curlLine = (base, query) => `curl -sS ${shellQuoted(`${base.replace(/\/+$/, '')}/?${query}`)}`;

/** As one word of a POSIX shell. @param {string} text */
export const shellQuoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
