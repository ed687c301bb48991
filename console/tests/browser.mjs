// The little of a browser that the console's modules touch when they are loaded: enough to test their pure parts.
const kept = new Map();
const nothing = () => {};

Object.assign(globalThis, {
  localStorage: { getItem: (/** @type {string} */ key) => kept.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => kept.set(key, value), removeItem: (/** @type {string} */ key) => kept.delete(key) },
  document: { documentElement: { dataset: {}, lang: '' }, addEventListener: nothing },
  location: { hash: '', origin: 'https://console.test' },
  matchMedia: () => ({ matches: false, addEventListener: nothing, removeEventListener: nothing }),
  addEventListener: nothing,
});
if (!globalThis.navigator) Object.assign(globalThis, { navigator: { language: 'en', userAgent: '' } });

// What a module waits for while the page is open must not keep the tests from ending.
const { setInterval: repeat, setTimeout: wait } = globalThis;
Object.assign(globalThis, {
  setInterval: (/** @type {Parameters<typeof setInterval>} */ ...given) => repeat(...given).unref(),
  setTimeout: (/** @type {Parameters<typeof setTimeout>} */ ...given) => wait(...given).unref(),
});
