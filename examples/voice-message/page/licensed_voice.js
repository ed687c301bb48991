// The part that an integrator writes: the app's licence, kept fresh, and the voice that it unlocks. Both judge the licence by
// the pins that are built in; what the backend sends is only text.

import { FetchError, load as loadVerifier, localStorageStore } from './tonegate/index.js';
import { load as loadVoice } from './voice/index.js';
import { built } from './built.js';

/** A wish that the licence does not fulfil. @typedef {{feature: string, code: number}} Refused */

/**
 * Opens what this device kept, so that a start needs no network, and goes on asking the backend for licences when they are due.
 * @param {(verdict: import('./tonegate/index.js').Verdict) => void} onChange told what is true of the licence
 */
export async function openVoice(onChange) {
  const [tonegate, sdk] = await Promise.all([loadVerifier(), loadVoice()]);
  /** @type {Refused[]} */
  let refused = [];
  /** What this device remembers of time, so that setting its clock back gains nothing. */
  const device = localStorageStore('voice-state');
  const keepState = () => attempt(() => device.save(voice.state));
  const voice = sdk.voice({ ...built, state: attempt(() => device.load()), onError: ({ feature, code }) => { refused.push({ feature, code }); } });
  const session = tonegate.session({
    ...built,
    fetch: fetchLicense,
    store: localStorageStore('license-session'),
    onChange: take,
    onError: (error) => console.info(error.message),
  });

  /** A recording that runs goes on by the new licence. @param {import('./tonegate/index.js').Verdict} verdict */
  function take(verdict) {
    voice.init(session.license);
    keepState();
    onChange(verdict);
  }

  voice.init('');
  session.start().then(take);
  return {
    /** Tells the voice what is wanted; gives what of it the licence refuses. @param {{mode: number | null, agc: boolean}} wanted */
    want({ mode, agc }) {
      refused = [];
      voice.enableANS(false);
      voice.enableAGC(false);
      if (mode !== null) {
        voice.setANSMode(mode);
        // Otherwise it would run in the mode that was set before.
        if (refused.length === 0) voice.enableANS(true);
      }
      if (agc) voice.enableAGC(true);
      return refused;
    },

    /**
     * Cleans a whole recording as wanted. `cleaned` is null where nothing of that runs; `effects` did.
     * @param {Float32Array} recording 48 kHz, mono @param {{mode: number | null, agc: boolean}} wanted
     */
    clean(recording, wanted) {
      this.want(wanted);
      const runs = (/** @type {string} */ feature) => !refused.some((each) => each.feature === feature);
      const effects = [];
      if (wanted.mode !== null && runs(featureOf(wanted.mode))) effects.push(`ans:${wanted.mode}`);
      if (wanted.agc && runs('agc')) effects.push('agc');
      const cleaned = effects.length === 0 ? null : voice.clean(recording);
      keepState();
      return { cleaned, effects, refused };
    },
  };
}

/** A browser may keep nothing for a page; then each start is that of a new device. @template T @param {() => T} run */
function attempt(run) {
  try {
    return run();
  } catch (error) {
    console.info(error.message);
    return null;
  }
}

/** The feature of a licence that a mode of noise suppression needs. @param {number} mode */
function featureOf(mode) {
  return mode >= 3 ? 'ans-ai' : 'ans';
}

/** @param {{signal: AbortSignal}} context */
async function fetchLicense({ signal }) {
  const answer = await fetch('license', { signal });
  if (!answer.ok) throw new FetchError(`no licence: ${await answer.text()}`, Number(answer.headers.get('retry-after')));
  return (await answer.json()).License;
}
