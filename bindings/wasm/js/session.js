// Timers, fetches, storage and events around the Rust crate's `Session`, which says what is due and when. Invariant: what an
// app hands in (fetch, store, clock, callbacks) may fail, hang or answer nonsense, and the session goes on with what it holds.

import { platformClock } from './clock.js';
import { FetchError } from './relay.js';
import { forget, reading } from './module.js';
import { clockOr, draw, feature, read, refuse, stored } from './options.js';

const FETCH_SECS = 30;
const STORE_SECS = 10;
/** A page that is shown and hidden all the time does not hasten more often. */
const HASTEN_SECS = 30;

/** @import { LicenseSession as Promised } from '../index.js' */

/** @implements {Promised} */
export class LicenseSession {
  #module; #settings; #clock; #options;
  /** 0: it was closed, and answers as without a licence. */ #slot;
  /** @type {[bigint, bigint]} the clocks as they were read last */ #time = [0n, 0n];
  /** @type {Promise<import('../index.d.ts').Verdict> | null} */ #started = null;
  #begun = false;
  /** @type {(() => void)[]} what close() undoes */ #undo = [];
  #cancelTurn = () => {};
  /** @type {{abort: AbortController, ended: Promise<void>} | null} */ #fetching = null;
  /** @type {Promise<void> | null} */ #saving = null;
  /** The last save failed. */ #owed = false;
  #hastened = -Infinity;

  /** @param {import('./module.js').Module} module @param {import('../index.d.ts').SessionOptions} options */
  constructor(module, options) {
    this.#settings = read(options);
    this.#clock = clockOr(options.clock, platformClock);
    const { fetch, store = null, onChange, onError } = options;
    if (typeof fetch !== 'function') throw new TypeError('fetch is a function that brings a licence, such as relay(url, {apiKey})');
    if (store !== null && (typeof store.load !== 'function' || typeof store.save !== 'function')) throw new TypeError('a store has load() and save(bytes)');
    for (const told of [onChange, onError]) if (told !== undefined && typeof told !== 'function') throw new TypeError('onChange and onError are functions');
    this.#options = { fetch, store, onChange, onError };
    this.#module = module;
    this.#slot = module.take(this, module.exports.session_bytes());
    const fault = this.#begin(null);
    if (fault !== 0) this.close();
    refuse(fault);
  }

  start() {
    this.#started ??= this.#start();
    return this.#started;
  }

