// The return codes' names, loaded once: `Success (0)` says more than `0`.
import { useEffect } from '../vendor/preact.js';
import * as api from './api.js';
import { hasText, t } from './i18n.js';
import { store, useStore } from './store.js';

/** @type {import('./store.js').Store<Map<number, Api.ReturnCode>>} */
const codes = store(new Map());
let asked = false;

/** @returns {Map<number, Api.ReturnCode>} empty until they are there */
export function useReturnCodes() {
  useEffect(() => {
    if (asked) return;
    asked = true;
    api.get('/return_codes').then(
      (page) => codes.set(new Map(page.items.map((/** @type {Api.ReturnCode} */ each) => [each.code, each]))),
      () => { asked = false; },
    );
  }, []);
  return useStore(codes);
}

/** @param {Map<number, Api.ReturnCode>} known @param {number} code */
export const codeName = (known, code) => known.get(code)?.name ?? String(code);

/** What a code means, or what to do about it, in the language that is shown. @param {Api.ReturnCode} code @param {'meaning' | 'next'} part */
export function codeText(code, part) {
  const key = `return_code.${code.code}.${part}`;
  return hasText(key) ? t(key) : part === 'meaning' ? code.meaning : code.next_step;
}

const REFUSALS = [2, 4, 5, 6, 1, 8];

/** Success is green; the others take colours that are far from it. @param {number} code @param {number} place among the codes shown, from 0 */
export const codeColor = (code, place) => (code === 0 ? 'good' : REFUSALS[place % REFUSALS.length]);
