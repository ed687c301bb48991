// Where time comes from, in whole seconds. Only this file reads the platform's clocks.

const SAFE = Number.MAX_SAFE_INTEGER;

/** Whole seconds within ±2⁵³, which is what the gate counts in. @param {unknown} seconds */
export function whole(seconds) {
  if (typeof seconds !== 'number' || Number.isNaN(seconds)) throw new TypeError('a clock must give a number of seconds');
  return Math.min(SAFE, Math.max(-SAFE, Math.floor(seconds)));
}

/** The platform's. @type {import('../index.d.ts').Clock} */
export const platformClock = {
  wall: () => Date.now() / 1_000,
  elapsed: () => performance.now() / 1_000,
};
