// Descriptions from the document: paragraphs, lists and `code`; everything else stays the text it is.
import { html } from '../vendor/preact.js';

/** @param {{text: string}} props */
export function Prose({ text }) {
  const blocks = text.split(/\n{2,}/).filter((block) => block.trim());
  return html`<div class="prose">${blocks.map((block, i) => (/^\s*[*-] /.test(block)
    ? html`<ul key=${i}>${block.split(/\n(?=\s*[*-] )/).map((item, n) => html`<li key=${n}>${inline(item.replace(/^\s*[*-] /, ''))}</li>`)}</ul>`
    : html`<p key=${i}>${inline(block)}</p>`))}</div>`;
}

/** Text with `code` in it. @param {string} text */
export const inline = (text) => text.split(/(`[^`]+`)/).map((part, i) => (i % 2 ? html`<code key=${i}>${part.slice(1, -1)}</code>` : part));
