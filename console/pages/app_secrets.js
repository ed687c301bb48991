// An app's ServerSecrets: which are in force, when each was last used; reveal, rotate, revoke.
import { html, useState } from '../vendor/preact.js';
import { Badge, Button, Card, ConfirmByName, DataTable, Dialog, DialogActions, DurationField, ErrorBox, Form, Notice, SecretField, TextField, Time, toast } from '../components/index.js';
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
  return html`<${Card} title=${t('app.secrets')} hint=${t('app.secrets_hint')} actions=${may('rotate_secret') && html`<${Button} kind="primary" onClick=${() => setRotating(true)}>${t('app.rotate')}<//>`}>
    ${(list.data ?? []).some((secret) => !secret.opens) && html`<${Notice} tone="bad" title=${t('app.sealed')}>${t('app.sealed_next')}<//>`}
    <${DataTable} label=${t('app.secrets')} columns=${columns(app, setRevoking)} rows=${list.data ?? []} rowKey=${(/** @type {Api.Secret} */ secret) => secret.generation} rowHeight=${52} loading=${list.loading && !list.data} error=${list.error} retry=${list.reload} />
    ${rotating && html`<${Rotate} app=${app} onClose=${() => setRotating(false)} onDone=${reload} />`}
    ${revoking && html`<${ConfirmByName} title=${t('app.revoke_title', { generation: String(revoking.generation) })} name=${app.name} act=${t('app.revoke')} onConfirm=${revoke} onClose=${() => setRevoking(null)}>
      <p>${t('app.revoke_lead')}</p><p>${revoking.last_used_at ? html`${t('app.last_used')}: <${Time} at=${revoking.last_used_at} />` : t('app.never_used')}</p><//>`}
  <//>`;
}

/** @param {Api.AppDetail} app @param {(secret: Api.Secret) => void} onRevoke @returns {import('../components/table.js').Column<Api.Secret>[]} */
function columns(app, onRevoke) {
  const tones = /** @type {const} */ ({ active: 'good', retiring: 'warning', revoked: 'neutral' });
  return [
    { key: 'generation', title: t('app.generation'), width: '6.5rem', render: (secret) => String(secret.generation) },
    { key: 'state', title: t('apps.status'), width: '13rem', render: (secret) => html`<${Badge} tone=${tones[secret.state]}>${t(`app.secret.${secret.state}`)}<//> ${secret.state === 'retiring' && secret.until && html`<span class="hint">${t('app.until')} <${Time} at=${secret.until} /></span>`}` },
    { key: 'secret', title: 'ServerSecret', render: (secret) => secret.state === 'revoked' || !secret.opens ? html`<span class="muted">–</span>` : html`<${Reveal} app=${app} secret=${secret} />` },
    { key: 'created_at', title: t('app.made'), width: '8rem', wide: true, render: (secret) => html`<${Time} at=${secret.created_at} />` },
    { key: 'last_used_at', title: t('app.last_used'), width: '8rem', wide: true, render: (secret) => html`<${Time} at=${secret.last_used_at} />` },
    { key: 'act', title: t('app.act'), width: '6.5rem', render: (secret) => secret.state === 'retiring' && may('revoke_secret') && html`<${Button} class="small" onClick=${() => onRevoke(secret)}>${t('app.revoke')}<//>` },
  ];
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
  return html`<${SecretField} label=${t('app.secret_of', { generation: String(secret.generation) })} reveal=${may('reveal_secret') ? reveal : undefined} /><${ErrorBox} error=${error} />`;
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
      <${DurationField} label=${t('app.overlap')} hint=${t('app.overlap_hint')} value=${overlap} onInput=${setOverlap} min=${0} max=${30 * DAY} units=${['d', 'h']} error=${errors.overlap} />
      ${overlap === 0 && html`<${Notice} tone="bad">${t('app.no_overlap')}<//>`}
      <details class="more"><summary>${t('app.own_secret')}</summary><${TextField} label="ServerSecret" hint=${t('apps.secret_hint')} value=${secret} onInput=${setSecret} mono=${true} maxlength=${32} error=${errors.secret} /></details>
      <${ErrorBox} error=${action.error} />
      <${DialogActions}><${Button} onClick=${onClose}>${t('common.cancel')}<//><${Button} kind=${overlap === 0 ? 'danger' : 'primary'} type="submit" busy=${action.busy}>${t('app.rotate')}<//><//>
    <//>
  <//>`;
}
