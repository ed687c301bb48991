// A licence's life on one device, as events for the picture.
import { t } from '../lib/i18n.js';
import { lifeEvent } from './inspector_events.js';

/**
 * In their order in time; none of a text that cannot be read.
 * @param {Pick<import('../wasm/index.js').Explanation, 'license' | 'validity' | 'features'>} explained @param {string} text
 */
export function lifeFound({ license, validity, features }, text) {
  if (!license) return [];
  const graces = features.filter((feature) => feature.on_expiry.startsWith('grace:'));
  const certificate = certificateEnd(text);
  const events = [
    lifeEvent('not_before', license.not_before, t('inspector.event.not_before')),
    lifeEvent('issued', license.issued_at, t('inspector.event.issued')),
    validity && lifeEvent('refresh', validity.refresh_after, t('verifier.event.refresh')),
    lifeEvent('expires', license.expires_at, t('inspector.event.expires')),
    ...graces.map((feature) => lifeEvent('grace', feature.runs_until, t('verifier.event.grace', { feature: feature.name }))),
    certificate !== null && lifeEvent('certificate', certificate, t('inspector.event.certificate')),
  ];
  return events.filter((event) => event !== null && event !== false).sort((a, b) => a.at - b.at);
}

/** When the certificate in a licence ends, as it says itself. @param {string} text */
function certificateEnd(text) {
  try {
    const { exp } = read(read(text.split('.')[0]).crt.split('.')[1]);
    return Number.isSafeInteger(exp) ? Number(exp) : null;
  } catch {
    return null;
  }
}

/** @param {string} part base64url of JSON */
const read = (part) => JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/')));
