// A recording by the microphone, raw: what the browser would do to it is what the licence is to unlock.

const SAMPLE_RATE = 48_000;
const SECONDS_MAX = 30;

/** Begins a recording; it ends by itself after 30 s. @returns {Promise<{samples: Promise<Float32Array<ArrayBuffer>>, stop(): void}>} */
export async function record() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
  const recorder = new MediaRecorder(stream);
  /** @type {Blob[]} */ const pieces = [];
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  const samples = new Promise((resolve, reject) => {
    recorder.onstop = () => {
      stream.getTracks().forEach((track) => track.stop());
      decode(new Blob(pieces)).then(resolve, reject);
    };
  });
  recorder.start();
  const stop = () => { if (recorder.state !== 'inactive') recorder.stop(); };
  setTimeout(stop, SECONDS_MAX * 1_000);
  return { samples, stop };
}

/** @param {Blob} file @returns {Promise<Float32Array<ArrayBuffer>>} */
async function decode(file) {
  const context = new OfflineAudioContext({ length: 1, sampleRate: SAMPLE_RATE });
  return (await context.decodeAudioData(await file.arrayBuffer())).getChannelData(0);
}

/** Why there is no recording: `denied`, `none`, or the browser's own words. @param {unknown} error */
export function refusal(error) {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotFoundError') return 'none';
  return error instanceof Error ? error.message : String(error);
}
