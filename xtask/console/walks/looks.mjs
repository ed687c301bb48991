// How a page looks: pictures in both themes, and what axe has to say about it.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** @typedef {import('./page.mjs').Page} Page */

const SCREENSHOTS = process.env.SCREENSHOTS ?? path.join(tmpdir(), 'tonegate-screenshots');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Pictures of a page as it is, light and dark, and no serious finding of axe in either. @param {Page} page @param {string} name */
export async function look(page, name) {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await picture(page, `${name}.${colorScheme}`);
    // What is no matter of colours is the same in both.
    await axe(page, `${name}, ${colorScheme}`, colorScheme === 'dark' ? { runOnly: { type: 'rule', values: ['color-contrast'] } } : undefined);
  }
  await page.emulateMedia({ colorScheme: null });
}

/** Keeps a picture, of the whole page. @param {Page} page @param {string} name */
export async function picture(page, name) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const fullPage = (await page.locator('dialog[open]').count()) === 0;
  // `caret`: hiding it would put a style into the page, which its policy refuses.
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`), fullPage, caret: 'initial' });
}

/** No serious or critical finding. @param {Page} page @param {string} name @param {object} [options] */
export async function axe(page, name, options = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }) {
  if (!(await page.evaluate(() => 'axe' in window))) {
    // As the developer tools do it: the page's policy lets no script in.
    const tools = await page.context().newCDPSession(page);
    await tools.send('Runtime.evaluate', { expression: `${AXE};0` });
    await tools.detach();
  }
  const found = await page.evaluate(async (wanted) => {
    const { violations } = await /** @type {any} */ (window).axe.run(document, { preload: false, resultTypes: ['violations'], ...wanted });
    return violations.filter((/** @type {any} */ each) => ['serious', 'critical'].includes(each.impact)).map((/** @type {any} */ each) => `${each.id}: ${each.nodes.map((/** @type {any} */ node) => `${node.target} ${node.any[0]?.message ?? ''}`).join(' | ')}`);
  }, options);
  assert.deepEqual(found, [], `axe on ${name}`);
}
