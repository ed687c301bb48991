// The 32 bytes that a device keeps (docs/FORMAT.md §7), to begin a device of a chosen spread and to show what is stored.
// The verifier reads and writes them by itself.

const BYTES = 32;
const VERSION = 1;

/** A new device's. @param {number} spread */
export function newState(spread) {
  const bytes = new Uint8Array(BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint16(2, spread, true);
  view.setUint32(BYTES - 4, checksum(bytes.subarray(0, BYTES - 4)), true);
  return bytes;
}

/** @param {Uint8Array} bytes that the verifier wrote */
export function readState(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, BYTES);
  return {
    spread: view.getUint16(2, true),
    floors: [view.getUint32(4, true), view.getUint32(8, true)],
    paidUntil: Number(view.getBigInt64(12, true)),
    newestEnd: Number(view.getBigInt64(20, true)),
    hex: [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
  };
}

/** FNV-1a. @param {Uint8Array} bytes */
function checksum(bytes) {
  return bytes.reduce((sum, byte) => Math.imul(sum ^ byte, 0x0100_0193) >>> 0, 0x811c_9dc5);
}
