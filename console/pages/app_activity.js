// What an app does: its requests by return code, and the last of them one by one.
import { html, useMemo, useState } from '../vendor/preact.js';
import { Badge, Card, CopyButton, DataTable, Dialog, EmptyState, ErrorBox, Facts, LineChart, Select, Skeleton, Stat, Time, onOneAxis } from '../components/index.js';
import * as api from '../lib/api.js';
import { compact, dateTime, number, t } from '../lib/i18n.js';
import { useList, useLoad } from '../lib/loading.js';
import { codeColor, codeName, codeText, useReturnCodes } from '../lib/return_codes.js';
import { may } from '../lib/session.js';

const RANGES = /** @type {Record<string, [number, Api.Usage['resolution']]>} */ ({ day: [86_400, 'minute'], week: [7 * 86_400, 'hour'], month: [30 * 86_400, 'hour'], year: [365 * 86_400, 'day'] });

/** @param {import('./app.js').Loaded} loaded */
export function AppActivity({ app }) {
  return html`<div class="stack">
    ${may('get_usage') && html`<${UsageCard} app=${app} />`}
    ${may('list_requests') && html`<${Requests} app=${app} />`}
  </div>`;
}

/** @param {{app: Api.AppDetail}} props */
function UsageCard({ app }) {
  const known = useReturnCodes();
  const [range, setRange] = useState('week');
  const { data, error, reload } = useLoad((signal) => {
    const [seconds, resolution] = RANGES[range];
    const until = Math.floor(Date.now() / 1000);
    return /** @type {Promise<Api.Usage>} */ (api.get('/usage', { app_id: app.app_id, from: until - seconds, until, resolution }, signal));
  }, [app.app_id, range]);
  const drawn = useMemo(() => data && onOneAxis(data), [data]);
  const sums = drawn ? [...drawn.values].map(([code, values]) => ({ code, values, sum: values.reduce((total, value) => total + value, 0) })).sort((a, b) => Number(b.code === 0) - Number(a.code === 0) || b.sum - a.sum) : [];
  const all = sums.reduce((total, each) => total + each.sum, 0);
  const good = sums.find((each) => each.code === 0)?.sum ?? 0;
  return html`
    <div class="stats">
      <${Stat} label=${t('app.requests')} value=${compact(all)} hint=${t(`app.range.${range}`)} />
      <${Stat} label=${t('app.answered')}
        value=${all ? number(good / all, { style: 'percent', maximumFractionDigits: 1 }) : '–'} hint=${compact(good)} />
      <${Stat} label=${t('app.last_request')} value=${html`<${Time} at=${app.last_request_at} />`}
        hint=${app.last_request_at && dateTime(app.last_request_at)} />
    </div>
    <${Card} title=${t('app.usage')}
      actions=${html`<${Select} label=${t('app.range')} value=${range} onInput=${setRange}
        options=${Object.keys(RANGES).map((each) => ({ value: each, title: t(`app.range.${each}`) }))} />`}>
      <${ErrorBox} error=${error} retry=${reload} />
      ${!data && !error && html`<${Skeleton} lines=${5} />`}
      ${drawn && (all > 0
    ? html`<${LineChart} title=${t('app.usage')} times=${drawn.times} height=${240}
      series=${sums.map(({ code, values }, i) => ({ label: `${codeName(known, code)} (${code})`, values, color: codeColor(code, i) }))} />`
    : html`<${EmptyState} title=${t('app.no_usage')} hint=${t('app.no_usage_hint')}
      action=${html`<a class="button" href=${`#/apps/${app.app_id}?tab=integrate`}>${t('app.tab.integrate')}</a>`} />`)}
    <//>`;
}

/** @param {{app: Api.AppDetail}} props */
function Requests({ app }) {
  const known = useReturnCodes();
  const [code, setCode] = useState('');
  const [open, setOpen] = useState(/** @type {Api.RequestRow | null} */ (null));
  const list = useList((cursor, signal) => api.get('/requests', { app_id: app.app_id, code, cursor, limit: 100 }, signal), [app.app_id, code]);
  const options = [{ value: '', title: t('common.any') }, ...[...known.values()].map((each) => ({ value: String(each.code), title: `${each.name} (${each.code})` }))];
  return html`<${Card} title=${t('app.recent')} hint=${t('app.recent_hint')}
    actions=${html`<${Select} label=${t('app.code')} value=${code} onInput=${setCode} options=${options} />`}>
    <${DataTable} label=${t('app.recent')} columns=${columns(known, setOpen)} rows=${list.items}
      rowKey=${(/** @type {Api.RequestRow} */ row) => row.request_id} onRow=${setOpen} rowHeight=${38}
      loading=${list.loading} error=${list.error} retry=${list.reload} onEnd=${list.loadMore} height="26rem"
        empty=${html`<${EmptyState} title=${t('app.no_requests')} hint=${t('app.no_requests_hint')} />`} />
    ${open && html`<${RequestDialog} row=${open} known=${known} onClose=${() => setOpen(null)} />`}
  <//>`;
}

/** @param {Map<number, Api.ReturnCode>} known @param {(row: Api.RequestRow) => void} open @returns {import('../components/table.js').Column<Api.RequestRow>[]} */
function columns(known, open) {
  return [
    { key: 'at', title: t('app.at'), width: '9rem', render: (row) => html`<button type="button" class="link"
      aria-haspopup="dialog" onClick=${() => open(row)}><${Time} at=${row.at} /></button>` },
    { key: 'code', title: t('app.code'), render: (row) => html`<${CodeBadge} code=${row.code} known=${known} />` },
    { key: 'reason', title: t('app.reason'), wide: true, render: (row) => row.reason },
    { key: 'network', title: t('app.network'), width: '10rem', wide: true, render: (row) => row.network },
    { key: 'duration', title: t('app.duration'), width: '7rem', numeric: true, wide: true, render: (row) => t('app.us', { us: number(row.duration_us) }) },
    { key: 'id', title: 'RequestId', width: '11rem', wide: true, render: (row) => html`<code>${row.request_id}</code>` },
  ];
}

/** @param {{code: number, known: Map<number, Api.ReturnCode>}} props */
function CodeBadge({ code, known }) {
  return html`<${Badge} tone=${code === 0 ? 'good' : 'bad'}
    title=${known.get(code)?.meaning}>${codeName(known, code)} ${known.has(code) && code}<//>`;
}

/** @param {{row: Api.RequestRow, known: Map<number, Api.ReturnCode>, onClose: () => void}} props */
function RequestDialog({ row, known, onClose }) {
  const code = known.get(row.code);
  return html`<${Dialog} title=${t('app.request')} onClose=${onClose}>
    <${Facts} rows=${[
    ['RequestId', html`<code>${row.request_id}</code> <${CopyButton} text=${row.request_id} what="RequestId" />`],
    [t('app.at'), html`<${Time} at=${row.at} exact=${true} />`],
    [t('app.code'), html`<${CodeBadge} code=${row.code} known=${known} />`],
    row.reason && [t('app.reason'), row.reason],
    code && [t('app.meaning'), codeText(code, 'meaning')],
    code && [t('app.next'), codeText(code, 'next')],
    [t('app.network'), row.network],
    [t('app.duration'), t('app.us', { us: number(row.duration_us) })],
  ]} />
    <p class="hint">${t('app.request_hint')}</p>
  <//>`;
}
