// Looking at a licence once: `verify` is the first load of a gate, `explain` the verifier's own words about it.

import { platformClock, whole } from './clock.js';
import { Gate } from './gate.js';
import { draw, license, read, refuse, stored } from './options.js';

/** @param {import('./module.js').Module} module @returns {import('../index.d.ts').Tonegate['verify']} */
export const verify = (module) => (text, options) => {
  read(options);
  const checked = license(text);
  const gate = new Gate(module, { ...options, clock: at(options) });
  try {
    const verdict = gate.load(checked);
    return { verdict, state: gate.state };
  } finally {
    gate.free();
  }
};

/** @param {import('./module.js').Module} module @returns {import('../index.d.ts').Tonegate['explain']} */
export const explain = (module) => (text, options) => {
  const settings = read(options);
  const laid = module.options(settings, stored(options.state), draw());
  const wall = BigInt(whole(at(options).wall()));
  module.exports.explain(laid, module.text(license(text)), wall, module.buffer, module.room, module.out);
  const [fault, length] = module.pair();
  refuse(fault);
  if (length === 0) throw new Error('the explanation does not fit; report this licence');
  return JSON.parse(module.writtenText(length));
};

/** @param {unknown} options @returns {import('../index.d.ts').Clock} */
function at(options) {
  const now = /** @type {{now?: unknown} | null} */ (options)?.now;
  if (now === undefined || now === null) return platformClock;
  if (typeof now !== 'number' || Number.isNaN(now)) throw new TypeError('now is a number of Unix seconds');
  return { wall: () => now, elapsed: () => 0 };
}
