// The card with the sound: which one, what one hears of it, and what it looks like.

import { decodeWav } from '../wav.js';
import { choice, make, put } from './dom.js';
import { Pictures } from './pictures.js';
import { record, refusal } from './recorder.js';

const SAMPLES = /** @type {const} */ (['steady', 'babble', 'speech']);

/**
 * @param {import('./texts.js').Speaker} speaker
 * @param {{onSound: () => void, onPlay: () => void, onHear: (after: boolean) => void}} tell
 */
export function soundCard({ t }, tell) {
  /** @type {Map<string, Promise<Float32Array<ArrayBuffer>>>} */ const sounds = new Map();
  let chosen = 'steady';
  /** @type {{stop(): void} | null} */ let recording = null;

  const choose = (/** @type {string} */ name) => {
    chosen = name;
    tell.onSound();
  };
  const said = make('p', { class: 'pg-said', role: 'status' });
  const pictures = new Pictures({ before: t('picture_before'), after: t('picture_after') });
  const playButton = make('button', { type: 'button', class: 'pg-main', onclick: tell.onPlay }, t('play'));
  const recordButton = make('button', { type: 'button', onclick: () => void recorded() }, t('record'));
  const choices = make('div', {});
  const list = () => put(choices, choice({ name: 'pg-sound', legend: t('sound'), chosen, choose,
    options: [...SAMPLES.map((name) => /** @type {[string, string]} */ ([name, t(name)])), .../** @type {[string, string][]} */ (sounds.has('own') ? [['own', t('own')]] : [])] }));
  list();

  async function recorded() {
    if (recording) return recording.stop();
    try {
      const begun = await record();
      recording = begun;
      recordButton.textContent = t('record_stop');
      put(said, t('recording'));
      sounds.set('own', Promise.resolve(await begun.samples));
      put(said, '');
      chosen = 'own';
      choices.replaceChildren();
      list();
      tell.onSound();
    } catch (error) {
      const why = refusal(error);
      put(said, why === 'denied' ? t('record_denied') : why === 'none' ? t('record_none') : t('record_failed', { why }));
    } finally {
      recording = null;
      recordButton.textContent = t('record');
    }
  }

  const side = (/** @type {'before' | 'after'} */ name) => make('figure', { 'data-side': name }, make('figcaption', {}, t(name)), pictures[name].canvas);
  const card = make('section', { class: 'pg-card', 'aria-label': t('sound') },
    choices,
    make('div', { class: 'pg-row' }, playButton,
      choice({ name: 'pg-hear', legend: t('listen'), options: [['before', t('before')], ['after', t('after')]], chosen: 'after', choose: (value) => tell.onHear(value === 'after') }),
      recordButton),
    make('p', { class: 'pg-hint' }, t('record_hint')),
    said,
    make('div', { class: 'pg-pictures' }, side('before'), side('after')));

  return {
    card, pictures,
    /** The samples of the sound that is chosen. */
    samples: () => {
      const found = sounds.get(chosen) ?? fetched(chosen);
      sounds.set(chosen, found);
      found.catch(() => sounds.delete(chosen));
      return found;
    },
    /** @param {boolean} playing */
    show(playing) {
      playButton.textContent = t(playing ? 'stop' : 'play');
      card.dataset.playing = String(playing);
    },
    /** @param {string} words */
    say: (words) => put(said, words),
    end: () => { recording?.stop(); pictures.rest(); },
  };
}

/** @param {string} name */
async function fetched(name) {
  const answer = await fetch(new URL(`../sounds/${name}.wav`, import.meta.url));
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
  return decodeWav(new Uint8Array(await answer.arrayBuffer())).samples;
}
