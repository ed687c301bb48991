// The picture of a licence's life: when it is valid, its grace, the life of its key's certificate, and numbered events.
import { html } from '../vendor/preact.js';
import { dateTime, t } from '../lib/i18n.js';
import { momentOf } from './inspector_events.js';
import { ticks, useWidth } from './picture.js';

const EDGE = 14;
const BAR_TOP = 64;
const BAR_HEIGHT = 16;
const HEIGHT = 134;
const LEVEL_STEP = 20;
const MARK = 9;

/** @typedef {import('./inspector_events.js').LifeEvent} LifeEvent */

/** What the picture spans: the events, and a little on both sides. @param {LifeEvent[]} life */
export function spanOf(life) {
  const first = Math.min(...life.map((event) => event.at));
  const last = Math.max(...life.map((event) => event.at));
  const margin = Math.max(3600, Math.round((last - first) * 0.06));
  return { from: first - margin, until: last + margin };
}

/** @param {{life: LifeEvent[], at: number}} props */
export function Timeline({ life, at }) {
  const [box, width] = useWidth(640);
  const { from, until } = spanOf(life);
  const x = (/** @type {number} */ moment) => EDGE + Math.min(1, Math.max(0, (moment - from) / (until - from))) * (width - 2 * EDGE);
  const summary = life.map((event, i) => `${i + 1}: ${event.text}, ${dateTime(event.at)}`).join('; ');
  return html`<div ref=${box} class="picture">
    <svg width=${width} height=${HEIGHT} viewBox=${`0 0 ${width} ${HEIGHT}`} role="img" aria-label=${`${t('inspector.timeline')}. ${t('inspector.asked_at', { at: dateTime(at) })} ${summary}`}>
      <rect x=${EDGE} y=${BAR_TOP} width=${width - 2 * EDGE} height=${BAR_HEIGHT} rx="4" fill="var(--surface-2)" />
      <${Bands} life=${life} x=${x} />
      ${ticks(from, until, width).map((tick) => html`<g key=${tick.at}>
        <line x1=${x(tick.at)} x2=${x(tick.at)} y1=${BAR_TOP + BAR_HEIGHT + 10} y2=${BAR_TOP + BAR_HEIGHT + 16} stroke="var(--border-strong)" />
        <text class="picture-text" x=${x(tick.at)} y=${HEIGHT - 22} text-anchor=${x(tick.at) < 50 ? 'start' : x(tick.at) > width - 50 ? 'end' : 'middle'}>${tick.text}</text>
      </g>`)}
      <${Marks} life=${life} x=${x} />
      <${Here} x=${x(at)} clamped=${at < from || at > until} />
    </svg>
    <ul class="legend">
      <li><span class="swatch" style=${{ background: 'var(--good)' }}></span>${t('inspector.band.valid')}</li>
      ${momentOf(life, 'grace') !== undefined && html`<li><span class="swatch" style=${{ background: 'var(--warning)' }}></span>${t('inspector.band.grace')}</li>`}
      ${momentOf(life, 'certificate') !== undefined && html`<li><span class="swatch" style=${{ background: 'var(--chart-4)' }}></span>${t('inspector.band.certificate')}</li>`}
      <li><span class="swatch" style=${{ background: 'var(--text)' }}></span>${t('inspector.band.asked')}</li>
    </ul>
  </div>`;
}

/** @param {{life: LifeEvent[], x: (moment: number) => number}} props */
function Bands({ life, x }) {
  const begin = momentOf(life, 'not_before') ?? momentOf(life, 'issued');
  const end = momentOf(life, 'expires');
  const grace = momentOf([...life].reverse(), 'grace');
  const certificate = momentOf(life, 'certificate');
  const band = (/** @type {number} */ a, /** @type {number} */ b, /** @type {string} */ color, y = BAR_TOP, height = BAR_HEIGHT) => html`
    <rect x=${x(a)} y=${y} width=${Math.max(1, x(b) - x(a))} height=${height} rx="3" fill=${`var(${color})`} />`;
  return html`<g>
    ${begin !== undefined && end !== undefined && band(begin, end, '--good')}
    ${end !== undefined && grace !== undefined && band(end, grace, '--warning')}
    ${certificate !== undefined && band(-Infinity, certificate, '--chart-4', BAR_TOP + BAR_HEIGHT + 3, 4)}
  </g>`;
}

/** The events' numbers, each as low as its neighbours let it. @param {{life: LifeEvent[], x: (moment: number) => number}} props */
function Marks({ life, x }) {
  const marks = placed(life.map((event) => x(event.at))).map((mark, i) => ({ ...mark, number: i + 1, color: `var(${life[i].color})` }));
  return html`<g>
    ${marks.map(({ number, place, y, color }) => html`<line key=${number} x1=${place} x2=${place} y1=${y} y2=${BAR_TOP + BAR_HEIGHT} stroke=${color} stroke-width="1.5" />`)}
    ${marks.map(({ number, place, y, color }) => html`<g key=${number}>
      <circle cx=${place} cy=${y} r=${MARK} fill=${color} />
      <text class="picture-number" x=${place} y=${y + 4} text-anchor="middle">${number}</text>
    </g>`)}
  </g>`;
}

/** @param {number[]} places rising */
function placed(places) {
  /** @type {number[]} the place of the last mark on each level */
  const taken = [];
  return places.map((place) => {
    const free = taken.findIndex((last) => place - last > 2 * MARK + 2);
    const level = free < 0 ? taken.length : free;
    taken[level] = place;
    return { place, y: BAR_TOP - 14 - (level % 3) * LEVEL_STEP };
  });
}

/** The moment asked about; an arrow where it lies beyond the picture. @param {{x: number, clamped: boolean}} props */
function Here({ x, clamped }) {
  return html`<g>
    <line x1=${x} x2=${x} y1=${BAR_TOP - 8} y2=${BAR_TOP + BAR_HEIGHT + 12} stroke="var(--text)" stroke-width="2.5" stroke-dasharray=${clamped ? '3 3' : undefined} />
    <path d=${`M${x - 6} ${BAR_TOP + BAR_HEIGHT + 18} h12 l-6 -8 z`} fill="var(--text)" />
  </g>`;
}
