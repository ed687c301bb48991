// Every text that a person reads, in the language they chose. Keys are flat (`apps.title`); each page owns a prefix
// and a file, `i18n/<language>/<page>.js`, gathered by `i18n/<language>.js`.
import { store, remember, remembered } from './store.js';

/** @typedef {'en' | 'zh'} Language */

/** @type {Record<Language, string>} */
export const LANGUAGES = { en: 'English', zh: '简体中文' };
const LOCALES = { en: 'en-GB', zh: 'zh-CN' };

/** @type {import('./store.js').Store<Language>} */
export const language = store(preferred());

/** @type {Record<string, string>} */
let texts = {};

/** Loads a language's texts, then switches to it at once. @param {Language} to */
export async function speak(to) {
  const { default: loaded } = to === 'zh' ? await import('../i18n/zh.js') : await import('../i18n/en.js');
  texts = loaded;
  document.documentElement.lang = to === 'zh' ? 'zh-CN' : 'en';
  language.set(to);
}

/** @param {Language} to */
export function chooseLanguage(to) {
  remember('language', to);
  return speak(to);
}

/**
 * The text of a key; `{name}` in it is replaced by `values.name`. A key that nobody wrote shows itself.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const text = texts[key];
  if (text === undefined) {
    console.error(`no text for ${key}`);
    return key;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? display(values[name]) : whole));
}

/** Whether there is a text for this key: for codes that the server may add. @param {string} key */
export const hasText = (key) => key in texts;

/** A text that depends on a number: `key.one` for 1, else `key.other`, with `{count}`. @param {string} key @param {number} count */
export const plural = (key, count) => t(`${key}.${count === 1 ? 'one' : 'other'}`, { count });

/** The locale for `Intl`. */
export const locale = () => LOCALES[language.get()];

/** Zero never as "-0": hence `+ 0`. @param {number} value @param {Intl.NumberFormatOptions} [options] */
export const number = (value, options) => new Intl.NumberFormat(locale(), options).format(value + 0);

/** Short: 12.3K. @param {number} value */
export const compact = (value) => number(value, { notation: 'compact', maximumFractionDigits: 1 });

/** A moment in full. @param {number} at Unix seconds */
export const dateTime = (at) => new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'medium' }).format(at * 1000);

/** @param {number} at Unix seconds */
export const date = (at) => new Intl.DateTimeFormat(locale(), { dateStyle: 'medium' }).format(at * 1000);

/** @param {number} at Unix seconds */
export const time = (at) => new Intl.DateTimeFormat(locale(), { timeStyle: 'short' }).format(at * 1000);

/** @type {[number, Intl.RelativeTimeFormatUnit][]} */
const STEPS = [[31_536_000, 'year'], [2_592_000, 'month'], [86_400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']];

/** "in 3 days". @param {number} at Unix seconds @param {number} [now] */
export function relative(at, now = Date.now() / 1000) {
  const distance = at - now;
  const [size, unit] = STEPS.find(([step]) => Math.abs(distance) >= step) ?? [1, 'second'];
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }).format(Math.trunc(distance / size), unit);
}

/** "14 d 1 h": the two largest units. @param {number} seconds */
export function duration(seconds) {
  /** @type {[number, string][]} */
  const units = [[86_400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const parts = [];
  let rest = Math.max(0, Math.round(seconds));
  for (const [size, unit] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(t(`duration.${unit}`, { count }));
  }
  return parts.slice(0, 2).join(' ') || t('duration.s', { count: 0 });
}

/** @param {string | number} value */
const display = (value) => (typeof value === 'number' ? number(value) : value);

/** @returns {Language} */
function preferred() {
  const kept = remembered('language');
  if (kept === 'en' || kept === 'zh') return kept;
  return navigator.language.startsWith('zh') ? 'zh' : 'en';
}
