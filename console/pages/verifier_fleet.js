// Which device of the fleet it is: each drew a number once, its spread, so that not all act at the same moment.
import { html } from '../vendor/preact.js';
import { Card, Facts, Field } from '../components/index.js';
import { dateTime, t } from '../lib/i18n.js';

const SPREAD_MAX = 65_535;
/** Percent. */
export const MIDDLE = 50;

/** @param {number} place percent */
export const spreadAt = (place) => Math.floor(place * SPREAD_MAX / 100);

/** @param {{place: number, onPlace: (place: number) => void, refresh: number}} props `refresh`: when this device asks for the next licence */
export function Fleet({ place, onPlace, refresh }) {
  const told = t('verifier.place_told', { spread: String(spreadAt(place)) });
  return html`<${Card} class="short-names" title=${t('verifier.fleet')} hint=${t('verifier.fleet_hint')}>
    <${Field} label=${html`${t('verifier.place')} <span class="hint">${told}</span>`}>
      ${(/** @type {object} */ input) => html`<input ...${input} class="travel" type="range" min="0" max="100" step="1" value=${place} aria-valuetext=${told}
        onInput=${(/** @type {InputEvent} */ event) => onPlace(Number(/** @type {HTMLInputElement} */ (event.target).value))} />`}
    <//>
    <${Facts} rows=${[
    [t('verifier.asks_next'), html`${dateTime(refresh)} <span class="muted">${t('verifier.of_life', { percent: String(Math.round(50 + place / 5)) })}</span>`],
    [t('verifier.takes_grace'), t('verifier.of_grace', { percent: String(Math.round(50 + place / 2)) })],
  ]} />
  <//>`;
}
