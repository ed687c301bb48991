// Where somebody is signed in: oneself, or any user.
import { html, useState } from '../vendor/preact.js';
import { Badge, Button, Confirm, DataTable, EmptyState, Select, Time, toast } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useList, useLoad } from '../lib/loading.js';
import { setQuery } from '../lib/router.js';
import { session } from '../lib/session.js';

/** @param {{userId: string}} props empty: one's own */
export function SessionsTab({ userId }) {
  const own = session.get()?.user?.id ?? '';
  const whose = userId || own;
  const users = useLoad((signal) => api.get('/users', { limit: 200 }, signal), []);
  const list = useList((_, signal) => api.get('/sessions', { user_id: whose === own ? '' : whose }, signal), [whose]);
  const [ending, setEnding] = useState(/** @type {Api.SessionRow | null} */ (null));
  const end = async () => {
    if (!ending) return;
    await api.del(api.path`/sessions/${ending.id}`);
    toast(t('account.ended'));
    list.reload();
  };
  const options = /** @type {Api.User[]} */ (users.data?.items ?? []).map((user) => ({ value: user.id, title: user.id === own ? t('people.me', { name: user.name }) : user.name }));
  return html`<section class="card flush">
      <div class="card-header"><div><h2>${t('people.sessions')}</h2><p class="hint">${t('people.sessions_hint')}</p></div>
        <div class="filters"><${Select} label=${t('people.whose')} value=${whose} options=${options} onInput=${(/** @type {string} */ user) => setQuery({ user })} /></div></div>
      <${DataTable} label=${t('people.sessions')} columns=${columns(setEnding)} rows=${list.items} rowKey=${(/** @type {Api.SessionRow} */ row) => row.id}
        loading=${list.loading} error=${list.error} retry=${list.reload} onEnd=${list.loadMore} empty=${html`<${EmptyState} title=${t('people.no_sessions')} hint=${t('people.no_sessions_hint')} />`} />
    </section>
    ${ending && html`<${Confirm} title=${t('account.end_title')} act=${t('account.end')} kind="danger" onConfirm=${end} onClose=${() => setEnding(null)}><p>${t('account.end_lead', { client: ending.client || t('people.some_browser'), network: ending.network })}</p><//>`}`;
}

/** @param {(row: Api.SessionRow) => void} end @returns {import('../components/table.js').Column<Api.SessionRow>[]} */
function columns(end) {
  return [
    { key: 'client', title: t('account.client'), render: (row) => html`<span title=${row.client}>${row.client || t('common.none')}</span> ${row.current && html`<${Badge} tone="good">${t('account.this_one')}<//>`}` },
    { key: 'network', title: t('account.network'), width: '10rem', wide: true, render: (row) => row.network },
    { key: 'last_used_at', title: t('account.last_used'), width: '8.5rem', render: (row) => html`<${Time} at=${row.last_used_at} />` },
    { key: 'created_at', title: t('account.since'), width: '9.5rem', wide: true, render: (row) => html`<${Time} at=${row.created_at} />` },
    { key: 'expires_at', title: t('people.ends'), width: '9rem', wide: true, render: (row) => html`<${Time} at=${row.expires_at} />` },
    { key: 'end', title: t('account.act'), width: '5.25rem', render: (row) => !row.current && html`<${Button} class="small" onClick=${() => end(row)}>${t('account.end')}<//>` },
  ];
}
