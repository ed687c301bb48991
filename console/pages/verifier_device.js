// A device that lives: a gate, its two clocks, and what it stores. Whoever holds it may use it, set its clock and restart
// it as they like; what each act came to is kept.
import { newState, readState } from './verifier_state.js';

/** @typedef {'begin' | 'use' | 'set_back' | 'restart'} Act */
/**
 * @typedef {object} Moment
 * @property {Act} act
 * @property {number} seconds of the act
 * @property {number} wall what its clock says
 * @property {number} counts the effective time
 * @property {number} moved by how much the act moved that
 * @property {import('../wasm/index.js').Verdict} verdict
 * @property {Api.InspectedFeature[]} features
 * @property {ReturnType<typeof readState>} stored
 */

export class Device {
  #verifier; #text; #expected; #names; #clock; #gate;
  /** @type {Uint8Array} */ #stored;
  /** Oldest first; there is one at least. @type {Moment[]} */ moments = [];

  /** @param {import('./verifier_module.js').Verifier} verifier @param {{text: string, expected: import('./verifier_module.js').Expected, spread: number, at: number}} given */
  constructor(verifier, { text, expected, spread, at }) {
    this.#verifier = verifier;
    this.#text = text;
    this.#expected = expected;
    this.#stored = newState(spread);
    this.#names = verifier.explain(text, { ...expected, now: at, state: this.#stored }).features.map(({ name }) => name);
    this.#clock = new verifier.ManualClock(at);
    this.#gate = this.#started();
    this.#note('begin', 0);
  }

  /** The app is used for so long. @param {number} seconds */
  use(seconds) {
    this.#clock.advance(seconds);
    this.#note('use', seconds);
  }

  /** Somebody sets the clock back; a monotonic clock cannot be set. @param {number} seconds */
  setBack(seconds) {
    this.#clock.set(this.#clock.wall() - seconds);
    this.#note('set_back', seconds);
  }

  /** The app ends and starts again, with what it stored. */
  restart() {
    this.#gate.free();
    this.#clock = new this.#verifier.ManualClock(this.#clock.wall());
    this.#gate = this.#started();
    this.#note('restart', 0);
  }

  #started() {
    const gate = this.#verifier.gate({ ...this.#expected, state: this.#stored, clock: this.#clock });
    gate.load(this.#text);
    return gate;
  }

  /** @param {Act} act @param {number} seconds */
  #note(act, seconds) {
    const features = this.#names.map((name) => this.#feature(name));
    const verdict = this.#gate.verdict();
    this.#stored = this.#gate.state;
    const wall = this.#clock.wall();
    const counts = verdict.now ?? wall;
    const moved = counts - (this.moments.at(-1)?.counts ?? counts);
    this.moments.push({ act, seconds, wall, counts, moved, verdict, features, stored: readState(this.#stored) });
  }

  /** @param {string} name @returns {Api.InspectedFeature} */
  #feature(name) {
    const { answer, reason, sdkCode, secondsLeft } = this.#gate.check(name);
    const outlook = this.#gate.outlook(name);
    return { name, answer, reason, sdk_code: sdkCode, seconds_left: secondsLeft, on_expiry: outlook?.onExpiry ?? '', runs_until: outlook?.runsUntil ?? 0 };
  }
}
