// Who is told of what happens here: Standard Webhooks, their deliveries, and how a receiver verifies them.
import { html, useState } from '../vendor/preact.js';
import { Button, Card, DataTable, EmptyState, PageHeader, Time } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useList } from '../lib/loading.js';
import { may } from '../lib/session.js';
import { Events } from './webhooks_events.js';
import { CreateWebhook } from './webhooks_form.js';
import { Enabled, OneWebhook, hostOf } from './webhooks_one.js';
import { Receiver } from './webhooks_receiver.js';

/** The page itself. @param {{place: import('../lib/router.js').Place}} props */
export default function Webhooks({ place }) {
  const id = place.query.get('id');
  return id ? html`<${OneWebhook} key=${id} id=${id} />` : html`<${AllWebhooks} />`;
}

function AllWebhooks() {
  const list = useList((_, signal) => api.get('/webhooks', {}, signal), []);
  const [creating, setCreating] = useState(false);
  const create = may('create_webhook') && html`<${Button} kind="primary" onClick=${() => setCreating(true)}>${t('webhooks.create')}<//>`;
  return html`<${PageHeader} title=${t('webhooks.title')} lead=${t('webhooks.lead')} actions=${create} />
    <section class="card flush">
      <${DataTable} label=${t('webhooks.title')} columns=${columns()} rows=${list.items} rowKey=${(/** @type {Api.Webhook} */ row) => row.id} rowHref=${href}
        loading=${list.loading} error=${list.error} retry=${list.reload} onEnd=${list.loadMore}
        empty=${html`<${EmptyState} title=${t('webhooks.none')} hint=${t('webhooks.none_hint')} action=${create} />`} />
    </section>
    <${Card} title=${t('webhooks.receiver')}><${Receiver} /><//>
    ${creating && html`<${CreateWebhook} onClose=${() => setCreating(false)} onCreated=${list.reload} />`}`;
}

/** @returns {import('../components/table.js').Column<Api.Webhook>[]} */
function columns() {
  return [
    { key: 'url', title: t('webhooks.receives'), render: (row) => html`<a href=${href(row)} title=${row.url}>${hostOf(row.url)}</a>` },
    { key: 'enabled', title: t('webhooks.state'), width: '7rem', render: (row) => html`<${Enabled} webhook=${row} />` },
    { key: 'events', title: t('webhooks.events'), width: '24rem', wide: true, render: (row) => html`<${Events} events=${row.events} />` },
    { key: 'note', title: t('webhooks.note'), wide: true, render: (row) => row.note },
    { key: 'updated_at', title: t('webhooks.changed'), width: '9rem', wide: true, render: (row) => html`<${Time} at=${row.updated_at} />` },
  ];
}

/** @param {Api.Webhook} row */
const href = (row) => `#/webhooks?id=${encodeURIComponent(row.id)}`;
