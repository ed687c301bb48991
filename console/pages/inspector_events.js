// The events of a licence's life as the API words them: which one it is, its text in the reader's language, its colour.
import { t } from '../lib/i18n.js';

/** @typedef {{id: string, at: number, text: string, color: string}} LifeEvent */

/** @type {[RegExp, string][]} */
const KINDS = [
  [/asked about/, 'asked'],
  [/^becomes valid|^valid from|not_before/, 'not_before'],
  [/^issued/, 'issued'],
  [/next one|refresh/, 'refresh'],
  [/^grace/, 'grace'],
  [/certificate/, 'certificate'],
  [/^expires|^ends/, 'expires'],
];
/** @type {Record<string, string>} */
const COLORS = { not_before: '--good', issued: '--chart-8', refresh: '--accent', grace: '--warning', certificate: '--chart-4', expires: '--bad' };

/** In their order in time, without the moment asked about: that one is moved about. @param {Api.Inspection['timeline']} timeline @returns {LifeEvent[]} */
export function lifeOf(timeline) {
  return timeline.map(({ at, what }) => {
    const [, id] = KINDS.find(([words]) => words.test(what)) ?? [null, 'other'];
    return { at, what, id };
  }).filter((event) => event.id !== 'asked').sort((a, b) => a.at - b.at).map(({ at, what, id }) => lifeEvent(id, at, textOf(id, what)));
}

/** @param {string} id @param {number} at @param {string} text @returns {LifeEvent} */
export const lifeEvent = (id, at, text) => ({ id, at, text, color: COLORS[id] ?? '--text-muted' });

/** @param {string} id @param {string} what */
function textOf(id, what) {
  if (id === 'other') return what;
  return t(`inspector.event.${id}`, { feature: /^grace of (\S+)/.exec(what)?.[1] ?? '' });
}

/** @param {LifeEvent[]} life @param {string} id */
export const momentOf = (life, id) => life.find((event) => event.id === id)?.at;
