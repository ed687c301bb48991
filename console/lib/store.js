// A value that several components look at: the session, the language, the connection.
import { useLayoutEffect, useState } from '../vendor/preact.js';

/**
 * @template T
 * @typedef {{get: () => T, set: (next: T) => void, subscribe: (listener: () => void) => () => void}} Store
 */

/**
 * @template T
 * @param {T} value
 * @returns {Store<T>}
 */
export function store(value) {
  /** @type {Set<() => void>} */
  const listeners = new Set();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * The store's value; renders again when it changes.
 * @template T
 * @param {Store<T>} from
 * @returns {T}
 */
export function useStore(from) {
  const [, again] = useState(0);
  // At once after rendering: a change in between would not be seen.
  useLayoutEffect(() => from.subscribe(() => again((count) => count + 1)), [from]);
  return from.get();
}

/** A setting of this browser; a browser that keeps none gives null. @param {string} key */
export function remembered(key) {
  try {
    return localStorage.getItem(`tonegate.${key}`);
  } catch {
    return null;
  }
}

/** @param {string} key @param {string | null} value */
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(`tonegate.${key}`);
    else localStorage.setItem(`tonegate.${key}`, value);
  } catch {
    // A private window may refuse; the setting then lasts as long as the page.
  }
}
