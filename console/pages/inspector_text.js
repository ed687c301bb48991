// The way of a licence from another page to the inspector: in memory, never in the address, which browsers keep.
import { navigate } from '../lib/router.js';

let waiting = '';

/** Opens the inspector with a text in it. @param {string} text */
export function openInInspector(text) {
  waiting = text;
  navigate('/inspector');
}

/** The text that another page left, once. */
export function handedOver() {
  const text = waiting;
  waiting = '';
  return text;
}
