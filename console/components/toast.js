// Short words about what was done; read out by screen readers, gone after a while.
import { html } from '../vendor/preact.js';
import { store, useStore } from '../lib/store.js';

/** @typedef {{id: number, text: string, tone: import('./page.js').Tone}} Toast */

const toasts = store(/** @type {Toast[]} */ ([]));
let count = 0;

/** @param {string} text @param {import('./page.js').Tone} [tone] */
export function toast(text, tone = 'good') {
  const id = (count += 1);
  toasts.set([...toasts.get().slice(-3), { id, text, tone }]);
  setTimeout(() => toasts.set(toasts.get().filter((each) => each.id !== id)), tone === 'bad' ? 8000 : 4000);
}

/** Stands once, in the shell. */
export function Toasts() {
  const shown = useStore(toasts);
  return html`<div class="toasts" role="status" aria-live="polite">
    ${shown.map((each) => html`<div class=${`toast tone-${each.tone}`} key=${each.id}>${each.text}</div>`)}
  </div>`;
}
