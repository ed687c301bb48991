// What the checker found: the code that the request would get, the likely causes, and every check in its order.
import { html } from '../vendor/preact.js';
import { Badge, Card, CodeBlock, Facts, Notice } from '../components/index.js';
import { hasText, t } from '../lib/i18n.js';
import { ExplainedCode } from './explained_code.js';
import { inline } from './reference_prose.js';

const TONES = /** @type {const} */ ({ passed: 'good', failed: 'bad', not_reached: 'neutral' });
const MARKS = { passed: '✓', failed: '✗', not_reached: '–' };

/** @param {{report: Api.RequestCheck}} props */
export function CheckReport({ report }) {
  return html`
    ${report.would_be === null
    ? html`<${Notice} tone="bad" title=${t('checker.no_request')}>${t('checker.no_request_hint')}<//>`
    : html`<${ExplainedCode} code=${report.would_be} lead=${t('checker.would_be')} />`}
    ${report.causes.length > 0 && html`<section class="stack tight" aria-label=${t('checker.causes')}>
      <h2>${t('checker.causes')}</h2>
      ${report.causes.map((cause) => html`<${Notice} key=${cause.id} tone="warning" title=${named('checker.cause', cause.id, cause.title)}>${inline(sentence(cause.detail))}<//>`)}
    </section>`}
    <div class="grid">
      <${Card} title=${t('checker.checks')} hint=${t('checker.checks_hint')}><${Checks} checks=${report.checks} /><//>
      <${Card} class="short-names" title=${t('checker.read')} hint=${t('checker.read_hint')}>
        <${Facts} rows=${Object.entries(report.request).map(([name, value]) => [parameter(name), shown(value)])} />
        ${report.expected_string_to_sign && html`<div class="stack tight">
          <h3>${t('checker.expected')}</h3>
          <p class="hint">${t('checker.expected_hint')}</p>
          <${CodeBlock} text=${report.expected_string_to_sign} label=${t('checker.expected')} wrap=${true} />
        </div>`}
      <//>
    </div>`;
}

/** @param {{checks: Api.RequestCheck['checks']}} props */
function Checks({ checks }) {
  return html`<ol class="checks">${checks.map((check) => html`<li key=${check.step} class=${`tone-${TONES[check.outcome]}`}>
    <span class="mark" aria-hidden="true">${MARKS[check.outcome]}</span>
    <div>
      <p class="row"><strong>${named('checker.step', check.step, check.title)}</strong> <${Badge} tone=${TONES[check.outcome]}>${t(`checker.${check.outcome}`)}<//></p>
      ${check.detail && html`<p class="muted">${inline(check.detail)}</p>`}
      ${check.hint && html`<p>${inline(check.hint)}</p>`}
    </div>
  </li>`)}</ol>`;
}

const NAMES = /** @type {Record<string, string>} */ ({ action: 'Action', app_id: 'AppId', nonce: 'SignatureNonce', timestamp: 'Timestamp', version: 'SignatureVersion', signature: 'Signature' });

/** @param {string} name */
const parameter = (name) => html`<span class="mono">${NAMES[name] ?? name}</span>`;

/** @param {unknown} value */
function shown(value) {
  if (value === null || value === undefined || value === '') return html`<span class="muted">${t('checker.missing')}</span>`;
  return html`<span class="mono">${typeof value === 'object' ? JSON.stringify(value) : String(value)}</span>`;
}

/** The text for a stable name; what the server wrote where there is none yet. @param {string} prefix @param {string} id @param {string} served */
const named = (prefix, id, served) => (hasText(`${prefix}.${id}`) ? t(`${prefix}.${id}`) : served);

/** As a sentence of its own. @param {string} text */
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.?!]$/.test(text) ? '' : '.');
