// Charts: drawn by uPlot, summed up in words, and there as a table for who cannot see them.
import { html, useEffect, useRef } from '../vendor/preact.js';
import uPlot from '../vendor/uplot.js';
import { compact, dateTime, language, locale, number, t } from '../lib/i18n.js';
import { useStore } from '../lib/store.js';
import { onColors } from '../lib/theme.js';

const TABLE_ROWS = 400;

/**
 * @typedef {object} Series
 * @property {string} label
 * @property {(number | null)[]} values one for each of `times`
 * @property {number | string} [color] 1–8 of the palette, or `good`, `bad`, `warning`
 */

/**
 * @param {object} props
 * @param {string} props.title what it shows: the picture's name
 * @param {number[]} props.times Unix seconds, rising
 * @param {Series[]} props.series
 * @param {number} [props.height]
 * @param {boolean} [props.area] filled below
 * @param {(value: number) => string} [props.format]
 * @param {string} [props.summary] the picture in words; by default each series' sum
 */
export function LineChart({ title, times, series, height = 220, area = false, format = number, summary }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const chart = useRef(/** @type {uPlot | null} */ (null));
  const spoken = useStore(language);
  const data = /** @type {uPlot.AlignedData} */ (/** @type {unknown} */ ([times, ...series.map((each) => each.values)]));
  const shape = `${spoken} ${area} ${height} ${series.map((each) => `${each.label}/${each.color}`).join()}`;

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const draw = () => {
      chart.current?.destroy();
      chart.current = new uPlot(options(element, { series, height, area, format }), data, element);
    };
    draw();
    const stop = onColors(draw);
    const observer = new ResizeObserver(() => { if (element.clientWidth > 0) chart.current?.setSize({ width: element.clientWidth, height }); });
    observer.observe(element);
    return () => {
      stop();
      observer.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [shape]);
  useEffect(() => { chart.current?.setData(data); }, [times, ...series.map((each) => each.values)]);

  const words = summary ?? series.map((each) => `${each.label}: ${format(sum(each.values))}`).join(', ');
  return html`<figure class="chart">
    <div ref=${box} class="chart-box" role="img" aria-label=${`${title}. ${words}`}
      style=${{ height: `${height}px` }}></div>
    <figcaption>
      <ul
        class="legend">${series.map((each, i) => html`<li key=${each.label}><span class="swatch"
          style=${{ background: `var(${variable(each.color ?? i + 1)})` }}></span>${each.label}</li>`)}</ul>
      <details class="chart-table"><summary>${t('chart.table')}</summary>
        <div class="table-scroll" tabindex="0" role="region" aria-label=${title}><table class="table">
          <thead><tr><th
            scope="col">${t('chart.time')}</th>${series.map((each) => html`<th scope="col" class="numeric"
              key=${each.label}>${each.label}</th>`)}</tr></thead>
          <tbody>${times.slice(-TABLE_ROWS).map((at, i) => html`<tr key=${at}><th
            scope="row">${dateTime(at)}</th>${series.map((each) => html`<td class="numeric"
              key=${each.label}>${format(each.values[i + Math.max(0, times.length - TABLE_ROWS)] ?? 0)}</td>`)}</tr>`)}</tbody>
        </table></div>
      </details>
    </figcaption>
  </figure>`;
}

/** A line without axes. @param {{values: number[], label: string, color?: number | string}} props */
export function Sparkline({ values, label, color = 1 }) {
  const top = Math.max(1, ...values);
  const step = values.length > 1 ? 100 / (values.length - 1) : 0;
  const points = values.map((value, i) => `${(i * step).toFixed(2)},${(23 - (value / top) * 22).toFixed(2)}`).join(' ');
  return html`<svg class="sparkline" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label=${label}>
    <polyline points=${points} fill="none" stroke=${`var(${variable(color)})`} stroke-width="1.5"
      vector-effect="non-scaling-stroke" />
  </svg>`;
}

/**
 * Points with gaps, as `GET /usage` gives them, on one axis: every step from `from` to `until`.
 * @param {Api.Usage} usage
 * @returns {{times: number[], values: Map<number, number[]>}} values by return code
 */
