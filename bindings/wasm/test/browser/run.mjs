// Runs a module of the package's tests in a page: `walk` of vectors.mjs, or `measure` of speed.mjs.

import { cases, LICENSE } from '../house.mjs';
import { open } from './browser.mjs';

/** @param {'vectors' | 'speed'} what */
export async function inChromium(what) {
  const { page, origin, faults, close } = await open({ '/empty.html': '<!doctype html><title>Empty</title>' });
  try {
    await page.goto(`${origin}/empty.html`);
    const found = await page.evaluate(async ({ what, cases, license }) => {
      const { load } = await import(/** @type {any} */ ('/index.js'));
      const tonegate = await load();
      const run = await import(`/test/${what}.mjs`);
      return what === 'vectors' ? run.walk(tonegate, cases) : run.measure(tonegate, cases.pins, license);
    }, { what, cases, license: LICENSE });
    if (faults.length > 0) throw new Error(`in the page: ${faults.join('; ')}`);
    return found;
  } finally {
    await close();
  }
}
