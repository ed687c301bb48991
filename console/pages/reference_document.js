// The OpenAPI document as the reference needs it: a list of operations, schemas with their references resolved, examples.

/** @typedef {Record<string, any>} Schema */
/** @typedef {{name: string, in: string, required?: boolean, description?: string, schema?: Schema}} Parameter */
/** @typedef {{status: string, description: string, schema: Schema | null, codes: string[]}} Answer */

/**
 * @typedef {object} Operation
 * @property {string} id
 * @property {string} tag
 * @property {string} method
 * @property {string} path with the server's base
 * @property {string} summary
 * @property {string} description
 * @property {string[]} access the words of `x-access`
 * @property {Parameter[]} parameters
 * @property {{type: string, schema: Schema, required: boolean} | null} body
 * @property {Answer[]} responses
 * @property {string} words what the search looks through
 */

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const DEPTH_MAX = 8;

/** @param {any} document @returns {Operation[]} in the document's order, by tag */
export function operationsOf(document) {
  const base = String(document.servers?.[0]?.url ?? '');
  return Object.entries(document.paths ?? {}).flatMap(([path, methods]) => METHODS.flatMap((method) => {
    const operation = /** @type {any} */ (methods)[method];
    return operation ? [read(document, base + path, method, operation)] : [];
  }));
}

/** @param {any} document @param {string} path @param {string} method @param {any} given @returns {Operation} */
function read(document, path, method, given) {
  const content = Object.entries(given.requestBody?.content ?? {})[0];
  const operation = {
    id: String(given.operationId ?? `${method} ${path}`),
    tag: String(given.tags?.[0] ?? ''),
    method: method.toUpperCase(),
    path,
    summary: String(given.summary ?? ''),
    description: String(given.description ?? ''),
    access: String(given['x-access'] ?? '').split(' ').filter(Boolean),
    parameters: (given.parameters ?? []).map((/** @type {Schema} */ each) => resolve(document, each)),
    body: content ? { type: content[0], schema: /** @type {any} */ (content[1]).schema ?? {}, required: given.requestBody.required === true } : null,
    responses: Object.entries(given.responses ?? {}).map(([status, answer]) => response(status, answer)),
    words: '',
  };
  const { id, tag, summary, description, access, responses } = operation;
  const codes = responses.flatMap((/** @type {Answer} */ each) => each.codes);
  operation.words = [id, tag, operation.method, path, summary, description, ...access, ...codes].join(' ').toLowerCase();
  return operation;
}

/** @param {string} status @param {any} answer @returns {Answer} */
function response(status, answer) {
  const content = Object.values(answer.content ?? {})[0];
  return { status, description: String(answer.description ?? ''), schema: /** @type {any} */ (content)?.schema ?? null, codes: /** @type {string[]} */ (answer['x-codes'] ?? []) };
}

/** Every word of the search must occur. @param {Operation} operation @param {string} wanted */
export const matches = (operation, wanted) => wanted.toLowerCase().split(/\s+/).every((word) => operation.words.includes(word));

/** A schema with its reference followed. @param {any} document @param {Schema} schema @returns {Schema} */
export function resolve(document, schema) {
  let found = schema ?? {};
  for (let hops = 0; found.$ref && hops < DEPTH_MAX; hops += 1) {
    const target = String(found.$ref).replace(/^#\//, '').split('/').reduce((at, part) => at?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], document);
    found = { ...target, ...(found.description ? { description: found.description } : {}) };
  }
  if (found.allOf) found = merged(found, found.allOf.map((/** @type {Schema} */ each) => resolve(document, each)));
  const choices = choicesOf(found).filter((each) => each.type !== 'null');
  if (choices.length === 1) return { ...resolve(document, choices[0]), nullable: true, ...(found.description ? { description: found.description } : {}) };
  return found;
}

/** @param {Schema} schema @returns {Schema[]} */
export const choicesOf = (schema) => schema.oneOf ?? schema.anyOf ?? [];

/** @param {Schema} whole @param {Schema[]} parts @returns {Schema} */
function merged(whole, parts) {
  const { allOf, ...own } = whole;
  const all = [...parts, own];
  return { ...Object.assign({}, ...all), properties: Object.assign({}, ...all.map((each) => each.properties)), required: all.flatMap((each) => each.required ?? []) };
}

/** An example of a schema: what must be there, and the little that shows its shape. @param {any} document @param {Schema} schema @returns {any} */
export function exampleOf(document, schema, depth = 0) {
  const found = resolve(document, schema);
  if (found.example !== undefined) return found.example;
  if (found.default !== undefined && found.default !== null) return found.default;
  if (found.const !== undefined) return found.const;
  if (found.enum) return found.enum[0];
  if (choicesOf(found).length > 0) return exampleOf(document, choicesOf(found)[0], depth + 1);
  const type = [found.type].flat().find((each) => each !== 'null');
  if (depth > 3) return null;
  if (type === 'object' || found.properties) {
    const required = Object.entries(found.properties ?? {}).filter(([name]) => found.required?.includes(name));
    return Object.fromEntries(required.map(([name, each]) => [name, exampleOf(document, each, depth + 1)]));
  }
  if (type === 'array') return found.minItems ? [exampleOf(document, found.items ?? {}, depth + 1)] : [];
  if (type === 'integer' || type === 'number') return found.minimum ?? 0;
  if (type === 'boolean') return false;
  return '…';
}
