// The form of an app's settings: the same for an app to be and for one that is there.
import { html } from '../vendor/preact.js';
import { Button, Checkbox, DateField, DurationField, ListField, Notice, NumberField, Select, TextArea, TextField } from '../components/index.js';
import { duration, t } from '../lib/i18n.js';

const HOUR = 3600;
const DAY = 24 * HOUR;
export const LIFETIME_MIN = HOUR;
export const LIFETIME_MAX = 14 * DAY;
const LONG_RUNWAY = 8 * DAY;

/** @returns {Api.Settings} what the server takes where nothing is said */
export function defaultSettings() {
  return {
    name: '', environment: 'production', service_enabled: true, features: [{ name: 'ans' }],
    entitlement_from: null, entitlement_until: null, lifetime: 7 * DAY, rate_per_second: 20,
    replay_mode: 'once', nonce_profile: 'any', on_expiry: [], bind: [], allowed_networks: [], note: '', tags: [],
  };
}

/**
 * The settings of a draft that differ from those that are stored, as `PATCH` takes them.
 * @param {Api.Settings} stored
 * @param {Api.Settings} draft
 * @returns {Partial<Api.Settings>}
 */
export function changes(stored, draft) {
  const keys = /** @type {(keyof Api.Settings)[]} */ (Object.keys(defaultSettings()));
  return Object.fromEntries(keys.filter((key) => JSON.stringify(stored[key] ?? null) !== JSON.stringify(draft[key] ?? null)).map((key) => [key, draft[key]]));
}

/** @typedef {{draft: Api.Settings, set: (change: Partial<Api.Settings>) => void, errors: Record<string, string>, disabled?: boolean, fresh?: boolean}} Part `fresh`: an app to be */

/** Name, tags, note. @param {Part} props */
export function IdentityFields({ draft, set, errors, disabled, fresh }) {
  return html`<div class="fields">
    <${TextField} label=${t('app.name')} value=${draft.name} onInput=${(/** @type {string} */ name) => set({ name })}
      error=${errors.name} autofocus=${fresh} maxlength=${64} required=${true} disabled=${disabled} />
    <${Select} label=${t('app.environment')} hint=${t('app.environment_hint')} value=${draft.environment}
      onInput=${(/** @type {any} */ environment) => set({ environment })} error=${errors.environment}
      disabled=${disabled}
      options=${[{ value: 'production', title: t('app.environment.production') }, { value: 'test', title: t('app.environment.test') }]} />
    <${ListField} label=${t('app.tags')} hint=${t('app.tags_hint')} blanks=${true} value=${draft.tags}
      onInput=${(/** @type {string[]} */ tags) => set({ tags })} error=${startingWith(errors, 'tags')}
      disabled=${disabled} />
    <${TextArea} class="whole" label=${t('app.note')} rows=${2} value=${draft.note}
      onInput=${(/** @type {string} */ note) => set({ note })} error=${errors.note} maxlength=${1000}
      disabled=${disabled} />
  </div>`;
}

/** How long licences last, how often they may be fetched. @param {Part} props */
export function LimitFields({ draft, set, errors, disabled }) {
  const reach = duration(draft.lifetime + HOUR);
  return html`<div class="fields">
      <${DurationField} label=${t('app.lifetime')} hint=${t('app.lifetime_hint')} value=${draft.lifetime}
        onInput=${(/** @type {number} */ lifetime) => set({ lifetime })} min=${LIFETIME_MIN} max=${LIFETIME_MAX}
        units=${['d', 'h']} error=${errors.lifetime} disabled=${disabled} />
      <${NumberField} label=${t('app.rate')} hint=${t('app.rate_hint')} value=${draft.rate_per_second}
        onInput=${(/** @type {number} */ rate) => set({ rate_per_second: rate })} min=${1} max=${100000}
        unit=${t('app.rate_unit')} error=${errors.rate_per_second} disabled=${disabled} />
      <${DateField} label=${t('app.entitlement_from')} hint=${t('app.entitlement_from_hint')}
        value=${draft.entitlement_from ?? null}
        onInput=${(/** @type {number | null} */ at) => set({ entitlement_from: at })} error=${errors.entitlement_from}
        disabled=${disabled} />
      <${DateField} label=${t('app.entitlement_until')} hint=${t('app.entitlement_until_hint')}
        value=${draft.entitlement_until ?? null}
        onInput=${(/** @type {number | null} */ at) => set({ entitlement_until: at })} error=${errors.entitlement_until}
        disabled=${disabled} />
    </div>
    <${Notice} tone=${draft.lifetime > LONG_RUNWAY ? 'warning' : 'info'}
      title=${t('app.runway_title', { reach })}>${t('app.runway', { reach })}<//>`;
}

