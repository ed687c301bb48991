// What a webhook can be told of, in groups; a whole group is `app.*`, everything is `*`.
import { html } from '../vendor/preact.js';
import { Badge, Checkbox } from '../components/index.js';
import { hasText, t } from '../lib/i18n.js';

/** @type {Record<string, string[]>} */
export const GROUPS = {
  app: ['app.created', 'app.updated', 'app.suspended', 'app.resumed', 'app.deleted'],
  secret: ['secret.rotated', 'secret.revoked'],
  issuing_key: ['issuing_key.added'],
  key: ['key.ends_soon'],
  server: ['server.degraded', 'server.recovered'],
  user: ['user.*'],
};

/** Whether these patterns take this event, or this whole group. @param {string[]} patterns @param {string} event */
export const takes = (patterns, event) => patterns.includes('*') || patterns.includes(event) || patterns.includes(`${event.split('.')[0]}.*`);

/**
 * The patterns with one event or group put in or taken out.
 * @param {string[]} patterns
 * @param {string} event `app.created`, `app.*` or `*`
 * @param {boolean} wanted
 */
export function withEvent(patterns, event, wanted) {
  const group = event.split('.')[0];
  // What a wider pattern took is written out, so that one event can be taken out of it.
  const written = patterns.flatMap((each) => (each === '*' && event !== '*' ? Object.keys(GROUPS).map((name) => `${name}.*`) : [each]))
    .flatMap((each) => (each === `${group}.*` && event !== each && event !== '*' ? GROUPS[group] ?? [each] : [each]));
  if (event === '*') return wanted ? ['*'] : [];
  const rest = written.filter((each) => each !== event && !(event === `${group}.*` && each.startsWith(`${group}.`)));
  return wanted ? [...rest, event] : rest;
}

/** @param {{value: string[], onInput: (value: string[]) => void, error?: string}} props */
export function EventPicker({ value, onInput, error }) {
  const change = (/** @type {string} */ event) => (/** @type {boolean} */ wanted) => onInput(withEvent(value, event, wanted));
  return html`<fieldset class="events">
    <legend>${t('webhooks.events')}</legend>
    <${Checkbox} label=${t('webhooks.everything')} hint=${t('webhooks.everything_hint')} checked=${value.includes('*')} onInput=${change('*')} />
    <div class="grid">${Object.entries(GROUPS).map(([group, events]) => html`<div class="stack tight" key=${group}>
      <${Checkbox} label=${t(`webhooks.group.${group}`)} hint=${t(`webhooks.group.${group}.hint`)} checked=${takes(value, `${group}.*`)} onInput=${change(`${group}.*`)} />
      ${events.length > 1 && html`<div class="sub-checks">${events.map((event) => html`<${Checkbox} key=${event} label=${html`<code>${event}</code>`} hint=${t(`webhooks.event.${event}`)} checked=${takes(value, event)} onInput=${change(event)} />`)}</div>`}
    </div>`)}</div>
    ${error && html`<p class="field-error">${error}</p>`}
  </fieldset>`;
}

/** @param {{events: string[], wrap?: boolean}} props */
export function Events({ events, wrap }) {
  return html`<span class=${`tags ${wrap ? 'wrap' : ''}`}>${events.map((event) => html`<${Badge} key=${event} title=${meaning(event)}>${event}<//>`)}</span>`;
}

/** @param {string} event */
function meaning(event) {
  if (event === '*') return t('webhooks.everything');
  const key = event.endsWith('.*') ? `webhooks.group.${event.slice(0, -2)}` : `webhooks.event.${event}`;
  return hasText(key) ? t(key) : undefined;
}
