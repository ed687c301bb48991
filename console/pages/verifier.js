// The verifier that apps use, as WebAssembly in this page: a licence, what an app expects of it, and any moment of its
// life on any device of the fleet. Nothing that is pasted leaves the page.
import { html, useEffect, useState } from '../vendor/preact.js';
import { Card, ErrorBox, Notice, PageHeader, Skeleton } from '../components/index.js';
import * as api from '../lib/api.js';
import { dateTime, t } from '../lib/i18n.js';
import { useLoad } from '../lib/loading.js';
import { may } from '../lib/session.js';
import { Claims, FeatureList, Verdict } from './inspector_facts.js';
import { handedOver } from './inspector_text.js';
import { TimeTravel } from './inspector_travel.js';
import { DevicePlay } from './verifier_device_play.js';
import { Asked, NOTHING_EXPECTED, expectedOf } from './verifier_expected.js';
import { Fleet, MIDDLE, spreadAt } from './verifier_fleet.js';
import { lifeFound } from './verifier_life.js';
import { loadVerifier } from './verifier_module.js';
import { newState } from './verifier_state.js';

/** The page itself. */
export default function Verifier() {
  const [text, setText] = useState(handedOver);
  const [form, setForm] = useState(NOTHING_EXPECTED);
  const verifier = useLoad(loadVerifier, []);
  const known = useLoad(async (signal) => (may('get_pins') ? api.get('/keys/pins', {}, signal) : null), []);
  useEffect(() => {
    if (!known.data) return;
    const { pins, issuer, environment } = known.data;
    setForm((before) => (before.pins ? before : { ...before, pins, issuer, environment }));
  }, [known.data]);
  const license = text.trim();
  const { expected, errors } = expectedOf(form, verifier.data);
  return html`
    <${PageHeader} title=${t('verifier.title')} lead=${t('verifier.lead')} />
    <${Asked} text=${text} onText=${setText} form=${form} onForm=${setForm} errors=${errors} />
    <${ErrorBox} error=${verifier.error} retry=${verifier.reload} />
    <${ErrorBox} error=${known.error} retry=${known.reload} />
    ${!verifier.data && verifier.loading && html`<${Skeleton} lines=${5} />`}
    ${license && !form.pins && !known.loading && html`<${Notice} tone="warning">${t('verifier.pins_needed')}<//>`}
    ${verifier.data && license && expected && html`<${Report} verifier=${verifier.data} text=${license} expected=${expected} />`}`;
}

/** @param {{verifier: import('./verifier_module.js').Verifier, text: string, expected: import('./verifier_module.js').Expected}} props */
function Report({ verifier, text, expected }) {
  const [now] = useState(() => Math.floor(Date.now() / 1000));
  const [at, setAt] = useState(/** @type {number | null} */ (null));
  const [place, setPlace] = useState(MIDDLE);
  const [spread, moment] = [spreadAt(place), at ?? now];
  const explained = verifier.explain(text, { ...expected, now: moment, state: newState(spread) });
  const found = inspected(explained, moment);
  const life = lifeFound(explained, text);
  return html`
    <div aria-live="polite"><${Verdict} found=${found} life=${life} /></div>
    ${life.length > 0 && html`<${TimeTravel} life=${life} at=${at} now=${now} onTravel=${setAt} />`}
    ${explained.license && html`<div class="grid">
      <div class="stack">
        <${Card} class="features" title=${t('inspector.features')} hint=${t('inspector.features_hint')}><${FeatureList} features=${explained.features} /><//>
        ${explained.validity && html`<${Fleet} place=${place} onPlace=${setPlace} refresh=${explained.validity.refresh_after} />`}
      </div>
      <${Card} class="short-names" title=${t('inspector.claims')} hint=${t(found.verified ? 'inspector.claims_proven' : 'inspector.claims_unproven')}><${Claims} claims=${explained.license} /><//>
    </div>`}
    ${explained.authentic && html`<${DevicePlay} key=${[text, spread, ...Object.values(expected)].join(' ')} verifier=${verifier} text=${text} expected=${expected} spread=${spread} at=${moment} />`}`;
}

/** What the inspector's parts show. @param {import('../wasm/index.js').Explanation} explained @param {number} asked @returns {Api.Inspection} */
function inspected(explained, asked) {
  const { authentic: verified, at } = explained;
  const notes = verified && at > asked ? [t('verifier.clock_behind', { asked: dateTime(asked), at: dateTime(at) })] : [];
  return { ...explained, verified, notes, timeline: [], key: null };
}
