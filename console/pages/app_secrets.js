// An app's ServerSecrets: which are in force, when each was last used; reveal, rotate, revoke.
import { html, useState } from '../vendor/preact.js';
import { Badge, Button, Card, ConfirmByName, Dialog, DialogActions, DurationField, ErrorBox, Form, Notice, SecretField, Skeleton, TextField, Time, toast } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useAction, useIdempotencyKey, useLoad } from '../lib/loading.js';
import { fieldErrors } from '../lib/problem.js';
import { may } from '../lib/session.js';

const DAY = 86_400;

/** @param {import('./app.js').Loaded} loaded */
export function AppSecrets({ app, reload: reloadApp }) {
  const list = useLoad(async (signal) => /** @type {Api.Secret[]} */ ((await api.get(api.path`/apps/${app.app_id}/secrets`, {}, signal)).items), [app.app_id]);
  const [rotating, setRotating] = useState(false);
  const [revoking, setRevoking] = useState(/** @type {Api.Secret | null} */ (null));
  const reload = () => { list.reload(); reloadApp(); };
  const revoke = async () => {
    if (!revoking) return;
    await api.post(api.path`/apps/${app.app_id}/secrets/${revoking.generation}/revoke`);
    toast(t('app.revoked'));
    reload();
  };
  return html`<${Card} title=${t('app.secrets')} hint=${t('app.secrets_hint')}
    actions=${may('rotate_secret') && html`<${Button} kind="primary"
      onClick=${() => setRotating(true)}>${t('app.rotate')}<//>`}>
    ${(list.data ?? []).some((secret) => !secret.opens) && html`<${Notice} tone="bad"
      title=${t('app.sealed')}>${t('app.sealed_next')}<//>`}
    <${ErrorBox} error=${list.error} retry=${list.reload} />
    ${!list.data && !list.error && html`<${Skeleton} lines=${3} />`}
    <ul class="secret-list">${(list.data ?? []).map((secret) => html`
      <${Row} key=${secret.generation} app=${app} secret=${secret} onRevoke=${setRevoking} />`)}</ul>
    ${rotating && html`<${Rotate} app=${app} onClose=${() => setRotating(false)} onDone=${reload} />`}
    ${revoking && html`<${ConfirmByName} title=${t('app.revoke_title', { generation: String(revoking.generation) })}
      name=${app.name} act=${t('app.revoke')} onConfirm=${revoke} onClose=${() => setRevoking(null)}>
      <p>${t('app.revoke_lead')}</p><p>${revoking.last_used_at ? html`${t('app.last_used')}: <${Time}
        at=${revoking.last_used_at} />` : t('app.never_used')}</p><//>`}
  <//>`;
}

const TONES = /** @type {const} */ ({ active: 'good', retiring: 'warning', revoked: 'neutral' });

/** @param {{app: Api.AppDetail, secret: Api.Secret, onRevoke: (secret: Api.Secret) => void}} props */
function Row({ app, secret, onRevoke }) {
  return html`<li>
    <div class="row spread">
      <div class="row"><h3>${t('app.generation', { generation: String(secret.generation) })}</h3>
        <${Badge} tone=${TONES[secret.state]}>${t(`app.secret.${secret.state}`)}<//>
        ${secret.state === 'retiring' && secret.until && html`<span class="hint">${t('app.until')} <${Time}
          at=${secret.until} /></span>`}</div>
      ${secret.state === 'retiring' && may('revoke_secret') && html`<${Button} class="small"
        onClick=${() => onRevoke(secret)}>${t('app.revoke')}<//>`}
    </div>
    ${secret.state !== 'revoked' && secret.opens && html`<${Reveal} app=${app} secret=${secret} />`}
    <p class="hint">${t('app.made')}: <${Time} at=${secret.created_at} /> · ${t('app.last_used')}: <${Time}
      at=${secret.last_used_at} /></p>
  </li>`;
}

/** @param {{app: Api.AppDetail, secret: Api.Secret}} props */
function Reveal({ app, secret }) {
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const reveal = async () => {
    setError(null);
    try {
      return (await api.post(api.path`/apps/${app.app_id}/secrets/${secret.generation}/reveal`)).server_secret;
    } catch (caught) {
      setError(caught);
      throw caught;
    }
  };
  return html`<${SecretField} label=${t('app.secret_of', { generation: String(secret.generation) })}
    reveal=${may('reveal_secret') ? reveal : undefined} /><${ErrorBox} error=${error} />`;
}

/** @param {{app: Api.AppDetail, onClose: () => void, onDone: () => void}} props */
function Rotate({ app, onClose, onDone }) {
  const [overlap, setOverlap] = useState(DAY);
  const [secret, setSecret] = useState('');
  const idempotencyKey = useIdempotencyKey();
  const [made, setMade] = useState(/** @type {{secret: Api.Secret, server_secret: string} | null} */ (null));
  const action = useAction(async () => {
    const body = { overlap, ...(secret.trim() ? { secret: secret.trim() } : {}) };
    setMade(await api.post(api.path`/apps/${app.app_id}/secrets`, body, { idempotencyKey: idempotencyKey(body) }));
    onDone();
  });
  const errors = fieldErrors(action.error);
  if (made) return html`<${Dialog} title=${t('app.rotated')} onClose=${onClose}>
    <p>${t('app.rotated_lead')}</p>
    <${SecretField} label="ServerSecret" value=${made.server_secret} />
    <${DialogActions}><${Button} kind="primary" onClick=${onClose}>${t('common.done')}<//><//>
  <//>`;
  return html`<${Dialog} title=${t('app.rotate')} onClose=${onClose}>
    <${Form} onSubmit=${action.run}>
      <p>${t('app.rotate_lead')}</p>
      <${DurationField} label=${t('app.overlap')} hint=${t('app.overlap_hint')} value=${overlap} onInput=${setOverlap}
        min=${0} max=${30 * DAY} units=${['d', 'h']} error=${errors.overlap} />
      ${overlap === 0 && html`<${Notice} tone="bad">${t('app.no_overlap')}<//>`}
      <details class="more"><summary>${t('app.own_secret')}</summary><${TextField} label="ServerSecret"
        hint=${t('apps.secret_hint')} value=${secret} onInput=${setSecret} mono=${true} maxlength=${32}
        error=${errors.secret} /></details>
      <${ErrorBox} error=${action.error} />
      <${DialogActions}><${Button} onClick=${onClose}>${t('common.cancel')}<//><${Button}
        kind=${overlap === 0 ? 'danger' : 'primary'} type="submit" busy=${action.busy}>${t('app.rotate')}<//><//>
    <//>
  <//>`;
}
