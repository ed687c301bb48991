// What was sent to one webhook, how it went, and trying again.
import { html, useEffect, useState } from '../vendor/preact.js';
import { Badge, Button, DataTable, Dialog, DialogActions, EmptyState, ErrorBox, Facts, Time, toast } from '../components/index.js';
import * as api from '../lib/api.js';
import { number, t } from '../lib/i18n.js';
import { useAction, useList } from '../lib/loading.js';
import { may } from '../lib/session.js';

const PAGE = 100;
const LOOK_AGAIN_MS = 4000;

/** @typedef {Api.Delivery} Delivery */

/** @param {{webhook: Api.Webhook, round: number}} props `round`: rises when something was sent */
export function Deliveries({ webhook, round }) {
  const list = useList((cursor, signal) => api.get(api.path`/webhooks/${webhook.id}/deliveries`, { cursor, limit: PAGE }, signal), [webhook.id, round]);
  const [shown, setShown] = useState(/** @type {string | null} */ (null));
  // What is under way ends soon; the first page is looked at again until it did.
  const waiting = list.items.length <= PAGE && list.items.some((each) => stateOf(each) === 'waiting');
  useEffect(() => {
    if (!waiting || document.hidden) return undefined;
    const timer = setTimeout(list.reload, LOOK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [waiting, list.items]);
  const retry = useAction(async (/** @type {Delivery} */ delivery) => {
    await api.post(api.path`/deliveries/${delivery.id}/retry`);
    toast(t('webhooks.retried'));
    list.reload();
  });
  const open = list.items.find((each) => each.id === shown);
  return html`<section class="card flush">
    <div class="card-header"><div><h2>${t('webhooks.deliveries')}</h2><p class="hint">${t('webhooks.deliveries_hint')}</p></div>
      <div class="actions"><${Button} onClick=${list.reload}>${t('common.refresh')}<//></div></div>
    <${ErrorBox} error=${retry.error} />
    <${DataTable} label=${t('webhooks.deliveries')} columns=${columns(setShown, retry)} rows=${list.items} rowKey=${(/** @type {Delivery} */ row) => row.id} onRow=${(/** @type {Delivery} */ row) => setShown(row.id)}
      loading=${list.loading && list.items.length === 0} error=${list.error} retry=${list.reload} onEnd=${list.loadMore} height="32rem"
      empty=${html`<${EmptyState} title=${t('webhooks.no_deliveries')} hint=${t('webhooks.no_deliveries_hint')} />`} />
    ${open && html`<${DeliveryDialog} delivery=${open} retry=${retry} onClose=${() => setShown(null)} />`}
  </section>`;
}

/** @typedef {{run: (delivery: Delivery) => Promise<boolean>, busy: boolean, error: unknown}} Retry */

/** @param {(id: string) => void} show @param {Retry} retry @returns {import('../components/table.js').Column<Delivery>[]} */
function columns(show, retry) {
  return [
    { key: 'kind', title: t('webhooks.event'), render: (row) => html`<button type="button" class="link" onClick=${() => show(row.id)}>${row.kind}</button>` },
    { key: 'state', title: t('webhooks.state'), width: '6.5rem', render: (row) => html`<${State} delivery=${row} />` },
    { key: 'created_at', title: t('webhooks.sent'), width: '8.5rem', render: (row) => html`<${Time} at=${row.created_at} />` },
    { key: 'tries', title: t('webhooks.tries'), width: '5rem', numeric: true, wide: true, render: (row) => number(row.tries) },
    { key: 'next', title: t('webhooks.next_try'), width: '9rem', wide: true, render: (row) => (stateOf(row) === 'waiting' ? html`<${Time} at=${row.next_try_at} none="" />` : '') },
    { key: 'error', title: t('webhooks.last_answer'), wide: true, render: (row) => row.last_error ?? (row.last_status === null ? '' : String(row.last_status)) },
    { key: 'act', title: t('webhooks.act'), width: '7rem', wide: true, render: (row) => may('retry_delivery') && stateOf(row) !== 'delivered' && html`<${Button} class="small" disabled=${retry.busy} onClick=${() => retry.run(row)}>${t('webhooks.retry')}<//>` },
  ];
}

/** @param {{delivery: Delivery, retry: Retry, onClose: () => void}} props */
function DeliveryDialog({ delivery, retry, onClose }) {
  return html`<${Dialog} title=${delivery.kind} onClose=${onClose}>
    <${Facts} rows=${[
    [t('webhooks.state'), html`<${State} delivery=${delivery} />`],
    [t('webhooks.id'), html`<code>${delivery.id}</code>`],
    [t('webhooks.sent'), html`<${Time} at=${delivery.created_at} exact=${true} />`],
    [t('webhooks.tries'), number(delivery.tries)],
    stateOf(delivery) === 'waiting' && [t('webhooks.next_try'), html`<${Time} at=${delivery.next_try_at} none="" />`],
    delivery.delivered_at !== null && [t('webhooks.delivered_at'), html`<${Time} at=${delivery.delivered_at} exact=${true} />`],
    delivery.gave_up_at !== null && [t('webhooks.gave_up_at'), html`<${Time} at=${delivery.gave_up_at} exact=${true} />`],
    [t('webhooks.last_status'), delivery.last_status ?? t('common.none')],
    [t('webhooks.last_error'), delivery.last_error ?? t('common.none')],
  ]} />
    <${ErrorBox} error=${retry.error} />
    <${DialogActions}>
      <${Button} onClick=${onClose}>${t('common.close')}<//>
      ${may('retry_delivery') && html`<${Button} kind="primary" busy=${retry.busy} onClick=${() => retry.run(delivery)}>${t(stateOf(delivery) === 'delivered' ? 'webhooks.send_again' : 'webhooks.retry')}<//>`}
    <//>
  <//>`;
}

/** @param {Delivery} delivery @returns {'delivered' | 'gave_up' | 'waiting'} */
export const stateOf = (delivery) => (delivery.delivered_at !== null ? 'delivered' : delivery.gave_up_at !== null ? 'gave_up' : 'waiting');

/** @param {{delivery: Delivery}} props */
function State({ delivery }) {
  const state = stateOf(delivery);
  const tone = { delivered: 'good', gave_up: 'bad', waiting: delivery.last_error ? 'warning' : 'info' }[state];
  return html`<${Badge} tone=${tone}>${t(`webhooks.state.${state}`)}<//>`;
}
