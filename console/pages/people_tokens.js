// API tokens: what programs call the API with. Each is shown once, ends by itself, and can be revoked.
import { html, useState } from '../vendor/preact.js';
import { Badge, Button, Checkbox, ConfirmByName, DataTable, Dialog, DialogActions, DurationField, EmptyState, ErrorBox, Facts, Form, Notice, SecretField, TextField, Time, toast } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useAction, useList, useLoad } from '../lib/loading.js';
import { fieldErrors } from '../lib/problem.js';
import { may } from '../lib/session.js';
import { AccessFields, AppsCell, accessOf, appIdsOf, isComplete } from './people_fields.js';

const SHORTEST_SECS = 3600;
const LONGEST_SECS = 31_536_000;
const USUAL_SECS = 90 * 86_400;

/** The tab itself. */
export function TokensTab() {
  const list = useList((cursor, signal) => api.get('/api_tokens', { cursor, limit: 100 }, signal), []);
  const users = useLoad((signal) => api.get('/users', { limit: 200 }, signal), []);
  const [creating, setCreating] = useState(false);
  const [shown, setShown] = useState(/** @type {Api.ApiToken | null} */ (null));
  const [revoking, setRevoking] = useState(/** @type {Api.ApiToken | null} */ (null));
  const revoke = async () => {
    if (!revoking) return;
    await api.del(api.path`/api_tokens/${revoking.id}`);
    toast(t('people.revoked'));
    list.reload();
  };
  const names = new Map(/** @type {Api.User[]} */ (users.data?.items ?? []).map((user) => [user.id, user.name]));
  const create = may('create_api_token') && html`<${Button} kind="primary" onClick=${() => setCreating(true)}>${t('people.create_token')}<//>`;
  return html`<section class="card flush">
      <div class="card-header"><div><h2>${t('people.tokens')}</h2><p class="hint">${t('people.tokens_hint')}</p></div><div class="actions">${create}</div></div>
      <${DataTable} label=${t('people.tokens')} columns=${columns(setShown, setRevoking)} rows=${list.items} rowKey=${(/** @type {Api.ApiToken} */ row) => row.id} onRow=${setShown}
        loading=${list.loading} error=${list.error} retry=${list.reload} onEnd=${list.loadMore} empty=${html`<${EmptyState} title=${t('people.no_tokens')} hint=${t('people.no_tokens_hint')} action=${create} />`} />
    </section>
    ${creating && html`<${CreateToken} onClose=${() => setCreating(false)} onCreated=${list.reload} />`}
    ${shown && html`<${TokenDialog} token=${shown} maker=${names.get(shown.created_by) ?? shown.created_by} onClose=${() => setShown(null)} />`}
    ${revoking && html`<${ConfirmByName} title=${t('people.revoke_title', { name: revoking.name })} name=${revoking.name} act=${t('people.revoke')} onConfirm=${revoke} onClose=${() => setRevoking(null)}><p>${t('people.revoke_lead')}</p><//>`}`;
}

