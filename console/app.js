// The console's start: language, theme, session, then the page that the address names.
import { html, render, useEffect, useErrorBoundary, useState } from './vendor/preact.js';
import { PageFault, Skeleton, StepUp, Toasts } from './components/index.js';
import { ClosedPage } from './pages/closed.js';
import { NotFound } from './pages/not_found.js';
import { language, speak, t } from './lib/i18n.js';
import { navigate, route } from './lib/router.js';
import { begin, may, session } from './lib/session.js';
import { useStore } from './lib/store.js';
import { applyTheme, keptTheme } from './lib/theme.js';
import { Shell } from './shell.js';

/** @type {Map<string, unknown>} */
const pages = new Map([['not_found', NotFound]]);

function Console() {
  useStore(language);
  const place = useStore(route);
  const who = useStore(session);
  useEffect(() => {
    // Who is confined to some apps has no overview.
    if (who && place.page === 'overview' && !may('get_overview')) navigate('/apps', { replace: true });
  }, [who, place.page]);
  // A page that the API would refuse is not asked for.
  const isClosed = who && place.needs !== undefined && !may(place.needs);
  const body = isClosed ? html`<${ClosedPage} place=${place} session=${who} />` : html`<${Page} key=${place.path} name=${place.page} place=${place} />`;
  if (place.public) return html`<main class="alone" id="main">${body}</main><${Toasts} />`;
  if (!who) return html`<main class="alone"><${Skeleton} /></main><${Toasts} />`;
  return html`<${Shell} place=${place} session=${who}>${body}<//><${StepUp} /><${Toasts} />`;
}

/** @param {{name: string, place: import('./lib/router.js').Place}} props */
function Page({ name, place }) {
  const [, again] = useState(0);
  const [failed, setFailed] = useState(/** @type {unknown} */ (null));
  const [broken] = useErrorBoundary();
  const Loaded = pages.get(name);
  useEffect(() => {
    // By what was rendered: the page may have come since.
    if (!Loaded) loadPage(name).then(() => again((count) => count + 1), setFailed);
  }, [name]);
  if (broken || failed) return html`<${PageFault} failed=${broken || failed} />`;
  return Loaded ? html`<${Loaded} place=${place} parameters=${place.parameters} />` : html`<${Skeleton} />`;
}

/** @param {string} name */
async function loadPage(name) {
  if (!pages.has(name)) pages.set(name, (await import(`./pages/${name}.js`)).default);
}

/** @param {unknown} error */
function unreachable(error) {
  render(html`<main class="alone"><div class="narrow"><h1>${t('problem.unexpected')}</h1><${PageFault} failed=${error} /></div></main>`, root);
}

const root = /** @type {Element} */ (document.getElementById('app'));
applyTheme(keptTheme());
// All three at once; a page that does not load says so when it is rendered.
loadPage(route.get().page).catch(() => {});
const begun = begin().then(() => () => render(html`<${Console} />`, root), (error) => () => unreachable(error));
await speak(language.get());
(await begun)();
