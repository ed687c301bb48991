// What an app hands in, looked at before it crosses into the module: a wrong type is the app's own mistake, said at once
// and in words, while a bad licence is a verdict and a call at the wrong time an error of the voice.

/** What a name or pins are refused beyond. */
const NAME_CHARS_MAX = 400;
const STATE_BYTES = 32;
const PINS = 'pins are two different Ed25519 public keys of 43 base64url characters, a comma between them; copy the line that `tonegate key pins` prints';
const FAULTS = ['', PINS, 'environment is "production" or "test"', 'identity is 22 base64url characters, as the verifier\'s identity.android(), ios() and web() give them'];
/** Modes by their names, in the order of their numbers. */
export const MODES = /** @type {const} */ (['soft', 'medium', 'aggressive', 'ai', 'ai_balanced']);

/** Options that were looked at. @typedef {{texts: [string, string, string, string], state: Uint8Array, appId: number}} Read */

/** @param {unknown} options @returns {Read} */
export function read(options) {
  if (typeof options !== 'object' || options === null) throw new TypeError('options are needed: {pins, issuer, …}');
  const { pins, issuer, environment = 'production', appId = null, identity = null, state = null } = /** @type {Record<string, unknown>} */ (options);
  if (typeof pins !== 'string' || pins.length > NAME_CHARS_MAX) throw new TypeError(PINS);
  if (typeof issuer !== 'string') throw new TypeError('issuer is the name of the issuer, a string');
  if (environment !== 'production' && environment !== 'test') throw new TypeError(FAULTS[2]);
  if (appId !== null && !(Number.isInteger(appId) && Number(appId) >= 0 && Number(appId) <= 4_294_967_295)) throw new TypeError('appId is an integer from 0 to 4294967295');
  if (identity !== null && (typeof identity !== 'string' || identity === '')) throw new TypeError(FAULTS[3]);
  if (state !== null && !(state instanceof Uint8Array)) throw new TypeError('stored bytes are a Uint8Array');
  return {
    // Longer is no issuer's name and no identity, and is not cut to become one.
    texts: [pins, issuer.length > NAME_CHARS_MAX ? '' : issuer, environment, (identity ?? '').slice(0, NAME_CHARS_MAX)],
    state: state !== null && state.length === STATE_BYTES ? state : new Uint8Array(),
    appId: appId === null ? -1 : Number(appId),
  };
}

/** Throws what a fault of the module means. @param {number} fault */
export function refuse(fault) {
  throw new TypeError(FAULTS[fault] ?? 'the options cannot be used');
}

/** A licence's text; nothing counts as none. @param {unknown} text */
export function license(text) {
  if (text === null || text === undefined) return '';
  if (typeof text !== 'string') throw new TypeError('a licence is a string');
  return text;
}

/** A switch. @param {unknown} on */
export function onOrOff(on) {
  if (typeof on !== 'boolean') throw new TypeError('an effect is switched by true or false');
  return on;
}

/** A mode's number; -1, which the voice refuses, where it is none. @param {unknown} mode */
export function modeNumber(mode) {
  if (typeof mode === 'string') return MODES.findIndex((name) => name === mode);
  if (typeof mode !== 'number') throw new TypeError(`a mode is a number from 0 to 4, or one of ${MODES.join(', ')}`);
  return Number.isInteger(mode) && mode >= 0 && mode < MODES.length ? mode : -1;
}

/** A clock, or the one instead. @param {unknown} clock @param {import('../index.d.ts').Clock} otherwise @returns {import('../index.d.ts').Clock} */
export function clockOr(clock, otherwise) {
  if (clock === undefined || clock === null) return otherwise;
  const given = /** @type {import('../index.d.ts').Clock} */ (clock);
  if (typeof given.wall !== 'function' || typeof given.elapsed !== 'function') throw new TypeError('a clock has wall() and elapsed(), both in seconds');
  return given;
}

/** Who is told of errors. @param {unknown} onError @returns {(error: import('../index.d.ts').VoiceError) => void} */
export function listener(onError) {
  if (typeof onError !== 'function') throw new TypeError('onError is needed: a function that is told of each error');
  return /** @type {(error: import('../index.d.ts').VoiceError) => void} */ (onError);
}

/** A number drawn at random: it spreads devices over time and guards nothing. */
export function draw() {
  return Math.floor(Math.random() * 65_536);
}
