// Whether somebody is there. Polling goes on only while somebody is: it would otherwise keep the session of an
// abandoned desk alive, against the server's idle limit.
import { store } from './store.js';

const ABSENT_AFTER_MS = 10 * 60_000;

/** @type {import('./store.js').Store<boolean>} */
export const present = store(true);

let timer = 0;

function seen() {
  clearTimeout(timer);
  timer = setTimeout(() => present.set(false), ABSENT_AFTER_MS);
  present.set(true);
}

for (const sign of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart']) addEventListener(sign, seen, { passive: true });
seen();
