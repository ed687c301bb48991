// Records from the microphone: one channel of 48 kHz, as the app's sound is everywhere, and nothing done to it yet.

const SAMPLE_RATE = 48_000;
const SECONDS_MAX = 59;

/** The browser's own effects are off: the app's are what the licence unlocks. */
const SOUND = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };

/** Begins; gives what ends it and brings the samples. @param {() => void} onFull called when no more fits into a message @returns {Promise<() => Promise<Float32Array>>} */
export async function record(onFull) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: SOUND });
  const context = new AudioContext({ sampleRate: SAMPLE_RATE });
  const close = () => {
    for (const track of stream.getTracks()) track.stop();
    return context.close();
  };
  /** @type {Float32Array[]} */
  const pieces = [];
  try {
    await context.audioWorklet.addModule('recorder_worklet.js');
    const node = new AudioWorkletNode(context, 'recorder', { numberOfOutputs: 0 });
    node.port.onmessage = ({ data }) => pieces.push(data);
    context.createMediaStreamSource(stream).connect(node);
  } catch (error) {
    await close();
    throw error;
  }
  const full = setTimeout(onFull, SECONDS_MAX * 1_000);
  return async () => {
    clearTimeout(full);
    await close();
    const samples = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    pieces.reduce((at, piece) => (samples.set(piece, at), at + piece.length), 0);
    return samples;
  };
}
