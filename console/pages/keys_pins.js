// The pins: what an app has to know so that it believes this issuer and nobody else.
import { html } from '../vendor/preact.js';
import { Button, Card, CodeBlock, ErrorBox, Facts, download } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useAction } from '../lib/loading.js';
import { isHere } from './keys_chain.js';

/** @param {{keys: Api.Keys}} props */
export function Pins({ keys }) {
  const save = useAction(async () => {
    const pins = await api.get('/keys/pins');
    download('pins.json', `${JSON.stringify(pins, null, 2)}\n`, 'application/json');
  });
  return html`<${Card} class="short-names" title=${t('keys.pins')} hint=${t('keys.pins_hint')}>
    <${CodeBlock} text=${keys.pins} label=${t('keys.pins')} wrap=${true} />
    <${Facts} rows=${[
    [t('keys.issuer'), html`<span class="mono">${keys.issuer}</span>`],
    [t('keys.environment'), html`<span class="mono">${keys.environment}</span>`],
    ...keys.roots.map((root) => /** @type {[unknown, unknown]} */ ([
      t(`keys.root.${root.role}`),
      html`<span class="mono">${root.kid}</span> <span class="muted">${t(isHere(keys, root) ? 'keys.root.here' : 'keys.root.offline')}</span>`,
    ])),
  ]} />
    <${ErrorBox} error=${save.error} />
    <div class="row"><${Button} busy=${save.busy} onClick=${() => save.run()}>${t('keys.pins_download')}<//></div>
  <//>`;
}
