// The caller's own account: password, and where they are signed in.
import { html, useState } from '../vendor/preact.js';
import { Badge, Button, Card, Confirm, DataTable, ErrorBox, Form, PageHeader, Tabs, TextField, Time, toast } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useAction, useList } from '../lib/loading.js';
import { fieldErrors } from '../lib/problem.js';
import { setQuery } from '../lib/router.js';
import { begin, session } from '../lib/session.js';
import { useStore } from '../lib/store.js';

/** The page itself. @param {{place: import('../lib/router.js').Place}} props */
export default function Account({ place }) {
  const who = useStore(session);
  const tab = place.query.get('tab') === 'sessions' ? 'sessions' : 'password';
  return html`<${PageHeader} title=${t('account.title')}
    lead=${who?.user && t('account.lead', { name: who.user.name, role: t(`role.${who.role}`) })} />
    <${Tabs} label=${t('account.title')} active=${tab} onChange=${(/** @type {string} */ id) => setQuery({ tab: id })}
      tabs=${[{ id: 'password', title: t('account.password') }, { id: 'sessions', title: t('account.sessions') }]}>
      ${tab === 'sessions' ? html`<${Sessions} />` : html`<${Password} />`}
    <//>`;
}

function Password() {
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const action = useAction(async () => {
    await api.put('/session/password', { new_password: password });
    setPassword('');
    setAgain('');
    toast(t('account.password_changed'));
    await begin();
  });
  const errors = fieldErrors(action.error);
  const differs = again !== '' && again !== password;
  return html`<${Card} title=${t('account.password')} hint=${t('account.password_lead')}>
    <${Form} class="narrow-form" onSubmit=${() => { if (again === password) action.run(); }}>
      <${TextField} label=${t('account.new_password')} hint=${t('enroll.password_hint')} type="password"
        autocomplete="new-password" value=${password} onInput=${setPassword} required=${true}
        error=${errors.new_password ?? errors.password} />
      <${TextField} label=${t('enroll.again')} type="password" autocomplete="new-password" value=${again}
        onInput=${setAgain} required=${true} error=${differs ? t('enroll.differs') : undefined} />
      <${ErrorBox} error=${action.error} />
      <div><${Button} kind="primary" type="submit" busy=${action.busy}
        disabled=${!password || again !== password}>${t('account.password')}<//></div>
    <//>
  <//>`;
}

function Sessions() {
  const list = useList((_, signal) => api.get('/sessions', {}, signal), []);
  const [ending, setEnding] = useState(/** @type {Api.SessionRow | null} */ (null));
  const end = async () => {
    if (!ending) return;
    await api.del(api.path`/sessions/${ending.id}`);
    list.reload();
    toast(t('account.ended'));
  };
  /** @type {import('../components/table.js').Column<Api.SessionRow>[]} */
  const columns = [
    { key: 'client', title: t('account.client'), render: (row) => html`${row.current && html`<${Badge} tone="good">${t('account.this_one')}<//> `}${row.client || t('common.none')}` },
    { key: 'network', title: t('account.network'), width: '10rem', wide: true, render: (row) => row.network },
    { key: 'last_used_at', title: t('account.last_used'), width: '9rem', wide: true, render: (row) => html`<${Time}
      at=${row.last_used_at} />` },
    { key: 'created_at', title: t('account.since'), width: '9rem', wide: true, render: (row) => html`<${Time}
      at=${row.created_at} />` },
    { key: 'end', title: t('account.act'), width: '5.5rem', render: (row) => !row.current && html`<${Button}
      class="small" onClick=${() => setEnding(row)}>${t('account.end')}<//>` },
  ];
  return html`<${Card} title=${t('account.sessions')} hint=${t('account.sessions_lead')}>
    <${DataTable} label=${t('account.sessions')} columns=${columns} rows=${list.items}
      rowKey=${(/** @type {Api.SessionRow} */ row) => row.id} loading=${list.loading} error=${list.error}
      retry=${list.reload} onEnd=${list.loadMore} />
    ${ending && html`<${Confirm} title=${t('account.end_title')} act=${t('account.end')} kind="danger" onConfirm=${end}
      onClose=${() => setEnding(null)}><p>${t('account.end_lead', { client: ending.client, network: ending.network })}</p><//>`}
  <//>`;
}
