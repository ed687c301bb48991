// A message in the chat: whose it is, how loud it is over time, what was done to it, and what was not and why.

import { decodeWav } from './voice/wav.js';
import { words } from './words.js';

const BARS = 56;
const HEIGHT = 32;
/** What is quieter leaves no bar, what is louder a whole one. */
const [QUIET_DBFS, LOUD_DBFS] = [-54, -12];
const SVG = 'http://www.w3.org/2000/svg';

const player = new Audio();
/** The button of what is playing. @type {HTMLButtonElement | null} */
let playing = null;
for (const event of ['ended', 'pause']) player.addEventListener(event, () => mark(null));

/** @typedef {{id: number, from: string, effects: string, refused: string}} Message */

/** @param {Message} message @param {boolean} isMine @param {ArrayBuffer | undefined} recording what it was before it was cleaned, where this tab recorded it */
export function bubble(message, isMine, recording) {
  const item = made('li', isMine ? 'message mine' : 'message theirs');
  const cleaned = `messages/${message.id}.wav`;
  const player = made('div', 'player');
  const wave = document.createElementNS(SVG, 'svg');
  wave.setAttribute('viewBox', `0 0 ${BARS * 4} ${HEIGHT}`);
  wave.setAttribute('preserveAspectRatio', 'none');
  wave.setAttribute('role', 'img');
  wave.setAttribute('aria-label', words.wave);
  player.append(playButton(cleaned, words.play, words.pause, made('span', 'icon')), wave);
  item.append(made('p', 'who', isMine ? words.mine : words.theirs), player, made('p', 'about', about(message)));
  for (const line of refusals(message.refused)) item.append(made('p', 'refused', line));
  if (recording && message.effects !== '') {
    const url = URL.createObjectURL(new Blob([recording], { type: 'audio/wav' }));
    const button = playButton(url, words.playRecording, words.pauseRecording, made('span', 'icon'), made('span', '', words.asRecorded));
    item.append(button);
    draw(wave, recording, 'before');
  }
  fetch(cleaned).then((answer) => answer.arrayBuffer()).then((bytes) => draw(wave, bytes, 'bar'));
  return item;
}

/** What was done to it. @param {Message} message */
function about({ effects }) {
  const names = effects.split(',').filter(Boolean).map((effect) => {
    const [name, mode] = effect.split(':');
    return name === 'agc' ? words.gain : `${words.suppression} (${words[`mode${mode}`] ?? '?'})`;
  });
  return names.length === 0 ? words.plain : `${words.cleaned}: ${names.join(words.listSeparator)}`;
}

/** Lines of what did not run, and why. @param {string} refused such as `ans-ai:83,agc:82` */
export function refusals(refused) {
  const names = { ans: words.suppression, 'ans-ai': `${words.suppression} (${words.mode3})`, agc: words.gain };
  return refused.split(',').filter(Boolean).map((each) => {
    const [feature, code] = each.split(':');
    return words.refused(names[feature] ?? feature, code, words[code] ?? '');
  });
}

/** @param {string} url @param {string} play @param {string} pause @param {...HTMLElement} face */
function playButton(url, play, pause, ...face) {
  const button = /** @type {HTMLButtonElement} */ (made('button', 'play'));
  button.type = 'button';
  button.append(...face);
  Object.assign(button.dataset, { play, pause });
  button.ariaLabel = play;
  button.addEventListener('click', () => {
    if (playing === button) return player.pause();
    player.src = url;
    player.play().then(() => mark(button), () => {});
  });
  return button;
}

/** @param {HTMLButtonElement | null} button what plays now */
function mark(button) {
  for (const [each, isPlaying] of /** @type {const} */ ([[playing, false], [button, true]])) {
    if (!each) continue;
    each.classList.toggle('playing', isPlaying);
    each.ariaLabel = isPlaying ? each.dataset.pause ?? '' : each.dataset.play ?? '';
  }
  playing = button;
}

/** Bars of loudness. @param {SVGElement} wave @param {ArrayBuffer} wav @param {string} look */
function draw(wave, wav, look) {
  const { samples } = decodeWav(new Uint8Array(wav));
  const size = Math.max(1, Math.floor(samples.length / BARS));
  const bars = Array.from({ length: BARS }, (_, bar) => {
    const part = samples.subarray(bar * size, (bar + 1) * size);
    const decibels = 10 * Math.log10(part.reduce((sum, sample) => sum + sample * sample, 0) / size + 1e-10);
    const half = Math.max(0.5, (HEIGHT / 2) * Math.min(1, (decibels - QUIET_DBFS) / (LOUD_DBFS - QUIET_DBFS)));
    return `M${bar * 4 + 2} ${HEIGHT / 2 - half}v${2 * half}`;
  });
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', bars.join(''));
  path.setAttribute('class', look);
  if (look === 'before') wave.prepend(path); else wave.append(path);
}

/** @param {string} name @param {string} [className] @param {string} [text] */
export function made(name, className = '', text = '') {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}
