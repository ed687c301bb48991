// The way to the admin API: one function a method. It adds what each request needs (CSRF token, If-Match,
// Idempotency-Key), waits where the server asks it to, and turns everything that goes wrong into an `ApiProblem`.
// What a person must do in between (sign in, step up) is left to the hooks that `app.js` sets.
import { ApiProblem, problemOf } from './problem.js';
import { store } from './store.js';

const BASE = '/api/v1';
const LONGEST_WAIT_SECS = 10;

/** Whether the last request reached the server. */
export const online = store(true);

/**
 * Set by `app.js` and the step-up dialog.
 * @type {{csrfToken: () => string | null, signIn: () => void, stepUp: () => Promise<boolean>}}
 */
export const hooks = { csrfToken: () => null, signIn: () => {}, stepUp: async () => false };

/**
 * @typedef {object} Options
 * @property {Record<string, string | number | boolean | null | undefined>} [query] empty values are left out
 * @property {unknown} [body] sent as JSON
 * @property {{type: string, content: string}} [text] sent as it is
 * @property {string} [ifMatch] the ETag that was read, or `*`
 * @property {string} [idempotencyKey]
 * @property {AbortSignal} [signal]
 * @property {boolean} [quiet] a 401 is the caller's to handle
 */

/** @typedef {{data: any, etag: string, headers: Headers}} Answer */

/**
 * A path with its parts encoded: path`/apps/${id}`.
 * @param {TemplateStringsArray} strings
 * @param {...(string | number)} values
 */
export function path(strings, ...values) {
  return strings.reduce((text, piece, i) => text + encodeURIComponent(values[i - 1] ?? '') + piece);
}

/** A key for one filled-in form: the same for each try, so that a creation happens once. */
export function newIdempotencyKey() {
  return crypto.randomUUID ? crypto.randomUUID() : [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * The address of a GET, for a link that downloads.
 * @param {string} where
 * @param {Options['query']} [query]
 */
export function address(where, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const text = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  return BASE + where + (text && `?${text}`);
}

/**
 * @param {string} method
 * @param {string} where below `/api/v1`
 * @param {Options} [options]
 * @returns {Promise<Answer>}
 */
export async function request(method, where, options = {}) {
  for (let waits = 0, steppedUp = false; ;) {
    const answer = await send(method, where, options);
    if (answer.ok) return read(answer);
    const problem = await problemOf(answer);
    if (problem.status === 429 && problem.code !== 'locked' && waits < 3 && (problem.retryAfter ?? 1) <= LONGEST_WAIT_SECS) {
      waits += 1;
      await pause((problem.retryAfter ?? 1) * 1000, options.signal);
    } else if (problem.code === 'step_up_required' && !steppedUp) {
      steppedUp = await hooks.stepUp();
      if (!steppedUp) throw new ApiProblem({ ...problem, code: 'cancelled' });
    } else {
      if (problem.status === 401 && problem.code !== 'wrong_credentials' && !options.quiet) hooks.signIn();
      throw problem;
    }
  }
}

/** @param {string} where @param {Options['query']} [query] @param {AbortSignal} [signal] */
export const get = async (where, query, signal) => (await request('GET', where, { query, signal })).data;
/** @param {string} where @param {unknown} [body] @param {Options} [options] */
export const post = async (where, body, options) => (await request('POST', where, { ...options, body })).data;
/** @param {string} where @param {unknown} body @param {Options} [options] */
export const put = async (where, body, options) => (await request('PUT', where, { ...options, body })).data;
/** @param {string} where @param {unknown} body @param {Options} [options] */
export const patch = async (where, body, options) => (await request('PATCH', where, { ...options, body })).data;
/** @param {string} where @param {Options} [options] */
export const del = async (where, options) => (await request('DELETE', where, options)).data;

/**
 * @param {string} method
 * @param {string} where
 * @param {Options} options
 */
async function send(method, where, options) {
  const headers = new Headers({ Accept: 'application/json' });
  const csrf = hooks.csrfToken();
  if (method !== 'GET' && csrf) headers.set('X-CSRF-Token', csrf);
  if (options.ifMatch) headers.set('If-Match', options.ifMatch);
  if (options.idempotencyKey) headers.set('Idempotency-Key', options.idempotencyKey);
  if (options.text) headers.set('Content-Type', options.text.type);
  else if (options.body !== undefined) headers.set('Content-Type', 'application/json');
  const body = options.text ? options.text.content : options.body === undefined ? undefined : JSON.stringify(options.body);
  try {
    const answer = await fetch(address(where, options.query), { method, headers, body, signal: options.signal, credentials: 'same-origin', cache: 'no-store', redirect: 'error' });
    online.set(true);
    return answer;
  } catch (error) {
    if (options.signal?.aborted) throw new DOMException('aborted', 'AbortError');
    online.set(false);
    throw new ApiProblem({ status: 0, code: 'offline', title: String(error instanceof Error ? error.message : error) });
  }
}

/** @param {Response} answer @returns {Promise<Answer>} */
async function read(answer) {
  const text = await answer.text();
  const json = /json/.test(answer.headers.get('Content-Type') ?? '') && !/jsonl/.test(answer.headers.get('Content-Type') ?? '');
  return { data: text === '' ? null : json ? JSON.parse(text) : text, etag: answer.headers.get('ETag') ?? '', headers: answer.headers };
}

/** @param {number} milliseconds @param {AbortSignal} [signal] @returns {Promise<void>} */
function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('aborted', 'AbortError'));
    });
  });
}
