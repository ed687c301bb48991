// What the tests stand in: the module loaded once, licences of the vectors, a clock that they move, and the sounds.

import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { load } from '../index.js';
import { decodeWav } from '../wav.js';

const repository = process.env.TONEGATE_REPOSITORY ? pathToFileURL(`${process.env.TONEGATE_REPOSITORY}/`) : new URL('../../../', import.meta.url);

export const sdk = await load();
export const cases = JSON.parse(await readFile(new URL('vectors/cases.json', repository), 'utf8'));

/** A licence of the vectors, by its case. @param {string} name @returns {string} */
export const license = (name) => cases.cases.find((/** @type {{name: string}} */ each) => each.name === name).steps[0].license;

/** `agc` stops, `ans` and `ans-ai` are passed by. */
export const FULL = license('feature-runs');
/** `agc` and `ans`, both passed by. */
export const WITHOUT_AI = license('valid');
/** `ans` with ten hours of grace at most. */
export const GRACE = license('grace-begins');
export const FORGED = license('tampered-payload');
export const NOW = 1_763_843_553;
export const EXPIRES = 1_764_451_893;
export const EXPECTED = /** @type {const} */ ({ pins: cases.pins, issuer: 'tonegate-test', appId: 12_345 });

/** A voice with a clock that is moved by hand, and what it was told. @param {number} [wall] @param {object} [options] */
export function voiceAt(wall = NOW, options = {}) {
  const clock = { at: wall, wall: () => clock.at, elapsed: () => Math.max(0, clock.at - NOW) };
  /** @type {import('../index.js').VoiceError[]} */ const told = [];
  const voice = sdk.voice({ ...EXPECTED, clock, onError: (error) => told.push(error), ...options });
  return { voice, clock, told, codes: () => told.splice(0).map(({ code }) => code) };
}

/** A sound of sounds/. @param {string} name */
export const sound = async (name) => decodeWav(new Uint8Array(await readFile(new URL(`../sounds/${name}.wav`, import.meta.url)))).samples;

/** When somebody speaks, in samples. @type {[number, number][]} */
export const spoken = JSON.parse(await readFile(new URL('../sounds/sounds.json', import.meta.url), 'utf8')).spoken;

/** Loudness of the pauses in dBFS, well away from words. @param {Float32Array} samples */
export function pauses(samples) {
  let [energy, count] = [0, 0];
  spoken.slice(1).forEach(([begin], place) => {
    const [, end] = /** @type {[number, number]} */ (spoken[place]);
    for (let at = end + 4_800; at < begin - 2_400; at++) [energy, count] = [energy + Number(samples[at]) ** 2, count + 1];
  });
  return 10 * Math.log10(energy / count + 1e-12);
}

/** Frames of 10 ms, copied. @param {Float32Array} samples */
export const framesOf = (samples) => Array.from({ length: Math.floor(samples.length / 480) }, (_, at) => samples.slice(480 * at, 480 * at + 480));
