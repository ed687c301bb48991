// Writes what was found as JSON: `node report.mjs vectors|speed node|chromium FILE`.

import { writeFile } from 'node:fs/promises';
import { cases, LICENSE, tonegate } from './house.mjs';
import { measure } from './speed.mjs';
import { walk } from './vectors.mjs';

const [what, where, file] = process.argv.slice(2);

/** @returns {Promise<unknown>} */
async function found() {
  if (where === 'chromium') {
    const { inChromium } = await import('./browser/run.mjs');
    return inChromium(what === 'speed' ? 'speed' : 'vectors');
  }
  return what === 'speed' ? measure(tonegate, cases.pins, LICENSE) : walk(tonegate, cases);
}

await writeFile(file, `${JSON.stringify(await found())}\n`);
