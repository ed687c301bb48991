// The keys: who vouches for whom, who signs when, what apps pin; rotation and ceremony.
import { html, useState } from '../vendor/preact.js';
import { Button, Card, EmptyState, ErrorBox, Notice, PageHeader, Skeleton, Stat } from '../components/index.js';
import * as api from '../lib/api.js';
import { date, dateTime, relative, t } from '../lib/i18n.js';
import { useLoad } from '../lib/loading.js';
import { may } from '../lib/session.js';
import { Ceremony } from './keys_ceremony.js';
import { Chain, isHere } from './keys_chain.js';
import { Calendar } from './keys_calendar.js';
import { KeyTable } from './keys_table.js';
import { Pins } from './keys_pins.js';
import { Rotation } from './keys_rotation.js';

/** The page itself. */
export default function Keys() {
  const [rotating, setRotating] = useState(false);
  const { data, error, loading, reload } = useLoad((signal) => api.get('/keys', {}, signal), []);
  /** @type {Api.Keys | undefined} */
  const found = data;
  return html`
    <${PageHeader} title=${t('keys.title')} lead=${t('keys.lead')}
      actions=${found && may('preview_rotation') && html`<${Button} kind=${canRotate(found) ? 'primary' : 'secondary'} onClick=${() => setRotating(true)}>
        ${t(canRotate(found) ? 'keys.rotate' : 'keys.preview')}<//>`} />
    <${ErrorBox} error=${error} retry=${reload} />
    ${!found && loading && html`<${Skeleton} lines=${8} />`}
    ${found && html`<${Content} keys=${found} reload=${reload} />`}
    ${found && rotating && html`<${Rotation} keys=${found} canPublish=${canRotate(found)} onDone=${reload} onClose=${() => setRotating(false)} />`}`;
}

/** Only a root that is kept here can certify at a click. @param {Api.Keys} keys */
const canRotate = (keys) => may('rotate_key') && (keys.auto_root || keys.roots.some((root) => isHere(keys, root)));

/** @param {{keys: Api.Keys, reload: () => void}} props */
function Content({ keys, reload }) {
  const now = Date.now() / 1000;
  const signing = keys.keys.find((each) => each.state === 'signing');
  const next = keys.keys.filter((each) => each.sign_from > now && each.state !== 'withdrawn').sort((a, b) => a.sign_from - b.sign_from)[0];
  return html`
    <${Gap} keys=${keys} />
    <${Notice} tone=${keys.auto_root ? 'warning' : 'info'} title=${t(keys.auto_root ? 'keys.auto_root' : 'keys.offline_root')}>${t(keys.auto_root ? 'keys.auto_root_hint' : 'keys.offline_root_hint')}<//>
    <div class="stats">
      <${Stat} label=${t('keys.signing')} value=${serialOf(signing)} tone=${signing ? undefined : 'bad'}
        hint=${signing && t('keys.until', { at: dateTime(signing.signs_until) })} />
      <${Stat} label=${t('keys.next')} value=${serialOf(next)} tone=${next ? undefined : 'warning'}
        hint=${next && t('keys.from', { at: dateTime(next.sign_from) })} />
      <${Stat} label=${t('keys.covered_until')} value=${keys.covered_until ? date(keys.covered_until) : t('keys.not_covered')}
        tone=${tone(keys.covered_until, now)} hint=${keys.covered_until && relative(keys.covered_until)} />
    </div>
    ${keys.keys.length === 0
    ? html`<${Card}><${EmptyState} title=${t('keys.none')} hint=${t(keys.auto_root ? 'keys.none_auto' : 'keys.none_offline')} /><//>`
    : html`
      <${Card} title=${t('keys.chain')} hint=${t('keys.chain_hint')}><${Chain} keys=${keys} /><//>
      <${Card} title=${t('keys.calendar')} hint=${t('keys.calendar_hint')}><${Calendar} keys=${keys} /><//>
      <${Card} class="flush" title=${t('keys.table')}><${KeyTable} keys=${keys.keys} /><//>`}
    <div class="grid">
      <${Pins} keys=${keys} />
      ${!keys.auto_root && may('request_certificates') && html`<${Ceremony} onDone=${reload} />`}
    </div>`;
}

/** @param {{keys: Api.Keys}} props */
function Gap({ keys }) {
  if (keys.covered_until === null) return html`<${Notice} tone="bad" title=${t('keys.gap_now')}>${keys.gap_until ? t('keys.gap_now_until', { at: dateTime(keys.gap_until) }) : t('keys.gap_now_open')}<//>`;
  if (keys.gap_until === null) return null;
  return html`<${Notice} tone="bad" title=${t('keys.gap')}>${t('keys.gap_hint', { from: dateTime(keys.covered_until), until: dateTime(keys.gap_until) })}<//>`;
}

/** @param {Api.Key | undefined} issuing */
const serialOf = (issuing) => (issuing ? t('keys.serial_short', { serial: String(issuing.serial) }) : t('keys.nobody'));

const SOON_SECS = 14 * 86_400;

/** @param {number | null} until @param {number} now */
function tone(until, now) {
  if (until === null) return 'bad';
  return until - now < SOON_SECS ? 'warning' : undefined;
}
