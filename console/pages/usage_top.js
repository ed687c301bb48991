// The apps with the most requests or failures of one day.
import { html } from '../vendor/preact.js';
import { Card, DataTable, EmptyState, Field, Select } from '../components/index.js';
import * as api from '../lib/api.js';
import { number, t } from '../lib/i18n.js';
import { useList } from '../lib/loading.js';
import { setQuery } from '../lib/router.js';

const DAY_SECS = 86_400;
const SHOWN = 100;

/** @param {{place: import('../lib/router.js').Place}} props */
export function TopApps({ place }) {
  const today = Math.floor(Date.now() / 1000 / DAY_SECS) * DAY_SECS;
  const day = dayOf(place.query.get('day') ?? '') ?? today;
  const sort = place.query.get('top') === 'failures' ? 'failures' : 'requests';
  const list = useList((_, signal) => api.get('/usage/apps', { day, sort, limit: SHOWN }, signal), [day, sort]);
  return html`<section class="card flush">
    <div class="card-header"><div><h2>${t('usage.top')}</h2><p class="hint">${t('usage.top_hint')}</p></div>
      <div class="filters">
        <${Field} label=${t('usage.day')}>${(/** @type {object} */ input) => html`<input ...${input} type="date" value=${textOf(day)} max=${textOf(today)} onChange=${(/** @type {Event} */ event) => setQuery({ day: /** @type {HTMLInputElement} */ (event.target).value })} />`}<//>
        <${Select} label=${t('usage.by')} value=${sort} onInput=${(/** @type {string} */ top) => setQuery({ top })} options=${[{ value: 'requests', title: t('usage.requests') }, { value: 'failures', title: t('usage.failures') }]} />
      </div>
    </div>
    <${DataTable} label=${t('usage.top')} columns=${columns()} rows=${list.items} rowKey=${(/** @type {Api.AppUsage} */ row) => row.app_id} rowHref=${(/** @type {Api.AppUsage} */ row) => `#/apps/${row.app_id}`}
      loading=${list.loading} error=${list.error} retry=${list.reload} height="32rem"
      empty=${html`<${EmptyState} title=${t('usage.top_none')} hint=${t('usage.top_none_hint')} />`} />
  </section>`;
}

/** @returns {import('../components/table.js').Column<Api.AppUsage>[]} */
function columns() {
  return [
    { key: 'name', title: t('usage.app'), render: (row) => html`<a href=${`#/apps/${row.app_id}`}>${row.name}</a> <code class="muted">${row.app_id}</code>` },
    { key: 'requests', title: t('usage.requests'), numeric: true, width: '6.5rem', render: (row) => number(row.requests) },
    { key: 'failures', title: t('usage.failures'), numeric: true, width: '6rem', render: (row) => number(row.failures) },
    { key: 'share', title: t('usage.share'), numeric: true, width: '8.5rem', wide: true, render: (row) => (row.requests > 0 ? number(row.failures / row.requests, { style: 'percent', maximumFractionDigits: 1 }) : '') },
    { key: 'licenses', title: t('usage.licenses'), numeric: true, width: '7rem', wide: true, render: (row) => number(row.licenses) },
  ];
}

/** @param {string} text `2026-03-01` @returns {number | null} the day's begin, UTC */
function dayOf(text) {
  const at = Date.parse(`${text}T00:00:00Z`) / 1000;
  return Number.isNaN(at) ? null : at;
}

/** @param {number} day */
const textOf = (day) => new Date(day * 1000).toISOString().slice(0, 10);
