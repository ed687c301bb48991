// What an app hands in, looked at before it crosses into the module: a wrong type is the app's own mistake, said at once
// and in words, while a bad licence is a verdict.

/** What a name or pins are cut to, or refused beyond, before they cross. */
export const NAME_CHARS_MAX = 400;
const PINS = 'pins are two different Ed25519 public keys of 43 base64url characters, a comma between them; copy the line that `tonegate key pins` prints';
const FAULTS = ['', PINS, 'environment is "production" or "test"', 'appId is an integer from 0 to 4294967295', 'identity is one of identity.android(), ios() or web(): 22 base64url characters'];

/** @param {unknown} options @returns {import('./module.js').Read} */
export function read(options) {
  if (typeof options !== 'object' || options === null) throw new TypeError('options are needed: {pins, issuer, …}');
  const { pins, issuer, environment = 'production', appId = null, identity = null } = /** @type {Record<string, unknown>} */ (options);
  // More is no pins, and is not cut to become some.
  if (typeof pins !== 'string' || pins.length > NAME_CHARS_MAX) throw new TypeError(PINS);
  if (typeof issuer !== 'string') throw new TypeError('issuer is the name of the issuer, a string');
  if (environment !== 'production' && environment !== 'test') throw new TypeError(FAULTS[2]);
  if (appId !== null && !(Number.isInteger(appId) && Number(appId) >= 0 && Number(appId) <= 4_294_967_295)) throw new TypeError(FAULTS[3]);
  if (identity !== null && (typeof identity !== 'string' || identity === '')) throw new TypeError(FAULTS[4]);
  return { pins, issuer, environment, identity: identity ?? '', appId: appId === null ? -1n : BigInt(Number(appId)) };
}

/** Throws what a fault of the module means. @param {number} fault */
export function refuse(fault) {
  if (fault !== 0) throw new TypeError(FAULTS[fault] ?? 'the options cannot be used');
}

/** A licence's text; nothing counts as none. @param {unknown} text */
export function license(text) {
  if (text === null || text === undefined) return '';
  if (typeof text !== 'string') throw new TypeError('a licence is a string');
  return text;
}

/** A feature's name. @param {unknown} feature */
export function feature(feature) {
  if (typeof feature !== 'string') throw new TypeError('a feature is named by a string');
  return feature;
}

/** Stored bytes, or nothing. @param {unknown} bytes */
export function stored(bytes) {
  if (bytes === null || bytes === undefined) return null;
  if (!(bytes instanceof Uint8Array)) throw new TypeError('stored bytes are a Uint8Array');
  return bytes;
}

/** A clock, or the one instead. @param {unknown} clock @param {import('../index.d.ts').Clock} otherwise @returns {import('../index.d.ts').Clock} */
export function clockOr(clock, otherwise) {
  if (clock === undefined || clock === null) return otherwise;
  const given = /** @type {import('../index.d.ts').Clock} */ (clock);
  if (typeof given.wall !== 'function' || typeof given.elapsed !== 'function') throw new TypeError('a clock has wall() and elapsed(), both in seconds');
  return given;
}

/** Eight bytes at random. */
export function draw() {
  return crypto.getRandomValues(new BigUint64Array(1))[0];
}
