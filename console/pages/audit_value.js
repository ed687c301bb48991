// One value of an entry's detail, in words where its name tells what it is.
import { html } from '../vendor/preact.js';
import { dateTime, duration, number, t } from '../lib/i18n.js';

const MOMENT = /(^|[._])(at|from|until)$/;
const LENGTH = /(^|[._])(lifetime|overlap)$|_secs$|_in$/;
/** Below this a number is no time of today. */
const YEAR_2001 = 1_000_000_000;

/** @param {{path: string, value: unknown}} props */
export function Value({ path, value }) {
  if (value === undefined) return html`<span class="muted">${t('audit.absent')}</span>`;
  if (value === null || value === '') return html`<span class="muted">${t('common.none')}</span>`;
  if (typeof value === 'boolean') return t(value ? 'common.yes' : 'common.no');
  if (typeof value === 'number') return numberText(path, value);
  if (typeof value === 'string') return html`<span class="said">${value}</span>`;
  if (Array.isArray(value) && value.every((each) => typeof each !== 'object')) return value.length > 0 ? html`<span class="tags wrap">${value.map((each) => html`<code>${String(each)}</code>`)}</span>` : html`<span class="muted">${t('common.none')}</span>`;
  return html`<code>${JSON.stringify(value)}</code>`;
}

/** @param {string} path @param {number} value */
function numberText(path, value) {
  if (MOMENT.test(path) && value > YEAR_2001) return html`<span title=${String(value)}>${dateTime(value)}</span>`;
  if (LENGTH.test(path)) return html`<span title=${t('duration.exact', { seconds: value })}>${duration(value)}</span>`;
  // An id or a serial is no quantity: it is written as it stands in the store.
  return /(^|[._])(app_id|id|rev|serial|generation|seq|floor)$/.test(path) ? String(value) : number(value);
}
