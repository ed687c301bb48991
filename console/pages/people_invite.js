// A new user, or one who is invited again: in both cases a link, shown once.
import { html, useState } from '../vendor/preact.js';
import { Button, CopyButton, Dialog, DialogActions, ErrorBox, Facts, Form, Notice, TextField, Time } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useAction } from '../lib/loading.js';
import { fieldErrors } from '../lib/problem.js';
import { AccessFields, accessOf, appIdsOf, isComplete } from './people_fields.js';

/** @param {{onClose: () => void, onInvited: () => void}} props */
export function InviteUser({ onClose, onInvited }) {
  const [invitation, setInvitation] = useState(/** @type {Api.Invitation | null} */ (null));
  const [name, setName] = useState('');
  const [access, setAccess] = useState(accessOf());
  const [key, setKey] = useState({ for: '', key: '' });
  const action = useAction(async () => {
    const body = { name: name.trim(), role: access.role, app_ids: appIdsOf(access) };
    // The same form tried again must not make a second user; a form that was changed is another one.
    const text = JSON.stringify(body);
    const idempotencyKey = key.for === text ? key.key : api.newIdempotencyKey();
    setKey({ for: text, key: idempotencyKey });
    setInvitation(await api.post('/users', body, { idempotencyKey }));
    onInvited();
  });
  if (invitation) return html`<${InvitationLink} invitation=${invitation} onClose=${onClose} />`;
  const errors = fieldErrors(action.error);
  return html`<${Dialog} title=${t('people.invite')} onClose=${onClose}>
    <${Form} onSubmit=${action.run}>
      <${TextField} label=${t('people.name')} hint=${t('people.name_hint')} value=${name} onInput=${setName} required=${true} autofocus=${true} error=${errors.name} />
      <${AccessFields} access=${access} onInput=${setAccess} errors=${errors} />
      <${ErrorBox} error=${action.error} />
      <${DialogActions}>
        <${Button} onClick=${onClose}>${t('common.cancel')}<//>
        <${Button} kind="primary" type="submit" busy=${action.busy} disabled=${!isComplete(access)}>${t('people.invite')}<//>
      <//>
    <//>
  <//>`;
}

/** @param {{user: Api.User, onClose: () => void, onInvited: () => void}} props */
export function ReinviteUser({ user, onClose, onInvited }) {
  const [invitation, setInvitation] = useState(/** @type {Api.Invitation | null} */ (null));
  const action = useAction(async () => {
    setInvitation(await api.post(api.path`/users/${user.id}/invitation`));
    onInvited();
  });
  if (invitation) return html`<${InvitationLink} invitation=${invitation} onClose=${onClose} />`;
  return html`<${Dialog} title=${t('people.reinvite_title', { name: user.name })} onClose=${onClose} size="small">
    <${Form} onSubmit=${action.run}>
      <p>${t(user.status === 'invited' ? 'people.reinvite_lead_invited' : 'people.reinvite_lead')}</p>
      <${ErrorBox} error=${action.error} />
      <${DialogActions}>
        <${Button} onClick=${onClose}>${t('common.cancel')}<//>
        <${Button} kind="primary" type="submit" busy=${action.busy}>${t('people.reinvite')}<//>
      <//>
    <//>
  <//>`;
}

/** @param {{invitation: Api.Invitation, onClose: () => void}} props */
function InvitationLink({ invitation, onClose }) {
  const link = new URL(invitation.invitation_path, location.origin).href;
  return html`<${Dialog} title=${t('people.invited', { name: invitation.user.name })} onClose=${onClose}>
    <${Notice} tone="warning" title=${t('people.once')}>${t('people.once_hint')}<//>
    <div class="code-line"><code>${link}</code><${CopyButton} text=${link} what=${t('people.link')} kind="secondary" /></div>
    <${Facts} rows=${[[t('people.link_ends'), html`<${Time} at=${invitation.expires_at} />`]]} />
    <${DialogActions}><${Button} kind="primary" onClick=${onClose}>${t('common.done')}<//><//>
  <//>`;
}
