// One entry of the audit log, with what it changed.
import { html } from '../vendor/preact.js';
import { Button, CodeBlock, CopyButton, Dialog, DialogActions, Facts } from '../components/index.js';
import { dateTime, relative, t } from '../lib/i18n.js';
import { setQuery } from '../lib/router.js';
import { listChange, readable } from './audit_difference.js';
import { Value } from './audit_value.js';

/** @param {{entry: Api.AuditEntry, onClose: () => void}} props */
export function EntryDialog({ entry, onClose }) {
  const only = (/** @type {'actor' | 'action' | 'subject'} */ name) => html`<span class="row"><span class="said">${name === 'subject' ? html`<${Subject} subject=${entry.subject} />` : entry[name]}</span>
    <${Button} kind="quiet" class="small" onClick=${() => { setQuery({ [name]: entry[name] }); onClose(); }}>${t('audit.only')}<//></span>`;
  return html`<${Dialog} title=${t('audit.entry', { seq: entry.seq, action: entry.action })} onClose=${onClose} size="large">
    <${Facts} rows=${[
    [t('audit.at'), `${dateTime(entry.at)} (${relative(entry.at)})`],
    [t('audit.actor'), only('actor')],
    [t('audit.action'), only('action')],
    [t('audit.subject'), only('subject')],
    [t('audit.hash'), entry.hash ? html`<span class="row"><code>${entry.hash}</code><${CopyButton} text=${entry.hash} what=${t('audit.hash')} /></span>` : html`<span class="bad-text">${t('audit.no_hash')}</span>`],
  ]} />
    <${Detail} detail=${entry.detail} />
    <details class="more"><summary>${t('audit.raw')}</summary><${CodeBlock} text=${JSON.stringify(entry.detail, null, 2)} label=${t('audit.raw')} wrap=${true} /></details>
    <${DialogActions}><${Button} onClick=${onClose}>${t('common.close')}<//><//>
  <//>`;
}

/** @param {{detail: unknown}} props */
function Detail({ detail }) {
  const read = readable(detail);
  if (read.kind === 'facts') return read.facts.length > 0 ? html`<h3>${t('audit.facts')}</h3><${Facts} rows=${read.facts.map(({ path, value }) => [html`<code>${path}</code>`, html`<${Value} path=${path} value=${value} />`])} />` : html`<p class="muted">${t('audit.no_detail')}</p>`;
  return html`<h3>${t('audit.changes')}</h3>
    ${read.changes.length === 0 ? html`<p class="muted">${t('audit.no_changes')}</p>` : html`<div class="table-scroll" tabindex="0" role="region" aria-label=${t('audit.changes')}><table class="table differences">
      <thead><tr><th scope="col">${t('audit.field')}</th><th scope="col">${t('audit.before')}</th><th scope="col">${t('audit.after')}</th></tr></thead>
      <tbody>${read.changes.map((change) => html`<${Row} key=${change.path} change=${change} />`)}</tbody>
    </table></div>`}
    ${read.same > 0 && html`<p class="hint">${t('audit.same', { count: read.same })}</p>`}`;
}

/** @param {{change: import('./audit_difference.js').Change}} props */
function Row({ change }) {
  const list = listChange(change);
  const side = (/** @type {unknown} */ value) => html`<${Value} path=${change.path} value=${value} />`;
  if (!list) return html`<tr><th scope="row"><code>${change.path}</code></th><td><del>${side(change.before)}</del></td><td><ins>${side(change.after)}</ins></td></tr>`;
  const each = (/** @type {string} */ tag, /** @type {unknown[]} */ values) => values.map((value) => html`<${tag} key=${JSON.stringify(value)}><code>${typeof value === 'object' ? JSON.stringify(value) : String(value)}</code></${tag}> `);
  return html`<tr><th scope="row"><code>${change.path}</code></th><td>${list.removed.length > 0 ? each('del', list.removed) : html`<span class="muted">${t('audit.nothing_removed')}</span>`}</td><td>${list.added.length > 0 ? each('ins', list.added) : html`<span class="muted">${t('audit.nothing_added')}</span>`}</td></tr>`;
}

/** A link where the console has a page for it. @param {{subject: string}} props */
export function Subject({ subject }) {
  const app = /^app (\d+)$/.exec(subject);
  return app ? html`<a href=${`#/apps/${app[1]}`}>${subject}</a>` : subject;
}
