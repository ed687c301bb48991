// The chart's figures, newest first.
import { html } from '../vendor/preact.js';
import { DataTable } from '../components/index.js';
import { number, t } from '../lib/i18n.js';
import { useReturnCodes } from '../lib/return_codes.js';
import { rowName } from './usage_chart.js';
import { momentText } from './usage_range.js';

/** @param {{picture: import('./usage_series.js').Picture, resolution: Api.Usage['resolution']}} props */
export function UsageTable({ picture, resolution }) {
  const known = useReturnCodes();
  const places = picture.times.map((_, i) => i).filter((i) => picture.totals[i] > 0).reverse();
  /** @type {import('../components/table.js').Column<number>[]} */
  const columns = [
    { key: 'at', title: t('chart.time'), width: '12rem', render: (i) => momentText(picture.times[i], resolution) },
    { key: 'all', title: t('usage.requests'), width: '7rem', numeric: true, render: (i) => number(picture.totals[i]) },
    ...picture.rows.map((row) => ({ key: row.id, title: rowName(known, row), numeric: true, wide: row.code !== 0, render: (/** @type {number} */ i) => (row.values[i] > 0 ? number(row.values[i]) : html`<span class="muted">0</span>`) })),
  ];
  return html`<section class="card flush">
    <div class="card-header"><div><h2>${t('usage.table')}</h2><p class="hint">${t('usage.table_hint')}</p></div></div>
    <${DataTable} label=${t('usage.table')} columns=${columns} rows=${places} rowKey=${(/** @type {number} */ i) => picture.times[i]} rowHeight=${36} height="24rem" />
  </section>`;
}
