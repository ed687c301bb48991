// The calendar: a bar a key, full while it may sign, pale while its certificate lasts; today, and hours that nobody signs.
import { html } from '../vendor/preact.js';
import { date, dateTime, t } from '../lib/i18n.js';
import { ticks, useWidth } from './picture.js';

const LABEL = 52;
const EDGE = 10;
const ROW = 30;
const BAR = 16;
const HEAD = 26;
const PAST_SHOWN_SECS = 60 * 86_400;
const COLORS = { signing: '--good', next: '--accent', staged: '--chart-8', replaced: '--chart-8', withdrawn: '--bad', ended: '--chart-8' };

/** @param {{keys: Api.Keys}} props */
export function Calendar({ keys }) {
  const [box, width] = useWidth(640);
  const now = Date.now() / 1000;
  const shown = keys.keys.filter((each) => each.certificate_ends > now - PAST_SHOWN_SECS).sort((a, b) => a.serial - b.serial);
  const from = Math.min(now, ...shown.map((each) => each.sign_from)) - 3 * 86_400;
  const until = Math.max(now, keys.gap_until ?? 0, ...shown.map((each) => each.certificate_ends)) + 3 * 86_400;
  const x = (/** @type {number} */ at) => LABEL + Math.min(1, Math.max(0, (at - from) / (until - from))) * (width - LABEL - EDGE);
  const height = HEAD + shown.length * ROW + 8;
  return html`<div ref=${box} class="picture">
    <svg width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${`${t('keys.calendar')}. ${summary(keys, shown)}`}>
      ${ticks(from, until, width - LABEL).map((tick) => html`<g key=${tick.at}>
        <line x1=${x(tick.at)} x2=${x(tick.at)} y1=${HEAD - 6} y2=${height} stroke="var(--border)" />
        <text class="picture-text" x=${x(tick.at)} y="14" text-anchor=${x(tick.at) > width - 30 ? 'end' : 'middle'}>${tick.text}</text>
      </g>`)}
      ${shown.map((each, i) => html`<${Bar} key=${each.serial} issuing=${each} y=${HEAD + i * ROW} x=${x} />`)}
      <${GapBand} keys=${keys} now=${now} x=${x} height=${height} />
      <line x1=${x(now)} x2=${x(now)} y1=${HEAD - 8} y2=${height} stroke="var(--text)" stroke-width="2" />
      <path d=${`M${x(now) - 5} ${HEAD - 9} h10 l-5 7 z`} fill="var(--text)" />
    </svg>
    <ul class="legend">
      <li><span class="swatch" style=${{ background: 'var(--text)' }}></span>${t('keys.legend.now')}</li>
      <li><span class="swatch" style=${{ background: 'var(--good)' }}></span>${t('keys.legend.signs')}</li>
      <li><span class="swatch" style=${{ background: 'var(--good)', opacity: '0.35' }}></span>${t('keys.legend.certificate')}</li>
      ${gapOf(keys, now) && html`<li><span class="swatch" style=${{ background: 'var(--bad)' }}></span>${t('keys.legend.gap')}</li>`}
    </ul>
  </div>`;
}

/** @param {{issuing: Api.Key, y: number, x: (at: number) => number}} props */
function Bar({ issuing, y, x }) {
  const color = `var(${COLORS[issuing.state] ?? '--chart-8'})`;
  const span = (/** @type {number} */ a, /** @type {number} */ b) => Math.max(1, x(b) - x(a));
  return html`<g>
    <title>${t('keys.bar', { serial: String(issuing.serial), from: dateTime(issuing.sign_from), until: dateTime(issuing.signs_until), ends: dateTime(issuing.certificate_ends) })}</title>
    <text class="picture-label" x="0" y=${y + BAR - 2}>${t('keys.serial_short', { serial: String(issuing.serial) })}</text>
    <rect x=${x(issuing.sign_from)} y=${y + 2} width=${span(issuing.sign_from, issuing.certificate_ends)} height=${BAR} rx="4" fill=${color} opacity="0.35" />
    <rect x=${x(issuing.sign_from)} y=${y + 2} width=${span(issuing.sign_from, Math.min(issuing.signs_until, issuing.certificate_ends))} height=${BAR} rx="4" fill=${color} />
  </g>`;
}

/** @param {{keys: Api.Keys, now: number, x: (at: number) => number, height: number}} props */
function GapBand({ keys, now, x, height }) {
  const gap = gapOf(keys, now);
  if (!gap) return null;
  return html`<g>
    <rect x=${x(gap.from)} y=${HEAD - 4} width=${Math.max(3, x(gap.until) - x(gap.from))} height=${height - HEAD + 4} fill="var(--bad)" opacity="0.22" />
    <line x1=${x(gap.from)} x2=${x(gap.from)} y1=${HEAD - 4} y2=${height} stroke="var(--bad)" stroke-width="1.5" stroke-dasharray="4 3" />
    <line x1=${x(gap.until)} x2=${x(gap.until)} y1=${HEAD - 4} y2=${height} stroke="var(--bad)" stroke-width="1.5" stroke-dasharray="4 3" />
  </g>`;
}

/** The next hours that nobody signs. @param {Api.Keys} keys @param {number} now */
function gapOf(keys, now) {
  if (keys.gap_until === null) return null;
  return { from: keys.covered_until ?? now, until: keys.gap_until };
}

/** @param {Api.Keys} keys @param {Api.Key[]} shown */
function summary(keys, shown) {
  const bars = shown.map((each) => t('keys.bar', { serial: String(each.serial), from: date(each.sign_from), until: date(each.signs_until), ends: date(each.certificate_ends) }));
  return [keys.covered_until ? t('keys.covered', { at: dateTime(keys.covered_until) }) : t('keys.not_covered'), ...bars].join(' ');
}
