// A voice: `Voice` of the Rust crate behind a handle. It adds a clock, and tells errors; nothing else.

import { platformClock, whole } from './clock.js';
import { FRAME } from './module.js';
import { clockOr, draw, license, listener, modeNumber, MODES, onOrOff, read, refuse } from './options.js';
import { fromHex } from './text.js';

/** @import { Flow, Voice as Promised, VoiceOptions } from '../index.js' */

/** What the module's numbers stand for. @type {readonly Flow[]} */
const FLOWS = ['idle', 'records', 'ended'];
/** Numbers below are faults, not addresses. */
const FAULTS_END = 16;

/** @type {FinalizationRegistry<{module: import('./module.js').Module, handle: number}>} */
const forgotten = new FinalizationRegistry(({ module, handle }) => module.exports.voice_free(handle));

/** @implements {Promised} */
export class Voice {
  #module; #clock; #tell;
  /** 0: it was freed. */ #handle = 0;
  /** What it was when it was freed. */ #last = new Uint8Array();

  /** @param {import('./module.js').Module} module @param {VoiceOptions} options */
  constructor(module, options) {
    const { texts, state, appId } = read(options);
    this.#clock = clockOr(options.clock, platformClock);
    this.#tell = listener(options.onError);
    this.#module = module;
    module.lay([...texts, state]);
    const made = module.exports.voice_new(appId, draw());
    if (made < FAULTS_END) refuse(made);
    this.#handle = made;
    forgotten.register(this, { module, handle: made }, this);
  }

  /** @param {string | null | undefined} text @returns {import('../index.d.ts').Verdict} */
  init(text) {
    const handle = this.#held(), given = license(text), wall = this.#wall(), elapsed = this.#elapsed();
    this.#module.lay([given]);
    return JSON.parse(this.#module.answer(this.#module.exports.voice_init(handle, wall, elapsed)));
  }

  /** @param {string | null | undefined} text @returns {import('../index.d.ts').Offered} */
  renew(text) {
    const handle = this.#held(), given = license(text), wall = this.#wall(), elapsed = this.#elapsed();
    this.#module.lay([given]);
    return JSON.parse(this.#module.answer(this.#module.exports.voice_renew(handle, wall, elapsed)));
  }

  /** @param {boolean} on */
  enableANS(on) {
    this.#module.exports.voice_enable_ans(this.#held(), Number(onOrOff(on)), this.#wall(), this.#elapsed());
    this.#tellErrors();
  }

  /** @param {boolean} on */
  enableAGC(on) {
    this.#module.exports.voice_enable_agc(this.#held(), Number(onOrOff(on)), this.#wall(), this.#elapsed());
    this.#tellErrors();
  }

  /** @param {import('../index.d.ts').Mode | number} mode */
  setANSMode(mode) {
    this.#module.exports.voice_set_ans_mode(this.#held(), modeNumber(mode), this.#wall(), this.#elapsed());
    this.#tellErrors();
  }

  startRecord() {
    this.#module.exports.voice_start_record(this.#held(), this.#wall(), this.#elapsed());
    this.#tellErrors();
  }

  /** @param {Float32Array} samples @returns {Flow} */
  process(samples) {
    const handle = this.#held();
    if (!(samples instanceof Float32Array) || samples.length !== FRAME) throw new TypeError(`a frame is a Float32Array of ${FRAME} samples: 10 ms of 48 kHz mono`);
    const wall = this.#wall(), elapsed = this.#elapsed();
    this.#module.frame.set(samples);
    const flow = this.#module.exports.voice_process(handle, wall, elapsed);
    samples.set(this.#module.frame);
    this.#tellErrors();
    return /** @type {Flow} */ (FLOWS[flow]);
  }

  completeRecord() {
    this.#module.exports.voice_complete_record(this.#held());
    this.#tellErrors();
  }

  /** @param {Float32Array} samples */
  clean(samples) {
    if (!(samples instanceof Float32Array)) throw new TypeError('a recording is a Float32Array of 48 kHz mono');
    const began = !this.recording;
    this.startRecord();
    // It was told why; what is going on is not disturbed.
    if (!began || !this.recording) return samples.slice();
    const latency = this.latency, frames = Math.ceil((samples.length + latency) / FRAME);
    const cleaned = new Float32Array(frames * FRAME);
    cleaned.set(samples);
    let end = 0, flow = /** @type {Flow} */ ('records');
    while (flow === 'records' && end < cleaned.length) {
      flow = this.process(cleaned.subarray(end, end + FRAME));
      end += FRAME;
      // Who is told of an error may free the voice.
      if (this.#handle === 0) return samples.slice();
    }
    this.completeRecord();
    return cleaned.slice(latency, Math.max(latency, Math.min(end, samples.length + latency)));
  }

  get recording() { return (this.bits & 1) !== 0; }

  get running() {
    const bits = this.bits;
    return { ans: MODES[(bits >> 2) - 1] ?? null, agc: (bits & 2) !== 0 };
  }

  /** What is going on, in the module's own bits: a number that one compares without making an object. */
  get bits() { return this.#handle === 0 ? 0 : /** @type {number} */ (this.#module.exports.voice_running(this.#handle)); }

  get latency() { return this.#handle === 0 ? 0 : /** @type {number} */ (this.#module.exports.voice_latency(this.#handle)); }

  get state() {
    if (this.#handle === 0) return this.#last.slice();
    return fromHex(this.#module.answer(this.#module.exports.voice_state(this.#handle)));
  }

  free() {
    if (this.#handle === 0) return;
    this.#last = this.state;
    forgotten.unregister(this);
    this.#module.exports.voice_free(this.#handle);
    this.#handle = 0;
  }

  #held() {
    if (this.#handle === 0) throw new Error('this voice was freed: make a new one');
    return this.#handle;
  }

  #wall() { return whole(this.#clock.wall()); }
  #elapsed() { return Math.max(0, whole(this.#clock.elapsed())); }

  /** After the call has come back, so that what is told may call the voice itself, or free it. */
  #tellErrors() {
    const length = this.#module.exports.voice_errors(this.#handle);
    if (length === 0) return;
    /** @type {unknown[]} */ const thrown = [];
    for (const error of JSON.parse(this.#module.answer(length))) {
      try { this.#tell(error); } catch (fault) { thrown.push(fault); }
    }
    // A listener that throws keeps no other error from being told.
    if (thrown.length > 0) throw thrown[0];
  }
}
