// A schema as a tree of its members. What lies deeper, or would repeat itself, is made when it is opened.
import { html, useState } from '../vendor/preact.js';
import { Badge } from '../components/index.js';
import { t } from '../lib/i18n.js';
import { choicesOf, resolve } from './reference_document.js';
import { inline } from './reference_prose.js';

/** @typedef {import('./reference_document.js').Schema} Schema */

/** @param {{document: any, schema: Schema}} props */
export function SchemaTree({ document, schema }) {
  const found = resolve(document, schema);
  const members = membersOf(document, found);
  if (members.length === 0) return html`<p class="row"><span class="hint">${typeText(document, schema)}</span>${found.description && html`<span class="muted">${inline(found.description)}</span>`}</p>`;
  return html`<div class="stack tight">
    ${found.type === 'array' && html`<p class="hint">${typeText(document, schema)}</p>`}
    <ul class="members">${members.map(([name, each, required]) => html`<${Member} key=${name} name=${name} schema=${each} required=${required} document=${document} />`)}</ul>
  </div>`;
}

/** @param {{name: string, schema: Schema, required: boolean, document: any}} props */
function Member({ name, schema, required, document }) {
  const [open, setOpen] = useState(false);
  const found = resolve(document, schema);
  const deeper = membersOf(document, found).length > 0;
  return html`<li>
    <p class="row"><code>${name}</code><span class="hint">${typeText(document, schema)}</span>${required && html`<${Badge} tone="warning">${t('reference.required')}<//>`}</p>
    ${found.description && html`<p class="muted">${inline(found.description)}</p>`}
    ${deeper && html`<details open=${open} onToggle=${(/** @type {Event} */ event) => { event.stopPropagation(); setOpen(/** @type {HTMLDetailsElement} */ (event.currentTarget).open); }}>
      <summary>${t('reference.members')}</summary>
      ${open && html`<${SchemaTree} document=${document} schema=${schema} />`}
    </details>`}
  </li>`;
}

/** The members of an object, of an array's items, or of every choice. @param {any} document @param {Schema} found @returns {[string, Schema, boolean][]} */
function membersOf(document, found) {
  if (found.properties) return Object.entries(found.properties).map(([name, each]) => [name, each, found.required?.includes(name) ?? false]);
  if (found.items) return membersOf(document, resolve(document, found.items));
  return choicesOf(found).flatMap((each) => membersOf(document, resolve(document, each)));
}

/** A type in a few words: `string or null · at most 16 characters`. @param {any} document @param {Schema} schema @returns {string} */
export function typeText(document, schema) {
  const found = resolve(document, schema);
  const types = [found.type ?? (found.properties ? 'object' : undefined)].flat().filter((each) => each && each !== 'null');
  const choices = choicesOf(found).map((each) => typeText(document, each));
  const nullable = found.nullable || [found.type].flat().includes('null');
  const name = found.type === 'array' || types[0] === 'array' ? t('reference.list_of', { what: typeText(document, found.items ?? {}) }) : types.join(' | ') || choices.join(' | ') || t('reference.anything');
  return [nullable ? t('reference.or_null', { type: name }) : name, ...bounds(found)].join(' · ');
}

/** @param {Schema} found */
function bounds(found) {
  return [
    found.enum && found.enum.map((/** @type {unknown} */ each) => JSON.stringify(each)).join(' | '),
    found.const !== undefined && `= ${JSON.stringify(found.const)}`,
    found.format,
    found.minimum !== undefined && `≥ ${found.minimum}`,
    found.maximum !== undefined && `≤ ${found.maximum}`,
    found.minLength !== undefined && t('reference.at_least', { count: found.minLength }),
    found.maxLength !== undefined && t('reference.at_most', { count: found.maxLength }),
    found.maxItems !== undefined && t('reference.at_most_items', { count: found.maxItems }),
    found.pattern && `/${found.pattern}/`,
    found.default !== undefined && found.default !== null && t('reference.default', { value: JSON.stringify(found.default) }),
  ].filter(Boolean);
}
