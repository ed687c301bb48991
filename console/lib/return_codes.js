// The return codes' names, loaded once: `Success (0)` says more than `0`.
import { useEffect } from '../vendor/preact.js';
import * as api from './api.js';
import { store, useStore } from './store.js';

/** @type {import('./store.js').Store<Map<number, Api.ReturnCode>>} */
const codes = store(new Map());
let asked = false;

/** @returns {Map<number, Api.ReturnCode>} empty until they are there */
export function useReturnCodes() {
  useEffect(() => {
    if (asked) return;
    asked = true;
    api.get('/return_codes', { limit: 200 }).then(
      (page) => codes.set(new Map(page.items.map((/** @type {Api.ReturnCode} */ each) => [each.code, each]))),
      () => { asked = false; },
    );
  }, []);
  return useStore(codes);
}

/** @param {Map<number, Api.ReturnCode>} known @param {number} code */
export const codeName = (known, code) => known.get(code)?.name ?? String(code);

/** Success is green, what the issuer must cure is red, what the caller must cure has its own colour. @param {number} code @param {number} place */
export const codeColor = (code, place) => (code === 0 ? 'good' : ((place - 1) % 8) + 1);
