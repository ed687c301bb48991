// A device to play with: what is used stays used, whatever somebody does to its clock.
import { html, useState } from '../vendor/preact.js';
import { Badge, Button, Card, Facts } from '../components/index.js';
import { dateTime, duration, t } from '../lib/i18n.js';
import { FeatureList, STATES } from './inspector_facts.js';
import { Device } from './verifier_device.js';

const HOUR = 3600;
const DAY = 86_400;
const SHOWN = 12;

/** @param {{verifier: import('./verifier_module.js').Verifier, text: string, expected: import('./verifier_module.js').Expected, spread: number, at: number}} given */
export function DevicePlay({ verifier, ...given }) {
  const [device, setDevice] = useState(/** @type {Device | null} */ (null));
  const [, again] = useState(0);
  const begin = () => setDevice(new Device(verifier, given));
  const act = (/** @type {(device: Device) => void} */ does) => () => {
    if (device) does(device);
    again((count) => count + 1);
  };
  return html`<${Card} title=${t('verifier.device')} hint=${t('verifier.device_hint')}>
    <div class="row">
      <${Button} kind=${device ? 'secondary' : 'primary'} onClick=${begin}>${t(device ? 'verifier.begin_again' : 'verifier.begin')}<//>
      ${device && html`
        <${Button} onClick=${act((it) => it.use(HOUR))}>${t('verifier.act.use', { time: duration(HOUR) })}<//>
        <${Button} onClick=${act((it) => it.use(DAY))}>${t('verifier.act.use', { time: duration(DAY) })}<//>
        <${Button} onClick=${act((it) => it.setBack(DAY))}>${t('verifier.act.set_back', { time: duration(DAY) })}<//>
        <${Button} onClick=${act((it) => it.restart())}>${t('verifier.act.restart')}<//>`}
    </div>
    ${device && html`<${Happened} moments=${device.moments} /><${Now} moment=${device.moments[device.moments.length - 1]} />`}
  <//>`;
}

/** @param {{moments: import('./verifier_device.js').Moment[]}} props */
function Happened({ moments }) {
  const first = Math.max(0, moments.length - SHOWN);
  return html`<ol class="life" aria-live="polite" aria-label=${t('verifier.happened')}>
    ${moments.slice(first).map((moment, i) => html`<li key=${first + i}>
      <span class="life-mark" aria-hidden="true" style=${{ background: 'var(--text-muted)' }}>${first + i + 1}</span>
      <span><strong>${t(`verifier.did.${moment.act}`, { time: duration(moment.seconds) })}</strong>
        ${moment.act !== 'begin' && html` <span class="muted">${t('verifier.moved', { time: signed(moment.moved) })}</span>`}<br />
        <span class="muted">${t('verifier.clocks', { wall: dateTime(moment.wall), counts: dateTime(moment.counts) })}</span></span>
      <${Badge} tone=${STATES[moment.verdict.state]}>${t(`inspector.state.${moment.verdict.state}`)}<//>
    </li>`)}
  </ol>`;
}

/** @param {{moment: import('./verifier_device.js').Moment}} props */
function Now({ moment: { features, stored } }) {
  return html`<div class="grid">
    <section class="stack tight features"><h3>${t('inspector.features')}</h3><${FeatureList} features=${features} /></section>
    <section class="stack tight short-names"><h3>${t('verifier.stored')}</h3>
      <p class="hint">${t('verifier.stored_hint')}</p>
      <${Facts} rows=${[
    [t('verifier.paid_until'), dateTime(stored.paidUntil)],
    [t('verifier.newest_end'), dateTime(stored.newestEnd)],
    [t('verifier.spread'), String(stored.spread)],
    [t('verifier.floors'), t('verifier.floors_value', { active: String(stored.floors[0]), standby: String(stored.floors[1]) })],
    [t('verifier.bytes'), html`<span class="mono">${stored.hex}</span>`],
  ]} />
    </section>
  </div>`;
}

/** @param {number} seconds */
const signed = (seconds) => `${seconds < 0 ? '−' : '+'}${duration(Math.abs(seconds))}`;
