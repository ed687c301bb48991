// The voice in an audio graph: an AudioWorkletProcessor that `voiceNode` of index.js makes nodes of.
//
// A node is one recording. Where nothing is applied to it, samples pass as they came, at once. Otherwise they are put
// together to frames of 480, which costs 480 samples of latency beside the voice's own, always the same. Time is the
// node's: what the page's clock said when the node was made, the audio's seconds since, and what is travelled. Nothing is
// allocated for a quantum, only for what is posted: changes, and twenty levels a second.

import { FRAME, Module } from './js/module.js';
import { Voice } from './js/voice.js';

/** Frames whose levels are told together: 50 ms. */
const FRAMES_A_LEVEL = 5;

/** @import { NodeMessage, NodeSetup } from './js/node.js' */

class VoiceProcessor extends AudioWorkletProcessor {
  #voice; #schedule;
  #wallAtStart; #began = currentTime;
  /** Seconds that the wall clock is ahead of the audio's. */ #travelled = 0;
  #scheduled = 0;
  #alive = true;
  #refused = false;
  /** Is anything applied to this recording? */ #applies;
  #flow = 'records';
  #bits = -1;
  #heard = new Float32Array(FRAME);
  #done = new Float32Array(FRAME);
  #at = 0;
  /** @type {Extract<NodeMessage, {levels: unknown}>} */ #levels = { levels: { before: 0, after: 0 } };
  #before = 0; #after = 0; #counted = 0;

  /** @param {{processorOptions: NodeSetup}} options */
  constructor({ processorOptions: setup }) {
    super();
    this.#schedule = setup.schedule;
    this.#wallAtStart = setup.wall;
    const module = new Module(new WebAssembly.Instance(setup.compiled));
    this.#voice = new Voice(module, {
      ...setup.expected,
      clock: { wall: () => this.#wall(), elapsed: () => currentTime - this.#began },
      onError: (error) => {
        this.#refused = true;
        this.#post({ error });
      },
    });
    this.#post({ verdict: this.#voice.init(setup.license) });
    // A mode that is refused is not another one's wish.
    if (setup.ans) this.#voice.setANSMode(setup.mode);
    if (setup.ans && !this.#refused) this.#voice.enableANS(true);
    if (setup.agc) this.#voice.enableAGC(true);
    this.#voice.startRecord();
    const { ans, agc } = this.#voice.running;
    this.#applies = ans !== null || agc;
    this.port.onmessage = ({ data }) => {
      if ('travelled' in data) this.#travelled = data.travelled;
      if ('license' in data) this.#post({ verdict: this.#voice.init(data.license) });
      if ('close' in data) this.#close();
    };
    this.#tellRunning();
  }

  /** @param {Float32Array[][]} inputs @param {Float32Array[][]} outputs */
  process(inputs, outputs) {
    const heard = inputs[0]?.[0], told = outputs[0]?.[0];
    if (!told) return this.#alive;
    this.#follow();
    for (let place = 0; place < told.length; place++) {
      const sample = heard ? /** @type {number} */ (heard[place]) : 0;
      const out = this.#applies ? this.#exchange(sample) : sample;
      told[place] = out;
      this.#before += sample * sample;
      this.#after += out * out;
    }
    this.#count(told.length);
    return this.#alive;
  }

  /** A sample for the one that came a frame ago. @param {number} sample */
  #exchange(sample) {
    const out = /** @type {number} */ (this.#done[this.#at]);
    this.#heard[this.#at] = sample;
    this.#at += 1;
    if (this.#at === FRAME) this.#frame();
    return out;
  }

  #frame() {
    [this.#heard, this.#done, this.#at] = [this.#done, this.#heard, 0];
    // A recording that has ended records nothing.
    if (this.#flow !== 'records') return void this.#done.fill(0);
    this.#flow = this.#voice.process(this.#done);
    if (this.#voice.bits !== this.#bits) this.#tellRunning();
  }

  #wall() { return this.#wallAtStart + currentTime - this.#began + this.#travelled; }

  /** Travels as was scheduled. */
  #follow() {
    const due = this.#schedule[this.#scheduled];
    if (due === undefined || currentTime - this.#began < due.at) return;
    this.#scheduled += 1;
    this.#travelled += due.wall - this.#wall();
  }

  /** @param {number} samples */
  #count(samples) {
    this.#counted += samples;
    if (this.#counted < FRAMES_A_LEVEL * FRAME) return;
    this.#levels.levels.before = Math.sqrt(this.#before / this.#counted);
    this.#levels.levels.after = Math.sqrt(this.#after / this.#counted);
    this.#before = this.#after = this.#counted = 0;
    this.#post(this.#levels);
  }

  #tellRunning() {
    this.#bits = this.#voice.bits;
    const latency = this.#applies ? FRAME + this.#voice.latency : 0;
    this.#post({ running: this.#voice.running, recording: this.#voice.recording, latency, state: this.#voice.state });
  }

  /** @param {NodeMessage} message */
  #post(message) { this.port.postMessage(message); }

  #close() {
    this.#alive = false;
    this.#flow = 'ended';
    this.#voice.free();
  }
}

registerProcessor('tonegate-voice', VoiceProcessor);