/** What requests must look like, and from where they may come. @param {Part} props */
export function RequestFields({ draft, set, errors, disabled }) {
  return html`<div class="fields">
    <${Select} label=${t('app.replay')} hint=${t('app.replay_hint')} value=${draft.replay_mode}
      onInput=${(/** @type {any} */ mode) => set({ replay_mode: mode })} error=${errors.replay_mode}
      disabled=${disabled}
      options=${[{ value: 'once', title: t('app.replay.once') }, { value: 'repeatable', title: t('app.replay.repeatable') }]} />
    <${Select} label=${t('app.nonce')} value=${draft.nonce_profile}
      onInput=${(/** @type {any} */ profile) => set({ nonce_profile: profile })} error=${errors.nonce_profile}
      disabled=${disabled}
      options=${[{ value: 'any', title: t('app.nonce.any') }, { value: 'hex16', title: t('app.nonce.hex16') }]} />
    <${ListField} label=${t('app.networks')} hint=${t('app.networks_hint')} placeholder="10.0.0.0/8, 2001:db8::/32"
      mono=${true} value=${draft.allowed_networks}
      onInput=${(/** @type {string[]} */ networks) => set({ allowed_networks: networks })}
      error=${startingWith(errors, 'allowed_networks')} disabled=${disabled} />
    <${ListField} label=${t('app.bind')} hint=${t('app.bind_hint')} mono=${true} value=${draft.bind}
      onInput=${(/** @type {string[]} */ bind) => set({ bind })} error=${startingWith(errors, 'bind')}
      disabled=${disabled} />
    <div class="whole"><${Checkbox} label=${t('app.service')} hint=${t('app.service_hint')}
      checked=${draft.service_enabled} onInput=${(/** @type {boolean} */ on) => set({ service_enabled: on })}
      disabled=${disabled} /></div>
  </div>`;
}

/** What licences unlock, from when until when, and what happens to it at expiry. @param {Part} props */
export function FeatureFields({ draft, set, errors, disabled }) {
  const change = (/** @type {number} */ i, /** @type {Partial<Api.Feature>} */ part) => set({ features: draft.features.map((each, n) => (n === i ? { ...each, ...part } : each)) });
  const rules = expiryRules(draft.on_expiry);
  const rule = (/** @type {string} */ name, /** @type {string} */ value) => set({ on_expiry: [...draft.on_expiry.filter((each) => each.split(':')[0] !== name), ...(value ? [`${name}:${value}`] : [])].sort() });
  const remove = (/** @type {number} */ i) => set({ features: draft.features.filter((_, n) => n !== i), on_expiry: draft.on_expiry.filter((each) => each.split(':')[0] !== draft.features[i].name) });
  const fault = startingWith(errors, 'features') ?? startingWith(errors, 'on_expiry');
  return html`<div class="stack">
    ${draft.features.map((feature, i) => html`<fieldset key=${i}>
      <legend>${feature.name || t('app.feature_new')}</legend>
      <div class="fields">
        <${TextField} label=${t('app.feature')} hint=${t('app.feature_hint')} value=${feature.name}
          onInput=${(/** @type {string} */ name) => change(i, { name })} maxlength=${16} mono=${true} required=${true}
          error=${errors[`features.${i}.name`] ?? errors[`features[${i}].name`]} disabled=${disabled} />
        <${DateField} label=${t('app.feature_from')} value=${feature.from ?? null}
          onInput=${(/** @type {number | null} */ from) => change(i, { from })} disabled=${disabled} />
        <${DateField} label=${t('app.feature_until')} value=${feature.until ?? null}
          onInput=${(/** @type {number | null} */ until) => change(i, { until })} disabled=${disabled} />
        <${ExpiryRule} value=${rules.get(feature.name) ?? ''}
          onInput=${(/** @type {string} */ value) => rule(feature.name, value)} disabled=${disabled || !feature.name} />
      </div>
      ${!disabled && html`<div><${Button} class="small"
        onClick=${() => remove(i)}>${t('app.feature_remove')}<//></div>`}
    </fieldset>`)}
    ${draft.features.length === 0 && html`<p class="muted">${t('app.no_features')}</p>`}
    ${fault && html`<p class="field-error">${fault}</p>`}
    ${!disabled && draft.features.length < 16 && html`<div><${Button}
      onClick=${() => set({ features: [...draft.features, { name: '' }] })}>${t('app.feature_add')}<//></div>`}
  </div>`;
}

/** @param {{value: string, onInput: (value: string) => void, disabled?: boolean}} props */
function ExpiryRule({ value, onInput, disabled }) {
  const [kind, hours] = value.split(':');
  return html`<div class="stack tight">
    <${Select} label=${t('app.on_expiry')} value=${kind} disabled=${disabled}
      onInput=${(/** @type {string} */ next) => onInput(next === 'grace' ? 'grace:24' : next)}
      options=${[{ value: '', title: t('app.on_expiry.default') }, { value: 'bypass', title: t('app.on_expiry.bypass') }, { value: 'stop', title: t('app.on_expiry.stop') }, { value: 'grace', title: t('app.on_expiry.grace') }]} />
    ${kind === 'grace' && html`<${NumberField} label=${t('app.grace')} value=${Number(hours) || 24} min=${1} max=${72}
      unit=${t('form.unit.h')} disabled=${disabled}
      onInput=${(/** @type {number | null} */ next) => onInput(`grace:${next ?? 24}`)} />`}
  </div>`;
}

/** @param {string[]} rules `ans:grace:24` @returns {Map<string, string>} */
function expiryRules(rules) {
  return new Map(rules.map((rule) => { const [name, ...rest] = rule.split(':'); return [name, rest.join(':')]; }));
}

/** The first fault of a field or of a part of it. @param {Record<string, string>} errors @param {string} field */
const startingWith = (errors, field) => Object.entries(errors).find(([name]) => name === field || name.startsWith(`${field}.`) || name.startsWith(`${field}[`))?.[1];
