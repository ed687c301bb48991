// The card with the effects: what is wanted, what the licence makes of that, and what runs.

import { choice, make, put } from './dom.js';

/** Features by their switch. @typedef {'ans' | 'agc'} Effect */
/** What is wanted. @typedef {{ans: boolean, agc: boolean, mode: import('../index.js').Mode}} Wanted */

const MODES = /** @type {const} */ (['soft', 'medium', 'aggressive', 'ai', 'ai_balanced']);

/** What the voice answers to each thing that may be wanted; null: it may. @typedef {Record<'ans' | 'ans-ai' | 'agc', import('../index.js').VoiceError | null>} Locks */

/** The feature that an effect needs. @param {Effect} effect @param {Wanted} wanted */
export const featureOf = (effect, wanted) => (effect === 'agc' ? 'agc' : wanted.mode.startsWith('ai') ? 'ans-ai' : 'ans');

/**
 * @param {import('./texts.js').Speaker} speaker
 * @param {Wanted} wanted changed in place
 * @param {() => void} changed
 */
export function effectsCard({ t, words }, wanted, changed) {
  /** @param {Effect} effect */
  const row = (effect) => {
    const name = make('strong', {}, t(effect));
    const state = make('span', { class: 'pg-state', id: `pg-${effect}-state` });
    const note = make('div', { class: 'pg-lock', role: 'status' });
    const toggle = make('button', { type: 'button', role: 'switch', class: 'pg-switch', 'aria-label': t(effect), 'aria-describedby': `pg-${effect}-state`, 'aria-checked': 'false', onclick: () => {
      wanted[effect] = !wanted[effect];
      changed();
    } }, make('span', { 'aria-hidden': 'true' }));
    return { part: make('div', { class: 'pg-effect', 'data-effect': effect }, make('div', { class: 'pg-row' }, toggle, name, state), note), toggle, state, note };
  };
  const rows = { ans: row('ans'), agc: row('agc') };
  const modes = choice({ name: 'pg-mode', legend: t('mode'), chosen: wanted.mode, options: MODES.map((mode) => [mode, t(mode)]), choose: (mode) => {
    wanted.mode = /** @type {import('../index.js').Mode} */ (mode);
    changed();
  } });
  const card = make('section', { class: 'pg-card', 'aria-label': t('effects') },
    make('h2', {}, t('effects')), rows.ans.part, modes, rows.agc.part, make('p', { class: 'pg-hint' }, t('next_recording')));

  /** A code, what it means and what to do. @param {import('../index.js').VoiceError | null} error */
  const explained = (error) => {
    if (!error) return [];
    const [message, nextStep] = words(error);
    return [make('p', {}, make('span', { class: 'pg-code' }, t('code', { code: error.code })), make('strong', {}, ` ${message} `), nextStep ?? '')];
  };

  return {
    card,
    /** @param {Locks} locks @param {import('../index.js').Running | null} running null: nothing plays */
    show(locks, running) {
      for (const effect of /** @type {Effect[]} */ (['ans', 'agc'])) {
        const { toggle, state, note } = rows[effect];
        const error = locks[featureOf(effect, wanted)];
        const runs = Boolean(running?.[effect]);
        const on = wanted[effect] && (error === null || runs);
        toggle.setAttribute('aria-checked', String(on));
        toggle.dataset.locked = String(error !== null);
        state.textContent = runs ? t('runs') : error ? `${t('locked')} · ${t('untouched')}` : on ? t('on') : t('off');
        state.dataset.tone = runs ? 'good' : error ? 'bad' : '';
        put(note, ...explained(error));
      }
      for (const radio of modes.querySelectorAll('input')) radio.parentElement?.toggleAttribute('data-locked', locks[radio.value.startsWith('ai') ? 'ans-ai' : 'ans'] !== null);
    },
  };
}
