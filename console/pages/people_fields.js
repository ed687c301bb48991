// What users and API tokens have in common: a role, and the apps that they are confined to.
import { html } from '../vendor/preact.js';
import { Badge, Checkbox, ListField, Select } from '../components/index.js';
import { t } from '../lib/i18n.js';

/** @type {Api.Role[]} */
export const ROLES = ['viewer', 'operator', 'owner'];

/** @typedef {{role: Api.Role, confined: boolean, apps: string[]}} Access */

/** @param {{role: Api.Role, app_ids: number[] | null}} [of] @returns {Access} */
export const accessOf = (of) => ({ role: of?.role ?? 'viewer', confined: Boolean(of?.app_ids), apps: (of?.app_ids ?? []).map(String) });

/** As the API takes it. @param {Access} access */
export const appIdsOf = (access) => (access.confined ? access.apps.map(Number) : null);

/** Whether every app is written as an AppId, and there is one. @param {Access} access */
export const isComplete = (access) => !access.confined || (access.apps.length > 0 && access.apps.every((each) => /^\d{1,10}$/.test(each)));

/** @param {{access: Access, onInput: (access: Access) => void, errors: Record<string, string>}} props */
export function AccessFields({ access, onInput, errors }) {
  const wrong = access.apps.find((each) => !/^\d{1,10}$/.test(each));
  return html`
    <${Select} label=${t('people.role')} hint=${t(`people.role.${access.role}.hint`)} value=${access.role} error=${errors.role} onInput=${(/** @type {Api.Role} */ role) => onInput({ ...access, role })}
      options=${ROLES.map((role) => ({ value: role, title: t(`role.${role}`) }))} />
    <${Checkbox} label=${t('people.confine')} hint=${t('people.confine_hint')} checked=${access.confined} onInput=${(/** @type {boolean} */ confined) => onInput({ ...access, confined })} />
    ${access.confined && html`<${ListField} label=${t('people.app_ids')} hint=${t('people.app_ids_hint')} value=${access.apps} onInput=${(/** @type {string[]} */ apps) => onInput({ ...access, apps })} mono=${true} required=${true} error=${wrong ? t('people.no_app_id', { text: wrong }) : errors.app_ids} />`}`;
}

/** @param {{ids: number[] | null, wrap?: boolean}} props */
export function AppsCell({ ids, wrap }) {
  if (ids === null) return html`<span class="muted">${t('people.all_apps')}</span>`;
  return html`<span class=${`tags ${wrap ? 'wrap' : ''}`} title=${ids.join(', ')}>${ids.map((id) => html`<${Badge} key=${id} tone="info"><a href=${`#/apps/${id}`}>${id}</a><//>`)}</span>`;
}
