// The sound that a page puts out, as numbers: tapped while it plays, rendered without a loudspeaker, and compared.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repository } from './server.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** What went into a voice, what came out of it, and what went to the ear, sample for sample at the same time. @typedef {{heard: Float32Array, told: Float32Array, ear?: Float32Array}} Tapped */

const { spoken } = JSON.parse(readFileSync(path.join(repository, 'bindings/voice/sounds/sounds.json'), 'utf8'));

/** The noisy sample, from its file. */
export const steady = (() => {
  const file = readFileSync(path.join(repository, 'bindings/voice/sounds/steady.wav'));
  const begin = file.indexOf('data') + 8;
  return Float32Array.from({ length: (file.length - begin) / 2 }, (_, at) => file.readInt16LE(begin + 2 * at) / 32_768);
})();

/** Listens, from the next load on, to both sides of every voice that a page makes. @param {Page} page opened with `tapped` */
export const listenIn = (page) => page.addInitScript(() => {
  const [connect, addModule] = [AudioNode.prototype.connect, AudioWorklet.prototype.addModule];
  /** In the audio thread, where a busy page makes nobody lose anything. */
  const processor = `registerProcessor('tap', class extends AudioWorkletProcessor {
    #sides = [0, 1, 2].map(() => new Float32Array(4_736)); #at = 0;
    constructor() { super(); this.port.postMessage([]); }
    process([sides]) {
      for (const [place, side] of this.#sides.entries()) side.set(sides[place] ?? new Float32Array(128), this.#at);
      this.#at = (this.#at + 128) % 4_736;
      if (this.#at === 0) this.port.postMessage(this.#sides.map((side) => side.slice()));
      return true;
    }
  });`;
  /** @type {Float32Array[][]} */
  let taken = [[], [], []];
  /** What the last voice's sides go into, and that of each context. @type {ChannelMergerNode | undefined} */
  let last;
  const [contexts, taps] = [new Map(), new Map()];
  window.AudioContext = class extends AudioContext {
    /** @param {AudioContextOptions} options */
    constructor(options) {
      super(options);
      contexts.set(this.audioWorklet, this);
    }
  };
  // The tap runs before there is a voice: what is made later misses the first samples.
  AudioWorklet.prototype.addModule = async function (...given) {
    const context = contexts.get(this);
    if (context) {
      await addModule.call(this, URL.createObjectURL(new Blob([processor], { type: 'text/javascript' })));
      const all = context.createChannelMerger(3), tap = new AudioWorkletNode(context, 'tap', { channelCount: 3, channelCountMode: 'explicit', channelInterpretation: 'discrete' });
      connect.call(all, tap);
      connect.call(tap, context.destination);
      await new Promise((ready) => { tap.port.onmessage = ready; });
      tap.port.onmessage = ({ data }) => taken.forEach((side, place) => side.push(data[place]));
      taps.set(context, all);
    }
    return addModule.apply(this, given);
  };
  AudioNode.prototype.connect = /** @type {any} */ (function (/** @type {any[]} */ ...given) {
    // @ts-expect-error: the node itself
    const /** @type {AudioNode} */ source = this, [to] = given;
    const all = taps.get(source.context);
    if (all && source instanceof AudioBufferSourceNode && to instanceof AudioWorkletNode) {
      connect.call(source, all, 0, 0);
      connect.call(to, all, 0, 1);
      [taken, last] = [[[], [], []], all];
    } else if (last && to instanceof AudioDestinationNode && to.context === last.context) {
      connect.call(source, last, 0, 2);
    }
    return connect.apply(source, /** @type {any} */ (given));
  });
  Object.assign(window, { tapped: () => taken.map((side) => {
    const bytes = new Uint8Array(side.reduce((sum, each) => sum + each.byteLength, 0));
    side.reduce((at, each) => (bytes.set(new Uint8Array(each.buffer), at), at + each.byteLength), 0);
    return /** @type {any} */ (window).inBase64(bytes);
  }) });
});

/** What was tapped of the last voice. @param {Page} page @returns {Promise<Required<Tapped>>} */
export async function tapped(page) {
  await page.evaluate(base64);
  const [heard, told, ear] = (await page.evaluate(() => /** @type {any} */ (window).tapped())).map(samplesOf);
  return { heard, told, ear };
}

