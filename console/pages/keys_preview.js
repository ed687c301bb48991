// What a rotation would do: the new key's dates, how long what came before lives on, and the server's warnings.
import { html } from '../vendor/preact.js';
import { Facts, Notice } from '../components/index.js';
import { dateTime, hasText, number, plural, relative, t } from '../lib/i18n.js';

/** @param {{preview: Api.KeyPreview, plan: import('./keys_rotation.js').Plan}} props */
export function Preview({ preview, plan }) {
  const moment = (/** @type {number} */ at) => html`${dateTime(at)} <span class="muted">${relative(at)}</span>`;
  return html`<div class="stack tight">
    <${Facts} rows=${[
    [t('keys.new_key'), t('keys.key', { serial: String(preview.serial) })],
    [t('keys.signs_from'), moment(preview.sign_from)],
    [t('keys.signs_until'), moment(preview.signs_until)],
    [t('keys.certificate_ends'), moment(preview.certificate_ends)],
    preview.old_licenses_until !== null && [t(plan.raise_floor ? 'keys.old_licenses_floor' : 'keys.old_licenses'), moment(preview.old_licenses_until)],
    preview.old_certificates_until !== null && [t('keys.old_certificates'), moment(preview.old_certificates_until)],
    [t('keys.apps_affected'), number(preview.apps_affected)],
  ]} />
    ${preview.warnings.map((warning) => html`<${Notice} key=${warning.id} tone="warning" title=${hasText(`keys.warning.${warning.id}`) ? t(`keys.warning.${warning.id}`) : undefined}>${warning.detail}<//>`)}
    ${preview.warnings.length === 0 && html`<${Notice} tone="good">${plural('keys.nothing_breaks', preview.apps_affected)}<//>`}
  </div>`;
}
