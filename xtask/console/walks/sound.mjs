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

/** Listens, from the next load on, to both sides of every voice that a page makes. @param {Page} page */
export const listenIn = (page) => page.addInitScript(() => {
  const connect = AudioNode.prototype.connect;
  /** @type {Float32Array[][]} */
  let taken = [[], [], []];
  /** @type {unknown} */
  let kept;
  /** @type {ChannelMergerNode | undefined} */
  let last;
  AudioNode.prototype.connect = /** @type {any} */ (function (/** @type {any[]} */ ...given) {
    // @ts-expect-error: the node itself
    const /** @type {AudioNode} */ source = this, [to] = given;
    if (source instanceof AudioBufferSourceNode && to instanceof AudioWorkletNode && source.context instanceof AudioContext) {
      const { context } = source, both = context.createChannelMerger(3), tap = context.createScriptProcessor(16_384, 3, 1);
      connect.call(source, both, 0, 0);
      connect.call(to, both, 0, 1);
      connect.call(both, tap);
      connect.call(tap, context.destination);
      const mine = taken = [[], [], []];
      tap.onaudioprocess = ({ inputBuffer }) => mine.forEach((side, at) => side.push(inputBuffer.getChannelData(at).slice()));
      kept = [kept, tap];
      last = both;
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

/**
 * What was tapped of `steady.wav`, from its beginning to beyond its last pause. A page that is too busy drops pieces of what is tapped,
 * never of what is heard: then it is played again.
 * @param {Page} page @param {() => Promise<void>} play to the end
 */
export async function tappedWhole(page, play) {
  /** @type {number[]} */ const lengths = [];
  for (let again = 0; again < 4; again += 1) {
    await play();
    // The tap's last piece comes when it is full.
    await page.waitForTimeout(1_000);
    const { heard, told } = await tapped(page), begin = beginning(heard);
    const whole = begin < 0 ? 0 : steady.findIndex((sample, at) => sample !== heard[begin + at]);
    const length = whole === -1 ? steady.length : whole;
    if (length > 380_000) return { heard: heard.subarray(begin, begin + length), told: told.subarray(begin, begin + length) };
    lengths.push(length);
  }
  throw new Error(`the tap lost pieces each time, after ${lengths} samples`);
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
