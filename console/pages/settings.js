// What this installation is: read, not changed here (the configuration file does that). And this browser's own choices.
import { html } from '../vendor/preact.js';
import { Badge, Card, CopyButton, Duration, ErrorBox, Facts, Notice, PageHeader, Select, Skeleton } from '../components/index.js';
import * as api from '../lib/api.js';
import { LANGUAGES, chooseLanguage, dateTime, duration, language, number, t } from '../lib/i18n.js';
import { useLoad } from '../lib/loading.js';
import { may } from '../lib/session.js';
import { useStore } from '../lib/store.js';
import { chooseTheme, theme } from '../lib/theme.js';
import { Value } from './audit_value.js';
import { Nodes } from './settings_nodes.js';

/** The longest lifetime that an app may have: 14 days and an hour. */
const LONGEST_LIFETIME_SECS = 1_213_200;
/** The documents beside the program, by what they answer. */
const DOCUMENTS = ['PROTOCOL.md', 'RETURN-CODES.md', 'CLI.md', 'INCIDENTS.md', 'MIGRATE.md', 'THREAT-MODEL.md'];

/** The page itself. */
export default function Settings() {
  const loaded = useLoad((signal) => api.get('/settings', {}, signal), []);
  const settings = /** @type {Api.ServerSettings | undefined} */ (loaded.data);
  return html`<${PageHeader} title=${t('settings.title')} lead=${t('settings.lead')} actions=${settings?.demo && html`<${Badge} tone="warning">${t('settings.demo')}<//>`} />
    <${ErrorBox} error=${loaded.error} retry=${loaded.reload} />
    ${settings?.demo && html`<${Notice} tone="warning" title=${t('settings.demo_title')}>${t('settings.demo_hint')}<//>`}
    <div class="settings-cards">
      <${Browser} />
      ${settings ? html`<${Installation} settings=${settings} />${may('list_nodes') && html`<${Nodes} />`}<${Addresses} settings=${settings} /><${AuditFacts} settings=${settings} /><${Retention} settings=${settings} />` : !loaded.error && html`<${Card}><${Skeleton} lines=${8} /><//>`}
      <${Runway} />
      <${Documents} />
    </div>`;
}

function Browser() {
  const spoken = useStore(language);
  const shown = useStore(theme);
  return html`<${Card} title=${t('settings.browser')} hint=${t('settings.browser_hint')}>
    <div class="fields">
      <${Select} label=${t('shell.language')} value=${spoken} onInput=${chooseLanguage} options=${Object.entries(LANGUAGES).map(([value, title]) => ({ value, title }))} />
      <${Select} label=${t('shell.theme')} value=${shown} onInput=${chooseTheme} options=${['system', 'light', 'dark'].map((value) => ({ value, title: t(`theme.${value}`) }))} />
    </div>
    <${Facts} rows=${[[t('settings.time_zone'), Intl.DateTimeFormat().resolvedOptions().timeZone], [t('settings.now'), dateTime(Date.now() / 1000)]]} />
  <//>`;
}

/** @param {{settings: Api.ServerSettings}} props */
function Installation({ settings }) {
  return html`<${Card} title=${t('settings.installation')}>
    <${Facts} rows=${[
    [t('settings.version'), settings.version],
    [t('settings.installation_id'), html`<span class="row"><code>${settings.installation_id}</code><${CopyButton} text=${settings.installation_id} what=${t('settings.installation_id')} /></span>`],
    [t('settings.issuer'), html`<code>${settings.issuer}</code>`],
    [t('settings.environment'), settings.environment],
    [t('settings.roots'), t(settings.auto_root ? 'settings.roots_auto' : 'settings.roots_offline')],
    [t('settings.data_directory'), html`<code>${settings.data_directory}</code>`],
  ]} /><//>`;
}

