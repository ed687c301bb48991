// Rotation: choose, see what it will do and what it will break, then confirm by the issuer's name.
import { html, useState } from '../vendor/preact.js';
import { Button, Checkbox, ConfirmByName, DateField, Dialog, DialogActions, ErrorBox, Notice, Select, toast } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useLoad, useSettled } from '../lib/loading.js';
import { Preview } from './keys_preview.js';

const HOUR = 3600;
const STARTS = /** @type {const} */ (['planned', 'now', 'at']);

/** @typedef {{start: 'planned' | 'now' | number, raise_floor: boolean, standby: boolean}} Plan */

/** @param {{keys: Api.Keys, canPublish: boolean, onDone: () => void, onClose: () => void}} props */
export function Rotation({ keys, canPublish, onDone, onClose }) {
  const [start, setStart] = useState(/** @type {typeof STARTS[number]} */ ('planned'));
  const [at, setAt] = useState(/** @type {number | null} */ (Math.ceil(Date.now() / 1000 / HOUR) * HOUR + 2 * 24 * HOUR));
  const [raiseFloor, setRaiseFloor] = useState(false);
  const [standby, setStandby] = useState(false);
  const [confirming, setConfirming] = useState(false);
  /** @type {Plan} */
  const plan = { start: start === 'at' ? Math.floor((at ?? 0) / HOUR) * HOUR : start, raise_floor: raiseFloor, standby };
  const asked = useSettled(JSON.stringify(plan), 200);
  const preview = useLoad((signal) => api.post('/keys/preview', JSON.parse(asked), { signal }), [asked]);
  const settled = asked === JSON.stringify(plan) && !preview.loading && !preview.error;
  const publish = async () => {
    const key = await api.post('/keys', plan);
    toast(t('keys.published', { serial: String(key.serial) }));
    onDone();
    onClose();
  };
  if (confirming) {
    return html`<${ConfirmByName} title=${t('keys.confirm_title', { serial: String(preview.data.serial) })} name=${keys.issuer} act=${t('keys.publish')} onConfirm=${publish} onClose=${() => setConfirming(false)}>
      <${Preview} preview=${preview.data} plan=${plan} />
    <//>`;
  }
  return html`<${Dialog} title=${t(canPublish ? 'keys.rotate_title' : 'keys.preview_title')} onClose=${onClose}>
    <div class="fields">
      <${Select} label=${t('keys.start')} hint=${t(`keys.start.${start}_hint`)} value=${start} onInput=${setStart} options=${STARTS.map((value) => ({ value, title: t(`keys.start.${value}`) }))} />
      ${start === 'at' && html`<${DateField} label=${t('keys.start_at')} hint=${t('keys.start_at_hint')} value=${at} onInput=${setAt} />`}
    </div>
    <${Checkbox} label=${t('keys.raise_floor')} hint=${t('keys.raise_floor_hint')} checked=${raiseFloor} onInput=${setRaiseFloor} />
    <${Checkbox} label=${t('keys.standby')} hint=${t('keys.standby_hint')} checked=${standby} onInput=${setStandby} />
    <section class="preview" aria-live="polite" aria-busy=${settled ? undefined : 'true'}>
      <h3>${t('keys.what_happens')}</h3>
      <${ErrorBox} error=${preview.error} />
      ${preview.data && !preview.error && html`<${Preview} preview=${preview.data} plan=${plan} />`}
    </section>
    ${!canPublish && !keys.auto_root && html`<${Notice}>${t('keys.by_ceremony')}<//>`}
    <${DialogActions}>
      <${Button} onClick=${onClose}>${t(canPublish ? 'common.cancel' : 'common.close')}<//>
      ${canPublish && html`<${Button} kind="primary" disabled=${!settled} onClick=${() => setConfirming(true)}>${t('keys.continue')}<//>`}
    <//>
  <//>`;
}
