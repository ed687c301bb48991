// Where a session's bytes are kept in a browser. Whatever lies there already is no more than bytes: the session judges them.

/** @type {typeof import('../index.d.ts').localStorageStore} */
export function localStorageStore(key) {
  if (typeof key !== 'string' || key === '') throw new TypeError('localStorageStore() takes the key to store under');
  return {
    load() {
      const text = localStorage.getItem(key);
      return text === null ? null : decode(text);
    },
    save(bytes) {
      localStorage.setItem(key, btoa(String.fromCharCode(...bytes)));
    },
  };
}

/** Somebody else's text counts as nothing. @param {string} text */
function decode(text) {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
