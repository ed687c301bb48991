// The string to sign, piece by piece, with the secret as dots; and what comes out.
import { html } from '../vendor/preact.js';
import { t } from '../lib/i18n.js';
import { signature } from './call_request.js';

/** @param {{request: import('./call_request.js').Public, secret: string}} props */
export function StringToSign({ request, secret }) {
  const pieces = [
    { name: 'AppId', text: request.appId },
    { name: 'SignatureNonce', text: request.nonce },
    { name: 'ServerSecret', text: '●'.repeat([...secret].length), spoken: t('call.dots', { count: [...secret].length }) },
    { name: 'Timestamp', text: request.timestamp },
  ];
  const complete = request.appId && secret;
  return html`<section class="signing" aria-label=${t('call.string_to_sign')}>
    <h3>${t('call.string_to_sign')}</h3>
    <ol class="pieces">${pieces.map(({ name, text, spoken }, i) => html`<li key=${name} style=${{ borderColor: `var(--chart-${i + 1})` }}>
      <span class="hint">${name}</span>
      <code>${spoken ? html`<span aria-hidden="true">${text || '…'}</span><span class="visually-hidden">${spoken}</span>` : text || '…'}</code>
    </li>`)}</ol>
    <p class="signed"><span class="hint">Signature = lower_hex(MD5(…))</span> <code>${complete ? signature(request, secret) : '…'}</code></p>
    <p class="hint">${t('call.signing_hint')}</p>
  </section>`;
}
