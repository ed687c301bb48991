// What is measured of a voice message: its levels while somebody speaks, and in the pauses.

const HEAD_BYTES = 44;
const SECOND = 48_000;
const PART = 2_400;
/** A tenth of a second on both sides of speech counts as neither: it rings, and effects need a moment. */
const MARGIN = 4_800;

/** Samples within ±1 of a WAV file of 16 bits and one channel. @param {Buffer} wav */
export function samplesOf(wav) {
  const bytes = wav.subarray(HEAD_BYTES);
  return Float64Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readInt16LE(2 * at) / 32_768);
}

/**
 * Mean levels in dBFS. The pause before the first word does not count: that is where effects learn.
 * @param {Float64Array} samples @param {[number, number][]} spoken from and until, in samples
 */
export function levels(samples, spoken) {
  const pauses = spoken.slice(1).map(([from], place) => /** @type {[number, number]} */ ([spoken[place][1] + MARGIN, from - MARGIN]));
  return { speech: level(samples, spoken), pauses: level(samples, pauses.filter(([from, until]) => until > from)) };
}

/** Levels of its parts of 50 ms in dBFS: a twentieth are quieter, and a twentieth louder, without its first second. @param {Float64Array} samples */
export function quietAndLoud(samples) {
  const parts = [];
  for (let at = SECOND; at + PART <= samples.length; at += PART) parts.push(level(samples, [[at, at + PART]]));
  parts.sort((a, b) => a - b);
  return { quiet: parts[Math.floor(parts.length / 20)], loud: parts[Math.floor(parts.length * 19 / 20)] };
}

/** @param {Float64Array} samples @param {[number, number][]} spans */
function level(samples, spans) {
  let [sum, count] = [0, 0];
  for (const [from, until] of spans) {
    for (const sample of samples.subarray(from, until)) sum += sample * sample;
    count += until - from;
  }
  return 10 * Math.log10(sum / count + 1e-12);
}
