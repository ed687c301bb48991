// What stands around every page: the navigation, language, theme, account.
import { html, useEffect, useRef, useState } from './vendor/preact.js';
import { Button, Menu } from './components/index.js';
import { online } from './lib/api.js';
import { LANGUAGES, chooseLanguage, language, t } from './lib/i18n.js';
import { may, signOut } from './lib/session.js';
import { useStore } from './lib/store.js';
import { chooseTheme, theme } from './lib/theme.js';
import { routes } from './routes.js';

const SHORT = { en: 'EN', zh: '中文' };
const GROUPS = /** @type {const} */ (['run', 'tools', 'admin']);

/** @param {{place: import('./lib/router.js').Place, session: Api.Session, children?: unknown}} props */
export function Shell({ place, session, children }) {
  const [open, setOpen] = useState(false);
  const main = useRef(/** @type {HTMLElement | null} */ (null));
  const first = useRef(true);
  const connected = useStore(online);
  useEffect(() => {
    setOpen(false);
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
    scrollTo(0, 0);
  }, [place.path]);
  const escape = (/** @type {KeyboardEvent} */ event) => { if (event.key === 'Escape') setOpen(false); };
  const skip = (/** @type {Event} */ event) => { event.preventDefault(); main.current?.focus(); };
  return html`<div class=${`shell ${open ? 'nav-open' : ''}`} onKeyDown=${escape}>
    <a class="skip" href="#main" onClick=${skip}>${t('shell.skip')}</a>
    <header class="topbar">
      <button type="button" class="button quiet icon nav-toggle" aria-expanded=${open ? 'true' : 'false'}
        aria-controls="nav" aria-label=${t('shell.navigation')} onClick=${() => setOpen(!open)}>☰</button>
      <a class="brand" href="#/"><img src="icon.svg" alt="" width="26" height="26" /><span>Tonegate</span></a>
      <div class="topbar-end">
        <${Preferences} />
        <${Account} session=${session} />
      </div>
    </header>
    <nav class="nav" id="nav" aria-label=${t('shell.navigation')}>
      ${GROUPS.map((group) => html`<${Group} key=${group} group=${group} here=${place.path} />`)}
    </nav>
    ${open && html`<div class="nav-shade" onClick=${() => setOpen(false)}></div>`}
    <main class="main" id="main" tabindex="-1" ref=${main}>
      ${!connected && html`<div class="notice tone-warning" role="alert">${t('shell.offline')}</div>`}
      ${children}
    </main>
  </div>`;
}

/** @param {{group: 'run' | 'tools' | 'admin', here: string}} props */
function Group({ group, here }) {
  const entries = routes.filter((entry) => entry.nav === group && (!entry.needs || may(entry.needs)));
  if (entries.length === 0) return null;
  return html`<div class="nav-group"><p class="nav-title">${t(`nav.${group}`)}</p><ul>
    ${entries.map(({ path, page }) => {
    const current = path === '/' ? here === '/' : here === path || here.startsWith(`${path}/`);
    return html`<li key=${path}><a href=${`#${path}`}
      aria-current=${current ? 'page' : undefined}>${t(`nav.${page}`)}</a></li>`;
  })}
  </ul></div>`;
}

/** Language and theme: the same on the pages before sign-in. */
export function Preferences() {
  const spoken = useStore(language);
  const shown = useStore(theme);
  return html`
    <${Menu} label=${SHORT[spoken]} title=${`${SHORT[spoken]} · ${t('shell.language')}`}>
      ${Object.entries(LANGUAGES).map(([code, name]) => html`<button type="button" key=${code}
        lang=${code === 'zh' ? 'zh-CN' : 'en'} aria-pressed=${code === spoken ? 'true' : 'false'}
        onClick=${() => chooseLanguage(/** @type {import('./lib/i18n.js').Language} */ (code))}>${name}</button>`)}
    <//>
    <${Menu} label=${{ system: '◐', light: '☀', dark: '☾' }[shown]} title=${t('shell.theme')}>
      ${/** @type {const} */ (['system', 'light', 'dark']).map((each) => html`<button type="button" key=${each}
        aria-pressed=${each === shown ? 'true' : 'false'}
        onClick=${() => chooseTheme(each)}>${t(`theme.${each}`)}</button>`)}
    <//>`;
}

/** @param {{session: Api.Session}} props */
function Account({ session }) {
  const name = session.user?.name ?? session.token?.name ?? '';
  return html`<${Menu} class="account" title=${t('shell.account', { name })}
    label=${html`<span class="avatar" aria-hidden="true">${[...name][0] ?? '?'}</span>`}>
    <p class="menu-head"><strong>${name}</strong><span class="muted">${t(`role.${session.role}`)}</span></p>
    <a href="#/account?tab=password">${t('account.password')}</a>
    <a href="#/account?tab=sessions">${t('account.sessions')}</a>
    <${Button} kind="quiet" onClick=${signOut}>${t('shell.sign_out')}<//>
  <//>`;
}
