// The page of its own, served from the package's folder by anything that serves files.
import { make } from './dom.js';
import { mount } from './playground.js';

const element = /** @type {HTMLElement} */ (document.getElementById('playground'));
/** @type {{unmount(): void} | null} */ let mounted = null;

/** @param {'en' | 'zh'} language */
async function speak(language) {
  mounted?.unmount();
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  mounted = await mount(element, { language });
}

const languages = /** @type {const} */ ({ en: 'English', zh: '简体中文' });
document.getElementById('languages')?.append(...Object.entries(languages).map(([language, name]) =>
  make('button', { type: 'button', class: 'pg-small', lang: language === 'zh' ? 'zh-CN' : 'en', onclick: () => void speak(/** @type {'en' | 'zh'} */ (language)) }, name)));

await speak(navigator.language.startsWith('zh') ? 'zh' : 'en');
