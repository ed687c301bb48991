// The voice in an audio graph: an AudioWorkletProcessor that `voiceNode` of index.js makes nodes of.
//
// A node is one recording. Where nothing is applied to it, samples pass as they came, at once. Otherwise they are put
// together to frames of 480, which costs 480 samples of latency beside the voice's own, always the same. The wall clock is
// the platform's, as far ahead of it as the page's was when the node was made, and by what is travelled; an audio context
// that is suspended stops no licence's time. Nothing is allocated for a quantum, only for what is posted: changes, a look at
// the state each second, and twenty levels a second where somebody wants them.

import { platformClock } from './js/clock.js';
import { FRAME, Module } from './js/module.js';
import { Voice } from './js/voice.js';

/** Frames whose levels are told together: 50 ms. */
const FRAMES_A_LEVEL = 5;
/** Frames after which the state is looked at: a second. */
const FRAMES_A_LOOK = 100;

/** @import { NodeMessage, NodeSetup } from './js/node.js' */

class VoiceProcessor extends AudioWorkletProcessor {
  #voice; #schedule;
  /** Seconds that the wall clock is ahead of the platform's: at the start, and since. */ #ahead; #travelled = 0;
  #began = currentTime;
  #wantsLevels;
  #scheduled = 0;
  #alive = true;
  #refused = false;
  /** Is anything applied to this recording? */ #applies;
  #flow = 'records';
  #bits = -1; #state = new Uint8Array();
  #frames = 0;
  #heard = new Float32Array(FRAME);
  #done = new Float32Array(FRAME);
  #at = 0;
  /** @type {Extract<NodeMessage, {levels: unknown}>} */ #levels = { levels: { before: 0, after: 0 } };
  #before = 0; #after = 0; #counted = 0;

  /** @param {{processorOptions: NodeSetup}} options */
  constructor({ processorOptions: setup }) {
    super();
    this.#schedule = setup.schedule;
    this.#ahead = setup.ahead;
    this.#wantsLevels = setup.levels;
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
      if (!this.#alive) return;
      if ('travelled' in data) this.#travelled = data.travelled;
      if ('license' in data) this.#post({ verdict: this.#voice.renew(data.license) });
      if ('close' in data) this.#close();
      this.#tellRunning();
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
    const heard = this.#heard;
    this.#heard = this.#done;
    this.#done = heard;
    this.#at = 0;
    // A recording that has ended records nothing.
    if (this.#flow !== 'records') return void this.#done.fill(0);
    this.#flow = this.#voice.process(this.#done);
    this.#frames += 1;
    if (this.#voice.bits !== this.#bits || this.#frames % FRAMES_A_LOOK === 0) this.#tellRunning();
  }

  #wall() { return platformClock.wall() + this.#ahead + this.#travelled; }

  /** Travels as was scheduled. */
  #follow() {
    const due = this.#schedule[this.#scheduled];
    if (due === undefined || currentTime - this.#began < due.at) return;
    this.#scheduled += 1;
    this.#travelled += due.wall - this.#wall();
  }

  /** @param {number} samples */
  #count(samples) {
    if (!this.#wantsLevels) return;
    this.#counted += samples;
    if (this.#counted < FRAMES_A_LEVEL * FRAME) return;
    this.#levels.levels.before = Math.sqrt(this.#before / this.#counted);
    this.#levels.levels.after = Math.sqrt(this.#after / this.#counted);
    this.#before = this.#after = this.#counted = 0;
    this.#post(this.#levels);
  }

  /** What runs, and what the device should keep, where that has changed. */
  #tellRunning() {
    const state = this.#voice.state;
    if (this.#voice.bits === this.#bits && state.every((byte, at) => byte === this.#state[at])) return;
    [this.#bits, this.#state] = [this.#voice.bits, state];
    const latency = this.#applies ? FRAME + this.#voice.latency : 0;
    this.#post({ running: this.#voice.running, recording: this.#voice.recording, latency, state });
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
