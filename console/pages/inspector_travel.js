// Time travel: the picture of a licence's life, and the moment that is asked about, which a slider, a date or a click on
// an event moves.
import { html } from '../vendor/preact.js';
import { Badge, Button, Card, DateField, Field } from '../components/index.js';
import { dateTime, relative, t } from '../lib/i18n.js';
import { Timeline, spanOf } from './inspector_timeline.js';

const POSITIONS = 1000;

/** @param {{life: import('./inspector_events.js').LifeEvent[], at: number | null, now: number, onTravel: (at: number | null) => void}} props `at` null: now */
export function TimeTravel({ life, at, now, onTravel }) {
  const moment = at ?? now;
  const span = spanOf(life);
  const step = Math.max(60, Math.round((span.until - span.from) / POSITIONS / 60) * 60);
  const slide = (/** @type {InputEvent} */ event) => onTravel(Number(/** @type {HTMLInputElement} */ (event.target).value));
  return html`<${Card} title=${t('inspector.timeline')} hint=${t('inspector.timeline_hint')}
    actions=${at !== null && html`<${Button} class="small" onClick=${() => onTravel(null)}>${t('inspector.back_to_now')}<//>`}>
    <${Timeline} life=${life} at=${moment} />
    <${Field} label=${html`${t('inspector.at')} <span class="hint">${dateTime(moment)} · ${at === null ? t('inspector.now') : relative(moment)}</span>`}>
      ${(/** @type {object} */ input) => html`<input ...${input} class="travel" type="range" min=${span.from} max=${span.until} step=${step} value=${Math.min(span.until, Math.max(span.from, moment))}
        aria-valuetext=${`${dateTime(moment)}, ${relative(moment)}`} onInput=${slide} />`}
    <//>
    <div class="fields">
      <${DateField} label=${t('inspector.date')} hint=${t('inspector.date_hint')} value=${moment} onInput=${onTravel} />
      <ol class="life" aria-label=${t('inspector.events')}>
        ${life.map((event, i) => html`<li key=${`${event.id}${i}`}>
          <span class="life-mark" aria-hidden="true" style=${{ background: `var(${event.color})` }}>${i + 1}</span>
          <span><strong>${event.text}</strong><br /><span class="muted">${dateTime(event.at)} · ${relative(event.at)}</span></span>
          ${event.at === moment
    ? html`<${Badge} tone="info">${t('inspector.here')}<//>`
    : html`<${Button} kind="quiet" class="small" title=${t('inspector.go_to', { event: event.text })} onClick=${() => onTravel(event.at)}>${t('inspector.go')}<//>`}
        </li>`)}
      </ol>
    </div>
  <//>`;
}
