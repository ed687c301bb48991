// The console's own files, and the literal parts of what stands between html` and `.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOREIGN = ['vendor', 'tests', 'node_modules'];

/** Every module but the texts, by its path. @returns {Map<string, string>} */
export function sources() {
  const files = readdirSync(ROOT, { recursive: true }).map(String).filter((file) => file.endsWith('.js'));
  const own = files.filter((file) => ![...FOREIGN, 'i18n'].includes(file.split(path.sep)[0]));
  return new Map(own.map((file) => [file, readFileSync(path.join(ROOT, file), 'utf8')]));
}

/**
 * The html templates of a module, values taken out: `<p>\0</p>`. A template in a value is one of its own.
 * @param {string} source
 * @returns {string[]}
 */
export function templates(source) {
  /** @type {string[]} */
  const found = [];
  readCode(source, 0, found, '');
  return found;
}

/** Reads up to `end` (a closing brace, or the end of the file) and gives the place after it. @param {string} source @param {number} at @param {string[]} found @param {string} end */
function readCode(source, at, found, end) {
  for (let depth = 0; at < source.length; at += 1) {
    const here = source[at];
    if (here === '/' && source[at + 1] === '/') at = place(source.indexOf('\n', at), source);
    else if (here === '/' && source[at + 1] === '*') at = place(source.indexOf('*/', at), source) + 1;
    else if (here === "'" || here === '"') at = quoted(source, at);
    else if (here === '/' && beginsRegex(source, at)) at = regex(source, at);
    else if (here === '`') at = readTemplate(source, at, found) - 1;
    else if (here === '{') depth += 1;
    else if (here === '}') {
      if (depth === 0 && end === '}') return at + 1;
      depth -= 1;
    }
  }
  return at;
}

/** @param {string} source @param {number} at of the backtick @param {string[]} found */
function readTemplate(source, at, found) {
  const isHtml = source.slice(Math.max(0, at - 4), at) === 'html';
  let text = '';
  for (at += 1; at < source.length && source[at] !== '`';) {
    if (source[at] === '\\') { text += source[at + 1]; at += 2; }
    else if (source.startsWith('${', at)) { text += '\0'; at = readCode(source, at + 2, found, '}'); }
    else { text += source[at]; at += 1; }
  }
  if (isHtml) found.push(text);
  return at + 1;
}

/** @param {number} found @param {string} source */
const place = (found, source) => (found === -1 ? source.length : found);

/** @param {string} source @param {number} at of the quote */
function quoted(source, at) {
  const quote = source[at];
  for (at += 1; at < source.length && source[at] !== quote; at += 1) if (source[at] === '\\') at += 1;
  return at;
}

/** A slash after something that has a value divides; any other begins a pattern. @param {string} source @param {number} at */
const beginsRegex = (source, at) => /(^|[=(,:?!&|;{}[\n+]|=>|return)\s*$/.test(source.slice(Math.max(0, at - 12), at));

/** @param {string} source @param {number} at of the slash */
function regex(source, at) {
  let inClass = false;
  for (at += 1; at < source.length && (inClass || source[at] !== '/'); at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === '[') inClass = true;
    else if (source[at] === ']') inClass = false;
  }
  return at;
}
