// A new app: a name is enough; everything else has a default. Its ServerSecret is shown when it is made.
import { html, useState } from '../vendor/preact.js';
import { Button, Dialog, DialogActions, ErrorBox, Facts, Form, NumberField, SecretField, TextField } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useAction, useIdempotencyKey } from '../lib/loading.js';
import { fieldErrors } from '../lib/problem.js';
import { FeatureFields, IdentityFields, LimitFields, RequestFields, changes, defaultSettings } from './app_settings.js';

/** @param {{onClose: () => void, onCreated: () => void}} props */
export function CreateApp({ onClose, onCreated }) {
  const [made, setMade] = useState(/** @type {{app: Api.App, server_secret: string} | null} */ (null));
  if (made) return html`<${Made} made=${made} onClose=${onClose} />`;
  return html`<${CreateForm} onClose=${onClose}
    onMade=${(/** @type {any} */ answer) => { setMade(answer); onCreated(); }} />`;
}

/** @param {{onClose: () => void, onMade: (made: unknown) => void}} props */
function CreateForm({ onClose, onMade }) {
  const [draft, setDraft] = useState(defaultSettings);
  const [appId, setAppId] = useState(/** @type {number | null} */ (null));
  const [secret, setSecret] = useState('');
  const idempotencyKey = useIdempotencyKey();
  const action = useAction(async () => {
    const body = { ...changes({ ...defaultSettings(), features: [] }, draft), ...(appId === null ? {} : { app_id: appId }), ...(secret.trim() ? { secret: secret.trim() } : {}) };
    onMade(await api.post('/apps', body, { idempotencyKey: idempotencyKey(body) }));
  });
  const part = { draft, set: (/** @type {Partial<Api.Settings>} */ change) => setDraft((before) => ({ ...before, ...change })), errors: fieldErrors(action.error) };
  return html`<${Dialog} title=${t('apps.create')} onClose=${onClose} size="large">
    <${Form} onSubmit=${action.run}>
      <${IdentityFields} ...${part} fresh=${true} />
      <h3>${t('app.features')}</h3>
      <${FeatureFields} ...${part} />
      <details class="more"><summary>${t('app.limits')}</summary><div class="stack"><${LimitFields}
        ...${part} /></div></details>
      <details class="more"><summary>${t('app.requests_settings')}</summary><div class="stack"><${RequestFields}
        ...${part} /></div></details>
      <details class="more"><summary>${t('apps.existing')}</summary>
        <div class="fields">
          <${NumberField} label="AppId" hint=${t('apps.app_id_hint')} value=${appId} onInput=${setAppId} min=${1}
            max=${4294967295} error=${part.errors.app_id} />
          <${TextField} label="ServerSecret" hint=${t('apps.secret_hint')} value=${secret} onInput=${setSecret}
            mono=${true} maxlength=${32} error=${part.errors.secret} />
        </div>
      </details>
      <${ErrorBox} error=${action.error} />
      <${DialogActions}>
        <${Button} onClick=${onClose}>${t('common.cancel')}<//>
        <${Button} kind="primary" type="submit" busy=${action.busy}>${t('apps.create')}<//>
      <//>
    <//>
  <//>`;
}

/** @param {{made: {app: Api.App, server_secret: string}, onClose: () => void}} props */
function Made({ made, onClose }) {
  return html`<${Dialog} title=${t('apps.made', { name: made.app.name })} onClose=${onClose}>
    <p>${t('apps.made_lead')}</p>
    <${Facts} rows=${[
    ['AppId', html`<code>${made.app.app_id}</code>`],
    ['ServerSecret', html`<${SecretField} label="ServerSecret" value=${made.server_secret} />`],
  ]} />
    <${DialogActions}>
      <${Button} onClick=${onClose}>${t('common.close')}<//>
      <a class="button primary" href=${`#/apps/${made.app.app_id}?tab=integrate`}>${t('apps.integrate')}</a>
    <//>
  <//>`;
}
