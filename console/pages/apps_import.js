// Apps from a file (CSV or JSON lines) and to one. A file is tried first, and brought in part by part, so that
// a long one shows how far it is.
import { html, useRef, useState } from '../vendor/preact.js';
import { Badge, Button, DataTable, Dialog, DialogActions, ErrorBox, Field, Notice, Select, download } from '../components/index.js';
import * as api from '../lib/api.js';
import { number, plural, t } from '../lib/i18n.js';
import { useAction } from '../lib/loading.js';

const LINES_AT_ONCE = 500;
const COLUMNS = 'app_id,name,secret,features,environment,lifetime,rate_per_second,note,tags';

/** @typedef {{name: string, csv: boolean, head: string, lines: string[]}} Source */

/** @param {{onClose: () => void, onDone: () => void}} props */
export function ImportApps({ onClose, onDone }) {
  const [source, setSource] = useState(/** @type {Source | null} */ (null));
  const [result, setResult] = useState(/** @type {Api.Import | null} */ (null));
  const [done, setDone] = useState(0);
  const running = useRef(true);
  const action = useAction(async (/** @type {boolean} */ dry) => {
    if (!source) return;
    setDone(0);
    const total = await bringIn(source, dry, setDone, () => running.current);
    setResult(total);
    if (!dry) onDone();
  });
  const take = async (/** @type {Event} */ event) => {
    const file = /** @type {HTMLInputElement} */ (event.target).files?.[0];
    setResult(null);
    action.clear();
    setSource(file ? read(file.name, await file.text()) : null);
  };
  const close = () => { running.current = false; onClose(); };
  const imported = result && !result.dry_run;
  return html`<${Dialog} title=${t('apps.import')} onClose=${close} size="large">
    <p>${t('apps.import_lead')}</p><p class="hint"><code>${COLUMNS}</code></p>
    ${!imported && html`<${Field} label=${t('apps.file')}
      hint=${source && plural('apps.lines', source.lines.length)}>${(/** @type {object} */ input) => html`<input
        ...${input} type="file" accept=".csv,.jsonl,.ndjson,text/csv" onChange=${take} />`}<//>`}
    ${action.busy && source && html`<div><progress max=${source.lines.length} value=${done}
      aria-label=${t('apps.progress')}></progress> ${number(done)} / ${number(source.lines.length)}</div>`}
    <${ErrorBox} error=${action.error} />
    ${result && html`<${ImportTable} result=${result} />`}
    ${imported && result.created > 0 && html`<${Notice} tone="warning" title=${t('apps.secrets_once')}
      action=${html`<${Button} onClick=${() => keepSecrets(result)}>${t('apps.secrets_save')}<//>`} />`}
    <${DialogActions}>
      <${Button} onClick=${close}>${t(imported ? 'common.done' : 'common.cancel')}<//>
      ${!imported && html`<${Button} kind=${result ? 'secondary' : 'primary'} disabled=${!source} busy=${action.busy}
        onClick=${() => action.run(true)}>${t('apps.try')}<//>`}
      ${result?.dry_run && result.total > result.failed && html`<${Button} kind="primary" busy=${action.busy}
        onClick=${() => action.run(false)}>${plural('apps.import_count', result.total - result.failed)}<//>`}
    <//>
  <//>`;
}

/** @param {{result: Api.Import}} props */
function ImportTable({ result }) {
  /** @type {import('../components/table.js').Column<Api.ImportResult>[]} */
  const columns = [
    { key: 'line', title: t('apps.line'), width: '5rem', numeric: true, render: (row) => number(row.line) },
    { key: 'app_id', title: 'AppId', width: '8rem', render: (row) => row.app_id && html`<code>${row.app_id}</code>` },
    { key: 'name', title: t('app.name'), wide: true, render: (row) => row.name },
    { key: 'outcome', title: t('apps.outcome'), width: '10rem', render: (row) => html`<${Badge}
      tone=${row.outcome === 'failed' ? 'bad' : 'good'}>${t(`apps.outcome.${row.outcome}`)}<//>` },
    { key: 'detail', title: t('common.details'), render: (row) => html`<span
      title=${row.detail}>${row.detail}</span>` },
  ];
  const rows = [...result.results].sort((a, b) => Number(b.outcome === 'failed') - Number(a.outcome === 'failed') || a.line - b.line);
  return html`<${Notice} tone=${result.failed ? 'warning' : 'good'}
    title=${t(result.dry_run ? 'apps.tried' : 'apps.imported', { good: result.total - result.failed, failed: result.failed })} />
    <${DataTable} label=${t('apps.import')} columns=${columns} rows=${rows}
      rowKey=${(/** @type {Api.ImportResult} */ row) => row.line} height="22rem" />`;
}

/** @param {{filters: Record<string, string>, onClose: () => void}} props */
export function ExportApps({ filters, onClose }) {
  const [format, setFormat] = useState('csv');
  const [done, setDone] = useState(0);
  const action = useAction(async () => {
    const parts = [];
    for (let cursor = '', more = true; more;) {
      const answer = await api.request('GET', '/apps/export', { query: { ...filters, format, cursor, limit: 1000 } });
      const text = typeof answer.data === 'string' ? answer.data : JSON.stringify(answer.data);
      parts.push(parts.length > 0 && format === 'csv' ? withoutHead(text) : text);
      cursor = answer.headers.get('Next-Cursor') ?? '';
      more = cursor !== '';
      setDone(parts.length * 1000);
    }
    download(`apps.${format}`, parts.map((part) => part.replace(/\n?$/, '\n')).join(''), format === 'csv' ? 'text/csv' : 'application/jsonl');
    onClose();
  });
  return html`<${Dialog} title=${t('apps.export')} onClose=${onClose} size="small">
    <p>${t('apps.export_lead')}</p>
    <${Select} label=${t('apps.format')} value=${format} onInput=${setFormat}
      options=${[{ value: 'csv', title: 'CSV' }, { value: 'jsonl', title: 'JSON Lines' }]} />
    ${action.busy && done > 0 && html`<p class="hint">${number(done)}</p>`}
    <${ErrorBox} error=${action.error} />
    <${DialogActions}><${Button} onClick=${onClose}>${t('common.cancel')}<//><${Button} kind="primary"
      busy=${action.busy} onClick=${() => action.run()}>${t('apps.export')}<//><//>
  <//>`;
}

/** @param {string} name @param {string} text @returns {Source} */
function read(name, text) {
  const csv = !/\.(jsonl|ndjson|json)$/i.test(name);
  const rows = csv ? csvRows(text) : text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return csv ? { name, csv, head: rows[0] ?? '', lines: rows.slice(1) } : { name, csv, head: '', lines: rows };
}

/** Rows of a CSV file: a line end inside quotes does not end one. @param {string} text */
function csvRows(text) {
  const rows = [];
  let row = '';
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    row = row === '' ? line : `${row}\n${line}`;
    if ((row.match(/"/g)?.length ?? 0) % 2 === 0) {
      if (row.trim() !== '') rows.push(row);
      row = '';
    }
  }
  return row.trim() === '' ? rows : [...rows, row];
}

/** @param {Source} source @param {boolean} dry @param {(lines: number) => void} progress @param {() => boolean} goOn @returns {Promise<Api.Import>} */
async function bringIn(source, dry, progress, goOn) {
  /** @type {Api.Import} */
  const total = { dry_run: dry, total: 0, created: 0, updated: 0, failed: 0, results: [] };
  for (let from = 0; from < source.lines.length && goOn(); from += LINES_AT_ONCE) {
    const lines = source.lines.slice(from, from + LINES_AT_ONCE);
    const content = `${[...(source.csv ? [source.head] : []), ...lines].join('\n')}\n`;
    const part = await api.post('/apps/import', undefined, { query: { dry_run: dry || undefined }, text: { type: source.csv ? 'text/csv' : 'application/jsonl', content } });
    total.total += part.total;
    total.created += part.created;
    total.failed += part.failed;
    total.results.push(...part.results.map((/** @type {Api.ImportResult} */ each) => ({ ...each, line: each.line + from })));
    progress(from + lines.length);
  }
  return total;
}

/** @param {Api.Import} result */
function keepSecrets(result) {
  const rows = result.results.filter((row) => row.server_secret).map((row) => `${row.app_id},${row.server_secret}\n`);
  download('server-secrets.csv', `app_id,server_secret\n${rows.join('')}`, 'text/csv');
}

/** @param {string} csv */
const withoutHead = (csv) => csv.slice(csv.indexOf('\n') + 1);
