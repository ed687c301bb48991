// Apps from a file (CSV or JSON lines) and to one. A file is tried first, and brought in part by part, so that
// a long one shows how far it is.
import { html, useRef, useState } from '../vendor/preact.js';
import { Badge, Button, DataTable, Dialog, DialogActions, ErrorBox, Field, Notice, Select, download } from '../components/index.js';
import * as api from '../lib/api.js';
import { number, plural, t } from '../lib/i18n.js';
import { useAction } from '../lib/loading.js';

const ROWS_AT_ONCE = 500;
/** A dry run sees doubles only within one request: as many rows as the API takes. */
const ROWS_TRIED_AT_ONCE = 10_000;
const COLUMNS = 'app_id,name,secret,features,environment,lifetime,rate_per_second,note,tags';

/**
 * @typedef {object} Source
 * @property {string} type the media type
 * @property {string} head the first line of a table, with its line end
 * @property {{line: number, text: string}[]} rows with their places in the file
 * @property {Map<number, string>} keys an Idempotency-Key for each part, so that trying again makes no app twice
 */

/** @param {{onClose: () => void, onDone: () => void}} props */
export function ImportApps({ onClose, onDone }) {
  const [source, setSource] = useState(/** @type {Source | null} */ (null));
  const [result, setResult] = useState(/** @type {Api.Import | null} */ (null));
  const running = useRef(true);
  const action = useAction(async (/** @type {boolean} */ dry) => {
    if (!source) return;
    setResult(null);
    try {
      await bringIn(source, dry, setResult, () => running.current);
    } finally {
      if (!dry) onDone();
    }
  });
  const take = async (/** @type {Event} */ event) => {
    const file = /** @type {HTMLInputElement} */ (event.target).files?.[0];
    setResult(null);
    action.clear();
    setSource(file ? read(file.name, await file.text()) : null);
  };
  const close = () => { running.current = false; onClose(); };
  const imported = result && !result.dry_run;
  const partial = imported && source && result.total < source.rows.length;
  return html`<${Dialog} title=${t('apps.import')} onClose=${close} size="large">
    <p>${t('apps.import_lead')}</p><p class="hint"><code>${COLUMNS}</code></p>
    ${!imported && html`<${Field} label=${t('apps.file')} hint=${source && plural('apps.lines', source.rows.length)}>
      ${(/** @type {object} */ input) => html`
        <input ...${input} type="file" accept=".csv,.jsonl,.ndjson,text/csv" onChange=${take} />`}<//>`}
    ${action.busy && source && html`<${Progress} done=${result?.total ?? 0} all=${source.rows.length} />`}
    <${ErrorBox} error=${action.error} />
    ${result && html`<${ImportTable} result=${result} />`}
    ${imported && result.created > 0 && html`<${Notice} tone="warning" title=${t('apps.secrets_once')}
      action=${html`<${Button} onClick=${() => keepSecrets(result)}>${t('apps.secrets_save')}<//>`} />`}
    <${DialogActions}>
      <${Button} onClick=${close}>${t(imported && !partial ? 'common.done' : 'common.cancel')}<//>
      ${!imported && html`<${Button} kind=${result ? 'secondary' : 'primary'} disabled=${!source} busy=${action.busy}
        onClick=${() => action.run(true)}>${t('apps.try')}<//>`}
      ${result?.dry_run && result.total > result.failed && html`<${Button} kind="primary" busy=${action.busy}
        onClick=${() => action.run(false)}>${plural('apps.import_count', result.total - result.failed)}<//>`}
      ${partial && !action.busy && html`<${Button} kind="primary"
        onClick=${() => action.run(false)}>${t('common.retry')}<//>`}
    <//>
  <//>`;
}

/** @param {{done: number, all: number}} props */
function Progress({ done, all }) {
  return html`<div><progress max=${all} value=${done} aria-label=${t('apps.progress')}></progress>
    ${number(done)} / ${number(all)}</div>`;
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
  const rows = rowsOf(text.replace(/^\uFEFF/, ''), csv);
  const head = csv ? `${rows.shift()?.text ?? ''}\n` : '';
  return { type: csv ? 'text/csv' : 'application/jsonl', head, rows, keys: new Map() };
}

/** In a table, a line end inside quotes does not end a row. @param {string} text @param {boolean} csv */
function rowsOf(text, csv) {
  const rows = [];
  let open = '';
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const row = open === '' ? line : `${open}\n${line}`;
    open = csv && (row.match(/"/g)?.length ?? 0) % 2 === 1 ? row : '';
    if (open === '' && row.trim() !== '') rows.push({ line: i + 2 - row.split('\n').length, text: row });
  }
  return open === '' ? rows : [...rows, { line: rows.length + 1, text: open }];
}

/**
 * Part by part; `onPart` gets what is done so far, so that nothing is lost when a later part fails.
 * @param {Source} source
 * @param {boolean} dry
 * @param {(total: Api.Import) => void} onPart
 * @param {() => boolean} goOn
 */
async function bringIn(source, dry, onPart, goOn) {
  /** @type {Api.Import} */
  let total = { dry_run: dry, total: 0, created: 0, updated: 0, failed: 0, results: [] };
  const step = dry ? ROWS_TRIED_AT_ONCE : ROWS_AT_ONCE;
  for (let from = 0; from < source.rows.length && goOn(); from += step) {
    const rows = source.rows.slice(from, from + step);
    const part = await api.post('/apps/import', undefined, {
      query: { dry_run: dry || undefined },
      idempotencyKey: dry ? undefined : keyOf(source, from),
      text: { type: source.type, content: `${source.head}${rows.map((row) => row.text).join('\n')}\n` },
    });
    const results = inFile(source, rows, part.results);
    total = { ...total, total: total.total + part.total, created: total.created + part.created, failed: total.failed + part.failed, results: [...total.results, ...results] };
    onPart(total);
  }
}

/** @param {Source} source @param {number} from */
function keyOf(source, from) {
  const key = source.keys.get(from) ?? api.newIdempotencyKey();
  source.keys.set(from, key);
  return key;
}

/** The server counts the lines of what it was sent; people look for them in their file. @param {Source} source @param {Source['rows']} rows @param {Api.ImportResult[]} results */
function inFile(source, rows, results) {
  const places = new Map();
  let line = source.head.split('\n').length;
  for (const row of rows) {
    places.set(line, row.line);
    line += row.text.split('\n').length;
  }
  return results.map((each) => ({ ...each, line: places.get(each.line) ?? each.line }));
}

/** @param {Api.Import} result */
function keepSecrets(result) {
  const rows = result.results.filter((row) => row.server_secret).map((row) => `${row.app_id},${row.server_secret}\n`);
  download('server-secrets.csv', `app_id,server_secret\n${rows.join('')}`, 'text/csv');
}

/** @param {string} csv */
const withoutHead = (csv) => csv.slice(csv.indexOf('\n') + 1);
