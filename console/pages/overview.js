// What needs a hand, first; then how the issuer is doing, as it happens.
import { html, useEffect, useRef } from '../vendor/preact.js';
import { Badge, Card, EmptyState, ErrorBox, Facts, LineChart, Notice, PageHeader, Skeleton, Sparkline, Stat, Time } from '../components/index.js';
import * as api from '../lib/api.js';
import { compact, dateTime, number, relative, t } from '../lib/i18n.js';
import { usePoll } from '../lib/loading.js';
import { codeName, useReturnCodes } from '../lib/return_codes.js';
import { may } from '../lib/session.js';

const POLL_MS = 2000;
const SAMPLES = 90;
const SOON_SECS = 14 * 86_400;

/** The page itself. */
export default function Overview() {
  const { data, error, paused } = usePoll((signal) => api.get('/overview', {}, signal), POLL_MS, []);
  const rates = useSamples(/** @type {Api.Overview | undefined} */ (data));
  if (!data) return html`<${PageHeader}
    title=${t('overview.title')} />${error ? html`<${ErrorBox} error=${error} />` : html`<${Skeleton} lines=${6} />`}`;
  const now = /** @type {Api.Overview} */ (data);
  return html`
    <${PageHeader} title=${t('overview.title')}
      lead=${html`${now.issuer} · ${now.environment} · ${t('overview.version', { version: now.version })}${now.started_at !== undefined && ` · ${t('overview.up_since', { since: relative(now.started_at) })}`}`}
      actions=${html`<${Badge}
        tone=${now.ready ? 'good' : 'bad'}>${t(now.ready ? 'overview.ready' : 'overview.not_ready')}<//>`} />
    ${paused && html`<${Notice} title=${t('overview.paused')} />`}
    <${Attention} items=${now.attention} />
    <div class="stats">
      <${Stat} label=${t('overview.rate')} value=${number(now.requests_per_second, { maximumFractionDigits: 1 })}
        hint=${t('overview.rate_hint')}><${Sparkline} values=${rates} label=${t('overview.rate_line')} /><//>
      <${Stat} label=${t('overview.licenses')} value=${compact(now.licenses_today)}
        hint=${number(now.licenses_today)} />
      <${Latency} latency=${now.latency_us} />
      <${Stat} label=${t('overview.apps')} value=${number(now.apps)}
        hint=${may('list_apps') && html`<a href="#/apps">${t('overview.to_apps')}</a>`} />
    </div>
    <${Card} title=${t('overview.recent')} hint=${t('overview.recent_hint')}><${Recent} recent=${now.recent} /><//>
    <div class="grid">
      <${Card} title=${t('overview.codes')} hint=${t('overview.codes_hint')}><${Codes} rates=${now.rates} /><//>
      <${Card} title=${t('overview.health')}><${Health} overview=${now} /><//>
      <${Card} title=${t('overview.dates')}><${Dates} overview=${now} /><//>
    </div>`;
}

/** The last samples of the rate, kept while the page is open. @param {Api.Overview | undefined} overview @returns {number[]} */
function useSamples(overview) {
  const kept = useRef(/** @type {number[]} */ ([]));
  useEffect(() => {
    if (overview) kept.current = [...kept.current.slice(1 - SAMPLES), overview.requests_per_second];
  }, [overview]);
  return overview ? [...kept.current, overview.requests_per_second] : kept.current;
}

/** @param {{items: Api.Overview['attention']}} props */
function Attention({ items }) {
  if (items.length === 0) return html`<${Notice} tone="good" title=${t('overview.nothing')} />`;
  const sorted = [...items].sort((a, b) => Number(a.severity !== 'error') - Number(b.severity !== 'error'));
  return html`<section class="stack tight" aria-label=${t('overview.attention')}>
    ${sorted.map((item) => html`<${Notice} key=${item.id} tone=${item.severity === 'error' ? 'bad' : 'warning'}
      title=${item.title}
      action=${item.href?.startsWith('#/') && html`<a class="button"
        href=${item.href}>${t('overview.look')}</a>`}>${item.detail}<//>`)}
  </section>`;
}

/** @param {{recent: Api.Overview['recent']}} props */
function Recent({ recent }) {
  const now = recent.length > 0;
  if (!now) return html`<${EmptyState} title=${t('overview.no_requests')} hint=${t('overview.no_requests_hint')} />`;
  return html`<${LineChart} title=${t('overview.recent')} times=${recent.map(([at]) => at)} area=${true}
    series=${[{ label: t('overview.answered'), values: recent.map(([, ok]) => ok), color: 1 }, { label: t('overview.refused'), values: recent.map(([, , failed]) => failed), color: 'bad' }]} />`;
}

/** @param {{rates: Api.Overview['rates']}} props */
function Codes({ rates }) {
  const known = useReturnCodes();
  const shown = rates.filter((rate) => rate.per_second > 0).sort((a, b) => b.per_second - a.per_second);
  const top = Math.max(...shown.map((rate) => rate.per_second), 0.001);
  if (shown.length === 0) return html`<${EmptyState} title=${t('overview.quiet')} />`;
  return html`<ul class="bars">${shown.map(({ code, per_second: rate }) => html`<li key=${code}>
    <span class="row spread">
      <span>${codeName(known, code)} ${known.has(code) && html`<span class="muted">${code}</span>`}</span>
      <span class="nowrap">${t('overview.per_second', { rate: number(rate, { maximumFractionDigits: 2 }) })}</span>
    </span>
    <span class=${`bar ${code === 0 ? 'good' : 'bad'}`}><span style=${{ width: `${Math.max(1, (rate / top) * 100)}%` }}></span></span>
  </li>`)}</ul>`;
}

/** @param {{overview: Api.Overview}} props */
function Health({ overview }) {
  const { health, degraded } = overview;
  const store = health.store === true || health.store === 'ok';
  const filled = health.guard.capacity > 0 ? health.guard.entries / health.guard.capacity : 0;
  const state = (/** @type {boolean} */ good, /** @type {string} */ key) => html`<${Badge}
    tone=${good ? 'good' : 'bad'}>${t(key)}<//>`;
  return html`<${Facts} rows=${[
    [t('overview.store'), state(store, store ? 'overview.fine' : 'overview.down')],
    [t('overview.signer'), state(health.signer, health.signer ? 'overview.fine' : 'overview.lost')],
    [t('overview.clock'), state(health.clock === 'steady', health.clock === 'steady' ? 'overview.steady' : 'overview.suspect')],
    [t('overview.guard'), html`<span
      class=${filled > 0.8 ? 'bad-text' : ''}>${t('overview.guard_filled', { entries: compact(health.guard.entries), capacity: compact(health.guard.capacity), share: number(filled, { style: 'percent', maximumFractionDigits: 1 }) })}</span>`],
    degraded.length > 0 && [t('overview.degraded'), degraded.map((each) => html`<${Badge}
      tone="warning">${each}<//> `)],
  ]} />`;
}

/** @param {{overview: Api.Overview}} props */
function Dates({ overview }) {
  const { next_key: next } = overview;
  const soon = (/** @type {number | null} */ at) => (at !== null && at - overview.now < SOON_SECS ? 'bad-text' : '');
  const moment = (/** @type {number | null} */ at, /** @type {string} */ none) => html`<span class=${soon(at)}
    title=${at === null ? undefined : dateTime(at)}><${Time} at=${at} none=${none} /></span>`;
  return html`<${Facts} rows=${[
    [t('overview.next_key'), next ? html`<${Time} at=${next.sign_from} /> <span
      class="muted">${t('overview.serial', { serial: next.serial })}</span>` : html`<span
        class=${soon(overview.covered_until)}>${t('overview.no_next_key')}</span>`],
    [t('overview.covered'), moment(overview.covered_until, t('overview.not_covered'))],
  ]} />${may('get_keys') && html`<p><a href="#/keys">${t('overview.to_keys')}</a></p>`}`;
}

/** Nothing was measured where nobody asked. @param {{latency: Api.Overview['latency_us']}} props */
function Latency({ latency }) {
  if (!latency) return html`<${Stat} label=${t('overview.p99')} value="–" hint=${t('overview.quiet')} />`;
  return html`<${Stat} label=${t('overview.p99')} value=${milliseconds(latency.p99)}
    hint=${t('overview.p50', { p50: milliseconds(latency.p50) })} tone=${latency.p99 > 100_000 ? 'warning' : undefined} />`;
}

/** @param {number} microseconds */
const milliseconds = (microseconds) => t('overview.ms', { ms: number(microseconds / 1000, { maximumFractionDigits: microseconds < 10_000 ? 2 : 0 }) });
