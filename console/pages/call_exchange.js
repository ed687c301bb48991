// Request and answer, side by side, with the return code explained.
import { html } from '../vendor/preact.js';
import { Button, Card, CodeBlock, CopyButton, Facts } from '../components/index.js';
import { number, t } from '../lib/i18n.js';
import { curlLine } from './call_request.js';
import { ExplainedCode } from './explained_code.js';
import { openInInspector } from './inspector_text.js';

/** @param {{call: import('./call.js').Call, base: string | null}} props */
export function Exchange({ call, base }) {
  const { query, answer } = call;
  const envelope = envelopeOf(answer.body);
  return html`<div class="stack" aria-live="polite">
    ${envelope && html`<${ExplainedCode} code=${envelope.code} lead=${t('call.answered')}>
      ${envelope.message && html`<p class="mono">${envelope.message}</p>`}
    <//>`}
    <div class="grid">
      <${Card} class="short-names" title=${t('call.sent')} actions=${html`<${CopyButton} kind="secondary" text=${curlLine(base ?? 'https://HOST', query)} label="curl" what=${t('call.copy_curl')} />`}>
        <p class="mono">GET /</p>
        <${Facts} rows=${[...new URLSearchParams(query)].map(([name, value]) => [name, html`<span class="mono">${value}</span>`])} />
        <p class="hint">${t('call.sent_hint')}</p>
      <//>
      <${Card} class="short-names" title=${t('call.answer')}>
        <${Facts} rows=${[
    ['HTTP', html`<span class="mono">${answer.status}</span>`],
    [t('call.duration'), t('call.ms', { ms: number(answer.duration_us / 1000, { maximumFractionDigits: 2 }) })],
  ]} />
        <${CodeBlock} text=${pretty(answer.body)} label=${t('call.answer')} wrap=${true} />
        ${envelope?.license && html`<div class="row">
          <${Button} kind="primary" onClick=${() => openInInspector(envelope.license)}>${t('call.inspect')}<//>
          <${CopyButton} kind="secondary" text=${envelope.license} label=${t('call.copy_license')} />
        </div>`}
        <details class="more"><summary>${t('call.headers')}</summary>
          <${CodeBlock} text=${Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`).join('\n')} label=${t('call.headers')} wrap=${true} />
        </details>
      <//>
    </div>
  </div>`;
}

/** @param {string} body */
function envelopeOf(body) {
  const json = jsonOf(body);
  if (!json || typeof json.Code !== 'number') return null;
  return { code: json.Code, message: String(json.Message ?? ''), license: String(json.Data?.License ?? '') };
}

/** @param {string} body */
const pretty = (body) => {
  const json = jsonOf(body);
  return json ? JSON.stringify(json, null, 2) : body;
};

/** @param {string} text @returns {any} */
function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
