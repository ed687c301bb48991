// An entry's detail made readable: `[before, after]` becomes what changed, field by field; anything else its facts. Pure.

/** @typedef {{path: string, before: unknown, after: unknown}} Change `undefined`: it was not there */
/** @typedef {{path: string, value: unknown}} Fact */
/** @typedef {{kind: 'change', changes: Change[], same: number} | {kind: 'facts', facts: Fact[]}} Detail */

/** Deeper than this a value is shown as it is. */
const DEPTH_MAX = 4;

/** @param {unknown} detail @returns {Detail} */
export function readable(detail) {
  if (isChange(detail)) {
    const [before, after] = [new Map(flat(detail[0])), new Map(flat(detail[1]))];
    const paths = [...new Set([...before.keys(), ...after.keys()])];
    const changes = paths.map((path) => ({ path, before: before.get(path), after: after.get(path) })).filter((each) => !equal(each.before, each.after));
    return { kind: 'change', changes, same: paths.length - changes.length };
  }
  return { kind: 'facts', facts: flat(detail).map(([path, value]) => ({ path, value })) };
}

/** What a change took away from a list and what it put in; null where one of the two is no list. @param {Change} change */
export function listChange({ before, after }) {
  if (!Array.isArray(before) || !Array.isArray(after)) return null;
  const without = (/** @type {unknown[]} */ list, /** @type {unknown[]} */ other) => list.filter((each) => !other.some((one) => equal(one, each)));
  return { removed: without(before, after), added: without(after, before) };
}

/** @param {unknown} detail @returns {detail is [unknown, unknown]} */
function isChange(detail) {
  const side = (/** @type {unknown} */ value) => value === null || isObject(value);
  return Array.isArray(detail) && detail.length === 2 && detail.every(side) && detail.some(isObject);
}

/** @param {unknown} value @param {string} [path] @returns {[string, unknown][]} */
function flat(value, path = '') {
  const parts = partsOf(value, path.split('.').length);
  if (!parts) return path === '' && (value === null || value === undefined) ? [] : [[path, value]];
  return parts.flatMap(([name, part]) => flat(part, path ? `${path}.${name}` : name));
}

/** Named things in a list (features) are compared by their names: one that is put in front does not change all others. @param {unknown} value @param {number} depth @returns {[string, unknown][] | null} */
function partsOf(value, depth) {
  if (depth > DEPTH_MAX) return null;
  if (isObject(value) && Object.keys(value).length > 0) return Object.entries(value);
  if (!Array.isArray(value) || value.length === 0 || !value.every((each) => isObject(each) && typeof each.name === 'string')) return null;
  return value.map((each) => {
    const { name, ...rest } = each;
    return [name, Object.keys(rest).length > 0 ? rest : true];
  });
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param {unknown} one @param {unknown} other */
const equal = (one, other) => JSON.stringify(one) === JSON.stringify(other);
