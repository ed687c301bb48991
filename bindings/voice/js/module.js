// The module's memory: texts and samples in, answers out, all on one desk. What lies where is stated by src/desk.rs; its
// size holds both sides together. Runs in pages, in Node and in audio worklets.

import { fromUtf8, utf8 } from './text.js';

/** Samples in a frame: 10 ms of 48 kHz. */
export const FRAME = 480;
const LENGTHS = 4 * FRAME;
const TEXTS = LENGTHS + 24;
const TEXTS_ROOM = 16_384;
const ANSWER = TEXTS + TEXTS_ROOM;
const DESK_BYTES = ANSWER + 16_384;
/** A byte more than any licence has: what is longer is `too_long` by that byte. */
const LICENSE_CHARS_MAX = 2_049;

/** Compiles whatever the source is. @param {import('../index.d.ts').Source} source @returns {Promise<WebAssembly.Module>} */
export async function compile(source) {
  const given = await source;
  if (given instanceof WebAssembly.Module) return given;
  if (typeof given === 'string' || given instanceof URL) return compile(await bytesAt(new URL(given, globalThis.location?.href)));
  if (typeof Response !== 'undefined' && given instanceof Response) {
    if (!given.ok) throw new Error(`the voice module was not found: ${given.url} answered ${given.status}; serve voice.wasm there, or hand its bytes to load()`);
    return WebAssembly.compile(await given.arrayBuffer());
  }
  if (given instanceof ArrayBuffer || ArrayBuffer.isView(given)) return WebAssembly.compile(/** @type {BufferSource} */ (given));
  throw new TypeError('load() takes an address, bytes, a Response or a WebAssembly.Module');
}

/** @param {URL} url @returns {Promise<Response | Uint8Array<ArrayBuffer>>} */
async function bytesAt(url) {
  if (url.protocol !== 'file:') return fetch(url);
  const name = 'node:fs/promises'; // Said so that bundlers for browsers do not look for it.
  const { readFile } = await import(/* webpackIgnore: true */ /* @vite-ignore */ name);
  return readFile(url);
}

/** What the module exports; numbers are addresses. @typedef {{memory: WebAssembly.Memory, [name: string]: any}} Exports */

export class Module {
  /** @type {Exports} */ exports;
  #desk; #frame; #bytes;

  /** @param {WebAssembly.Instance} instance */
  constructor(instance) {
    this.exports = /** @type {Exports} */ (/** @type {unknown} */ (instance.exports));
    if (this.exports.desk_bytes?.() !== DESK_BYTES) throw new Error('voice.wasm is not of this version of the package: deploy both files together');
    this.#desk = this.exports.desk();
    this.#bytes = new Uint8Array(this.exports.memory.buffer);
    this.#frame = new Float32Array(this.exports.memory.buffer, this.#desk, FRAME);
  }

  /** Memory as it is now: growing it detaches what was seen before. */
  #look() {
    if (this.#bytes.buffer === this.exports.memory.buffer) return;
    this.#bytes = new Uint8Array(this.exports.memory.buffer);
    this.#frame = new Float32Array(this.exports.memory.buffer, this.#desk, FRAME);
  }

  /** The frame on the desk, until the next call that may allocate. */
  get frame() {
    this.#look();
    return this.#frame;
  }

  /** Lays texts on the desk, in the order in which a function takes them. @param {(string | Uint8Array)[]} texts */
  lay(texts) {
    this.#look();
    const lengths = new Uint32Array(this.exports.memory.buffer, this.#desk + LENGTHS, 6);
    let at = this.#desk + TEXTS;
    texts.forEach((text, place) => {
      const bytes = typeof text === 'string' ? utf8(text.slice(0, LICENSE_CHARS_MAX)) : text;
      this.#bytes.set(bytes, at);
      lengths[place] = bytes.length;
      at += bytes.length;
    });
  }

  /** The answer on the desk. @param {number} length */
  answer(length) {
    this.#look();
    const at = this.#desk + ANSWER;
    return fromUtf8(this.#bytes.subarray(at, at + length));
  }
}
