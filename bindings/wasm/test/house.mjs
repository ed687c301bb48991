// What the tests stand in: the module loaded once, the vectors, a licence and who expects it, and a clock that they move.

import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { load, ManualClock } from '../index.js';

const repository = process.env.TONEGATE_REPOSITORY ? pathToFileURL(`${process.env.TONEGATE_REPOSITORY}/`) : new URL('../../../', import.meta.url);

/** A file of the repository. @param {string} path */
export const fromRepository = (path) => readFile(new URL(path, repository), 'utf8');

export const cases = JSON.parse(await fromRepository('vectors/cases.json'));
export const tonegate = await load();

/** A case of the vectors, by its name. @param {string} name */
export const caseOf = (name) => {
  const found = cases.cases.find((/** @type {{name: string}} */ each) => each.name === name);
  if (!found) throw new Error(`the vectors have no case ${name}`);
  return found;
};

/** A licence of seven days with `agc` and `ans`, and a minute into its hour. */
export const LICENSE = caseOf('valid').steps[0].license;
export const NOW = 1_763_843_553;
export const EXPIRES = 1_764_451_893;
export const EXPECTED = { pins: cases.pins, issuer: 'tonegate-test', appId: 12_345 };

/** @param {string} hex */
export const bytesOf = (hex) => Uint8Array.from({ length: hex.length / 2 }, (_, at) => parseInt(hex.slice(2 * at, 2 * at + 2), 16));

export const clockAt = (/** @type {number} */ wall) => new ManualClock(wall);
