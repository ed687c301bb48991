// All apps: found, filtered, sorted; many changed at once; brought in from a file and taken out to one.
import { html, useState } from '../vendor/preact.js';
import { Badge, Button, DataTable, EmptyState, PageHeader, Select, TextField, Time } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useList, useSettled } from '../lib/loading.js';
import { setQuery } from '../lib/router.js';
import { may } from '../lib/session.js';
import { BulkBar } from './apps_bulk.js';
import { CreateApp } from './apps_create.js';
import { ExportApps, ImportApps } from './apps_import.js';

const FILTERS = ['q', 'status', 'environment', 'tag', 'feature'];
const PAGE = 200;

/** The page itself. @param {{place: import('../lib/router.js').Place}} props */
export default function Apps({ place }) {
  const filters = Object.fromEntries(FILTERS.map((name) => [name, place.query.get(name) ?? '']));
  const sort = place.query.get('sort') ?? 'app_id';
  const settled = useSettled(JSON.stringify(filters), 250);
  const list = useList((cursor, signal) => api.get('/apps', { ...JSON.parse(settled), sort, cursor, limit: PAGE }, signal), [settled, sort]);
  const [selected, setSelected] = useState(/** @type {Set<string | number>} */ (new Set()));
  const [open, setOpen] = useState(/** @type {'create' | 'import' | 'export' | null} */ (null));
  const filtered = FILTERS.some((name) => filters[name]);
  const close = () => setOpen(null);
  return html`
    <${PageHeader} title=${t('apps.title')} lead=${t('apps.lead')} actions=${html`
      ${may('export_apps') && html`<${Button} onClick=${() => setOpen('export')}>${t('apps.export')}<//>`}
      ${may('import_apps') && html`<${Button} onClick=${() => setOpen('import')}>${t('apps.import')}<//>`}
      ${may('create_app') && html`<${Button} kind="primary"
        onClick=${() => setOpen('create')}>${t('apps.create')}<//>`}`} />
    <${Filters} filters=${filters} />
    ${selected.size > 0 && html`<${BulkBar} selected=${selected} onClear=${() => setSelected(new Set())}
      onDone=${list.reload} />`}
    <section class="card flush">
      <${DataTable} label=${t('apps.title')} columns=${columns()} rows=${list.items}
        rowKey=${(/** @type {Api.App} */ app) => app.app_id}
        rowHref=${(/** @type {Api.App} */ app) => `#/apps/${app.app_id}`}
        loading=${list.loading} error=${list.error} retry=${list.reload} onEnd=${list.loadMore} sort=${sort}
        onSort=${(/** @type {string} */ next) => setQuery({ sort: next })}
        selected=${may('bulk_apps') ? selected : undefined} onSelect=${setSelected}
        empty=${html`<${Empty} filtered=${filtered} onCreate=${() => setOpen('create')} />`} />
    </section>
    ${open === 'create' && html`<${CreateApp} onClose=${close} onCreated=${list.reload} />`}
    ${open === 'import' && html`<${ImportApps} onClose=${close} onDone=${list.reload} />`}
    ${open === 'export' && html`<${ExportApps} onClose=${close} filters=${{ ...filters, sort }} />`}`;
}

/** @param {{filters: Record<string, string>}} props */
function Filters({ filters }) {
  const change = (/** @type {string} */ name) => (/** @type {string} */ value) => setQuery({ [name]: value });
  const any = { value: '', title: t('common.any') };
  return html`<div class="filters" role="search">
    <${TextField} class="grow" label=${t('common.search')} type="search" placeholder=${t('apps.search')}
      value=${filters.q} maxlength=${64} onInput=${change('q')} />
    <${Select} label=${t('apps.status')} value=${filters.status} onInput=${change('status')}
      options=${[any, { value: 'active', title: t('app.status.active') }, { value: 'suspended', title: t('app.status.suspended') }]} />
    <${Select} label=${t('app.environment')} value=${filters.environment} onInput=${change('environment')}
      options=${[any, { value: 'production', title: t('app.environment.production') }, { value: 'test', title: t('app.environment.test') }]} />
    <${TextField} label=${t('apps.tag')} value=${filters.tag} maxlength=${32} onInput=${change('tag')} />
    <${TextField} label=${t('app.feature')} value=${filters.feature} maxlength=${16}
      onInput=${(/** @type {string} */ name) => change('feature')(name.toLowerCase().replace(/[^a-z0-9-]/g, ''))} />
    ${FILTERS.some((name) => filters[name]) && html`<${Button} kind="quiet"
      onClick=${() => setQuery(Object.fromEntries(FILTERS.map((name) => [name, ''])))}>${t('common.reset')}<//>`}
  </div>`;
}

/** @returns {import('../components/table.js').Column<Api.App>[]} */
function columns() {
  return [
    { key: 'name', title: t('app.name'), sort: true, render: (app) => html`<${AppName} app=${app} />` },
    {
      key: 'app_id', title: 'AppId', sort: true, width: '7rem', wide: true,
      render: (app) => html`<code>${app.app_id}</code>`,
    },
    { key: 'status', title: t('apps.status'), width: '7rem', render: (app) => html`<${AppStatus} app=${app} />` },
    {
      key: 'environment', title: t('app.environment'), width: '7.75rem', wide: true,
      render: (app) => app.environment && t(`app.environment.${app.environment}`),
    },
    {
      key: 'features', title: t('app.features'), width: '7.25rem', wide: true,
      render: (app) => app.fault ?? app.features.map((feature) => feature.name).join(', '),
    },
    { key: 'tags', title: t('app.tags'), width: '9rem', wide: true, render: (app) => html`<${Tags} app=${app} />` },
    {
      key: 'updated_at', title: t('apps.changed'), sort: true, width: '9.5rem', wide: true,
      render: (app) => !app.fault && html`<${Time} at=${app.updated_at} />`,
    },
  ];
}

/** @param {{app: Api.App}} props */
function AppName({ app }) {
  return html`<a href=${`#/apps/${app.app_id}`}>${app.fault ? t('apps.unusable') : app.name}</a>
    <code class="narrow-only muted"> ${app.app_id}</code>`;
}

/** @param {{app: Api.App}} props */
function Tags({ app }) {
  return html`<span class="tags">${app.tags?.map((tag) => html`<${Badge} key=${tag}>${tag}<//>`)}</span>`;
}

/** @param {{app: Api.App}} props */
export function AppStatus({ app }) {
  if (app.fault) return html`<${Badge} tone="bad">${t('app.status.fault')}<//>`;
  if (app.status === 'suspended') return html`<${Badge} tone="warning">${t('app.status.suspended')}<//>`;
  if (!app.service_enabled) return html`<${Badge} tone="warning">${t('app.status.off')}<//>`;
  return html`<${Badge} tone="good">${t('app.status.active')}<//>`;
}

/** @param {{filtered: boolean, onCreate: () => void}} props */
function Empty({ filtered, onCreate }) {
  if (filtered) return html`<${EmptyState} title=${t('apps.none_found')} hint=${t('apps.none_found_hint')} />`;
  return html`<${EmptyState} title=${t('apps.none')} hint=${t('apps.none_hint')}
    action=${may('create_app') && html`<${Button} kind="primary" onClick=${onCreate}>${t('apps.create')}<//>`} />`;
}
