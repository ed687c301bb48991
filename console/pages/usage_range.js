// Which stretch of time is asked for, and how finely: what the address says, made into what the API takes.
import { date, locale, time } from '../lib/i18n.js';

/** @typedef {'minute' | 'hour' | 'day'} Resolution */
/** @typedef {'24h' | '7d' | '31d' | '12m' | 'custom'} Range */
/** @typedef {{from: number, until: number, resolution: Resolution}} Stretch */

const DAY = 86_400;
/** @type {Record<Resolution, number>} */
export const STEP_SECS = { minute: 60, hour: 3600, day: DAY };
/** What the API answers at most, by resolution. @type {Record<Resolution, number>} */
const LONGEST_SECS = { minute: DAY, hour: 31 * DAY, day: 400 * DAY };

/** @type {Record<Exclude<Range, 'custom'>, {secs: number, usual: Resolution}>} */
const SPANS = {
  '24h': { secs: DAY, usual: 'hour' },
  '7d': { secs: 7 * DAY, usual: 'hour' },
  '31d': { secs: 31 * DAY, usual: 'day' },
  '12m': { secs: 365 * DAY, usual: 'day' },
};

/** @type {Range[]} */
export const RANGES = ['24h', '7d', '31d', '12m', 'custom'];

/** @param {string | null} text @returns {Range} */
export const rangeOf = (text) => RANGES.find((each) => each === text) ?? '7d';

/** The resolutions that the API gives for so long a stretch, finest first. @param {number} secs @returns {Resolution[]} */
export function resolutionsFor(secs) {
  const fit = /** @type {Resolution[]} */ (Object.keys(LONGEST_SECS)).filter((each) => secs <= LONGEST_SECS[each]);
  return fit.length > 0 ? fit : ['day'];
}

/**
 * @param {URLSearchParams} query `range`, `from`, `until`, `resolution`
 * @param {number} now Unix seconds
 * @returns {Stretch & {range: Range, offered: Resolution[]}} whole steps; the running one is in it
 */
export function stretchOf(query, now) {
  const range = rangeOf(query.get('range'));
  const [begin, end] = range === 'custom' ? customOf(query, now) : [now - SPANS[range].secs, now];
  const offered = resolutionsFor(end - begin);
  const usual = range === 'custom' ? offered[offered.length > 1 ? 1 : 0] : SPANS[range].usual;
  const resolution = offered.find((each) => each === query.get('resolution')) ?? usual;
  const step = STEP_SECS[resolution];
  const until = Math.ceil(end / step) * step;
  // The begin is rounded up: a stretch of 24 hours must not become one of 24 hours and a minute, which the API refuses.
  return { range, offered, resolution, from: Math.min(until - step, Math.ceil(begin / step) * step), until };
}

/** A point's moment. Days are the issuer's, UTC: in another time zone they would be named after the day before. @param {number} at @param {Resolution} resolution */
export const momentText = (at, resolution) => (resolution === 'day' ? new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeZone: 'UTC' }).format(at * 1000) : `${date(at)} ${time(at)}`);

/** @param {URLSearchParams} query @param {number} now @returns {[number, number]} */
function customOf(query, now) {
  const until = Number(query.get('until')) || now;
  const from = Number(query.get('from')) || until - 7 * DAY;
  return [Math.max(Math.min(from, until - 60), until - LONGEST_SECS.day), until];
}
