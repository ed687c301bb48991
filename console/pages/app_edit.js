// An app's settings. What somebody else changed meanwhile is shown, and never overwritten unseen.
import { html, useEffect, useState } from '../vendor/preact.js';
import { Button, Card, ErrorBox, Form, Notice, toast } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useAction } from '../lib/loading.js';
import { ApiProblem, fieldErrors } from '../lib/problem.js';
import { may } from '../lib/session.js';
import { FeatureFields, IdentityFields, LimitFields, RequestFields, changes } from './app_settings.js';

/** @param {import('./app.js').Loaded} loaded */
export function AppSettings({ app, etag, reload }) {
  const [base, setBase] = useState({ settings: /** @type {Api.Settings} */ (app), etag });
  const [draft, setDraft] = useState(/** @type {Api.Settings} */ (app));
  const [newer, setNewer] = useState(/** @type {{settings: Api.Settings, etag: string} | null} */ (null));
  const mine = changes(base.settings, draft);
  const dirty = Object.keys(mine).length > 0;
  const action = useAction(async () => {
    try {
      const answer = await api.request('PATCH', api.path`/apps/${app.app_id}`, { body: mine, ifMatch: base.etag });
      setBase({ settings: answer.data, etag: answer.etag });
      setDraft(answer.data);
      toast(t('common.saved'));
      reload();
    } catch (error) {
      if (!(error instanceof ApiProblem && error.code === 'changed_meanwhile')) throw error;
      const answer = await api.request('GET', api.path`/apps/${app.app_id}`);
      setNewer({ settings: answer.data, etag: answer.etag });
    }
  });
  useEffect(() => {
    if (!dirty && etag !== base.etag) { setBase({ settings: app, etag }); setDraft(app); }
  }, [etag]);
  const rebase = (/** @type {boolean} */ keep) => {
    if (!newer) return;
    setBase(newer);
    setDraft(keep ? { ...newer.settings, ...mine } : newer.settings);
    setNewer(null);
  };
  const part = { draft, set: (/** @type {Partial<Api.Settings>} */ change) => setDraft((before) => ({ ...before, ...change })), errors: fieldErrors(action.error), disabled: !may('update_app') };
  return html`<${Form} onSubmit=${() => { if (dirty) action.run(); }}>
    <${Card} title=${t('app.identity')}><${IdentityFields} ...${part} /><//>
    <${Card} title=${t('app.features')} hint=${t('app.features_hint')}><${FeatureFields} ...${part} /><//>
    <${Card} title=${t('app.limits')}><${LimitFields} ...${part} /><//>
    <${Card} title=${t('app.requests_settings')}><${RequestFields} ...${part} /><//>
    ${!part.disabled && html`<div class="save-bar">
      <${ErrorBox} error=${action.error} />
      ${newer && html`<${Conflict} base=${base.settings} newer=${newer.settings} mine=${mine} onDecide=${rebase} />`}
      <span class="muted">${dirty ? t('app.unsaved', { fields: named(Object.keys(mine)) }) : t('app.all_saved')}</span>
      <${Button} disabled=${!dirty}
        onClick=${() => { setDraft(base.settings); action.clear(); }}>${t('app.discard')}<//>
      <${Button} kind="primary" type="submit" disabled=${!dirty || newer !== null}
        busy=${action.busy}>${t('common.save')}<//>
    </div>`}
  <//>`;
}

/** @param {{base: Api.Settings, newer: Api.Settings, mine: Partial<Api.Settings>, onDecide: (keep: boolean) => void}} props */
function Conflict({ base, newer, mine, onDecide }) {
  const theirs = changes(base, newer);
  const both = Object.keys(theirs).filter((field) => field in mine);
  return html`<${Notice} tone="warning" title=${t('problem.changed_meanwhile')} action=${html`<span class="row">
      <${Button} onClick=${() => onDecide(false)}>${t('app.take_theirs')}<//>
      <${Button} kind="primary" onClick=${() => onDecide(true)}>${t('app.keep_mine')}<//></span>`}>
    <p>${Object.keys(theirs).length ? t('app.theirs', { fields: named(Object.keys(theirs)) }) : t('app.theirs_status')}</p>
    ${both.length > 0 && html`<p>${t('app.both', { fields: named(both) })}</p>`}
  <//>`;
}

/** @param {string[]} fields */
const named = (fields) => fields.map((field) => t(`app.field.${field}`)).join(', ');
