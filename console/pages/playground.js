// What a licence unlocks, to be heard: the package for browsers, `bindings/voice`, which the server hands out beside the
// console. Nothing that is recorded or pasted leaves the page.
import { html, useEffect, useRef, useState } from '../vendor/preact.js';
import { ErrorBox, PageHeader, Skeleton } from '../components/index.js';
import * as api from '../lib/api.js';
import { language, t } from '../lib/i18n.js';
import { useLoad } from '../lib/loading.js';
import { may } from '../lib/session.js';

/** The page itself. */
export default function Playground() {
  const known = useLoad(async (signal) => (may('get_pins') ? api.get('/keys/pins', {}, signal) : null), []);
  const place = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const [ready, setReady] = useState(false);
  const spoken = language.get();
  const waits = known.loading;
  useEffect(() => {
    if (waits || !place.current) return undefined;
    const { pins, issuer, environment } = known.data ?? {};
    const mounted = mount(place.current, { language: spoken, heading: false, pins, issuer, environment });
    mounted.then(() => setReady(true), setError);
    return () => { mounted.then(({ unmount }) => unmount(), () => {}); };
  }, [waits, spoken]);
  return html`
    <${PageHeader} title=${t('playground.title')} lead=${t('playground.lead')} />
    <${ErrorBox} error=${error} />
    <${ErrorBox} error=${known.error} retry=${known.reload} />
    ${!ready && !error && html`<${Skeleton} lines=${5} />`}
    <div ref=${place}></div>`;
}

/** Its module and its look, when they are first needed. @param {HTMLElement} place @param {import('../voice/playground/playground.js').Options} options */
async function mount(place, options) {
  const { mount: put, look } = await import('../voice/playground/playground.js');
  await look();
  return put(place, options);
}
