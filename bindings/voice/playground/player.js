// The sound of the page: one graph from a recording through the voice to the ear, with both sides of it to look at.
//
//     source ─┬─ voice ─┬─ what is looked at ─ share after ─┬─ out
//             ├─ what is looked at                          │
//             └──────────────────────── share before ───────┘

import { voiceNode } from '../index.js';

const SAMPLE_RATE = 48_000;
/** How long a switch takes that nobody is to hear, seconds. */
const SOFT = 0.012;
/** Longest wait for the browser to begin, milliseconds: without a sound device Firefox waits for one for ever. */
const BEGINS = 5_000;
/** Samples of a spectrum. */
const WINDOW = 2_048;

/**
 * What is to be heard, and by which licence.
 * @typedef {{expected: import('../index.js').Expected, state: Uint8Array, license: string, ans: boolean, agc: boolean,
 *   mode: import('../index.js').Mode, moment: number}} Take
 */

/** @typedef {{onRunning: (running: import('../index.js').NodeRunning) => void, onError: (error: import('../index.js').VoiceError) => void, onEnd: () => void}} Listeners */

/** The browser has not begun to play. */
export class NoSoundOut extends Error {}

export class Player {
  #sdk; #tell;
  /** @type {AudioContext | null} */ #context = null;
  /** @type {Graph | null} */ #graph = null;
  /** Counts takes, so that one that was overtaken while it was being made is dropped. */ #take = 0;
  #hearsAfter = true;

  /** @param {import('../index.js').VoiceSdk} sdk @param {Listeners} tell */
  constructor(sdk, tell) {
    this.#sdk = sdk;
    this.#tell = tell;
  }

  get playing() { return this.#graph !== null; }

  /** Seconds into the sound. */
  get position() {
    const graph = this.#graph;
    return graph === null || !this.#context ? 0 : Math.min(graph.offset + this.#context.currentTime - graph.began, graph.buffer.duration);
  }

  /** Seconds since the take began. */
  get elapsed() { return this.#graph && this.#context ? this.#context.currentTime - this.#graph.began : 0; }

  /** What one looks at; null: nothing plays. */
  get views() { return this.#graph && { before: this.#graph.before, after: this.#graph.after, duration: this.#graph.buffer.duration }; }

  /** Plays samples from a place on, in place of what played. `false`: another take has begun meanwhile, or none is to. @param {Float32Array<ArrayBuffer>} samples @param {number} offset seconds @param {Take} take */
  async play(samples, offset, take) {
    const number = ++this.#take;
    const context = this.#context ??= new AudioContext({ sampleRate: SAMPLE_RATE });
    const plays = await begun(context);
    if (number !== this.#take) return false;
    if (!plays) throw new NoSoundOut();
    const voice = await voiceNode(context, this.#sdk, {
      ...take.expected, state: take.state, license: take.license, ans: take.ans, agc: take.agc, mode: take.mode,
      clock: { wall: () => take.moment, elapsed: () => 0 },
      onError: (error) => { if (number === this.#take) this.#tell.onError(error); },
      onRunning: (running) => { if (number === this.#take) this.#tell.onRunning(running); },
    });
    if (number !== this.#take) {
      voice.close();
      return false;
    }
    this.#drop();
    const buffer = new AudioBuffer({ length: samples.length, sampleRate: SAMPLE_RATE });
    buffer.copyToChannel(samples, 0);
    this.#graph = new Graph(context, voice, buffer, offset, this.#hearsAfter);
    this.#graph.source.onended = () => {
      if (number !== this.#take) return;
      this.#drop();
      this.#tell.onEnd();
    };
    return true;
  }

  /** Puts the voice's clock so many seconds ahead of its own. @param {number} seconds */
  travel(seconds) { this.#graph?.voice.travel(seconds); }

  /** Which side is heard. @param {boolean} after */
  hear(after) {
    this.#hearsAfter = after;
    this.#graph?.share(after);
  }

  stop() {
    this.#take += 1;
    this.#drop();
  }

  /** Gives everything back. */
  async close() {
    this.stop();
    await this.#context?.close();
    this.#context = null;
  }

  #drop() {
    this.#graph?.end();
    this.#graph = null;
  }
}

/** Does the browser play, or begin to in time? @param {AudioContext} context @returns {Promise<boolean>} */
async function begun(context) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  const late = new Promise((done) => { timer = setTimeout(done, BEGINS, false); });
  try {
    return await Promise.race([context.resume().then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** One take. */
class Graph {
  voice; buffer; offset; source; before; after; began;
  #context; #dry; #wet; #out;

  /** @param {AudioContext} context @param {import('../index.js').VoiceNode} voice @param {AudioBuffer} buffer @param {number} offset @param {boolean} hearsAfter */
  constructor(context, voice, buffer, offset, hearsAfter) {
    this.#context = context;
    this.voice = voice;
    this.buffer = buffer;
    this.offset = offset;
    const gain = (/** @type {number} */ value) => new GainNode(context, { gain: value });
    this.source = new AudioBufferSourceNode(context, { buffer });
    const view = () => new AnalyserNode(context, { fftSize: WINDOW, smoothingTimeConstant: 0 });
    this.before = view();
    this.after = view();
    this.#dry = gain(hearsAfter ? 0 : 1);
    this.#wet = gain(hearsAfter ? 1 : 0);
    this.#out = gain(0);
    this.source.connect(voice.node).connect(this.after).connect(this.#wet).connect(this.#out);
    this.source.connect(this.before).connect(this.#dry).connect(this.#out);
    this.#out.connect(context.destination);
    this.#out.gain.setTargetAtTime(1, context.currentTime, SOFT / 3);
    this.began = context.currentTime;
    this.source.start(0, offset);
  }

  /** @param {boolean} after */
  share(after) {
    const now = this.#context.currentTime;
    this.#wet.gain.setTargetAtTime(after ? 1 : 0, now, SOFT / 3);
    this.#dry.gain.setTargetAtTime(after ? 0 : 1, now, SOFT / 3);
  }

  /** Fades what is heard, then takes it apart. */
  end() {
    this.source.onended = null;
    this.#out.gain.setTargetAtTime(0, this.#context.currentTime, SOFT / 3);
    this.source.stop(this.#context.currentTime + SOFT);
    const out = this.#out, { voice, source } = this;
    setTimeout(() => { voice.close(); source.disconnect(); out.disconnect(); }, 4_000 * SOFT);
  }
}
