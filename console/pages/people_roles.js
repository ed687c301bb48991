// What each role may do, in one table. The API decides; a test of the server holds each cell of it.
import { html } from '../vendor/preact.js';
import { Card } from '../components/index.js';
import { t } from '../lib/i18n.js';
import { ROLES } from './people_fields.js';

/** What may be done, by the least role that may; `fresh`: only with a fresh code. @type {{act: string, from: Api.Role, fresh?: boolean}[]} */
const ACTS = [
  { act: 'see', from: 'viewer' },
  { act: 'tools', from: 'viewer' },
  { act: 'apps', from: 'operator' },
  { act: 'suspend', from: 'operator' },
  { act: 'mint', from: 'operator' },
  { act: 'secrets', from: 'operator', fresh: true },
  { act: 'delete_app', from: 'operator', fresh: true },
  { act: 'deliveries', from: 'operator' },
  { act: 'webhooks', from: 'owner', fresh: true },
  { act: 'keys', from: 'owner', fresh: true },
  { act: 'people', from: 'owner', fresh: true },
];

/** The tab itself. */
export function RolesTab() {
  return html`<${Card} title=${t('people.roles')} hint=${t('people.roles_hint')}>
    <div class="table-scroll" tabindex="0" role="region" aria-label=${t('people.roles')}><table class="table roles">
      <thead><tr><th scope="col">${t('people.act')}</th>${ROLES.map((role) => html`<th scope="col" key=${role}>${t(`role.${role}`)}</th>`)}</tr></thead>
      <tbody>${ACTS.map((each) => html`<tr key=${each.act}><th scope="row">${t(`people.act.${each.act}`)}${each.fresh && html`<span class="hint"> · ${t('people.fresh')}</span>`}</th>
        ${ROLES.map((role) => html`<td key=${role}><${Mark} yes=${ROLES.indexOf(role) >= ROLES.indexOf(each.from)} /></td>`)}</tr>`)}</tbody>
    </table></div>
    <div class="stack readable"><p>${t('people.roles_confined')}</p><p>${t('people.roles_fresh')}</p></div>
  <//>`;
}

/** @param {{yes: boolean}} props */
function Mark({ yes }) {
  return html`<span class=${yes ? 'yes' : 'muted'} aria-hidden="true">${yes ? '✓' : '–'}</span><span class="visually-hidden">${t(yes ? 'common.yes' : 'common.no')}</span>`;
}
