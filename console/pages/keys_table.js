// The calendar as a table, for reading exact dates and for who cannot see the picture.
import { html } from '../vendor/preact.js';
import { Badge, DataTable } from '../components/index.js';
import { date, dateTime, t, time } from '../lib/i18n.js';

/** @type {Record<Api.Key['state'], import('../components/page.js').Tone>} */
export const STATES = { signing: 'good', next: 'info', staged: 'neutral', replaced: 'neutral', withdrawn: 'bad', ended: 'neutral' };

/** @param {{keys: Api.Key[]}} props */
export function KeyTable({ keys }) {
  const rows = [...keys].sort((a, b) => b.serial - a.serial);
  const moment = (/** @type {number} */ at) => html`<span title=${dateTime(at)}>${date(at)}, ${time(at)}</span>`;
  return html`<${DataTable} label=${t('keys.table')} rows=${rows} rowKey=${(/** @type {Api.Key} */ each) => each.serial} height="32rem" columns=${[
    { key: 'serial', title: t('keys.serial'), width: '5rem', numeric: true, render: (/** @type {Api.Key} */ each) => each.serial },
    { key: 'state', title: t('keys.state'), width: '6.5rem', render: (/** @type {Api.Key} */ each) => html`<${Badge} tone=${STATES[each.state] ?? 'neutral'}>${t(`keys.state.${each.state}`)}<//>` },
    { key: 'kid', title: t('keys.kid'), wide: true, width: '11rem', render: (/** @type {Api.Key} */ each) => html`<span class="mono">${each.kid}</span>` },
    { key: 'from', title: t('keys.signs_from'), render: (/** @type {Api.Key} */ each) => moment(each.sign_from) },
    { key: 'until', title: t('keys.signs_until'), wide: true, render: (/** @type {Api.Key} */ each) => moment(each.signs_until) },
    { key: 'ends', title: t('keys.certificate_ends'), wide: true, render: (/** @type {Api.Key} */ each) => moment(each.certificate_ends) },
    { key: 'floor', title: t('keys.floor'), width: '4.5rem', numeric: true, wide: true, render: (/** @type {Api.Key} */ each) => each.floor },
  ]} />`;
}
