// The package for browsers, `bindings/wasm`, which the server hands out beside the console: loaded once, when it is first
// needed.

/** @typedef {import('../wasm/index.js').Expected} Expected */
/** @typedef {import('../wasm/index.js').Tonegate & Pick<typeof import('../wasm/index.js'), 'ManualClock'>} Verifier */

/** @type {Promise<Verifier> | null} */
let loaded = null;

/** The verifier; what failed is tried again when it is next asked for. @returns {Promise<Verifier>} */
export function loadVerifier() {
  loaded ??= load().catch((error) => {
    loaded = null;
    throw error;
  });
  return loaded;
}

/** @returns {Promise<Verifier>} */
async function load() {
  const wasm = await import('../wasm/index.js');
  return { ...await wasm.load(), ManualClock: wasm.ManualClock };
}