export function onOneAxis(usage) {
  const step = { minute: 60, hour: 3600, day: 86_400 }[usage.resolution];
  /** @type {number[]} */
  const times = [];
  for (let at = Math.floor(usage.from / step) * step; at < usage.until; at += step) times.push(at);
  const place = new Map(times.map((at, i) => [at, i]));
  const values = new Map(usage.series.map(({ code, points }) => {
    const row = times.map(() => 0);
    for (const [at, count] of points) {
      const i = place.get(Math.floor(at / step) * step);
      if (i !== undefined) row[i] += count;
    }
    return [code, row];
  }));
  return { times, values };
}

/** @param {(number | null)[]} values */
const sum = (values) => values.reduce((/** @type {number} */ total, value) => total + (value ?? 0), 0);

/** The variable of a colour of the palette, or of a tone. @param {number | string} color */
export const variable = (color) => (typeof color === 'number' ? `--chart-${((color - 1) % 8) + 1}` : `--${color}`);

/** A variable's colour as it is now: the canvas knows no variables. @param {HTMLElement} near @param {string} name */
export function colorOf(near, name) {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  near.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/**
 * @param {HTMLElement} element
 * @param {{series: Series[], height: number, area: boolean, format: (value: number) => string}} wanted
 * @returns {uPlot.Options}
 */
function options(element, { series, height, area, format }) {
  const axis = { stroke: colorOf(element, '--text-muted'), font: '12px system-ui, sans-serif', grid: { stroke: colorOf(element, '--border'), width: 1 }, ticks: { show: false } };
  const tip = document.createElement('div');
  tip.className = 'chart-tip';
  tip.hidden = true;
  return {
    width: Math.max(200, element.clientWidth),
    height,
    padding: [10, 16, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: { x: { time: true }, y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.08 : 1] } },
    axes: [
      { ...axis, space: 70, size: 30, values: (plot, splits) => splits.map((at) => tick(at, plot.scales.x)) },
      { ...axis, size: 50, values: (_, splits) => splits.map((value) => compact(value)) },
    ],
    series: [{}, ...series.map((each, i) => {
      const stroke = colorOf(element, variable(each.color ?? i + 1));
      return { label: each.label, stroke, width: 1.75, points: { show: false }, fill: area ? faint(stroke) : undefined };
    })],
    hooks: {
      ready: [(plot) => plot.over.append(tip)],
      setCursor: [(plot) => showTip(plot, tip, format)],
    },
  };
}

/** @param {uPlot} plot @param {HTMLElement} tip @param {(value: number) => string} format */
function showTip(plot, tip, format) {
  const { idx, left } = plot.cursor;
  tip.hidden = idx === null || idx === undefined || (left ?? -1) < 0;
  if (tip.hidden || idx === null || idx === undefined) return;
  const lines = plot.series.slice(1).flatMap((each, i) => {
    const value = plot.data[i + 1][idx];
    return value ? [`${each.label}: ${format(value)}`] : [];
  });
  tip.textContent = [dateTime(plot.data[0][idx]), ...lines].join('\n');
  const right = (left ?? 0) > plot.over.clientWidth / 2;
  tip.style.left = right ? 'auto' : `${(left ?? 0) + 12}px`;
  tip.style.right = right ? `${plot.over.clientWidth - (left ?? 0) + 12}px` : 'auto';
}

/** @param {number} at @param {uPlot.Scale} scale */
export function tick(at, scale) {
  const span = (scale.max ?? 0) - (scale.min ?? 0);
  /** @type {Intl.DateTimeFormatOptions} */
  const style = span > 3 * 86_400 ? { month: 'short', day: 'numeric' } : span > 86_400 ? { weekday: 'short', hour: '2-digit', minute: '2-digit' } : { hour: '2-digit', minute: '2-digit' };
  return new Intl.DateTimeFormat(locale(), style).format(at * 1000);
}

/** @param {string} color `rgb(1, 2, 3)` */
const faint = (color) => color.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.12)');
