// A gate: `Gate` of the Rust crate, in a slot of the module's memory. It adds a clock and nothing else.

import { platformClock } from './clock.js';
import { forget, reading, STATE_BYTES } from './module.js';
import { clockOr, draw, feature, license, read, refuse, stored } from './options.js';

/** @import { Gate as Promised } from '../index.js' */

/** @implements {Promised} */
export class Gate {
  #module; #clock;
  /** 0: it was freed, and answers as without a licence. */ #slot;
  #last;

  /** @param {import('./module.js').Module} module @param {import('../index.d.ts').GateOptions} options */
  constructor(module, options) {
    const settings = read(options);
    this.#clock = clockOr(options.clock, platformClock);
    const state = stored(options.state);
    this.#module = module;
    this.#last = new Uint8Array(STATE_BYTES);
    this.#slot = module.take(this, module.exports.gate_bytes());
    const fault = module.exports.gate_begin(this.#slot, module.options(settings, state, draw()));
    if (fault !== 0) this.free();
    refuse(fault);
  }

  /** @param {string | null | undefined} text @returns {import('../index.d.ts').Verdict} */
  load(text) {
    this.#held('load');
    const at = reading(this.#clock), { exports, out } = this.#module;
    exports.gate_load(this.#slot, this.#module.text(license(text)), ...at, out);
    return forget(this.#module.verdict());
  }

  /** @param {string | null | undefined} text @returns {import('../index.d.ts').Offered} */
  renew(text) {
    this.#held('renew');
    const at = reading(this.#clock), { exports, out } = this.#module;
    exports.gate_renew(this.#slot, this.#module.text(license(text)), ...at, out);
    return this.#module.verdict();
  }

  /** @param {string} name */
  check(name) {
    const [wall, elapsed] = reading(this.#clock), { exports, out } = this.#module;
    exports.gate_check(this.#slot, this.#module.name(feature(name)), wall, elapsed, out);
    return this.#module.feature();
  }

  verdict() {
    const { exports, out } = this.#module;
    exports.gate_verdict(this.#slot, ...reading(this.#clock), out);
    return forget(this.#module.verdict());
  }

  /** @param {string} name */
  outlook(name) {
    const { exports, out } = this.#module;
    exports.gate_outlook(this.#slot, this.#module.name(feature(name)), out);
    return this.#module.outlook();
  }

  get state() {
    const { exports, buffer } = this.#module;
    return exports.gate_state(this.#slot, buffer) ? this.#module.written(STATE_BYTES) : this.#last.slice();
  }

  free() {
    if (this.#slot === 0) return;
    this.#last = this.state;
    this.#module.release(this, this.#module.exports.gate_bytes(), this.#slot);
    this.#slot = 0;
  }

  /** @param {string} what */
  #held(what) {
    if (this.#slot === 0) throw new Error(`this gate was freed: ${what} a licence into a new one`);
  }
}
