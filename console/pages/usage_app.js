// Which app the figures are about: typed, by AppId or by the beginning of its name; or one of the caller's own.
import { html, useEffect, useState } from '../vendor/preact.js';
import { Field, Select, useId } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useLoad, useSettled } from '../lib/loading.js';

/** @param {{app: string, own: number[] | null, onPick: (app: string) => void}} props `own`: the apps that the caller is confined to */
export function AppPicker({ app, own, onPick }) {
  if (own) return html`<${Select} class="grow" label=${t('usage.app')} value=${app} onInput=${onPick} options=${own.map((id) => ({ value: String(id), title: String(id) }))} />`;
  return html`<${Search} app=${app} onPick=${onPick} />`;
}

/** @param {{app: string, onPick: (app: string) => void}} props */
function Search({ app, onPick }) {
  const id = useId('apps');
  const [text, setText] = useState(app);
  const settled = useSettled(text.trim(), 250);
  useEffect(() => setText(app), [app]);
  // An AppId is picked as it is; anything else only finds.
  useEffect(() => { if (settled !== app && /^\d*$/.test(settled)) onPick(settled); }, [settled]);
  const found = useLoad((signal) => (settled ? api.get('/apps', { q: settled, limit: 12 }, signal) : Promise.resolve({ items: [] })), [settled]);
  const items = /** @type {Api.App[]} */ (found.data?.items ?? []);
  const name = items.find((each) => String(each.app_id) === app)?.name;
  return html`<${Field} class="grow" label=${app && name ? t('usage.app_named', { name }) : t('usage.app')}>${(/** @type {object} */ input) => html`
    <input ...${input} type="search" list=${id} value=${text} placeholder=${t('usage.all_apps')} autocomplete="off" spellcheck=${false} onInput=${(/** @type {InputEvent} */ event) => setText(/** @type {HTMLInputElement} */ (event.target).value)} />
    <datalist id=${id}>${items.map((each) => html`<option key=${each.app_id} value=${each.app_id}>${each.name}</option>`)}</datalist>`}<//>`;
}
