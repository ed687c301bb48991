// A new webhook, whose secret is shown once; and changing one.
import { html, useState } from '../vendor/preact.js';
import { Button, Checkbox, Dialog, DialogActions, ErrorBox, Form, Notice, SecretField, TextField, toast } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useAction } from '../lib/loading.js';
import { fieldErrors } from '../lib/problem.js';
import { EventPicker } from './webhooks_events.js';
import { Receiver } from './webhooks_receiver.js';

/** @typedef {{url: string, events: string[], note: string, enabled: boolean}} Draft */

/** @param {{onClose: () => void, onCreated: () => void}} props */
export function CreateWebhook({ onClose, onCreated }) {
  const [made, setMade] = useState(/** @type {{webhook: Api.Webhook, secret: string} | null} */ (null));
  const [draft, setDraft] = useState(/** @type {Draft} */ ({ url: '', events: ['app.*'], note: '', enabled: true }));
  const [key, setKey] = useState({ for: '', key: '' });
  const action = useAction(async () => {
    // The same form tried again must not make a second webhook; a form that was changed is another one.
    const text = JSON.stringify(draft);
    const idempotencyKey = key.for === text ? key.key : api.newIdempotencyKey();
    setKey({ for: text, key: idempotencyKey });
    setMade(await api.post('/webhooks', draft, { idempotencyKey }));
    onCreated();
  });
  if (made) return html`<${Made} made=${made} onClose=${onClose} />`;
  return html`<${WebhookForm} title=${t('webhooks.create')} act=${t('common.create')} draft=${draft} setDraft=${setDraft} action=${action} onSubmit=${action.run} onClose=${onClose} />`;
}

/** @param {{webhook: Api.Webhook, onClose: () => void, onSaved: (webhook: Api.Webhook) => void}} props */
export function EditWebhook({ webhook, onClose, onSaved }) {
  const [draft, setDraft] = useState(/** @type {Draft} */ ({ url: webhook.url, events: webhook.events, note: webhook.note, enabled: webhook.enabled }));
  const action = useAction(async () => {
    onSaved(await changeWebhook(webhook, draft));
    toast(t('common.saved'));
  });
  const submit = async () => { if (await action.run()) onClose(); };
  return html`<${WebhookForm} title=${t('webhooks.edit')} act=${t('common.save')} draft=${draft} setDraft=${setDraft} action=${action} onSubmit=${submit} onClose=${onClose} />`;
}

/** @param {Api.Webhook} webhook @param {Partial<Draft>} change @returns {Promise<Api.Webhook>} */
export const changeWebhook = (webhook, change) => api.patch(api.path`/webhooks/${webhook.id}`, change, { ifMatch: `"${webhook.rev}"` });

/** @param {{title: string, act: string, draft: Draft, setDraft: (draft: Draft) => void, action: {busy: boolean, error: unknown}, onSubmit: () => void, onClose: () => void}} props */
function WebhookForm({ title, act, draft, setDraft, action, onSubmit, onClose }) {
  const errors = fieldErrors(action.error);
  const set = (/** @type {keyof Draft} */ name) => (/** @type {unknown} */ value) => setDraft({ ...draft, [name]: value });
  return html`<${Dialog} title=${title} onClose=${onClose} size="large">
    <${Form} onSubmit=${onSubmit}>
      <${TextField} label=${t('webhooks.url')} hint=${t('webhooks.url_hint')} type="url" value=${draft.url} onInput=${set('url')} required=${true} autofocus=${true} mono=${true} placeholder="https://" error=${errors.url} />
      <${EventPicker} value=${draft.events} onInput=${set('events')} error=${errors.events} />
      <${TextField} label=${t('webhooks.note')} hint=${t('webhooks.note_hint')} value=${draft.note} onInput=${set('note')} error=${errors.note} />
      <${Checkbox} label=${t('webhooks.enabled')} hint=${t('webhooks.enabled_hint')} checked=${draft.enabled} onInput=${set('enabled')} />
      <${ErrorBox} error=${action.error} />
      <${DialogActions}>
        <${Button} onClick=${onClose}>${t('common.cancel')}<//>
        <${Button} kind="primary" type="submit" busy=${action.busy} disabled=${draft.events.length === 0}>${act}<//>
      <//>
    <//>
  <//>`;
}

/** @param {{made: {webhook: Api.Webhook, secret: string}, onClose: () => void}} props */
function Made({ made, onClose }) {
  return html`<${Dialog} title=${t('webhooks.made')} onClose=${onClose} size="large">
    <${Notice} tone="warning" title=${t('webhooks.once')}>${t('webhooks.once_hint')}<//>
    <${SecretField} label=${t('webhooks.secret')} value=${made.secret} shown=${true} />
    <h3>${t('webhooks.receiver')}</h3>
    <${Receiver} />
    <${DialogActions}>
      <a class="button" href=${`#/webhooks?id=${encodeURIComponent(made.webhook.id)}`} onClick=${onClose}>${t('webhooks.to_test')}</a>
      <${Button} kind="primary" onClick=${onClose}>${t('common.done')}<//>
    <//>
  <//>`;
}
