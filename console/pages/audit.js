// Who did what to what, newest first; and the checkpoints that prove it later.
import { html, useMemo, useState } from '../vendor/preact.js';
import { Button, CopyButton, DataTable, EmptyState, Field, PageHeader, Tabs, Time, useId } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useList, useSettled } from '../lib/loading.js';
import { setQuery } from '../lib/router.js';
import { CheckpointTab } from './audit_checkpoint.js';
import { readable } from './audit_difference.js';
import { EntryDialog, Subject } from './audit_entry.js';

const FILTERS = /** @type {const} */ (['actor', 'action', 'subject']);
const PAGE = 200;

/** The page itself. @param {{place: import('../lib/router.js').Place}} props */
export default function Audit({ place }) {
  const tab = place.query.get('tab') === 'checkpoint' ? 'checkpoint' : 'log';
  return html`<${PageHeader} title=${t('audit.title')} lead=${t('audit.lead')} />
    <${Tabs} label=${t('audit.title')} active=${tab} onChange=${(/** @type {string} */ id) => setQuery({ tab: id === 'log' ? '' : id })}
      tabs=${[{ id: 'log', title: t('audit.log') }, { id: 'checkpoint', title: t('audit.checkpoint') }]}>
      ${tab === 'log' ? html`<${Log} place=${place} />` : html`<${CheckpointTab} />`}
    <//>`;
}

/** @param {{place: import('../lib/router.js').Place}} props */
function Log({ place }) {
  const filters = Object.fromEntries(FILTERS.map((name) => [name, place.query.get(name) ?? '']));
  const settled = useSettled(JSON.stringify(filters), 300);
  const list = useList((cursor, signal) => api.get('/audit', { ...JSON.parse(settled), cursor, limit: PAGE }, signal), [settled]);
  const [shown, setShown] = useState(/** @type {Api.AuditEntry | null} */ (null));
  const filtered = FILTERS.some((name) => filters[name]);
  return html`<div class="filters" role="search">
      ${FILTERS.map((name) => html`<${Filter} key=${name} name=${name} value=${filters[name]} entries=${list.items} />`)}
      ${filtered && html`<${Button} kind="quiet" onClick=${() => setQuery(Object.fromEntries(FILTERS.map((name) => [name, ''])))}>${t('common.reset')}<//>`}
      <${Button} onClick=${list.reload}>${t('common.refresh')}<//>
    </div>
    <p class="hint">${t('audit.filter_hint')}</p>
    <section class="card flush">
      <${DataTable} label=${t('audit.log')} columns=${columns(setShown)} rows=${list.items} rowKey=${(/** @type {Api.AuditEntry} */ entry) => entry.seq} onRow=${setShown}
        loading=${list.loading} error=${list.error} retry=${list.reload} onEnd=${list.loadMore}
        empty=${html`<${EmptyState} title=${t(filtered ? 'audit.none_found' : 'audit.none')} hint=${t(filtered ? 'audit.none_found_hint' : 'audit.none_hint')} />`} />
    </section>
    ${shown && html`<${EntryDialog} entry=${shown} onClose=${() => setShown(null)} />`}`;
}

/** The API wants the whole text; what was seen so far is offered. @param {{name: 'actor' | 'action' | 'subject', value: string, entries: Api.AuditEntry[]}} props */
function Filter({ name, value, entries }) {
  const id = useId('seen');
  const seen = useMemo(() => [...new Set(entries.map((entry) => entry[name]))].sort().slice(0, 200), [entries, name]);
  return html`<${Field} label=${t(`audit.${name}`)}>${(/** @type {object} */ input) => html`
    <input ...${input} type="search" list=${id} value=${value} placeholder=${t('common.any')} autocomplete="off" spellcheck=${false} onInput=${(/** @type {InputEvent} */ event) => setQuery({ [name]: /** @type {HTMLInputElement} */ (event.target).value })} />
    <datalist id=${id}>${seen.map((each) => html`<option key=${each} value=${each}></option>`)}</datalist>`}<//>`;
}

/** @param {(entry: Api.AuditEntry) => void} show @returns {import('../components/table.js').Column<Api.AuditEntry>[]} */
function columns(show) {
  return [
    { key: 'at', title: t('audit.at'), width: '9rem', render: (entry) => html`<${Time} at=${entry.at} />` },
    { key: 'action', title: t('audit.action'), render: (entry) => html`<button type="button" class="link" onClick=${() => show(entry)}>${entry.action}</button> <span class="narrow-only">${entry.subject}</span>` },
    { key: 'subject', title: t('audit.subject'), width: '8.5rem', wide: true, render: (entry) => html`<${Subject} subject=${entry.subject} />` },
    { key: 'actor', title: t('audit.actor'), wide: true, render: (entry) => entry.actor },
    { key: 'detail', title: t('audit.what'), width: '10rem', wide: true, render: (entry) => html`<span class="muted">${gist(entry.detail)}</span>` },
    { key: 'hash', title: t('audit.hash'), width: '10.5rem', wide: true, render: (entry) => (entry.hash ? html`<code title=${entry.hash}>${entry.hash.slice(0, 8)}…</code> <${CopyButton} text=${entry.hash} what=${t('audit.copy_hash', { seq: entry.seq })} />` : html`<span class="bad-text">${t('audit.no_hash')}</span>`) },
  ];
}

/** The names of what changed. @param {unknown} detail */
function gist(detail) {
  const read = readable(detail);
  return (read.kind === 'change' ? read.changes : read.facts).map((each) => each.path).filter((path) => path !== 'rev' && path !== 'updated_at').join(', ');
}
