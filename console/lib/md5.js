// MD5 (RFC 1321), which Signature 2.0 is built on and browsers do not offer. For signing requests to the licence API
// only: nothing else here may rest on it.

const SHIFTS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
const SINES = Uint32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32));
const BLOCK = 64;

/** 32 lower-case hex characters. @param {string} text hashed as UTF-8 */
export function md5(text) {
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  const blocks = padded(new TextEncoder().encode(text));
  for (let at = 0; at < blocks.byteLength; at += BLOCK) mix(state, at, blocks);
  return hex(state);
}

/** The message, a one bit, zeros, and its length in bits. @param {Uint8Array} message */
function padded(message) {
  const bytes = new Uint8Array(Math.ceil((message.length + 9) / BLOCK) * BLOCK);
  bytes.set(message);
  bytes[message.length] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setUint32(bytes.length - 8, message.length * 8, true);
  view.setUint32(bytes.length - 4, Math.floor(message.length / 2 ** 29), true);
  return view;
}

/** One block of the message. @param {Uint32Array} state @param {number} at @param {DataView} blocks */
function mix(state, at, blocks) {
  let [a, b, c, d] = state;
  for (let i = 0; i < 64; i += 1) {
    const round = i >> 4;
    const [mixed, word] = step(round, i, b, c, d);
    const sum = (a + mixed + SINES[i] + blocks.getUint32(at + word * 4, true)) | 0;
    [a, d, c, b] = [d, c, b, (b + rotated(sum, SHIFTS[round][i & 3])) | 0];
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

/** The round's function, and the word it takes. @param {number} round @param {number} i @param {number} b @param {number} c @param {number} d */
function step(round, i, b, c, d) {
  if (round === 0) return [(b & c) | (~b & d), i];
  if (round === 1) return [(d & b) | (~d & c), (5 * i + 1) & 15];
  if (round === 2) return [b ^ c ^ d, (3 * i + 5) & 15];
  return [c ^ (b | ~d), (7 * i) & 15];
}

/** @param {number} word @param {number} by */
const rotated = (word, by) => (word << by) | (word >>> (32 - by));

/** @param {Uint32Array} state */
function hex(state) {
  const view = new DataView(new ArrayBuffer(16));
  state.forEach((word, i) => view.setUint32(i * 4, word, true));
  return Array.from({ length: 16 }, (_, i) => view.getUint8(i).toString(16).padStart(2, '0')).join('');
}
