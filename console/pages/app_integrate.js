// Code that fetches a licence for this app, ready to run: only the ServerSecret is left to the environment.
import { html, useState } from '../vendor/preact.js';
import { Card, CodeBlock, Facts, Notice, Tabs } from '../components/index.js';
import { t } from '../lib/i18n.js';
import { remember, remembered } from '../lib/store.js';
import { session } from '../lib/session.js';
import { LANGUAGES } from './app_code.js';

/** @param {import('./app.js').Loaded} loaded */
export function AppIntegrate({ app }) {
  const [chosen, setChosen] = useState(() => remembered('code') ?? 'shell');
  const language = LANGUAGES.find((each) => each.id === chosen) ?? LANGUAGES[0];
  const gateway = session.get()?.gateway_url ?? '';
  const choose = (/** @type {string} */ id) => { setChosen(id); remember('code', id); };
  return html`<div class="stack">
    <${Card} title=${t('app.integrate')} hint=${t('app.integrate_hint')}>
      <${Facts} rows=${[
    [t('app.gateway'), html`<code>${gateway}</code>`],
    ['AppId', html`<code>${app.app_id}</code>`],
    ['ServerSecret', html`<a href=${`#/apps/${app.app_id}?tab=secrets`}>${t('app.tab.secrets')}</a>`],
  ]} />
      <${Notice} tone="warning">${t('app.never_ship')}<//>
      <${Tabs} label=${t('app.integrate')} active=${language.id} onChange=${choose}
        tabs=${LANGUAGES.map(({ id, title }) => ({ id, title }))}>
        <p class="hint">${t('app.run_with')} <code>${language.run}</code></p>
        <${CodeBlock} label=${language.title} text=${language.code(app.app_id, gateway)} />
      <//>
      <p>${t('app.keep_license')}</p>
    <//>
  </div>`;
}
