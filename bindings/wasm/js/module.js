// The module's linear memory: slots, texts in, layouts out. What is laid out where is stated by src/border.rs; `LAYOUTS`
// holds both sides together. Invariant: a slot is handed to the module only while it is taken, and every text that goes in
// was cut to what the verifier can need, so that no input makes memory grow.

import { whole } from './clock.js';
import { NAME_CHARS_MAX } from './options.js';

/** Sizes of options, verdict, feature and outlook, as `layouts()` tells them. */
const LAYOUTS = [56, 88, 32, 24];
const PAGE = 65_536;
/** A byte more than any licence has: what is longer is `too_long` by that byte. */
const TEXT_MAX = 2_049;
export const STATE_BYTES = 32;
const STORED_MAX = STATE_BYTES + 2_048;

// One page of desk: offsets from its beginning. Each kind of input has a place of its own.
const TEXT = 0; // three bytes at most for each unit of a string
const OPTIONS_TEXTS = 8_192;
const OUT = 16_384;
const IN = 16_640; // Bytes of the text
const OPTIONS = 16_704;
const DIGEST = 16_768;
const BUFFER = 20_480;
const BUFFER_BYTES = 16_384;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Compiles whatever the source is. @param {import('../index.d.ts').Source} source @returns {Promise<WebAssembly.Module>} */
export async function compile(source) {
  const given = await source;
  if (given instanceof WebAssembly.Module) return given;
  if (typeof given === 'string' || given instanceof URL) return compile(await bytesAt(new URL(given, globalThis.location?.href)));
  if (typeof Response !== 'undefined' && given instanceof Response) {
    if (!given.ok) throw new Error(`the verifier's module was not found: ${given.url} answered ${given.status}; serve tonegate.wasm there, or hand its bytes to load()`);
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

/**
 * What the module exports. Numbers are addresses; times are BigInt.
 * @typedef {{
 *   memory: WebAssembly.Memory, layouts(): bigint, gate_bytes(): number, session_bytes(): number,
 *   [name: string]: any,
 * }} Exports
 */

/** What options come to, when they are sound. @typedef {{pins: string, issuer: string, environment: string, identity: string, appId: bigint}} Read */

export class Module {
  /** @type {Exports} */ exports;
  #desk; #next; #end;
  /** @type {Map<number, number[]>} free slots, by their size */ #free = new Map();
  /** @type {Map<number, string>} the module's own texts, by where they lie */ #words = new Map();
  /** @type {FinalizationRegistry<{size: number, slot: number}>} */ #forgotten = new FinalizationRegistry(({ size, slot }) => this.#giveBack(size, slot));
  #view; #bytes;

  /** @param {WebAssembly.Instance} instance */
  constructor(instance) {
    this.exports = /** @type {Exports} */ (/** @type {unknown} */ (instance.exports));
    const told = this.exports.layouts?.();
    if (told !== LAYOUTS.reduce((all, size) => (all << 8n) | BigInt(size), 0n)) throw new Error('tonegate.wasm is not of this version of the package: deploy both files together');
    this.#desk = this.exports.memory.grow(1) * PAGE;
    this.#next = this.#end = this.#desk + PAGE;
    this.#view = new DataView(this.exports.memory.buffer);
    this.#bytes = new Uint8Array(this.exports.memory.buffer);
  }

  /** A slot of this size for `owner`, returned when that is collected at the latest. @param {object} owner @param {number} size */
  take(owner, size) {
    const slot = this.#free.get(size)?.pop() ?? this.#grow(size);
    this.#forgotten.register(owner, { size, slot }, owner);
    return slot;
  }

  /** @param {object} owner @param {number} size @param {number} slot */
  release(owner, size, slot) {
    if (this.#forgotten.unregister(owner)) this.#giveBack(size, slot);
  }

  /** @param {number} size @param {number} slot */
  #giveBack(size, slot) {
    const free = this.#free.get(size);
    if (free) free.push(slot); else this.#free.set(size, [slot]);
  }

  /** @param {number} size */
  #grow(size) {
    const step = Math.ceil(size / 16) * 16;
    if (this.#next + step > this.#end) {
      const page = this.exports.memory.grow(1) * PAGE;
      // Something else grew the memory: what was left of the last page is lost.
      if (page !== this.#end) this.#next = page;
      this.#end = page + PAGE;
    }
    const slot = this.#next;
    this.#next += step;
    return slot;
  }

  /** Memory as it is now: growing it detaches what was seen before. */
  #look() {
    if (this.#bytes.buffer !== this.exports.memory.buffer) {
      this.#view = new DataView(this.exports.memory.buffer);
      this.#bytes = new Uint8Array(this.exports.memory.buffer);
    }
    return this.#view;
  }

  /** Writes a text, and gives the address of what says where it lies. @param {string} text @param {number} [most] */
  text(text, most = TEXT_MAX) {
    const view = this.#look();
    const at = this.#desk + TEXT;
    const { written } = encoder.encodeInto(text.length > most ? text.slice(0, most) : text, this.#bytes.subarray(at, at + OPTIONS_TEXTS));
    view.setUint32(this.#desk + IN, at, true);
    view.setUint32(this.#desk + IN + 4, written, true);
    return this.#desk + IN;
  }

  /** @param {string} name */
  name(name) { return this.text(name, NAME_CHARS_MAX); }

  /** Lays options out. @param {Read} read @param {Uint8Array | null | undefined} stored @param {bigint} drawn */
  options(read, stored, drawn) {
    const view = this.#look();
    let at = this.#desk + OPTIONS_TEXTS, place = this.#desk + OPTIONS;
    const put = (/** @type {Uint8Array} */ bytes) => {
      this.#bytes.set(bytes, at);
      view.setUint32(place, at, true);
      view.setUint32(place + 4, bytes.length, true);
      [at, place] = [at + bytes.length, place + 8];
    };
    for (const text of [read.pins, read.issuer, read.environment, read.identity]) put(encoder.encode(text.slice(0, NAME_CHARS_MAX)));
    put(stored && stored.length <= STORED_MAX ? stored : new Uint8Array());
    view.setBigInt64(this.#desk + OPTIONS + 40, read.appId, true);
    view.setBigUint64(this.#desk + OPTIONS + 48, drawn, true);
    return this.#desk + OPTIONS;
  }

  /** Writes bytes of 32 at most, and gives their address. @param {Uint8Array} bytes */
  bytes(bytes) {
    this.#look();
    this.#bytes.set(bytes.subarray(0, 32), this.#desk + DIGEST);
    return this.#desk + DIGEST;
  }

  /** Where the module writes what it found. */
  get out() { return this.#desk + OUT; }
  /** Where it writes bytes, and how many fit. */
  get buffer() { return this.#desk + BUFFER; }
  get room() { return BUFFER_BYTES; }

  /** A copy of what it wrote there. @param {number} length */
  written(length) {
    this.#look();
    return this.#bytes.slice(this.buffer, this.buffer + length);
  }

  /** @param {number} length */
  writtenText(length) { return decoder.decode(this.written(length)); }

  /** The numbers that `explain` writes to `out`: fault and length. */
  pair() {
    const view = this.#look();
    return /** @type {const} */ ([view.getUint32(this.out, true), view.getUint32(this.out + 4, true)]);
  }

  /** A text that lies where `out` says. */
  textFound() {
    const [at, length] = this.pair();
    return at ? decoder.decode(this.#bytes.slice(at, at + length)) : '';
  }

  /** One of the module's own texts; they never move. @param {number} place */
  #word(place) {
    const view = this.#view;
    const at = view.getUint32(place, true), length = view.getUint32(place + 4, true);
    if (at === 0) return null;
    // Texts may share a tail, so the place alone does not name one.
    const name = at * 4_096 + length;
    let word = this.#words.get(name);
    if (word === undefined) this.#words.set(name, word = decoder.decode(this.#bytes.slice(at, at + length)));
    return word;
  }

  /** @param {number} [at] @returns {import('../index.d.ts').Offered} */
  verdict(at = this.out) {
    const view = this.#look();
    const flag = (/** @type {number} */ offset) => view.getUint32(at + offset, true) !== 0;
    const authentic = flag(40);
    const time = (/** @type {number} */ offset) => authentic ? Number(view.getBigInt64(at + offset, true)) : null;
    return {
      state: /** @type {import('../index.d.ts').State} */ (this.#word(at)),
      reason: /** @type {import('../index.d.ts').Reason | null} */ (this.#word(at + 8)),
      sdkCode: view.getUint32(at + 32, true),
      message: this.#word(at + 16) ?? '',
      nextStep: this.#word(at + 24) ?? '',
      retryable: flag(36),
      now: time(48), validFrom: time(56), validUntil: time(64), secondsLeft: time(72), refreshAfter: time(80),
      inForce: flag(44),
    };
  }

  /** @returns {import('../index.d.ts').FeatureVerdict} */
  feature() {
    const view = this.#look(), at = this.out;
    const left = Number(view.getBigInt64(at + 24, true));
    return {
      answer: /** @type {import('../index.d.ts').FeatureVerdict['answer']} */ (this.#word(at)),
      runs: view.getUint32(at + 20, true) !== 0,
      reason: /** @type {import('../index.d.ts').Reason | null} */ (this.#word(at + 8)),
      sdkCode: view.getUint32(at + 16, true),
      secondsLeft: left < 0 ? null : left,
    };
  }

  /** @returns {import('../index.d.ts').Outlook | null} */
  outlook() {
    const view = this.#look(), at = this.out;
    const length = view.getUint32(at + 12, true);
    if (length === 0) return null;
    return { onExpiry: decoder.decode(this.#bytes.slice(at, at + length)), runsUntil: Number(view.getBigInt64(at + 16, true)) };
  }

  /** What a session's turn found. */
  turn() {
    const view = this.#look(), at = this.out;
    return {
      fetch: view.getUint32(at, true) !== 0,
      changed: view.getUint32(at + 4, true) === 0 ? null : forget(this.verdict(at + 16)),
      waitSecs: Number(view.getBigUint64(at + 8, true)),
    };
  }
}

/** A verdict that was not offered. @param {import('../index.d.ts').Offered} offered @returns {import('../index.d.ts').Verdict} */
export function forget({ inForce: _, ...verdict }) {
  return verdict;
}

/** Seconds as the module takes them. @param {import('../index.d.ts').Clock} clock @returns {[bigint, bigint]} */
export function reading(clock) {
  return [BigInt(whole(clock.wall())), BigInt(Math.max(0, whole(clock.elapsed())))];
}
