// The verdict, and what the licence says.
import { html } from '../vendor/preact.js';
import { Badge, EmptyState, Facts, Notice } from '../components/index.js';
import { dateTime, duration, hasText, relative, t } from '../lib/i18n.js';
import { may } from '../lib/session.js';
import { momentOf } from './inspector_events.js';
import { inline } from './reference_prose.js';

const HOUR = 3600;

/** @type {Record<string, import('../components/page.js').Tone>} */
export const STATES = { valid: 'good', not_yet_valid: 'warning', expired: 'bad', refused: 'bad', no_license: 'bad', unverified: 'warning' };
/** @type {Record<string, import('../components/page.js').Tone>} */
const ANSWERS = { run: 'good', grace: 'warning', bypass: 'warning', stop: 'bad' };

/** @param {{found: Api.Inspection, life: import('./inspector_events.js').LifeEvent[]}} props */
export function Verdict({ found, life }) {
  const { message, next } = worded(found, momentOf(life, 'refresh'));
  const badges = [
    found.license && html`<${Badge} tone=${found.verified ? 'good' : 'warning'}>${t(found.verified ? 'inspector.verified' : 'inspector.not_verified')}<//>`,
    found.sdk_code !== null && found.sdk_code !== undefined && html`<${Badge} tone=${found.sdk_code === 0 ? 'good' : 'bad'}>${t('inspector.sdk_code', { code: String(found.sdk_code) })}<//>`,
    found.reason && html`<${Badge}><span class="mono">${found.reason}</span><//>`,
  ];
  return html`<${Notice} tone=${STATES[found.state] ?? 'neutral'} title=${named('inspector.state', found.state)}>
    <p>${message}</p>
    ${next && html`<p><strong>${t('inspector.next')}</strong> ${inline(next)}</p>`}
    ${found.notes.length > 0 && html`<ul class="notes">${found.notes.map((note) => html`<li key=${note}>${note}</li>`)}</ul>`}
    <p class="row">${badges}</p>
  <//>`;
}

/**
 * The verdict in the reader's language, by its stable reason. Of a text that is no licence, the server alone knows what it is.
 * @param {Api.Inspection} found @param {number} [refresh] when a device asks for the next one
 */
function worded(found, refresh) {
  const key = `inspector.reason.${found.reason ?? 'none'}`;
  if (found.state === 'no_license' || !found.verified && !found.reason || !hasText(key)) return { message: found.message, next: found.next_step };
  const due = found.state === 'valid' && refresh !== undefined && found.at >= refresh;
  return { message: t(key), next: t(due ? 'inspector.refresh_due' : `${key}.next`) };
}

const MOMENTS = ['issued_at', 'not_before', 'expires_at', 'iat', 'nbf', 'exp'];

/** Every claim, those that we know by their names. @param {{claims: Record<string, unknown>}} props */
export function Claims({ claims }) {
  return html`<${Facts} rows=${Object.entries(claims).map(([name, value]) => [named('inspector.claim', name), claim(name, value)])} />`;
}

/** @param {string} name @param {unknown} value */
function claim(name, value) {
  if (MOMENTS.includes(name) && typeof value === 'number') return html`<span title=${String(value)}>${dateTime(value)}</span> <span class="muted">${relative(value)}</span>`;
  if (name === 'app_id' && may('get_app')) return html`<a class="mono" href=${`#/apps/${encodeURIComponent(String(value))}`}>${String(value)}</a>`;
  if (name === 'features' && Array.isArray(value)) return html`<span class="tags wrap">${value.map((each) => html`<${Badge} tone="info">${featureText(each)}<//>`)}</span>`;
  if (name === 'bind' && Array.isArray(value) && value.length === 0) return t('inspector.any_app');
  return html`<span class="mono">${typeof value === 'object' ? JSON.stringify(value) : String(value)}</span>`;
}

/** @param {unknown} feature a name, or `{name, on_expiry}` */
function featureText(feature) {
  if (feature === null || typeof feature !== 'object') return String(feature);
  const { name, on_expiry: policy } = /** @type {{name?: string, on_expiry?: string}} */ (feature);
  return policy && policy !== 'bypass' ? `${name} · ${policy}` : String(name);
}

/** What the verifier answers for each feature at the moment asked about. @param {{features: Api.Inspection['features']}} props */
export function FeatureList({ features }) {
  if (features.length === 0) return html`<${EmptyState} title=${t('inspector.no_features')} hint=${t('inspector.no_features_hint')} />`;
  return html`<${Facts} rows=${features.map((feature) => [
    html`<span class="mono">${feature.name}</span>`,
    html`<${Badge} tone=${ANSWERS[feature.answer] ?? 'neutral'}>${named('inspector.answer', feature.answer)}<//>
      ${feature.seconds_left !== null && feature.seconds_left !== undefined && html` <span class="muted">${t('inspector.left', { time: duration(feature.seconds_left) })}</span>`}
      ${feature.sdk_code !== 0 && html` <span class="muted">${t('inspector.sdk_code', { code: String(feature.sdk_code) })}</span>`}
      <p class="muted">${ending(feature)}</p>`,
  ])} />`;
}

/** What becomes of a feature at expiry, and when that is on this device. @param {Api.InspectedFeature} feature */
function ending({ on_expiry: policy, runs_until: until }) {
  const [kind, hours = '0'] = policy.split(':');
  return t(`inspector.on_expiry.${kind}`, { time: duration(Number(hours) * HOUR), at: dateTime(until) });
}

/** @param {{signer: Api.Inspection['key']}} props */
export function KeyFacts({ signer }) {
  if (!signer) return html`<${EmptyState} title=${t('inspector.no_key')} hint=${t('inspector.no_key_hint')} />`;
  const moment = (/** @type {number} */ at) => html`${dateTime(at)} <span class="muted">${relative(at)}</span>`;
  return html`<${Facts} rows=${[
    [t('inspector.serial'), String(signer.serial)],
    [t('inspector.kid'), html`<span class="mono">${signer.kid}</span>`],
    [t('inspector.root'), named('inspector.root', signer.root)],
    [t('inspector.signs_from'), moment(signer.sign_from)],
    [t('inspector.certificate_ends'), moment(signer.expires_at)],
    [t('inspector.floor'), t('inspector.floor_value', { serial: String(signer.floor) })],
  ]} />${may('get_keys') && html`<p><a href="#/keys">${t('inspector.to_keys')}</a></p>`}`;
}

/** The text for a word of the API; the word itself where there is none yet. @param {string} prefix @param {string} word */
const named = (prefix, word) => (hasText(`${prefix}.${word}`) ? t(`${prefix}.${word}`) : word);