/** @param {{settings: Api.ServerSettings}} props */
function Addresses({ settings }) {
  const { address, tls, hosts, ...more } = settings.gateway;
  return html`<${Card} title=${t('settings.addresses')} hint=${t('settings.addresses_hint')}>
    <h3>${t('settings.gateway')}</h3>
    <${Facts} rows=${[
    [t('settings.address'), html`<code>${address}</code>`],
    [t('settings.tls'), html`<${Tls} on=${tls} />`],
    [t('settings.hosts'), hosts.length > 0 ? html`<span class="tags wrap">${hosts.map((host) => html`<code key=${host}>${host}</code>`)}</span>` : t('settings.any_host')],
    ...Object.entries(more).map(([name, value]) => /** @type {[unknown, unknown]} */ ([html`<code>${name}</code>`, html`<${Value} path=${name} value=${value} />`])),
  ]} />
    <h3>${t('settings.admin')}</h3>
    <${Facts} rows=${[[t('settings.address'), html`<code>${settings.admin.address}</code>`], [t('settings.tls'), html`<${Tls} on=${settings.admin.tls} />`]]} />
  <//>`;
}

/** @param {{on: boolean}} props */
function Tls({ on }) {
  return on ? html`<${Badge} tone="good">${t('settings.tls_on')}<//>` : html`<${Badge} tone="warning">${t('settings.tls_off')}<//> <span class="hint">${t('settings.tls_off_hint')}</span>`;
}

/** @param {{settings: Api.ServerSettings}} props */
function AuditFacts({ settings }) {
  const { audit } = settings;
  const nowhere = !audit.checkpoint_file && !audit.checkpoint_url;
  return html`<${Card} title=${t('settings.audit')} hint=${t('settings.audit_hint')}>
    ${nowhere && html`<${Notice} tone="warning" title=${t('settings.no_checkpoints')}>${t('settings.no_checkpoints_hint')}<//>`}
    <${Facts} rows=${[
    [t('settings.checkpoint_file'), audit.checkpoint_file === null ? t('common.none') : html`<code>${audit.checkpoint_file}</code>`],
    [t('settings.checkpoint_url'), audit.checkpoint_url === null ? t('common.none') : html`<code>${audit.checkpoint_url}</code>`],
    [t('settings.audit_key'), audit.public_key === null ? t('common.none') : html`<span class="row"><code>${audit.public_key}</code><${CopyButton} text=${audit.public_key} what=${t('settings.audit_key')} /></span>`],
  ]} />
    ${may('list_audit') && html`<p><a href="#/audit?tab=checkpoint">${t('settings.to_checkpoint')}</a></p>`}
  <//>`;
}

/** @param {{settings: Api.ServerSettings}} props */
function Retention({ settings }) {
  const { retention } = settings;
  return html`<${Card} title=${t('settings.retention')} hint=${t('settings.retention_hint')}>
    <${Facts} rows=${[
    [t('settings.minutes'), html`<${Duration} seconds=${retention.minutes_secs} />`],
    [t('settings.hours'), html`<${Duration} seconds=${retention.hours_secs} />`],
    [t('settings.days'), html`<${Duration} seconds=${retention.days_secs} />`],
    [t('settings.requests'), t('settings.requests_kept', { time: duration(retention.requests_secs), rows: number(retention.requests_rows) })],
    [t('settings.audit'), t('settings.for_ever')],
  ]} /><//>`;
}

function Runway() {
  return html`<${Card} title=${t('settings.runway')}>
    <p>${t('settings.runway_lead')}</p>
    <${Facts} rows=${[[t('settings.longest'), html`<strong>${duration(LONGEST_LIFETIME_SECS)}</strong>`]]} />
    <p>${t('settings.runway_costs', { longest: duration(LONGEST_LIFETIME_SECS) })}</p>
    <p class="hint">${t('settings.runway_less')}</p>
  <//>`;
}

function Documents() {
  return html`<${Card} title=${t('settings.documents')}>
    <ul class="plain stack tight">
      <li><a href="#/reference">${t('nav.reference')}</a> <span class="hint">${t('settings.reference_hint')}</span></li>
      <li><a href=${api.address('/openapi.json')} download="tonegate-openapi.json">openapi.json</a> <span class="hint">${t('settings.openapi_hint')}</span></li>
    </ul>
    <p>${t('settings.documents_lead')}</p>
    <ul class="plain stack tight">${DOCUMENTS.map((file) => html`<li key=${file}><code>docs/${file}</code> <span class="hint">${t(`settings.document.${file}`)}</span></li>`)}</ul>
  <//>`;
}
