// One user: what they may do, and what can be done about them.
import { html, useState } from '../vendor/preact.js';
import { Button, Confirm, ConfirmByName, Dialog, DialogActions, ErrorBox, Facts, Form, Time, toast } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useAction } from '../lib/loading.js';
import { fieldErrors } from '../lib/problem.js';
import { setQuery } from '../lib/router.js';
import { may } from '../lib/session.js';
import { AccessFields, AppsCell, accessOf, appIdsOf, isComplete } from './people_fields.js';
import { ReinviteUser } from './people_invite.js';
import { UserStatus } from './people_users.js';

/** @param {{user: Api.User, onClose: () => void, onChanged: () => void}} props */
export function UserDialog({ user, onClose, onChanged }) {
  const [open, setOpen] = useState(/** @type {'reinvite' | 'toggle' | 'delete' | null} */ (null));
  if (open === 'reinvite') return html`<${ReinviteUser} user=${user} onClose=${onClose} onInvited=${onChanged} />`;
  if (open === 'toggle') return html`<${Toggle} user=${user} onClose=${() => setOpen(null)} onChanged=${onChanged} />`;
  if (open === 'delete') return html`<${Remove} user=${user} onClose=${onClose} onChanged=${onChanged} />`;
  return html`<${Dialog} title=${user.name} onClose=${onClose}>
    <${Facts} rows=${[
    [t('people.status'), html`<${UserStatus} user=${user} />`],
    [t('people.apps'), html`<${AppsCell} ids=${user.app_ids} wrap=${true} />`],
    [t('people.signed_in'), html`<${Time} at=${user.signed_in_at} />`],
    [t('people.created'), html`<${Time} at=${user.created_at} exact=${true} />`],
    [t('people.id'), html`<code>${user.id}</code>`],
  ]} />
    <div class="row">
      <${Button} class="small" onClick=${() => { onClose(); setQuery({ tab: 'sessions', user: user.id }); }}>${t('people.see_sessions')}<//>
      ${may('invite_user') && html`<${Button} class="small" onClick=${() => setOpen('reinvite')}>${t('people.reinvite')}<//>`}
      ${may('update_user') && user.status !== 'invited' && html`<${Button} class="small" onClick=${() => setOpen('toggle')}>${t(user.status === 'disabled' ? 'people.enable' : 'people.disable')}<//>`}
      ${may('delete_user') && html`<${Button} class="small" kind="danger" onClick=${() => setOpen('delete')}>${t('common.delete')}<//>`}
    </div>
    ${may('update_user') && html`<${EditAccess} user=${user} onClose=${onClose} onChanged=${onChanged} />`}
  <//>`;
}

/** @param {Api.User} user @param {object} change */
const changeUser = (user, change) => api.patch(api.path`/users/${user.id}`, change, { ifMatch: `"${user.rev}"` });

/** @param {{user: Api.User, onClose: () => void, onChanged: () => void}} props */
function EditAccess({ user, onClose, onChanged }) {
  const [access, setAccess] = useState(() => accessOf(user));
  const action = useAction(async () => {
    await changeUser(user, { role: access.role, app_ids: appIdsOf(access) });
    toast(t('common.saved'));
    onChanged();
  });
  const unchanged = JSON.stringify(access) === JSON.stringify(accessOf(user));
  return html`<${Form} label=${t('people.may')} onSubmit=${async () => { if (await action.run()) onClose(); }}>
    <h3>${t('people.may')}</h3>
    <${AccessFields} access=${access} onInput=${setAccess} errors=${fieldErrors(action.error)} />
    <p class="hint">${t('people.change_hint')}</p>
    <${ErrorBox} error=${action.error} />
    <${DialogActions}>
      <${Button} onClick=${onClose}>${t('common.close')}<//>
      <${Button} kind="primary" type="submit" busy=${action.busy} disabled=${unchanged || !isComplete(access)}>${t('common.save')}<//>
    <//>
  <//>`;
}

/** @param {{user: Api.User, onClose: () => void, onChanged: () => void}} props */
function Toggle({ user, onClose, onChanged }) {
  const disabled = user.status === 'disabled';
  const change = async () => {
    await changeUser(user, { status: disabled ? 'active' : 'disabled' });
    toast(t('common.saved'));
    onChanged();
  };
  return html`<${Confirm} title=${t(disabled ? 'people.enable_title' : 'people.disable_title', { name: user.name })} act=${t(disabled ? 'people.enable' : 'people.disable')} kind=${disabled ? 'primary' : 'danger'} onConfirm=${change} onClose=${onClose}>
    <p>${t(disabled ? 'people.enable_lead' : 'people.disable_lead')}</p><//>`;
}

/** @param {{user: Api.User, onClose: () => void, onChanged: () => void}} props */
function Remove({ user, onClose, onChanged }) {
  const remove = async () => {
    await api.del(api.path`/users/${user.id}`, { ifMatch: `"${user.rev}"` });
    toast(t('common.deleted'));
    onChanged();
  };
  return html`<${ConfirmByName} title=${t('people.delete_title', { name: user.name })} name=${user.name} act=${t('common.delete')} onConfirm=${remove} onClose=${onClose}><p>${t('people.delete_lead')}</p><//>`;
}
