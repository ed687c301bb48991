// Light, dark, or as the system has it.
import { store, remember, remembered } from './store.js';

/** @typedef {'system' | 'light' | 'dark'} Theme */

/** @type {import('./store.js').Store<Theme>} */
export const theme = store(/** @type {Theme} */ ('system'));

/** @param {string | null} to */
export function applyTheme(to) {
  const next = to === 'light' || to === 'dark' ? to : 'system';
  if (next === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  theme.set(next);
}

/** @param {Theme} to */
export function chooseTheme(to) {
  remember('theme', to === 'system' ? null : to);
  applyTheme(to);
}

/** The theme that this browser was left with. */
export const keptTheme = () => remembered('theme');

/** Calls back when the colours change, by choice or by the system. @param {() => void} changed @returns {() => void} */
export function onColors(changed) {
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', changed);
  const stop = theme.subscribe(changed);
  return () => {
    system.removeEventListener('change', changed);
    stop();
  };
}
