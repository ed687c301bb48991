// One app: what it does, its settings, secrets, licences, and the code that integrates it.
import { html, useState } from '../vendor/preact.js';
import { Button, Confirm, ConfirmByName, ErrorBox, Menu, Notice, PageHeader, Skeleton, Tabs, toast } from '../components/index.js';
import * as api from '../lib/api.js';
import { duration, t } from '../lib/i18n.js';
import { useLoad } from '../lib/loading.js';
import { navigate, setQuery } from '../lib/router.js';
import { may } from '../lib/session.js';
import { AppActivity } from './app_activity.js';
import { AppIntegrate } from './app_integrate.js';
import { AppLicenses } from './app_licenses.js';
import { AppSecrets } from './app_secrets.js';
import { AppSettings } from './app_edit.js';
import { AppStatus } from './apps.js';

const TABS = ['activity', 'settings', 'secrets', 'licenses', 'integrate'];

/** @typedef {{app: Api.AppDetail, etag: string, reload: () => void}} Loaded */

/** The page itself. @param {{place: import('../lib/router.js').Place, parameters: Record<string, string>}} props */
export default function App({ place, parameters }) {
  const id = parameters.app_id;
  const { data, error, reload } = useLoad(async (signal) => {
    const { data: app, etag } = await api.request('GET', api.path`/apps/${id}`, { signal });
    return { app: /** @type {Api.AppDetail} */ (app), etag };
  }, [id]);
  const back = { href: '/apps', title: t('nav.apps') };
  if (!data) return html`<${PageHeader} title=${t('app.title', { id })}
    back=${back} />${error ? html`<${ErrorBox} error=${error} retry=${reload} />` : html`<${Skeleton} lines=${6} />`}`;
  const loaded = { ...data, reload };
  const { app } = data;
  if (app.fault) return html`<${PageHeader} title=${t('app.title', { id })} back=${back}
    actions=${html`<${Acts} ...${loaded} />`} /><${Notice} tone="bad"
      title=${t('app.fault')}>${app.fault}<p>${t('app.fault_next')}</p><//>`;
  const tab = place.query.get('tab') ?? 'activity';
  return html`
    <${PageHeader} name=${app.name} title=${html`${app.name} <${AppStatus} app=${app} />`} back=${back}
      actions=${html`<${Acts} ...${loaded} />`}
      lead=${html`AppId <code>${app.app_id}</code> · ${t(`app.environment.${app.environment}`)}`} />
    ${app.status === 'suspended' && html`<${Notice} tone="warning"
      title=${t('app.suspended')}>${t('app.suspended_lead', { reach: reach(app) })}<//>`}
    <${ErrorBox} error=${error} retry=${reload} />
    <${Tabs} label=${app.name} active=${TABS.includes(tab) ? tab : 'activity'}
      onChange=${(/** @type {string} */ next) => setQuery({ tab: next })}
      tabs=${TABS.map((each) => ({ id: each, title: t(`app.tab.${each}`) }))}>
      <${Panel} tab=${tab} loaded=${loaded} />
    <//>`;
}

/** @param {{tab: string, loaded: Loaded}} props */
function Panel({ tab, loaded }) {
  if (tab === 'settings') return html`<${AppSettings} ...${loaded} />`;
  if (tab === 'secrets') return html`<${AppSecrets} ...${loaded} />`;
  if (tab === 'licenses') return html`<${AppLicenses} ...${loaded} />`;
  if (tab === 'integrate') return html`<${AppIntegrate} ...${loaded} />`;
  return html`<${AppActivity} ...${loaded} />`;
}

/** Suspend, resume, delete. @param {Loaded} loaded */
function Acts({ app, etag, reload }) {
  const [act, setAct] = useState(/** @type {'suspend' | 'resume' | 'delete' | null} */ (null));
  const close = () => setAct(null);
  const name = app.name ?? String(app.app_id);
  const change = async (/** @type {'suspend' | 'resume'} */ what) => {
    await api.post(`${api.path`/apps/${app.app_id}`}/${what}`);
    toast(t(`app.${what}_done`));
    reload();
  };
  const remove = async () => {
    await api.del(api.path`/apps/${app.app_id}`, { ifMatch: etag || '*' });
    toast(t('app.deleted', { name }));
    navigate('/apps');
  };
  return html`
    ${!app.fault && app.status === 'active' && may('suspend_app') && html`<${Button}
      onClick=${() => setAct('suspend')}>${t('app.suspend')}<//>`}
    ${!app.fault && app.status === 'suspended' && may('resume_app') && html`<${Button} kind="primary"
      onClick=${() => setAct('resume')}>${t('app.resume')}<//>`}
    ${may('delete_app') && html`<${Menu} label="⋯" title=${t('app.more')}><${Button} kind="quiet"
      onClick=${() => setAct('delete')}>${t('app.delete')}<//><//>`}
    ${act === 'suspend' && html`<${ConfirmByName} title=${t('app.suspend_title', { name })} name=${name}
      act=${t('app.suspend')} onConfirm=${() => change('suspend')}
      onClose=${close}><p>${t('app.suspend_lead')}</p><p>${t('app.suspend_reach', { reach: reach(app) })}</p><//>`}
    ${act === 'resume' && html`<${Confirm} title=${t('app.resume_title', { name })} act=${t('app.resume')}
      onConfirm=${() => change('resume')} onClose=${close}><p>${t('app.resume_lead')}</p><//>`}
    ${act === 'delete' && html`<${ConfirmByName} title=${t('app.delete_title', { name })} name=${name}
      act=${t('app.delete')} onConfirm=${remove}
        onClose=${close}><p>${t('app.delete_lead')}</p>${!app.fault && html`<p>${t('app.suspend_reach', { reach: reach(app) })}</p>`}<//>`}`;
}

/** How long the last licence may go on: the app's lifetime, and the hour that it was issued in. @param {Api.App} app */
const reach = (app) => duration(app.lifetime + 3600);
