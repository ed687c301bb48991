// The recorder's half on the audio thread: hands on what the microphone brings.

registerProcessor('recorder', class extends AudioWorkletProcessor {
  /** @param {Float32Array[][]} inputs */
  process([[samples]]) {
    if (samples) this.port.postMessage(samples.slice());
    return true;
  }
});
