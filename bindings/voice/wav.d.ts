// Sound as WAV files, one channel.

/** A WAV file of 16 bits; samples within ±1, what is louder is cut. */
export function encodeWav(samples: Float32Array, sampleRate?: number): Uint8Array<ArrayBuffer>;

/** Reads a WAV file of one channel and 16 bits. Throws where it is none. */
export function decodeWav(file: Uint8Array): { samples: Float32Array<ArrayBuffer>; sampleRate: number };
