// The audio thread's side, in a scope like an audio worklet's: what its clock goes by, and what it gives out. The sound of
// it is heard in a browser, in the console's walks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXPECTED, EXPIRES, NOW, WITHOUT_AI, sdk, sound } from './house.mjs';

const QUANTUM = 128;
/** @type {any} */ let Processor;
Object.assign(globalThis, {
  currentTime: 0,
  AudioWorkletProcessor: class { port = { onmessage: /** @type {any} */ (null), postMessage: (/** @type {any} */ message) => posted.push(structuredClone(message)) }; },
  registerProcessor: (/** @type {string} */ _, /** @type {any} */ made) => { Processor = made; },
});
await import('../worklet.js');
/** @type {any[]} */ const posted = [];
const steady = await sound('steady');

/** A processor that begins `NOW`, with suppression, and what it is given and gives. @param {object} [setup] */
function processor(setup = {}) {
  posted.length = 0;
  Object.assign(globalThis, { currentTime: 0 });
  const made = new Processor({ processorOptions: { compiled: sdk.compiled, expected: { ...EXPECTED, state: null }, license: WITHOUT_AI, ans: true, agc: false, mode: 1, ahead: 0, levels: false, schedule: [], ...setup } });
  let at = 0;
  return {
    /** @param {number} seconds */
    play(seconds) {
      for (const end = at + seconds * 48_000; at < end; at += QUANTUM) {
        Object.assign(globalThis, { currentTime: at / 48_000 });
        made.process([[steady.subarray(at % 400_000, at % 400_000 + QUANTUM)]], [[new Float32Array(QUANTUM)]]);
      }
    },
    say: (/** @type {object} */ data) => made.port.onmessage({ data }),
  };
}
const running = () => posted.findLast((message) => 'running' in message);
const codes = () => posted.flatMap((message) => ('error' in message ? [message.error.code] : []));

test('a context that was suspended over the end does not stretch the licence', (context) => {
  context.mock.timers.enable({ apis: ['Date'], now: (EXPIRES - 100) * 1_000 });
  const { play } = processor();
  play(2);
  assert.deepEqual(running().running, { ans: 'medium', agc: false });
  context.mock.timers.setTime((EXPIRES + 600_000) * 1_000);
  play(1);
  assert.deepEqual([running().running.ans, codes()], [null, [82]]);
});

test('what the device should keep is given out while sound runs, and not more often than it changes', (context) => {
  context.mock.timers.enable({ apis: ['Date'], now: NOW * 1_000 });
  const { play } = processor();
  play(200);
  const states = posted.filter((message) => 'running' in message).map(({ state }) => Buffer.from(state).toString('hex'));
  assert.ok(states.length >= 2 && states.length <= 20, `${states.length} were posted`);
  assert.equal(new Set(states).size, states.length);
  assert.equal(posted.some((message) => 'levels' in message), false, 'nobody wants levels');
});

test('a bad renewal takes nothing from what runs, and a closed node hears nothing', (context) => {
  context.mock.timers.enable({ apis: ['Date'], now: NOW * 1_000 });
  const { play, say } = processor({ license: WITHOUT_AI });
  play(1);
  say({ license: '<html>502</html>' });
  play(1);
  assert.equal(running().running.ans, 'medium');
  assert.equal(posted.findLast((message) => 'verdict' in message).verdict.inForce, false);
  say({ close: true });
  say({ license: WITHOUT_AI });
  say({ travelled: 5 });
  play(1);
});