/** @param {(token: Api.ApiToken) => void} show @param {(token: Api.ApiToken) => void} revoke @returns {import('../components/table.js').Column<Api.ApiToken>[]} */
function columns(show, revoke) {
  return [
    { key: 'name', title: t('people.name'), render: (row) => html`<button type="button" class="link" onClick=${() => show(row)}>${row.name}</button> ${row.privileged && html`<${Badge} tone="warning" title=${t('people.privileged_hint')}>${t('people.privileged')}<//>`}` },
    { key: 'state', title: t('people.status'), width: '6.5rem', render: (row) => html`<${TokenState} token=${row} />` },
    { key: 'role', title: t('people.role'), width: '7.5rem', wide: true, render: (row) => t(`role.${row.role}`) },
    { key: 'apps', title: t('people.apps'), width: '9rem', wide: true, render: (row) => html`<${AppsCell} ids=${row.app_ids} />` },
    { key: 'last_used_at', title: t('people.last_used'), width: '9rem', wide: true, render: (row) => html`<${Time} at=${row.last_used_at} />` },
    { key: 'expires_at', title: t('people.ends'), width: '9rem', wide: true, render: (row) => html`<${Time} at=${row.expires_at} />` },
    { key: 'act', title: t('account.act'), width: '6.5rem', render: (row) => may('delete_api_token') && stateOf(row) === 'active' && html`<${Button} class="small" onClick=${() => revoke(row)}>${t('people.revoke')}<//>` },
  ];
}

/** @param {Api.ApiToken} token @returns {'active' | 'revoked' | 'expired'} */
const stateOf = (token) => (token.revoked_at !== null ? 'revoked' : token.expires_at * 1000 <= Date.now() ? 'expired' : 'active');

/** @param {{token: Api.ApiToken}} props */
function TokenState({ token }) {
  const state = stateOf(token);
  return html`<${Badge} tone=${{ active: 'good', revoked: 'bad', expired: 'neutral' }[state]}>${t(`people.token.${state}`)}<//>`;
}

/** @param {{token: Api.ApiToken, maker: string, onClose: () => void}} props */
function TokenDialog({ token, maker, onClose }) {
  return html`<${Dialog} title=${token.name} onClose=${onClose}>
    <${Facts} rows=${[
    [t('people.status'), html`<${TokenState} token=${token} />`],
    [t('people.role'), t(`role.${token.role}`)],
    [t('people.apps'), html`<${AppsCell} ids=${token.app_ids} wrap=${true} />`],
    [t('people.privileged'), t(token.privileged ? 'common.yes' : 'common.no')],
    [t('people.last_used'), html`<${Time} at=${token.last_used_at} />`],
    [t('people.created'), html`<${Time} at=${token.created_at} exact=${true} />`],
    [t('people.created_by'), maker],
    [t('people.ends'), html`<${Time} at=${token.expires_at} exact=${true} />`],
    token.revoked_at !== null && [t('people.revoked_at'), html`<${Time} at=${token.revoked_at} exact=${true} />`],
    [t('people.id'), html`<code>${token.id}</code>`],
  ]} />
    <${DialogActions}><${Button} onClick=${onClose}>${t('common.close')}<//><//>
  <//>`;
}

/** @param {{onClose: () => void, onCreated: () => void}} props */
function CreateToken({ onClose, onCreated }) {
  const [made, setMade] = useState(/** @type {{api_token: Api.ApiToken, token: string} | null} */ (null));
  const [draft, setDraft] = useState({ name: '', access: accessOf(), privileged: false, secs: USUAL_SECS });
  const [key, setKey] = useState({ for: '', key: '' });
  const action = useAction(async () => {
    const body = { name: draft.name.trim(), role: draft.access.role, app_ids: appIdsOf(draft.access), privileged: draft.privileged, expires_in: draft.secs };
    // The same form tried again must not make a second token; a form that was changed is another one.
    const text = JSON.stringify(body);
    const idempotencyKey = key.for === text ? key.key : api.newIdempotencyKey();
    setKey({ for: text, key: idempotencyKey });
    setMade(await api.post('/api_tokens', body, { idempotencyKey }));
    onCreated();
  });
  if (made) return html`<${MadeToken} made=${made} onClose=${onClose} />`;
  const errors = fieldErrors(action.error);
  const set = (/** @type {keyof typeof draft} */ name) => (/** @type {unknown} */ value) => setDraft({ ...draft, [name]: value });
  return html`<${Dialog} title=${t('people.create_token')} onClose=${onClose}>
    <${Form} onSubmit=${action.run}>
      <${TextField} label=${t('people.name')} hint=${t('people.token_name_hint')} value=${draft.name} onInput=${set('name')} required=${true} autofocus=${true} error=${errors.name} />
      <${AccessFields} access=${draft.access} onInput=${set('access')} errors=${errors} />
      <${DurationField} label=${t('people.expires_in')} hint=${t('people.expires_in_hint')} value=${draft.secs} onInput=${set('secs')} min=${SHORTEST_SECS} max=${LONGEST_SECS} units=${['d', 'h']} error=${errors.expires_in} />
      <${Checkbox} label=${t('people.privileged')} hint=${t('people.privileged_hint')} checked=${draft.privileged} onInput=${set('privileged')} />
      <${ErrorBox} error=${action.error} />
      <${DialogActions}>
        <${Button} onClick=${onClose}>${t('common.cancel')}<//>
        <${Button} kind="primary" type="submit" busy=${action.busy} disabled=${!isComplete(draft.access)}>${t('common.create')}<//>
      <//>
    <//>
  <//>`;
}

/** @param {{made: {api_token: Api.ApiToken, token: string}, onClose: () => void}} props */
function MadeToken({ made, onClose }) {
  return html`<${Dialog} title=${t('people.token_made', { name: made.api_token.name })} onClose=${onClose}>
    <${Notice} tone="warning" title=${t('people.token_once')}>${t('people.token_once_hint')}<//>
    <${SecretField} label=${t('people.token_label')} value=${made.token} shown=${true} />
    <p>${t('people.token_use')}</p>
    <pre class="plain-code"><code>Authorization: Bearer tgt_…</code></pre>
    <${DialogActions}><${Button} kind="primary" onClick=${onClose}>${t('common.done')}<//><//>
  <//>`;
}
