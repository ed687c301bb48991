// The servers of the installation, each as it tells of itself: one line for one server, a table for several.
import { html } from '../vendor/preact.js';
import { Badge, Card, CopyButton, DataTable, ErrorBox, Facts, Notice, Skeleton } from '../components/index.js';
import * as api from '../lib/api.js';
import { duration, number, relative, t } from '../lib/i18n.js';
import { usePoll } from '../lib/loading.js';

const POLL_MS = 5000;

/** Polled: who reads it watches a server come or go. */
export function Nodes() {
  const { data, error } = usePoll((signal) => api.get('/nodes', {}, signal), POLL_MS, []);
  const nodes = /** @type {Api.Nodes | undefined} */ (data)?.nodes;
  const several = nodes && nodes.length > 1;
  return html`<${Card} title=${t('settings.nodes')} hint=${t(several ? 'settings.nodes_hint' : 'settings.node_hint')}>
    ${error && html`<${ErrorBox} error=${error} />`}
    ${!nodes ? !error && html`<${Skeleton} lines=${3} />` : several ? html`<${Several} nodes=${nodes} />` : nodes.map((node) => html`<${One} key=${node.id} node=${node} />`)}
  <//>`;
}

/** @param {{node: Api.Node}} props */
function One({ node }) {
  return html`<${Facts} rows=${[
    [t('settings.node_name'), node.name],
    [t('settings.node_state'), html`<${State} node=${node} />`],
    [t('settings.node_release'), node.release],
    [t('settings.node_started'), relative(node.started_at)],
    [t('settings.node_id'), html`<span class="row"><code>${node.id}</code><${CopyButton} text=${node.id} what=${t('settings.node_id')} /></span>`],
  ]} />`;
}

/** @param {{nodes: Api.Node[]}} props */
function Several({ nodes }) {
  const releases = new Set(nodes.filter((node) => node.alive).map((node) => node.release));
  return html`
    ${releases.size > 1 && html`<${Notice} title=${t('settings.node_releases')}>${t('settings.node_releases_hint')}<//>`}
    <${DataTable} label=${t('settings.nodes')} rows=${nodes} rowKey=${(/** @type {Api.Node} */ node) => node.id} height="24rem" rowHeight=${56} columns=${[
    { key: 'name', title: t('settings.node_name'), render: (/** @type {Api.Node} */ node) => html`<span title=${node.id}>${node.name}</span>${node.answers_this && html` <span class="hint">${t('settings.node_this')}</span>`}` },
    { key: 'state', title: t('settings.node_state'), render: (/** @type {Api.Node} */ node) => html`<${State} node=${node} />` },
    { key: 'seen', title: t('settings.node_seen'), width: '7rem', render: (/** @type {Api.Node} */ node) => seen(node) },
    { key: 'release', title: t('settings.node_release'), width: '5rem', wide: true, render: (/** @type {Api.Node} */ node) => node.release },
  ]} />`;
}

/** @param {{node: Api.Node}} props */
function State({ node }) {
  if (!node.alive) return html`<${Badge} tone="bad">${t('settings.node_gone')}<//>`;
  return html`<span class="tags wrap">
    <${Badge} tone=${node.ready ? 'good' : 'bad'}>${t(node.ready ? 'settings.node_ready' : 'settings.node_not_ready')}<//>
    ${node.behind > 0 && html`<${Badge} tone="warning">${t('settings.node_behind', { count: number(node.behind) })}<//>`}
    ${node.degraded.map((reason) => html`<${Badge} key=${reason} tone="warning">${reason}<//>`)}
  </span>`;
}

/** @param {Api.Node} node */
const seen = (node) => (node.seen_secs_ago < 1 ? t('settings.node_now') : t('settings.node_ago', { time: duration(node.seen_secs_ago) }));
