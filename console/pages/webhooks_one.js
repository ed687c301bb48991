// One webhook: what it is told, whether it works, and what can be done with it.
import { html, useState } from '../vendor/preact.js';
import { Badge, Button, Card, Confirm, ConfirmByName, ErrorBox, Facts, PageHeader, Skeleton, Time, toast } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useAction, useLoad } from '../lib/loading.js';
import { navigate } from '../lib/router.js';
import { may } from '../lib/session.js';
import { Deliveries } from './webhooks_deliveries.js';
import { Events } from './webhooks_events.js';
import { EditWebhook, changeWebhook } from './webhooks_form.js';
import { Receiver } from './webhooks_receiver.js';

/** @param {{id: string}} props */
export function OneWebhook({ id }) {
  const loaded = useLoad((signal) => api.get(api.path`/webhooks/${id}`, {}, signal), [id]);
  const back = { href: '/webhooks', title: t('webhooks.title') };
  if (!loaded.data) return html`<${PageHeader} title=${t('webhooks.one')} back=${back} />${loaded.error ? html`<${ErrorBox} error=${loaded.error} retry=${loaded.reload} />` : html`<${Skeleton} />`}`;
  return html`<${Loaded} webhook=${loaded.data} onChanged=${loaded.setData} reload=${loaded.reload} back=${back} />`;
}

/** @param {{webhook: Api.Webhook, onChanged: (webhook: Api.Webhook) => void, reload: () => void, back: {href: string, title: string}}} props */
function Loaded({ webhook, onChanged, reload, back }) {
  const [open, setOpen] = useState(/** @type {'edit' | 'toggle' | 'delete' | null} */ (null));
  const [round, setRound] = useState(0);
  const test = useAction(async () => {
    await api.post(api.path`/webhooks/${webhook.id}/test`);
    toast(t('webhooks.tested'));
    setRound(round + 1);
  });
  const close = () => { setOpen(null); reload(); };
  const name = hostOf(webhook.url);
  const remove = async () => {
    await api.del(api.path`/webhooks/${webhook.id}`, { ifMatch: `"${webhook.rev}"` });
    toast(t('common.deleted'));
    navigate('/webhooks');
  };
  return html`<${PageHeader} title=${name} back=${back} actions=${html`
      ${may('test_webhook') && html`<${Button} kind="primary" busy=${test.busy} onClick=${test.run}>${t('webhooks.test')}<//>`}
      ${may('update_webhook') && html`<${Button} onClick=${() => setOpen('edit')}>${t('common.edit')}<//>
        <${Button} onClick=${() => setOpen('toggle')}>${t(webhook.enabled ? 'webhooks.disable' : 'webhooks.enable')}<//>`}
      ${may('delete_webhook') && html`<${Button} kind="danger" onClick=${() => setOpen('delete')}>${t('common.delete')}<//>`}`} />
    <${ErrorBox} error=${test.error} />
    <${Card}><${Facts} rows=${[
    [t('webhooks.state'), html`<${Enabled} webhook=${webhook} />`],
    [t('webhooks.url'), html`<code>${webhook.url}</code>`],
    [t('webhooks.events'), html`<${Events} events=${webhook.events} wrap=${true} />`],
    [t('webhooks.note'), webhook.note || t('common.none')],
    [t('webhooks.id'), html`<code>${webhook.id}</code>`],
    [t('webhooks.changed'), html`<${Time} at=${webhook.updated_at} />`],
  ]} /><//>
    <${Deliveries} webhook=${webhook} round=${round} />
    <${Card} title=${t('webhooks.receiver')}><${Receiver} /><//>
    ${open === 'edit' && html`<${EditWebhook} webhook=${webhook} onClose=${close} onSaved=${onChanged} />`}
    ${open === 'toggle' && html`<${Confirm} title=${t(webhook.enabled ? 'webhooks.disable_title' : 'webhooks.enable_title')} act=${t(webhook.enabled ? 'webhooks.disable' : 'webhooks.enable')} onClose=${close}
      onConfirm=${async () => onChanged(await changeWebhook(webhook, { enabled: !webhook.enabled }))}><p>${t(webhook.enabled ? 'webhooks.disable_lead' : 'webhooks.enable_lead')}</p><//>`}
    ${open === 'delete' && html`<${ConfirmByName} title=${t('webhooks.delete_title')} name=${name} act=${t('common.delete')} onConfirm=${remove} onClose=${() => setOpen(null)}><p>${t('webhooks.delete_lead')}</p><//>`}`;
}

/** @param {{webhook: Api.Webhook}} props */
export function Enabled({ webhook }) {
  return html`<${Badge} tone=${webhook.enabled ? 'good' : 'neutral'}>${t(webhook.enabled ? 'webhooks.on' : 'webhooks.off')}<//>`;
}

/** What a webhook is called: its receiver. @param {string} url */
export function hostOf(url) {
  try {
    return new URL(url).host || url;
  } catch {
    return url;
  }
}
