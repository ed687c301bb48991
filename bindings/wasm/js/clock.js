// Where time comes from, in whole seconds. Only this file reads the platform's clocks.

const SAFE = Number.MAX_SAFE_INTEGER;

/** Whole seconds within ±2⁵³, which is what the verifier counts in. @param {unknown} seconds */
export function whole(seconds) {
  if (typeof seconds !== 'number' || Number.isNaN(seconds)) throw new TypeError('a clock must give a number of seconds');
  return Math.min(SAFE, Math.max(-SAFE, Math.floor(seconds)));
}

/** The platform's. @type {Required<import('../index.d.ts').Clock>} */
export const platformClock = {
  wall: () => Date.now() / 1_000,
  elapsed: () => performance.now() / 1_000,
  after(seconds, run) {
    const timer = setTimeout(run, seconds * 1_000);
    // Node: a licence to be refreshed is no reason for a program to stay.
    if (typeof timer === 'object') /** @type {{unref?(): void}} */ (timer).unref?.();
    return () => clearTimeout(timer);
  },
};

/** @import { Clock } from '../index.js' */

/** A clock that stands until it is moved. @implements {Required<Clock>} */
export class ManualClock {
  /** @type {number} */ #wall;
  /** @type {number} */ #elapsed;
  /** @type {Set<{at: number, run: () => void}>} */ #due = new Set();

  /** @param {number} wall @param {number} [elapsed] */
  constructor(wall, elapsed = 0) {
    [this.#wall, this.#elapsed] = [wall, elapsed];
  }

  wall() { return this.#wall; }
  elapsed() { return this.#elapsed; }

  /** @param {number} seconds @param {() => void} run */
  after(seconds, run) {
    const due = { at: this.#elapsed + seconds, run };
    this.#due.add(due);
    return () => { this.#due.delete(due); };
  }

  /** @param {number} seconds */
  advance(seconds) {
    this.#wall += seconds;
    this.#elapsed += seconds;
    const due = [...this.#due].filter(({ at }) => at <= this.#elapsed).sort((a, b) => a.at - b.at);
    for (const each of due) if (this.#due.delete(each)) each.run();
  }

  /** @param {number} wall */
  set(wall) { this.#wall = wall; }
}
