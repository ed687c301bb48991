// Who may use the console and the API: users, their sessions, tokens for programs, and what each role may do.
import { html } from '../vendor/preact.js';
import { PageHeader, Tabs } from '../components/index.js';
import { t } from '../lib/i18n.js';
import { setQuery } from '../lib/router.js';
import { RolesTab } from './people_roles.js';
import { SessionsTab } from './people_sessions.js';
import { TokensTab } from './people_tokens.js';
import { UsersTab } from './people_users.js';

const TABS = ['users', 'tokens', 'sessions', 'roles'];

/** The page itself. @param {{place: import('../lib/router.js').Place}} props */
export default function People({ place }) {
  const tab = TABS.find((each) => each === place.query.get('tab')) ?? 'users';
  const panel = { users: html`<${UsersTab} />`, tokens: html`<${TokensTab} />`, sessions: html`<${SessionsTab} userId=${place.query.get('user') ?? ''} />`, roles: html`<${RolesTab} />` }[tab];
  return html`<${PageHeader} title=${t('people.title')} lead=${t('people.lead')} />
    <${Tabs} label=${t('people.title')} active=${tab} onChange=${(/** @type {string} */ id) => setQuery({ tab: id === 'users' ? '' : id, user: '' })}
      tabs=${TABS.map((id) => ({ id, title: t(`people.${id}`) }))}>${panel}<//>`;
}
