// All users of the console and the API.
import { html, useState } from '../vendor/preact.js';
import { Badge, Button, DataTable, EmptyState, Time } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useList } from '../lib/loading.js';
import { may, session } from '../lib/session.js';
import { AppsCell } from './people_fields.js';
import { InviteUser } from './people_invite.js';
import { UserDialog } from './people_user.js';

/** The tab itself. */
export function UsersTab() {
  const list = useList((cursor, signal) => api.get('/users', { cursor, limit: 100 }, signal), []);
  const [inviting, setInviting] = useState(false);
  const [shown, setShown] = useState(/** @type {Api.User | null} */ (null));
  const invite = may('create_user') && html`<${Button} kind="primary" onClick=${() => setInviting(true)}>${t('people.invite')}<//>`;
  return html`<section class="card flush">
      <div class="card-header"><div><h2>${t('people.users')}</h2><p class="hint">${t('people.users_hint')}</p></div><div class="actions">${invite}</div></div>
      <${DataTable} label=${t('people.users')} columns=${columns(setShown)} rows=${list.items} rowKey=${(/** @type {Api.User} */ row) => row.id} onRow=${setShown}
        loading=${list.loading} error=${list.error} retry=${list.reload} onEnd=${list.loadMore} empty=${html`<${EmptyState} title=${t('people.no_users')} action=${invite} />`} />
    </section>
    ${inviting && html`<${InviteUser} onClose=${() => setInviting(false)} onInvited=${list.reload} />`}
    ${shown && html`<${UserDialog} user=${shown} onClose=${() => setShown(null)} onChanged=${list.reload} />`}`;
}

/** @param {(user: Api.User) => void} show @returns {import('../components/table.js').Column<Api.User>[]} */
function columns(show) {
  const own = session.get()?.user?.id;
  return [
    { key: 'name', title: t('people.name'), render: (row) => html`<button type="button" class="link" onClick=${() => show(row)}>${row.name}</button> ${row.id === own && html`<${Badge} tone="info">${t('people.you')}<//>`}` },
    { key: 'role', title: t('people.role'), width: '6.5rem', render: (row) => t(`role.${row.role}`) },
    { key: 'apps', title: t('people.apps'), wide: true, render: (row) => html`<${AppsCell} ids=${row.app_ids} />` },
    { key: 'status', title: t('people.status'), width: '6.5rem', render: (row) => html`<${UserStatus} user=${row} />` },
    { key: 'signed_in_at', title: t('people.signed_in'), width: '9.5rem', wide: true, render: (row) => html`<${Time} at=${row.signed_in_at} />` },
  ];
}

/** @param {{user: Api.User}} props */
export function UserStatus({ user }) {
  return html`<${Badge} tone=${{ active: 'good', invited: 'info', disabled: 'neutral' }[user.status]}>${t(`people.status.${user.status}`)}<//>`;
}
