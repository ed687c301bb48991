// The licence of this hour, and which were issued.
import { html, useState } from '../vendor/preact.js';
import { Button, Card, CodeBlock, DataTable, EmptyState, ErrorBox, Facts, Time } from '../components/index.js';
import * as api from '../lib/api.js';
import { dateTime, number, t } from '../lib/i18n.js';
import { useAction, useList } from '../lib/loading.js';
import { may } from '../lib/session.js';
import { openInInspector, openInVerifier } from './inspector_text.js';

/** @param {import('./app.js').Loaded} loaded */
export function AppLicenses({ app }) {
  const list = useList((_, signal) => api.get(api.path`/apps/${app.app_id}/licenses`, {}, signal), [app.app_id]);
  const [minted, setMinted] = useState(/** @type {Api.MintedLicense | null} */ (null));
  const action = useAction(async () => {
    setMinted(await api.post(api.path`/apps/${app.app_id}/licenses`));
    list.reload();
  });
  /** @type {import('../components/table.js').Column<Api.LicenseRun>[]} */
  const columns = [
    { key: 'rev', title: t('app.rev'), width: '7rem', render: (run) => String(run.rev) },
    { key: 'serial', title: t('app.serial'), width: '8rem', render: (run) => String(run.serial) },
    { key: 'first', title: t('app.first_hour'), render: (run) => html`<${Time} at=${run.first_hour}
      exact=${true} />` },
    { key: 'last', title: t('app.last_hour'), wide: true, render: (run) => html`<${Time} at=${run.last_hour}
      exact=${true} />` },
    { key: 'licenses', title: t('app.licenses'), width: '7rem', numeric: true, render: (run) => number(run.licenses) },
  ];
  return html`<div class="stack">
    ${may('mint_license') && html`<${Card} title=${t('app.mint')} hint=${t('app.mint_hint')}
      actions=${html`<${Button} busy=${action.busy} onClick=${action.run}>${t('app.mint_act')}<//>`}>
      <${ErrorBox} error=${action.error} />
      ${minted && html`<${CodeBlock} text=${minted.license} label=${t('app.license')} wrap=${true} />
        <${Facts}
          rows=${[[t('app.ends'), dateTime(minted.expire_at)], [t('app.serial'), String(minted.serial)], ['jti', html`<code>${minted.jti}</code>`]]} />
        <div class="row">
          <${Button} onClick=${() => openInInspector(minted.license)}>${t('nav.inspector')}<//>
          <${Button} onClick=${() => openInVerifier(minted.license)}>${t('nav.verifier')}<//>
        </div>`}
    <//>`}
    <${Card} title=${t('app.history')} hint=${t('app.history_hint')}>
      <${DataTable} label=${t('app.history')} columns=${columns} rows=${list.items}
        rowKey=${(/** @type {Api.LicenseRun} */ run) => `${run.rev}/${run.serial}/${run.first_hour}`}
        loading=${list.loading} error=${list.error} retry=${list.reload} onEnd=${list.loadMore}
        empty=${html`<${EmptyState} title=${t('app.no_licenses')} hint=${t('app.no_requests_hint')} />`} />
    <//>
  </div>`;
}