/** What was tapped of `steady.wav`, which has just been played to its end. @param {Page} page */
export async function tappedWhole(page) {
  // The tap's last piece comes when it is full.
  await page.waitForTimeout(500);
  const { heard, told } = await tapped(page), begin = beginning(heard);
  const wrong = steady.findIndex((sample, at) => sample !== heard[begin + at]);
  if (begin < 0 || wrong >= 0) throw new Error(`it is not steady.wav that went in: ${begin}, ${wrong}`);
  return { heard: heard.subarray(begin, begin + steady.length), told: told.subarray(begin, begin + steady.length) };
}

/**
 * Renders `steady.wav` through a node of the package, without a loudspeaker.
 * @param {Page} page
 * @param {string} module where the page has the package's index.js
 * @param {object} options of voiceNode, its clock as a number
 */
export async function rendered(page, module, options) {
  await page.evaluate(base64);
  const found = await page.evaluate(async ([module, given]) => {
    const { load, voiceNode } = await import(/** @type {any} */ (module));
    const { decodeWav } = await import(new URL('wav.js', new URL(module, location.href)).href);
    const file = await (await fetch(new URL('sounds/steady.wav', new URL(module, location.href)))).arrayBuffer();
    const { samples } = decodeWav(new Uint8Array(file));
    const context = new OfflineAudioContext({ length: samples.length + 2_048, sampleRate: 48_000 });
    /** @type {number[]} */ const codes = [];
    /** @type {{latency: number, recording: boolean}[]} */ const told = [];
    const { node } = await voiceNode(context, await load(), { ...given, clock: { wall: () => given.now, elapsed: () => 0 }, onError: (/** @type {any} */ { code }) => codes.push(code), onRunning: (/** @type {any} */ running) => told.push(running) });
    const source = new AudioBufferSourceNode(context, { buffer: new AudioBuffer({ length: samples.length, sampleRate: 48_000 }) });
    source.buffer?.copyToChannel(samples, 0);
    source.connect(node).connect(context.destination);
    source.start();
    const out = (await context.startRendering()).getChannelData(0);
    // What the audio thread posted last is on its way still.
    await new Promise((done) => setTimeout(done, 50));
    return { out: /** @type {any} */ (window).inBase64(new Uint8Array(out.buffer)), codes, latency: told[0]?.latency, recording: told.at(-1)?.recording };
  }, /** @type {[string, any]} */ ([module, options]));
  return { ...found, told: samplesOf(found.out), heard: steady };
}

/** Loudness of the pauses that lie within `[from, until)`, dBFS; the sound lies `late` samples behind. @param {Float32Array} samples @param {number} late @param {[number, number]} [within] */
export function pauses(samples, late, [from, until] = [0, Infinity]) {
  let [energy, count] = [0, 0];
  for (const [place, [begin]] of spoken.slice(1).entries()) {
    for (let at = Math.max(from, spoken[place][1] + 4_800); at < Math.min(until, begin - 2_400); at++) [energy, count] = [energy + samples[at + late] ** 2, count + 1];
  }
  if (count < 2_000) throw new Error('no pause lies there');
  return 10 * Math.log10(energy / count + 1e-15);
}

/** From which sample of `told` on it is `heard`, so much later and not changed at all. @param {Tapped} tapped @param {number} late @param {number} [until] */
export function untouchedFrom({ heard, told }, late, until = Math.min(told.length, heard.length + late)) {
  let at = until;
  while (at > late && told[at - 1] === heard[at - 1 - late]) at--;
  return at;
}

/** The largest step from one sample to the next. @param {Float32Array} samples @param {number} from @param {number} until */
export function steepest(samples, from, until) {
  let most = 0;
  for (let at = Math.max(1, from); at < Math.min(until, samples.length); at++) most = Math.max(most, Math.abs(samples[at] - samples[at - 1]));
  return most;
}

/** Where sound begins. @param {Float32Array} samples */
export const beginning = (samples) => samples.findIndex((sample) => sample !== 0);

/** Runs in the page. */
function base64() {
  Object.assign(window, { inBase64: (/** @type {Uint8Array} */ bytes) => {
    let text = '';
    for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
    return btoa(text);
  } });
}

/** @param {string} text */
function samplesOf(text) {
  const bytes = Buffer.from(text, 'base64');
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
