// How much is asked for and what was answered: by return code, over time, for all apps or one.
import { html, useEffect, useMemo, useState } from '../vendor/preact.js';
import { Button, Card, DateField, EmptyState, ErrorBox, PageHeader, Select, Skeleton, Stat, download } from '../components/index.js';
import * as api from '../lib/api.js';
import { number, t } from '../lib/i18n.js';
import { useAction, useLoad } from '../lib/loading.js';
import { setQuery } from '../lib/router.js';
import { may, session } from '../lib/session.js';
import { useStore } from '../lib/store.js';
import { AppPicker } from './usage_app.js';
import { UsageChart } from './usage_chart.js';
import { RANGES, momentText, stretchOf } from './usage_range.js';
import { pictureOf } from './usage_series.js';
import { UsageTable } from './usage_table.js';
import { TopApps } from './usage_top.js';

/** The page itself. @param {{place: import('../lib/router.js').Place}} props */
export default function Usage({ place }) {
  const own = useStore(session)?.app_ids ?? null;
  const [round, setRound] = useState(0);
  const app = place.query.get('app') || (own === null ? '' : String(own[0] ?? ''));
  const asked = ['range', 'from', 'until', 'resolution'].map((name) => place.query.get(name) ?? '').join('|');
  const stretch = useMemo(() => stretchOf(place.query, Math.floor(Date.now() / 1000)), [asked, round]);
  const query = { app_id: app, from: stretch.from, until: stretch.until, resolution: stretch.resolution };
  const usage = useLoad((signal) => api.get('/usage', query, signal), [JSON.stringify(query)]);
  const save = useAction(async () => {
    const text = (await api.request('GET', '/usage/export', { query })).data ?? '';
    download(`usage${app && `-${app}`}-${stretch.resolution}.csv`, text, 'text/csv');
  });
  return html`
    <${PageHeader} title=${t('usage.title')} lead=${t('usage.lead')} actions=${html`
      <${Button} onClick=${() => { setRound(round + 1); usage.reload(); }}>${t('common.refresh')}<//>
      ${may('export_usage') && html`<${Button} busy=${save.busy} onClick=${save.run}>${t('usage.export')}<//>`}`} />
    <${Filters} place=${place} stretch=${stretch} app=${app} own=${own} />
    <${ErrorBox} error=${save.error} />
    <${ErrorBox} error=${usage.error} retry=${usage.reload} />
    ${usage.data ? html`<${Answered} usage=${usage.data} look=${place.query.get('look') === 'lines' ? 'lines' : 'stacked'} filtered=${app !== ''} />` : !usage.error && html`<${Skeleton} lines=${8} />`}
    ${own === null && may('list_usage_by_app') && html`<${TopApps} place=${place} />`}`;
}

/** @param {{place: import('../lib/router.js').Place, stretch: ReturnType<typeof stretchOf>, app: string, own: number[] | null}} props */
function Filters({ place, stretch, app, own }) {
  const custom = stretch.range === 'custom';
  const change = (/** @type {string} */ name) => (/** @type {number | null} */ at) => setQuery({ [name]: at === null ? '' : String(at) });
  return html`<div class="filters" role="search">
    <${AppPicker} app=${app} own=${own} onPick=${(/** @type {string} */ id) => setQuery({ app: id })} />
    <${Select} label=${t('usage.range')} value=${stretch.range} onInput=${(/** @type {string} */ range) => setQuery({ range, resolution: '', ...(range === 'custom' ? { from: String(stretch.from), until: String(stretch.until) } : { from: '', until: '' }) })}
      options=${RANGES.map((value) => ({ value, title: t(`usage.range.${value}`) }))} />
    ${custom && html`<${DateField} class="moment" label=${t('usage.from')} value=${Number(place.query.get('from')) || stretch.from} onInput=${change('from')} />
      <${DateField} class="moment" label=${t('usage.until')} value=${Number(place.query.get('until')) || stretch.until} onInput=${change('until')} />`}
    <${Select} label=${t('usage.resolution')} value=${stretch.resolution} onInput=${(/** @type {string} */ resolution) => setQuery({ resolution })}
      options=${stretch.offered.map((value) => ({ value, title: t(`usage.resolution.${value}`) }))} />
    <${Select} label=${t('usage.look')} value=${place.query.get('look') ?? 'stacked'} onInput=${(/** @type {string} */ look) => setQuery({ look })}
      options=${['stacked', 'lines'].map((value) => ({ value, title: t(`usage.look.${value}`) }))} />
  </div>`;
}

/** @param {{usage: Api.Usage, look: 'stacked' | 'lines', filtered: boolean}} props */
function Answered({ usage, look, filtered }) {
  const picture = useMemo(() => pictureOf(usage), [usage]);
  const [hidden, setHidden] = useState(/** @type {Set<string>} */ (new Set()));
  useEffect(() => setHidden(new Set()), [usage.resolution]);
  const toggle = (/** @type {string} */ id) => setHidden((before) => {
    const next = new Set(before);
    if (!next.delete(id)) next.add(id);
    return next;
  });
  if (picture.requests === 0) return html`<${Card}><${EmptyState} title=${t('usage.none')} hint=${t(filtered ? 'usage.none_hint_app' : 'usage.none_hint')} action=${html`<a class="button" href="#/call">${t('nav.call')}</a>`} /><//>`;
  return html`<${Sums} picture=${picture} resolution=${usage.resolution} />
    <${Card} title=${t('usage.chart')} hint=${t('usage.chart_hint')}><${UsageChart} times=${picture.times} rows=${picture.rows} look=${look} resolution=${usage.resolution} hidden=${hidden} onToggle=${toggle} /><//>
    <${UsageTable} picture=${picture} resolution=${usage.resolution} />`;
}

/** @param {{picture: import('./usage_series.js').Picture, resolution: Api.Usage['resolution']}} props */
function Sums({ picture, resolution }) {
  const { requests, failures, totals, times } = picture;
  const most = totals.indexOf(Math.max(...totals));
  return html`<div class="stats">
    <${Stat} label=${t('usage.requests')} value=${number(requests)} />
    <${Stat} label=${t('usage.answered')} value=${number((requests - failures) / requests, { style: 'percent', maximumFractionDigits: 1 })} hint=${number(requests - failures)} />
    <${Stat} label=${t('usage.failures')} value=${number(failures)} tone=${failures * 10 > requests ? 'warning' : undefined} />
    <${Stat} label=${t(`usage.busiest.${resolution}`)} value=${number(totals[most])} hint=${momentText(times[most], resolution)} />
  </div>`;
}
