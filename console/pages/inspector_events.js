// The events of a licence's life as the API words them: which one it is, its text in the reader's language, its colour.
import { t } from '../lib/i18n.js';

/** @typedef {{id: string, at: number, text: string, color: string}} LifeEvent */

/** @type {[RegExp, string, string][]} */
const KINDS = [
  [/asked about/, 'asked', '--text'],
  [/^becomes valid|^valid from|not_before/, 'not_before', '--good'],
  [/^issued/, 'issued', '--chart-8'],
  [/next one|refresh/, 'refresh', '--accent'],
  [/^grace/, 'grace', '--warning'],
  [/certificate/, 'certificate', '--chart-4'],
  [/^expires|^ends/, 'expires', '--bad'],
];

/** In their order in time, without the moment asked about: that one is moved about. @param {Api.Inspection['timeline']} timeline @returns {LifeEvent[]} */
export function lifeOf(timeline) {
  return timeline.map(({ at, what }) => {
    const [, id, color] = KINDS.find(([words]) => words.test(what)) ?? [null, 'other', '--text-muted'];
    return { at, what, id, color };
  }).filter((event) => event.id !== 'asked').sort((a, b) => a.at - b.at).map(({ at, what, id, color }) => ({ at, id, color, text: textOf(id, what) }));
}

/** @param {string} id @param {string} what */
function textOf(id, what) {
  if (id === 'other') return what;
  return t(`inspector.event.${id}`, { feature: /^grace of (\S+)/.exec(what)?.[1] ?? '' });
}

/** @param {LifeEvent[]} life @param {string} id */
export const momentOf = (life, id) => life.find((event) => event.id === id)?.at;
