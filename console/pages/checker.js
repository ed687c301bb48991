// The request checker: takes any URL, query or curl line and says which check fails, why, and what to do.
import { html, useState } from '../vendor/preact.js';
import { Button, Card, ErrorBox, Form, Notice, PageHeader, TextArea, TextField } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useAction, useLoad } from '../lib/loading.js';
import { may } from '../lib/session.js';
import { CheckReport } from './checker_report.js';
import { samples } from './checker_samples.js';

const CHARS_MAX = 8192;

/** The page itself. */
export default function Checker() {
  const [text, setText] = useState('');
  const [appId, setAppId] = useState('');
  const [report, setReport] = useState(/** @type {Api.RequestCheck | null} */ (null));
  const check = useAction(async (/** @type {string} */ url) => {
    setReport(null);
    setReport(await api.post('/requests/check', appId ? { url, app_id: Number(appId) } : { url }));
  });
  const apps = useLoad(async (signal) => (may('list_apps') ? api.get('/apps', { limit: 1 }, signal) : null), []);
  const known = String(apps.data?.items[0]?.app_id ?? 12345);
  const trySample = (/** @type {string} */ url) => {
    setText(url);
    check.run(url);
  };
  return html`
    <${PageHeader} title=${t('checker.title')} lead=${t('checker.lead')} />
    <${Notice} tone="warning" title=${t('checker.credential')}>${t('checker.credential_hint')}<//>
    <${Card} title=${t('checker.request')}>
      <${Form} onSubmit=${() => { if (text.trim()) check.run(text.trim()); }}>
        <${TextArea} label=${t('checker.text')} hint=${t('checker.text_hint')} value=${text} onInput=${setText} rows=${4} maxlength=${CHARS_MAX} mono=${true}
          placeholder="https://license.example.com/?Action=CgiDescribeZIMAudioLicense&AppId=…" />
        <details class="more"><summary>${t('checker.more')}</summary>
          <${TextField} label=${t('checker.app')} hint=${t('checker.app_hint')} value=${appId} onInput=${(/** @type {string} */ value) => setAppId(value.replace(/\D/g, ''))} inputmode="numeric" mono=${true} />
        </details>
        <${ErrorBox} error=${check.error} />
        <div class="row">
          <${Button} kind="primary" type="submit" busy=${check.busy} disabled=${!text.trim()}>${t('checker.check')}<//>
          ${text && html`<${Button} kind="quiet" onClick=${() => { setText(''); setReport(null); }}>${t('checker.clear')}<//>`}
        </div>
      <//>
      <section aria-label=${t('checker.samples')} class="stack tight">
        <p class="hint">${t('checker.samples')}</p>
        <div class="row">${samples.map(({ id, make }) => html`<${Button} key=${id} class="small" onClick=${() => trySample(make(known))}>${t(`checker.sample.${id}`)}<//>`)}</div>
      </section>
    <//>
    <div aria-live="polite" class="stack">${report && html`<${CheckReport} report=${report} />`}</div>`;
}