  /** @param {string} name */
  check(name) {
    const [wall, elapsed] = this.#now(), { exports, out } = this.#module;
    exports.session_check(this.#slot, this.#module.name(feature(name)), wall, elapsed, out);
    const verdict = this.#module.feature();
    this.#save();
    return verdict;
  }

  verdict() {
    const at = this.#now(), { exports, out } = this.#module;
    exports.session_verdict(this.#slot, ...at, out);
    const verdict = forget(this.#module.verdict());
    this.#save();
    return verdict;
  }

  /** @param {string} name */
  outlook(name) {
    const { exports, out } = this.#module;
    exports.session_outlook(this.#slot, this.#module.name(feature(name)), out);
    return this.#module.outlook();
  }

  async refresh() {
    if (!this.#begun) return this.start();
    this.#module.exports.session_hasten(this.#slot);
    this.#turn();
    await this.#fetching?.ended;
    return this.verdict();
  }

  get license() {
    const { exports, out } = this.#module;
    exports.session_text(this.#slot, out);
    return this.#module.textFound();
  }

  close() {
    if (this.#slot === 0) return;
    this.#cancelTurn();
    this.#undo.forEach((undo) => undo());
    this.#fetching?.abort.abort(new Error('the session was closed'));
    this.#fetching = null;
    this.#save({ last: true });
    this.#module.release(this, this.#module.exports.session_bytes(), this.#slot);
    this.#slot = 0;
    this.#begun = false;
  }

  async #start() {
    const kept = await this.#load();
    if (this.#slot === 0) return this.verdict();
    if (kept) this.#begin(kept);
    this.#begun = true;
    this.#listen();
    this.#turn();
    if (this.verdict().state !== 'valid') await this.#fetching?.ended;
    return this.verdict();
  }

  /** Goes on from what was stored, or anew. @param {Uint8Array | null} kept */
  #begin(kept) {
    const at = this.#now();
    return this.#module.exports.session_begin(this.#slot, this.#module.options(this.#settings, kept, draw()), ...at);
  }

  async #load() {
    const { store } = this.#options;
    if (!store) return null;
    try {
      return stored(await this.#within(STORE_SECS, 'loading from the store', () => store.load()));
    } catch (error) {
      this.#report(error);
      return null;
    }
  }

  /** Does what is due, and comes back when the next thing is. */
  #turn() {
    // Read before the slot is named: a clock that fails calls onError, which may close the session.
    const at = this.#now(), { exports, out } = this.#module;
    if (!this.#begun || !exports.session_turn(this.#slot, ...at, out)) return;
    const { fetch, changed, waitSecs } = this.#module.turn();
    this.#cancelTurn();
    this.#cancelTurn = this.#after(waitSecs, () => this.#turn());
    if (fetch) this.#fetch();
    this.#save({ owed: true });
    if (changed) this.#tell(this.#options.onChange, changed);
  }

  #fetch() {
    this.#fetching?.abort.abort(new Error('another fetch began'));
    const abort = new AbortController();
    const asked = this.#within(FETCH_SECS, 'fetching a licence', () => this.#options.fetch({ signal: abort.signal }), abort);
    const isCurrent = () => this.#fetching?.abort === abort;
    const fetching = { abort, ended: asked.then(
      (text) => { if (isCurrent()) this.#fetched(text); },
      (error) => { if (isCurrent()) this.#failed(error); },
    ) };
    this.#fetching = fetching;
  }

  /** @param {unknown} text */
  #fetched(text) {
    if (typeof text !== 'string') return this.#failed(new TypeError('fetch brought no string'));
    const { exports, out } = this.#module;
    const at = this.#now();
    exports.session_fetched(this.#slot, this.#module.text(text), ...at, out);
    const { inForce, reason, message, nextStep } = this.#module.verdict();
    this.#fetching = null;
    this.#turn();
    if (inForce) return;
    this.#report(new Error(reason === null
      ? 'the licence fetched is older than the one in force, which stays: look for a stale cache on the way'
      : `the licence fetched was not taken: ${message}. ${nextStep}`));
  }

  /** @param {unknown} error */
  #failed(error) {
    const asked = /** @type {{retryAfter?: unknown} | null} */ (error)?.retryAfter;
    const retryAfter = typeof asked === 'number' && asked > 0 ? BigInt(Math.ceil(Math.min(asked, 86_400))) : 0n;
    const at = this.#now();
    this.#module.exports.session_failed(this.#slot, retryAfter, ...at);
    this.#fetching = null;
    this.#turn();
    this.#report(error);
  }

  /** Stores what was not, one save after the other. @param {{owed?: boolean, last?: boolean}} [when] */
  #save({ owed = false, last = false } = {}) {
    const { store } = this.#options, { exports } = this.#module;
    const due = exports.session_is_unsaved(this.#slot) || ((owed || last) && this.#owed);
    if (!store || !this.#begun || !due || (this.#saving && !last)) return;
    const bytes = this.#module.written(exports.session_save(this.#slot, this.#module.buffer));
    this.#owed = false;
    if (this.#saving) this.#saving.then(() => this.#put(store, bytes)); else this.#put(store, bytes);
  }

  /** @param {import('../index.d.ts').Store} store @param {Uint8Array} bytes */
  #put(store, bytes) {
    const failed = (/** @type {unknown} */ error) => {
      this.#owed = true;
      this.#report(error);
    };
    try {
      const saved = store.save(bytes);
      if (typeof saved?.then !== 'function') return;
      this.#saving = this.#within(STORE_SECS, 'saving to the store', () => saved).catch(failed).then(() => {
        this.#saving = null;
        this.#save();
      });
    } catch (error) {
      failed(error);
    }
  }

  /** The network is back, or the user is: then a wait after a failure makes no sense. */
  #listen() {
    const hasten = () => {
      const elapsed = Number(this.#now()[1]);
      if (elapsed - this.#hastened >= HASTEN_SECS) {
        this.#hastened = elapsed;
        this.#module.exports.session_hasten(this.#slot);
      }
      this.#turn();
    };
    const shown = () => { if (document.visibilityState === 'visible') hasten(); };
    this.#on(globalThis, 'online', hasten);
    this.#on(globalThis.document, 'visibilitychange', shown);
  }

  /** @param {Partial<EventTarget> | undefined} target @param {string} event @param {() => void} run */
  #on(target, event, run) {
    if (typeof target?.addEventListener !== 'function') return;
    target.addEventListener(event, run);
    this.#undo.push(() => target.removeEventListener?.(event, run));
  }

  /** What `run` brings, unless it takes longer. @template T @param {number} seconds @param {string} what @param {() => T | Promise<T>} run @param {AbortController} [abort] @returns {Promise<T>} */
  #within(seconds, what, run, abort = new AbortController()) {
    return new Promise((done, fail) => {
      abort.signal.addEventListener('abort', () => fail(abort.signal.reason), { once: true });
      const cancel = this.#after(seconds, () => abort.abort(new FetchError(`${what} took over ${seconds} s`)));
      Promise.resolve().then(run).then(done, fail).finally(cancel);
    });
  }

  /** @param {number} seconds @param {() => void} run */
  #after(seconds, run) {
    try {
      const cancel = this.#clock.after?.(seconds, run);
      if (this.#clock.after) return typeof cancel === 'function' ? cancel : () => {};
    } catch (error) {
      this.#report(error);
    }
    return platformClock.after(seconds, run);
  }

  /** The clocks; where they cannot be read, time stands. */
  #now() {
    try {
      this.#time = reading(this.#clock);
    } catch (error) {
      this.#report(error);
    }
    return this.#time;
  }

  /** @param {unknown} error */
  #report(error) {
    this.#tell(this.#options?.onError, error instanceof Error ? error : new Error(String(error)), false);
  }

  /** Calls the app. @template T @param {((told: T) => unknown) | undefined} callback @param {T} told @param {boolean} [reports] */
  #tell(callback, told, reports = true) {
    // Nobody listens to what onError throws.
    const failed = (/** @type {unknown} */ error) => { if (reports) this.#report(error); };
    try {
      Promise.resolve(callback?.(told)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
