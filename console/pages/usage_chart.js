// Requests by return code over time: stacked or as lines, with a legend that hides and shows codes and tells their sums.
import { html, useEffect, useRef } from '../vendor/preact.js';
import uPlot from '../vendor/uplot.js';
import { colorOf, tick, variable } from '../components/chart.js';
import { compact, language, locale, number, t } from '../lib/i18n.js';
import { codeName, useReturnCodes } from '../lib/return_codes.js';
import { useStore } from '../lib/store.js';
import { onColors } from '../lib/theme.js';
import { STEP_SECS, momentText } from './usage_range.js';
import { stacked } from './usage_series.js';

const HEIGHT = 300;
/** Between two times on the axis, in seconds. */
const INCREMENTS = [60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, ...[1, 2, 4, 7, 14, 30, 61, 91].map((days) => days * 86_400)];

/** @typedef {import('./usage_series.js').Row} Row */
/** @typedef {import('./usage_range.js').Resolution} Resolution */
/** @typedef {'stacked' | 'lines'} Look */
/** @typedef {{label: string, color: number | string, values: number[]}} Line */

/** @param {{times: number[], rows: Row[], look: Look, resolution: Resolution, hidden: Set<string>, onToggle: (id: string) => void}} props */
export function UsageChart({ times, rows, look, resolution, hidden, onToggle }) {
  const known = useReturnCodes();
  const lines = rows.filter((row) => !hidden.has(row.id)).map((row) => ({ label: rowName(known, row), color: row.color, values: row.values }));
  return html`<div class="stack">
    <${Plot} times=${times} lines=${lines} look=${look} resolution=${resolution} />
    <ul class="usage-legend" aria-label=${t('usage.legend')}>${rows.map((row) => html`<li key=${row.id}>
      <button type="button" class="button quiet small" aria-pressed=${hidden.has(row.id) ? 'false' : 'true'} title=${known.get(row.code ?? -1)?.meaning} onClick=${() => onToggle(row.id)}>
        <span class="swatch" style=${{ background: `var(${variable(row.color)})` }}></span>
        <span>${rowName(known, row)}</span> ${row.code !== null && html`<span class="muted">${row.code}</span>`} <strong>${compact(row.total)}</strong>
      </button></li>`)}</ul>
  </div>`;
}

/** @param {Map<number, Api.ReturnCode>} known @param {Row} row */
export const rowName = (known, row) => (row.code === null ? t('usage.others') : codeName(known, row.code));

/** @param {{times: number[], lines: Line[], look: Look, resolution: Resolution}} props */
function Plot({ times, lines, look, resolution }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const spoken = useStore(language);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const rows = lines.map((line) => line.values);
    const data = /** @type {uPlot.AlignedData} */ (/** @type {unknown} */ ([times, ...(look === 'stacked' ? stacked(rows) : rows)]));
    /** @type {uPlot | undefined} */
    let plot;
    const draw = () => {
      plot?.destroy();
      plot = new uPlot(optionsOf(element, { lines, look, resolution, fine: times.length > element.clientWidth / 3 }), data, element);
    };
    draw();
    const stop = onColors(draw);
    const observer = new ResizeObserver(() => { if (element.clientWidth > 0) plot?.setSize({ width: element.clientWidth, height: HEIGHT }); });
    observer.observe(element);
    return () => {
      stop();
      observer.disconnect();
      plot?.destroy();
    };
  }, [spoken, look, times, resolution, lines.map((line) => line.label).join()]);
  return html`<div class="chart-box" ref=${box} role="img" aria-label=${t('usage.chart')} style=${{ height: `${HEIGHT}px` }}></div>`;
}

/**
 * @param {HTMLElement} element
 * @param {{lines: Line[], look: Look, resolution: Resolution, fine: boolean}} wanted `fine`: so many points that strokes would cover what lies between them
 * @returns {uPlot.Options}
 */
function optionsOf(element, { lines, look, resolution, fine }) {
  const axis = { stroke: colorOf(element, '--text-muted'), font: '12px system-ui, sans-serif', grid: { stroke: colorOf(element, '--border'), width: 1 }, ticks: { show: false } };
  const tip = document.createElement('div');
  tip.className = 'chart-tip';
  tip.hidden = true;
  const colors = lines.map((line) => colorOf(element, variable(line.color)));
  const piled = look === 'stacked';
  return {
    width: Math.max(200, element.clientWidth),
    height: HEIGHT,
    tzDate: resolution === 'day' ? (at) => uPlot.tzDate(new Date(at * 1000), 'Etc/UTC') : undefined,
    padding: [10, 24, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: !piled, size: 6 } },
    scales: { x: { time: true }, y: { range: (_, _low, high) => [0, high > 0 ? high * 1.05 : 1] } },
    axes: [
      { ...axis, space: 70, size: 30, incrs: INCREMENTS.filter((secs) => secs >= STEP_SECS[resolution]), values: (plot, splits) => splits.map((at) => (resolution === 'day' ? dayTick(at) : tick(at, plot.scales.x))) },
      { ...axis, size: 50, values: (_, splits) => splits.map((value) => compact(value)) },
    ],
    series: [{}, ...lines.map((line, i) => ({ label: line.label, stroke: colors[i], width: piled ? Number(!fine) : 1.75, points: { show: false }, fill: piled && i === 0 ? half(colors[i]) : undefined }))],
    bands: piled ? lines.slice(1).map((_, i) => ({ series: /** @type {[number, number]} */ ([i + 2, i + 1]), fill: half(colors[i + 1]) })) : [],
    hooks: {
      ready: [(plot) => plot.over.append(tip)],
      setCursor: [(plot) => showTip(plot, tip, lines, resolution)],
    },
  };
}

/** What was counted there, not how high it is drawn. @param {uPlot} plot @param {HTMLElement} tip @param {Line[]} lines @param {Resolution} resolution */
function showTip(plot, tip, lines, resolution) {
  const { idx, left } = plot.cursor;
  tip.hidden = idx === null || idx === undefined || (left ?? -1) < 0;
  if (tip.hidden || idx === null || idx === undefined) return;
  const counted = lines.filter((line) => line.values[idx] > 0).map((line) => `${line.label}: ${number(line.values[idx])}`);
  tip.textContent = [momentText(plot.data[0][idx], resolution), ...(counted.length > 0 ? counted.reverse() : [t('usage.tip_none')])].join('\n');
  const right = (left ?? 0) > plot.over.clientWidth / 2;
  tip.style.left = right ? 'auto' : `${(left ?? 0) + 12}px`;
  tip.style.right = right ? `${plot.over.clientWidth - (left ?? 0) + 12}px` : 'auto';
}

/** @param {string} color `rgb(1, 2, 3)` */
const half = (color) => color.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.6)');

/** @param {number} at */
const dayTick = (at) => new Intl.DateTimeFormat(locale(), { month: 'short', day: 'numeric', timeZone: 'UTC' }).format(at * 1000);
