// The answer of GET /usage made ready to draw: one axis, a row for each return code, the rarest gathered into one. Pure.
import { onOneAxis } from '../components/chart.js';

/** More colours than this nobody tells apart. */
const CODES_SHOWN = 8;
/** Those that stand near to the green of Success come last. */
const PALETTE = [2, 1, 4, 5, 6, 3, 7];

/** @typedef {{id: string, code: number | null, color: number | string, values: number[], total: number}} Row `code` null: all others */
/** @typedef {{times: number[], rows: Row[], requests: number, failures: number, totals: number[]}} Picture */

/** @param {Api.Usage} usage @returns {Picture} Success first, then by how often it came */
export function pictureOf(usage) {
  const { times, values } = onOneAxis(usage);
  const all = [...values].map(([code, row]) => ({ code, values: row, total: sum(row) })).filter((row) => row.total > 0);
  all.sort((a, b) => Number(b.code === 0) - Number(a.code === 0) || b.total - a.total);
  const rows = all.slice(0, CODES_SHOWN).map((row, i) => ({ ...row, id: String(row.code), color: row.code === 0 ? 'good' : colorAt(i) }));
  const rest = all.slice(CODES_SHOWN);
  const shown = /** @type {Row[]} */ (rows);
  if (rest.length > 0) shown.push({ id: 'others', code: null, color: 8, values: times.map((_, i) => sum(rest.map((row) => row.values[i]))), total: sum(rest.map((row) => row.total)) });
  const requests = sum(all.map((row) => row.total));
  const failures = requests - (all.find((row) => row.code === 0)?.total ?? 0);
  return { times, rows: shown, requests, failures, totals: times.map((_, i) => sum(all.map((row) => row.values[i]))) };
}

/** Each row on top of those before it. @param {number[][]} rows @returns {number[][]} */
export function stacked(rows) {
  /** @type {number[][]} */
  const sums = [];
  for (const row of rows) sums.push(row.map((value, i) => value + (sums.at(-1)?.[i] ?? 0)));
  return sums;
}

/** @param {number} place */
const colorAt = (place) => PALETTE[(place + PALETTE.length - 1) % PALETTE.length];

/** @param {number[]} values */
const sum = (values) => values.reduce((total, value) => total + value, 0);
