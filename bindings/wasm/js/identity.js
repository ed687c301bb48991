// App identities, which a licence can be tied to (docs/FORMAT.md §4).

import { NAME_CHARS_MAX } from './options.js';

const PLATFORMS = /** @type {const} */ (['android', 'ios', 'web']);

/** @param {import('./module.js').Module} module @returns {import('../index.d.ts').Identities} */
export function identities(module) {
  const identity = (/** @type {typeof PLATFORMS[number]} */ platform, /** @type {unknown} */ name, /** @type {Uint8Array} */ digest = new Uint8Array()) => {
    if (typeof name !== 'string' || name === '' || name.length > NAME_CHARS_MAX) throw new TypeError(`an ${platform} app is named by a string of 1 to ${NAME_CHARS_MAX} characters`);
    const [given, into] = [module.name(name), module.buffer];
    module.exports.identity(PLATFORMS.indexOf(platform), given, module.bytes(digest), into);
    return base64url(module.written(16));
  };
  return Object.freeze({
    android: (/** @type {string} */ name, /** @type {Uint8Array | string} */ digest) => identity('android', name, sha256(digest)),
    ios: (/** @type {string} */ name) => identity('ios', name),
    web: (/** @type {string} */ origin) => identity('web', origin),
  });
}

/** @param {unknown} given */
function sha256(given) {
  if (given instanceof Uint8Array && given.length === 32) return given;
  if (typeof given === 'string' && /^[0-9a-f]{64}$/i.test(given)) return Uint8Array.from({ length: 32 }, (_, at) => parseInt(given.slice(2 * at, 2 * at + 2), 16));
  throw new TypeError('a certificate is named by its SHA-256: 32 bytes, or 64 hex digits');
}

/** @param {Uint8Array} bytes */
function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
