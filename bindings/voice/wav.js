// Sound as WAV files, one channel: what a page saves, and what a test reads.

const HEADER = 44;

/** A WAV file of 16 bits. @type {typeof import('./wav.d.ts').encodeWav} */
export function encodeWav(samples, sampleRate = 48_000) {
  if (!(samples instanceof Float32Array)) throw new TypeError('samples are a Float32Array, one channel');
  const file = new ArrayBuffer(HEADER + 2 * samples.length), view = new DataView(file);
  const name = (/** @type {number} */ at, /** @type {string} */ text) => [...text].forEach((letter, place) => view.setUint8(at + place, letter.charCodeAt(0)));
  name(0, 'RIFF');
  view.setUint32(4, file.byteLength - 8, true);
  name(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // one channel
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, 2 * sampleRate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  name(36, 'data');
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, place) => view.setInt16(HEADER + 2 * place, Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))), true));
  return new Uint8Array(file);
}

/** @type {typeof import('./wav.d.ts').decodeWav} */
export function decodeWav(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const name = (/** @type {number} */ at) => String.fromCharCode(...file.subarray(at, at + 4));
  if (file.length < HEADER || name(0) !== 'RIFF' || name(8) !== 'WAVE') throw new Error('this is no WAV file');
  let sampleRate = 0;
  for (let at = 12; at + 8 <= file.length; at += 8 + view.getUint32(at + 4, true) + view.getUint32(at + 4, true) % 2) {
    const size = Math.min(view.getUint32(at + 4, true), file.length - at - 8);
    if (name(at) === 'fmt ' && size >= 16) {
      const [kind, channels, bits] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true), view.getUint16(at + 22, true)];
      if (kind !== 1 || channels !== 1 || bits !== 16) throw new Error('only WAV files of one channel and 16 bits are read');
      sampleRate = view.getUint32(at + 12, true);
    } else if (name(at) === 'data' && sampleRate > 0) {
      const samples = Float32Array.from({ length: Math.floor(size / 2) }, (_, place) => view.getInt16(at + 8 + 2 * place, true) / 32_768);
      return { samples, sampleRate };
    }
  }
  throw new Error('this WAV file has no sound in it');
}
