// Call it online: signs a request in this browser and sends it. The ServerSecret stays in this page's memory: it is
// neither sent nor kept, and leaving the page forgets it.
import { html, useState } from '../vendor/preact.js';
import { Button, Card, Checkbox, ErrorBox, Form, Notice, PageHeader, TextField, toast } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useAction } from '../lib/loading.js';
import { may, session } from '../lib/session.js';
import { AppField, SecretInput } from './call_fields.js';
import { Exchange } from './call_exchange.js';
import { curlLine, newNonce, newTimestamp, signedQuery } from './call_request.js';
import { StringToSign } from './call_signing.js';

/** @typedef {{query: string, answer: Api.GatewayAnswer}} Call */

/** The page itself. @param {{place: import('../lib/router.js').Place}} props */
export default function CallOnline({ place }) {
  const [appId, setAppId] = useState(place.query.get('app_id') ?? '');
  const [secret, setSecret] = useState('');
  const [anew, setAnew] = useState(true);
  const [nonce, setNonce] = useState(newNonce);
  const [timestamp, setTimestamp] = useState(newTimestamp);
  const [call, setCall] = useState(/** @type {Call | null} */ (null));
  const base = session.get()?.gateway_url ?? null;

  /** The request as it is to be sent: with a nonce and a time of this moment, unless they were given. */
  const ready = () => {
    const request = anew ? { appId, nonce: newNonce(), timestamp: newTimestamp() } : { appId, nonce, timestamp };
    setNonce(request.nonce);
    setTimestamp(request.timestamp);
    return signedQuery(request, secret);
  };
  const send = useAction(async () => {
    const query = ready();
    setCall({ query, answer: await api.post('/gateway_call', { query }) });
  });
  const copyCurl = async () => {
    try {
      await navigator.clipboard.writeText(curlLine(base ?? 'https://HOST', ready()));
      toast(t('call.curl_copied'));
    } catch {
      toast(t('common.copy_failed'), 'bad');
    }
  };
  const complete = appId !== '' && secret !== '';

  return html`
    <${PageHeader} title=${t('call.title')} lead=${t('call.lead')} />
    <${Card} title=${t('call.request')} hint=${t('call.request_hint')}>
      <${Form} onSubmit=${() => { if (complete) send.run(); }}>
        <div class="fields">
          <${AppField} value=${appId} onInput=${setAppId} />
          <${SecretInput} appId=${appId} value=${secret} onInput=${setSecret} />
        </div>
        <${Checkbox} label=${t('call.anew')} hint=${t('call.anew_hint')} checked=${anew} onInput=${setAnew} />
        ${!anew && html`<div class="fields">
          <${TextField} label="SignatureNonce" value=${nonce} onInput=${setNonce} mono=${true} hint=${t('call.nonce_hint')} />
          <${TextField} label="Timestamp" value=${timestamp} onInput=${setTimestamp} inputmode="numeric" mono=${true} hint=${t('call.timestamp_hint')} />
        </div>
        <div class="row">
          <${Button} class="small" onClick=${() => setNonce(newNonce())}>${t('call.new_nonce')}<//>
          <${Button} class="small" onClick=${() => setTimestamp(newTimestamp())}>${t('call.new_timestamp')}<//>
        </div>`}
        <${StringToSign} request=${{ appId, nonce, timestamp }} secret=${secret} />
        <${ErrorBox} error=${send.error} />
        <div class="row">
          <${Button} kind="primary" type="submit" busy=${send.busy} disabled=${!complete}>${t('call.send')}<//>
          <${Button} onClick=${copyCurl} disabled=${!complete}>${t('call.copy_curl')}<//>
          ${!complete && html`<span class="hint">${t('call.incomplete')}</span>`}
        </div>
      <//>
    <//>
    ${call ? html`<${Exchange} call=${call} base=${base} />` : html`<${Notice} title=${t('call.stays')}>${t('call.stays_hint')}<//>`}`;
}
