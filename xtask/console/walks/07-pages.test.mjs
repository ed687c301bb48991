// Every page, on the demo's data: it loads without a fault, in both themes and both languages, without a serious finding
// of axe, and fits a window of 360 pixels.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button, demo, go, look, openPage, overflow, pagesOf, picture, settled } from './house.mjs';

const DEMO_APP = 12345;
const HAN = /\p{Script=Han}/u;

const house = await demo();
const page = await openPage(house.origin);
await page.goto(house.link);
await page.locator('.shell').waitFor();

test('the pages, light, dark, and narrow', async (t) => {
  for (const [name, hash] of pagesOf(DEMO_APP)) {
    await t.test(name, async () => {
      await go(page, hash);
      assert.deepEqual(await page.locator('[role=alert]').allInnerTexts(), []);
      await look(page, name);
      assert.equal(await narrowed(name), 0, 'pixels too wide');
    });
  }
});

test('the theme is chosen and kept', async () => {
  await go(page, '/settings');
  await page.getByLabel('Theme', { exact: true }).last().selectOption('dark');
  await page.reload();
  await settled(page);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(15, 19, 24)');
  await page.getByLabel('Theme', { exact: true }).last().selectOption('system');
});

test('the language is chosen in the shell, and every page speaks it', async (t) => {
  await page.getByRole('button', { name: 'EN · Language' }).click();
  await button(page, '简体中文').click();
  await page.getByRole('heading', { name: '设置' }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
  for (const [name, hash] of pagesOf(DEMO_APP)) {
    await t.test(name, async () => {
      await go(page, hash);
      assert.match(await page.locator('main').innerText(), HAN);
      await picture(page, `${name}.chinese`);
      assert.equal(await narrowed(`${name}.chinese`), 0, 'pixels too wide');
    });
  }
});

/** Looks at the page as a telephone shows it; gives the pixels by which it is too wide. @param {string} name */
async function narrowed(name) {
  const before = page.viewportSize() ?? { width: 1280, height: 900 };
  await page.setViewportSize({ width: 360, height: 740 });
  await settled(page);
  const pixels = await overflow(page);
  await picture(page, `${name}.narrow`);
  await page.setViewportSize(before);
  return pixels;
}
