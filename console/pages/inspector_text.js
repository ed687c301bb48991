// The way of a licence from one page to another: in memory, never in the address, which browsers keep.
import { navigate } from '../lib/router.js';

let waiting = '';

/** Opens the inspector with a text in it. @param {string} text */
export const openInInspector = (text) => open('/inspector', text);

/** Opens the verifier with a licence in it. @param {string} text */
export const openInVerifier = (text) => open('/verifier', text);

/** The text that another page left, once. */
export function handedOver() {
  const text = waiting;
  waiting = '';
  return text;
}

/** @param {string} page @param {string} text */
function open(page, text) {
  waiting = text;
  navigate(page);
}
