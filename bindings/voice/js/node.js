// The page's side of worklet.js: makes a node, and turns what it posts into calls.

import { clockOr, license, listener, modeNumber, onOrOff, read, MODES } from './options.js';
import { platformClock } from './clock.js';

/** @import { Running, Travel, VoiceError, VoiceNodeOptions } from '../index.js' */

/**
 * What a processor is made with.
 * @typedef {{
 *   compiled: WebAssembly.Module, expected: import('../index.js').Expected & {state?: Uint8Array | null},
 *   license: string, ans: boolean, agc: boolean, mode: number, ahead: number, levels: boolean, schedule: readonly Travel[],
 * }} NodeSetup
 */

/**
 * What it posts.
 * @typedef {{error: VoiceError} | {verdict: import('../index.js').Verdict} | {levels: import('../index.js').Levels}
 *   | {running: Running, recording: boolean, latency: number, state: Uint8Array}} NodeMessage
 */

const SAMPLE_RATE = 48_000;
/** Contexts that know the worklet. @type {WeakMap<BaseAudioContext, Promise<void>>} */
const prepared = new WeakMap();

/** @type {typeof import('../index.d.ts').voiceNode} */
export async function voiceNode(context, sdk, options) {
  const setup = { compiled: sdk.compiled, ...look(options) };
  if (context.sampleRate !== SAMPLE_RATE) throw new Error(`the voice works at ${SAMPLE_RATE} Hz, and this context at ${context.sampleRate}: make it with {sampleRate: ${SAMPLE_RATE}}`);
  // Pins and the like are refused here, where the caller is, and not in the audio thread.
  sdk.voice({ ...setup.expected, onError: () => {} }).free();
  let ready = prepared.get(context);
  if (!ready) prepared.set(context, ready = context.audioWorklet.addModule(new URL('../worklet.js', import.meta.url)));
  await ready;
  const node = new AudioWorkletNode(context, 'tonegate-voice', {
    numberOfInputs: 1, numberOfOutputs: 1, outputChannelCount: [1],
    channelCount: 1, channelCountMode: 'explicit', processorOptions: setup,
  });
  node.port.onmessage = ({ data }) => hear(/** @type {NodeMessage} */ (data), options);
  return Object.freeze({
    node,
    travel: (/** @type {number} */ seconds) => node.port.postMessage({ travelled: number(seconds, 'travel()') }),
    renew: (/** @type {string | null | undefined} */ text) => node.port.postMessage({ license: license(text) }),
    close() {
      node.port.postMessage({ close: true });
      node.disconnect();
    },
  });
}

/** @param {VoiceNodeOptions} options @returns {Omit<NodeSetup, 'compiled'>} */
function look(options) {
  read(options);
  listener(options.onError);
  const { pins, issuer, environment, appId, identity, state, ans = false, agc = false, mode = 'medium', schedule = [] } = options;
  const modeOf = modeNumber(mode);
  if (modeOf < 0) throw new TypeError(`a mode is a number from 0 to 4, or one of ${MODES.join(', ')}`);
  return {
    expected: { pins, issuer, environment, appId, identity, state },
    license: license(options.license), ans: onOrOff(ans), agc: onOrOff(agc), mode: modeOf,
    // The audio thread goes on by the platform's clock, also while no audio runs; a clock of one's own is ahead of it.
    ahead: number(clockOr(options.clock, platformClock).wall(), 'a clock') - platformClock.wall(),
    levels: options.onLevels !== undefined,
    schedule: schedule.map(({ at, wall }) => ({ at: number(at, 'at'), wall: number(wall, 'wall') })),
  };
}

/** @param {NodeMessage} message @param {VoiceNodeOptions} options */
function hear(message, { onError, onVerdict, onRunning, onLevels }) {
  if ('error' in message) onError(message.error);
  else if ('verdict' in message) onVerdict?.(message.verdict);
  else if ('levels' in message) onLevels?.(message.levels);
  else onRunning?.(message);
}

/** @param {unknown} seconds @param {string} what */
function number(seconds, what) {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) throw new TypeError(`${what} takes a number of seconds`);
  return seconds;
}
