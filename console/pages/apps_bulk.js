// What is done to all ticked apps at once: a thousand a request, and told which did not go.
import { html, useState } from '../vendor/preact.js';
import { Button, Confirm, ConfirmByName, Dialog, DialogActions, ErrorBox, Form, TextField, toast } from '../components/index.js';
import * as api from '../lib/api.js';
import { number, plural, t } from '../lib/i18n.js';
import { useAction } from '../lib/loading.js';

const AT_ONCE = 1000;
const FAILURES_SHOWN = 20;

/** @typedef {'suspend' | 'resume' | 'tag' | 'untag'} Act */

/** @param {{selected: Set<string | number>, onClear: () => void, onDone: () => void}} props */
export function BulkBar({ selected, onClear, onDone }) {
  const [act, setAct] = useState(/** @type {Act | null} */ (null));
  const [failed, setFailed] = useState(/** @type {Api.BulkResult['failed']} */ ([]));
  const run = async (/** @type {Act} */ action, /** @type {string} */ tag = '') => {
    const result = await bulk([...selected].map(Number), action, tag);
    setFailed(result.failed);
    toast(plural('apps.changed_count', result.changed), result.failed.length ? 'warning' : 'good');
    onDone();
    if (result.failed.length === 0) onClear();
  };
  const close = () => setAct(null);
  const count = number(selected.size);
  return html`<div class="bulk" role="region" aria-label=${t('apps.bulk')}>
    <strong>${plural('apps.selected', selected.size)}</strong>
    <${Button} class="small" onClick=${() => setAct('suspend')}>${t('app.suspend')}<//>
    <${Button} class="small" onClick=${() => setAct('resume')}>${t('app.resume')}<//>
    <${Button} class="small" onClick=${() => setAct('tag')}>${t('apps.add_tag')}<//>
    <${Button} class="small" onClick=${() => setAct('untag')}>${t('apps.remove_tag')}<//>
    <${Button} class="small" kind="quiet" onClick=${onClear}>${t('apps.clear')}<//>
    ${act === 'suspend' && html`<${ConfirmByName} title=${plural('apps.suspend_title', selected.size)} name=${count}
      act=${t('app.suspend')} onConfirm=${() => run('suspend')} onClose=${close}><p>${t('apps.suspend_lead')}</p><//>`}
    ${act === 'resume' && html`<${Confirm} title=${plural('apps.resume_title', selected.size)} act=${t('app.resume')}
      onConfirm=${() => run('resume')} onClose=${close}><p>${t('apps.resume_lead')}</p><//>`}
    ${(act === 'tag' || act === 'untag') && html`<${TagDialog} act=${act} count=${selected.size} onRun=${run}
      onClose=${close} />`}
    <${Failures} failed=${failed} />
  </div>`;
}

/** @param {{failed: Api.BulkResult['failed']}} props */
function Failures({ failed }) {
  if (failed.length === 0) return null;
  return html`<div class="notice tone-bad" role="alert"><div>
    <p class="notice-title">${plural('apps.failed', failed.length)}</p>
    <ul class="plain">${failed.slice(0, FAILURES_SHOWN).map(({ app_id: id, detail, code }) => html`
      <li key=${id}><a href=${`#/apps/${id}`}>${id}</a>: ${detail} <code>${code}</code></li>`)}</ul>
  </div></div>`;
}

/** @param {{act: 'tag' | 'untag', count: number, onRun: (act: Act, tag: string) => Promise<void>, onClose: () => void}} props */
function TagDialog({ act, count, onRun, onClose }) {
  const [tag, setTag] = useState('');
  const action = useAction(() => onRun(act, tag.trim()));
  return html`<${Dialog} title=${t(act === 'tag' ? 'apps.add_tag' : 'apps.remove_tag')} onClose=${onClose} size="small">
    <${Form} onSubmit=${async () => { if (tag.trim() && await action.run()) onClose(); }}>
      <p>${plural('apps.selected', count)}</p>
      <${TextField} label=${t('apps.tag')} value=${tag} onInput=${setTag} maxlength=${32} autofocus=${true}
        required=${true} />
      <${ErrorBox} error=${action.error} />
      <${DialogActions}>
        <${Button} onClick=${onClose}>${t('common.cancel')}<//>
        <${Button} kind="primary" type="submit" busy=${action.busy}>${t('common.save')}<//>
      <//>
    <//>
  <//>`;
}

/** @param {number[]} ids @param {Act} action @param {string} tag @returns {Promise<Api.BulkResult>} */
async function bulk(ids, action, tag) {
  /** @type {Api.BulkResult} */
  const total = { changed: 0, failed: [] };
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const part = await api.post('/apps/bulk', { app_ids: ids.slice(from, from + AT_ONCE), action, ...(tag ? { tag } : {}) });
    total.changed += part.changed;
    total.failed.push(...part.failed);
  }
  return total;
}
