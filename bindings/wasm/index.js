// The package's door: loads the verifier, and names what goes with it. No work happens at import.
import { Gate } from './js/gate.js';
import { identities } from './js/identity.js';
import { compile, Module } from './js/module.js';
import { explain, verify } from './js/one-off.js';
import { LicenseSession } from './js/session.js';

export { ManualClock } from './js/clock.js';
export { FetchError, relay } from './js/relay.js';
export { localStorageStore } from './js/stores.js';

/** @type {typeof import('./index.d.ts').load} */
export async function load(source = new URL('tonegate.wasm', import.meta.url)) {
  const module = new Module(await WebAssembly.instantiate(await compile(source)));
  class BoundGate extends Gate {
    /** @param {import('./index.d.ts').GateOptions} options */
    constructor(options) { super(module, options); }
  }
  class BoundSession extends LicenseSession {
    /** @param {import('./index.d.ts').SessionOptions} options */
    constructor(options) { super(module, options); }
  }
  return Object.freeze({
    verify: verify(module),
    explain: explain(module),
    gate: (/** @type {import('./index.d.ts').GateOptions} */ options) => new BoundGate(options),
    session: (/** @type {import('./index.d.ts').SessionOptions} */ options) => new BoundSession(options),
    Gate: BoundGate,
    LicenseSession: BoundSession,
    identity: identities(module),
  });
}
