// One operation: who may call it, what it takes, what it answers, and a curl line to begin with.
import { html, useEffect, useRef, useState } from '../vendor/preact.js';
import { Badge, CodeBlock } from '../components/index.js';
import { hasText, t } from '../lib/i18n.js';
import { shellQuoted } from './call_request.js';
import { exampleOf } from './reference_document.js';
import { Prose, inline } from './reference_prose.js';
import { SchemaTree, typeText } from './reference_schema.js';

/** @typedef {import('./reference_document.js').Operation} Operation */

/** @type {Record<string, import('../components/page.js').Tone>} */
const TONES = { GET: 'info', POST: 'good', PUT: 'warning', PATCH: 'warning', DELETE: 'bad' };

/** What is inside is made when it is opened. @param {{operation: Operation, document: any, open: boolean}} props */
export function OperationEntry({ operation, document, open: given }) {
  const [open, setOpen] = useState(given);
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => { if (given) setOpen(true); }, [given]);
  useEffect(() => { if (given) element.current?.scrollIntoView({ block: 'nearest' }); }, []);
  return html`<details class="operation" ref=${element} open=${open} onToggle=${(/** @type {Event} */ event) => setOpen(/** @type {HTMLDetailsElement} */ (event.currentTarget).open)}>
    <summary>
      <span class="method"><${Badge} tone=${TONES[operation.method]}>${operation.method}<//></span>
      <code class="path">${operation.path}</code>
      <span class="muted summary-text">${inline(operation.summary)}</span>
    </summary>
    ${open && html`<div class="stack"><${Detail} operation=${operation} document=${document} /></div>`}
  </details>`;
}

/** @param {{operation: Operation, document: any}} props */
function Detail({ operation, document }) {
  return html`
    <p class="row">
      <a href=${`#/reference?operation=${encodeURIComponent(operation.id)}`} title=${t('reference.link')}><code>${operation.id}</code></a>
      ${operation.access.map((word) => html`<${Access} key=${word} word=${word} />`)}
    </p>
    ${operation.description && operation.description !== operation.summary && html`<${Prose} text=${operation.description} />`}
    ${operation.parameters.length > 0 && html`<section><h3>${t('reference.parameters')}</h3><ul class="members">
      ${operation.parameters.map((each) => html`<li key=${`${each.in}${each.name}`}>
        <p class="row">
          <code>${each.name}</code>
          <span class="hint">${t(`reference.in.${each.in}`)} · ${typeText(document, each.schema ?? {})}</span>
          ${each.required && html`<${Badge} tone="warning">${t('reference.required')}<//>`}
        </p>
        ${each.description && html`<p class="muted">${inline(each.description)}</p>`}
      </li>`)}
    </ul></section>`}
    ${operation.body && html`<section><h3>${t('reference.body')} <span class="hint">${operation.body.type}</span></h3><${SchemaTree} document=${document} schema=${operation.body.schema} /></section>`}
    <section><h3>${t('reference.answers')}</h3>${operation.responses.filter((each) => each.codes.length === 0).map((each) => html`<div key=${each.status} class="stack tight">
      <p class="row"><${Badge} tone="good">${each.status}<//> <span>${inline(each.description)}</span></p>
      ${each.schema && html`<${SchemaTree} document=${document} schema=${each.schema} />`}
    </div>`)}</section>
    <${Problems} responses=${operation.responses} />
    <section><h3>curl</h3><${CodeBlock} text=${curl(operation, document)} label=${t('reference.curl', { operation: operation.id })} wrap=${true} /></section>`;
}

/** Who may call it, in a word; what the word means as its title. @param {{word: string}} props */
function Access({ word }) {
  const key = `reference.access.${word}`;
  if (!hasText(key)) return html`<${Badge}>${word}<//>`;
  return html`<${Badge} tone=${word === 'step-up' ? 'warning' : 'neutral'} title=${t(`${key}.what`)}>${t(key)}<//>`;
}

/** The problem codes, by status, with what each says. @param {{responses: Operation['responses']}} props */
function Problems({ responses }) {
  const rows = responses.filter((each) => each.codes.length > 0);
  if (rows.length === 0) return null;
  return html`<section><h3>${t('reference.problems')}</h3><ul class="members">
    ${rows.flatMap((each) => each.codes.map((code) => html`<li key=${each.status + code}>
      <p class="row"><${Badge} tone="bad">${each.status}<//> <code>${code}</code> <span class="muted">${meaning(each.description, code)}</span></p>
    </li>`))}
  </ul></section>`;
}

/** What a response's description says of one code. @param {string} description @param {string} code */
function meaning(description, code) {
  const line = description.split('\n').find((each) => each.startsWith(`\`${code}\`:`));
  return line ? inline(line.slice(code.length + 3).trim()) : hasText(`problem.${code}`) ? t(`problem.${code}`) : '';
}

/** @param {Operation} operation @param {any} document */
function curl(operation, document) {
  const needed = operation.parameters.filter((each) => each.required);
  const headers = needed.filter((each) => each.in === 'header').map((each) => `-H ${shellQuoted(`${each.name}: ${each.name === 'If-Match' ? '*' : '…'}`)}`);
  const query = needed.filter((each) => each.in === 'query').map((each) => `${each.name}=…`).join('&');
  const url = location.origin + operation.path + (query && `?${query}`);
  const lines = [`curl -sS${operation.method === 'GET' ? '' : ` -X ${operation.method}`} ${shellQuoted(url)}`];
  if (!operation.access.includes('public')) lines.push('-H "Authorization: Bearer $TONEGATE_TOKEN"');
  lines.push(...headers);
  if (operation.body) {
    lines.push(`-H ${shellQuoted(`Content-Type: ${operation.body.type}`)}`);
    lines.push(/json$/.test(operation.body.type) ? `-d ${shellQuoted(JSON.stringify(exampleOf(document, operation.body.schema)))}` : '--data-binary @FILE');
  }
  return lines.join(' \\\n  ');
}
