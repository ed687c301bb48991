// Where we are: the part of the address after `#`. The table of pages is `../routes.js`.
import { routes } from '../routes.js';
import { store } from './store.js';

/**
 * @typedef {object} Place
 * @property {string} href path and query, as after `#`
 * @property {string} path
 * @property {string} page the module in `pages/`, or `not_found`
 * @property {Record<string, string>} parameters from the pattern, such as `app_id`
 * @property {URLSearchParams} query
 * @property {boolean} public readable without a session
 * @property {string} [needs] the operation without which the page has nothing to show
 */

/** @type {import('./store.js').Store<Place>} */
export const route = store(parse(location.hash));

addEventListener('hashchange', () => route.set(parse(location.hash)));

/**
 * @param {string} href such as `/apps/12345`
 * @param {{replace?: boolean}} [how] `replace`: Back does not lead here again
 */
export function navigate(href, how = {}) {
  if (how.replace) {
    history.replaceState(null, '', `#${href}`);
    route.set(parse(location.hash));
  } else {
    location.hash = href;
  }
}

/**
 * Changes the query of the place where we are, without a new entry in the history: filters can be shared and survive Back.
 * @param {Record<string, string>} values empty ones are taken out
 */
export function setQuery(values) {
  const query = new URLSearchParams(route.get().query);
  for (const [key, value] of Object.entries(values)) {
    if (value) query.set(key, value);
    else query.delete(key);
  }
  const text = query.toString();
  navigate(route.get().path + (text && `?${text}`), { replace: true });
}

/** @param {string} hash @returns {Place} */
function parse(hash) {
  const href = hash.replace(/^#/, '') || '/';
  const [path, query = ''] = href.split(/\?(.*)/s);
  for (const entry of routes) {
    const parameters = match(entry.path, path);
    if (parameters) return { href, path, page: entry.page, parameters, query: new URLSearchParams(query), public: entry.public ?? false, needs: entry.needs };
  }
  return { href, path, page: 'not_found', parameters: {}, query: new URLSearchParams(query), public: false };
}

/** @param {string} pattern such as `/apps/:app_id` @param {string} path @returns {Record<string, string> | null} */
function match(pattern, path) {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  /** @type {Record<string, string>} */
  const parameters = {};
  for (const [i, part] of wanted.entries()) {
    if (part.startsWith(':')) parameters[part.slice(1)] = unescaped(given[i]);
    else if (part !== given[i]) return null;
  }
  return parameters;
}

/** @param {string} part */
function unescaped(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
