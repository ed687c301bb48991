// What is judged, and against what: the licence, and what an app expects of its licences.
import { html } from '../vendor/preact.js';
import { Button, Card, Select, TextArea, TextField } from '../components/index.js';
import { t } from '../lib/i18n.js';
import { inline } from './reference_prose.js';

const CHARS_MAX = 65_536;
const APP_ID_MAX = 4_294_967_295;
const ENVIRONMENTS = /** @type {const} */ (['production', 'test']);

/** As it stands in the fields. @typedef {{pins: string, issuer: string, environment: 'production' | 'test', appId: string, identity: string}} Form */

/** @type {Form} */
export const NOTHING_EXPECTED = { pins: '', issuer: '', environment: 'production', appId: '', identity: '' };

/** @typedef {{pins?: string, appId?: string, identity?: string}} Errors */

/**
 * What the fields come to; null while that is nothing a verifier can go by.
 * @param {Form} form @param {import('./verifier_module.js').Verifier} [verifier] tells whether pins are sound
 * @returns {{expected: import('./verifier_module.js').Expected | null, errors: Errors}}
 */
export function expectedOf({ pins, issuer, environment, appId, identity }, verifier) {
  if (appId && Number(appId) > APP_ID_MAX) return { expected: null, errors: { appId: t('verifier.bad_app') } };
  if (!pins || !verifier) return { expected: null, errors: {} };
  const unbound = { pins, issuer, environment, appId: appId ? Number(appId) : null };
  if (!isSound(verifier, unbound)) return { expected: null, errors: { pins: t('verifier.bad_pins') } };
  const expected = { ...unbound, identity: identity || null };
  if (!isSound(verifier, expected)) return { expected: null, errors: { identity: t('verifier.bad_identity') } };
  return { expected, errors: {} };
}

/** @param {import('./verifier_module.js').Verifier} verifier @param {import('./verifier_module.js').Expected} expected */
function isSound(verifier, expected) {
  try {
    verifier.verify('', { ...expected, now: 0 });
    return true;
  } catch {
    return false;
  }
}

/** @param {{text: string, onText: (text: string) => void, form: Form, onForm: (form: Form) => void, errors: Errors}} props */
export function Asked({ text, onText, form, onForm, errors }) {
  const set = (/** @type {keyof Form} */ name) => (/** @type {string} */ value) => onForm({ ...form, [name]: value });
  return html`<div class="grid">
    <${Card} title=${t('verifier.license')}>
      <${TextArea} label=${t('verifier.text')} hint=${t('verifier.text_hint')} value=${text} onInput=${onText} rows=${8} maxlength=${CHARS_MAX} mono=${true} />
      ${text && html`<div class="row"><${Button} kind="quiet" onClick=${() => onText('')}>${t('inspector.clear')}<//></div>`}
    <//>
    <${Card} title=${t('verifier.expected')} hint=${t('verifier.expected_hint')}>
      <${TextArea} label=${t('verifier.pins')} hint=${inline(t('verifier.pins_hint'))} error=${errors.pins} value=${form.pins} onInput=${set('pins')} rows=${2} mono=${true} />
      <div class="fields">
        <${TextField} label=${t('verifier.issuer')} value=${form.issuer} onInput=${set('issuer')} mono=${true} />
        <${Select} label=${t('verifier.environment')} value=${form.environment} onInput=${set('environment')} options=${ENVIRONMENTS.map((value) => ({ value, title: t(`verifier.environment.${value}`) }))} />
      </div>
      <details class="more"><summary>${t('verifier.more')}</summary><div class="fields">
        <${TextField} label=${t('verifier.app')} hint=${t('verifier.app_hint')} error=${errors.appId} value=${form.appId} onInput=${(/** @type {string} */ value) => set('appId')(value.replace(/\D/g, ''))} inputmode="numeric" mono=${true} />
        <${TextField} label=${t('verifier.identity')} hint=${t('verifier.identity_hint')} error=${errors.identity} value=${form.identity} onInput=${(/** @type {string} */ value) => set('identity')(value.trim())} mono=${true} />
      </div></details>
    <//>
  </div>`;
}
