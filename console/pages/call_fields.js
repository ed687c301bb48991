// Whose request it is: the app, found by name or AppId, and its ServerSecret.
import { html, useEffect, useState } from '../vendor/preact.js';
import { Button, ErrorBox, Field } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useAction, useLoad, useSettled } from '../lib/loading.js';
import { may } from '../lib/session.js';

const SUGGESTIONS = 20;
const SECRET_CHARS = 32;
const APP_SIGN_CHARS = 64;
const SHOWN_FOR_SECS = 30;

/** An AppId; what is typed also finds apps by name. @param {{value: string, onInput: (value: string) => void}} props */
export function AppField({ value, onInput }) {
  const wanted = useSettled(value, 250);
  const found = useLoad(async (signal) => (may('list_apps') ? api.get('/apps', { q: wanted, limit: SUGGESTIONS }, signal) : { items: [] }), [wanted]);
  /** @type {Api.App[]} */
  const apps = found.data?.items ?? [];
  const chosen = apps.find((app) => String(app.app_id) === value);
  return html`<${Field} label="AppId" hint=${chosen?.name ?? t('call.app_hint')} required=${true}>${(/** @type {object} */ input) => html`
    <input ...${input} class="mono" list="call-apps" value=${value} autocomplete="off" spellcheck=${false} placeholder="12345"
      onInput=${(/** @type {InputEvent} */ event) => onInput(/** @type {HTMLInputElement} */ (event.target).value.trim())} />
    <datalist id="call-apps">${apps.map((app) => html`<option key=${app.app_id} value=${app.app_id}>${app.name}</option>`)}</datalist>`}<//>`;
}

/**
 * A text field that shows dots. Not a password field: those are offered to the browser's store, and this secret is kept
 * nowhere.
 * @param {{appId: string, value: string, onInput: (value: string) => void}} props
 */
export function SecretInput({ appId, value, onInput }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!shown) return undefined;
    const timer = setTimeout(() => setShown(false), SHOWN_FOR_SECS * 1000);
    return () => clearTimeout(timer);
  }, [shown]);
  const reveal = useAction(async () => onInput(await activeSecret(appId)));
  useEffect(reveal.clear, [appId]);
  return html`<div class="stack tight">
    <${Field} label="ServerSecret" hint=${secretHint(value)} required=${true}>${(/** @type {object} */ input) => html`<span class="with-unit">
      <input ...${input} class=${`mono ${shown ? '' : 'dots'}`} type="text" value=${value} autocomplete="off" autocapitalize="off" spellcheck=${false}
        onInput=${(/** @type {InputEvent} */ event) => onInput(/** @type {HTMLInputElement} */ (event.target).value.trim())} />
      <${Button} class="small" disabled=${!value} onClick=${() => setShown(!shown)}>${t(shown ? 'secret.hide' : 'call.show')}<//>
    </span>`}<//>
    ${may('reveal_secret') && html`<div><${Button} class="small" disabled=${!/^\d+$/.test(appId)} busy=${reveal.busy} onClick=${() => reveal.run()}>${t('call.reveal')}<//></div>`}
    <${ErrorBox} error=${reveal.error} />
  </div>`;
}

/** The secret that the app should sign with now; asking for it is written into the audit log. @param {string} appId */
async function activeSecret(appId) {
  /** @type {Api.Page<Api.Secret>} */
  const { items } = await api.get(api.path`/apps/${appId}/secrets`);
  const generation = items.find((each) => each.state === 'active')?.generation ?? items[0]?.generation ?? 1;
  return (await api.post(api.path`/apps/${appId}/secrets/${generation}/reveal`)).server_secret;
}

/** @param {string} secret */
function secretHint(secret) {
  if (secret.length === APP_SIGN_CHARS) return t('call.app_sign');
  if (secret && secret.length !== SECRET_CHARS) return t('call.secret_length', { count: secret.length });
  return t('call.secret_hint');
}
