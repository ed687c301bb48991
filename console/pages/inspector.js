// The licence inspector: takes any text, says what it is, whether it is good and until when, at any moment asked about.
import { html, useState } from '../vendor/preact.js';
import { Button, Card, ErrorBox, Form, PageHeader, Skeleton, TextArea } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useLoad, useSettled } from '../lib/loading.js';
import { lifeOf } from './inspector_events.js';
import { Claims, FeatureList, KeyFacts, Verdict } from './inspector_facts.js';
import { handedOver, openInVerifier } from './inspector_text.js';
import { TimeTravel } from './inspector_travel.js';

const CHARS_MAX = 65_536;

/** The page itself. */
export default function Inspector() {
  const [handed] = useState(handedOver);
  const [text, setText] = useState(handed);
  const [asked, setAsked] = useState(handed);
  const [at, setAt] = useState(/** @type {number | null} */ (null));
  const moment = useSettled(at, 150);
  const answer = useLoad(async (signal) => {
    if (!asked) return null;
    const body = moment === null ? { license: asked } : { license: asked, at: moment };
    return api.post('/licenses/inspect', body, { signal });
  }, [asked, moment]);
  /** @type {Api.Inspection | null | undefined} */
  const found = asked ? answer.data : null;
  const inspect = () => {
    setAt(null);
    if (asked === text.trim()) answer.reload();
    else setAsked(text.trim());
  };
  const clear = () => {
    setText('');
    setAsked('');
    setAt(null);
  };
  return html`
    <${PageHeader} title=${t('inspector.title')} lead=${t('inspector.lead')} />
    <${Card}>
      <${Form} onSubmit=${inspect}>
        <${TextArea} label=${t('inspector.text')} hint=${t('inspector.text_hint')} value=${text} onInput=${setText} rows=${found ? 3 : 6} maxlength=${CHARS_MAX} mono=${true} />
        <div class="row">
          <${Button} kind="primary" type="submit" busy=${Boolean(asked) && answer.loading} disabled=${!text.trim()}>${t('inspector.inspect')}<//>
          ${text && html`<${Button} kind="quiet" onClick=${clear}>${t('inspector.clear')}<//>`}
        </div>
      <//>
    <//>
    <${ErrorBox} error=${answer.error} retry=${answer.reload} />
    ${asked && !found && answer.loading && html`<${Skeleton} lines=${5} />`}
    ${found && html`<${Report} found=${found} text=${asked} at=${at} onTravel=${setAt} />`}`;
}

/** @param {{found: Api.Inspection, text: string, at: number | null, onTravel: (at: number | null) => void}} props */
function Report({ found, text, at, onTravel }) {
  const life = lifeOf(found.timeline);
  return html`
    <div aria-live="polite"><${Verdict} found=${found} life=${life} /></div>
    ${life.length > 0 && html`<${TimeTravel} life=${life} at=${at} now=${found.at} onTravel=${onTravel} />`}
    ${found.license && html`<div class="grid">
      <${Card} class="short-names" title=${t('inspector.claims')} hint=${t(found.verified ? 'inspector.claims_proven' : 'inspector.claims_unproven')}><${Claims} claims=${found.license} /><//>
      <div class="stack">
        <${Card} class="features" title=${t('inspector.features')} hint=${t('inspector.features_hint')}><${FeatureList} features=${found.features ?? []} />
          <div class="row"><${Button} onClick=${() => openInVerifier(text)}>${t('inspector.to_verifier')}<//></div><//>
        <${Card} class="short-names" title=${t('inspector.key')} hint=${t('inspector.key_hint')}><${KeyFacts} signer=${found.key} /><//>
      </div>
    </div>`}`;
}
