// The ceremony with offline roots: a request file goes out, a certificates file comes back. Neither holds a secret.
import { html, useState } from '../vendor/preact.js';
import { Button, Card, Checkbox, ErrorBox, Form, NumberField, download, toast, useId } from '../components/index.js';
import * as api from '../lib/api.js';
import { date, plural, t } from '../lib/i18n.js';
import { useAction } from '../lib/loading.js';
import { ApiProblem } from '../lib/problem.js';

const KEYS_MAX = 13;
const FILE_BYTES_MAX = 1 << 20;

/** @param {{onDone: () => void}} props */
export function Ceremony({ onDone }) {
  return html`<${Card} title=${t('keys.ceremony')} hint=${t('keys.ceremony_hint')}>
    <ol class="steps">
      <li><${RequestStep} /></li>
      <li><p>${t('keys.ceremony_sign')}</p><p><code>tonegate key ceremony sign</code></p></li>
      <li><${InstallStep} onDone=${onDone} /></li>
    </ol>
  <//>`;
}

function RequestStep() {
  const [count, setCount] = useState(/** @type {number | null} */ (KEYS_MAX));
  const [replace, setReplace] = useState(false);
  const make = useAction(async () => {
    const file = await api.post('/keys/requests', replace ? { count, replace } : { count });
    download('ceremony-request.json', `${JSON.stringify(file, null, 2)}\n`, 'application/json');
    toast(t('keys.request_made'));
  });
  return html`<${Form} onSubmit=${() => make.run()}>
    <${NumberField} label=${t('keys.request_count')} hint=${t('keys.request_count_hint')} value=${count} onInput=${setCount} min=${1} max=${KEYS_MAX} required=${true} />
    <${Checkbox} label=${t('keys.request_replace')} hint=${t('keys.request_replace_hint')} checked=${replace} onInput=${setReplace} />
    <${ErrorBox} error=${make.error} />
    <div class="row"><${Button} type="submit" busy=${make.busy}>${t('keys.request_download')}<//></div>
  <//>`;
}

/** @param {{onDone: () => void}} props */
function InstallStep({ onDone }) {
  const id = useId('certificates');
  const install = useAction(async (/** @type {File} */ file) => {
    const answer = await api.post('/keys/certificates', await jsonOf(file));
    toast(`${plural('keys.installed', answer.installed)} ${t('keys.covered', { at: date(answer.covered_until) })}`);
    onDone();
  });
  const choose = (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const file = input.files?.[0];
    // So that the same file can be chosen again.
    if (file) install.run(file).then(() => { input.value = ''; });
  };
  return html`<div class="field">
    <label for=${id}>${t('keys.certificates')}</label>
    <input id=${id} type="file" accept=".json,application/json" disabled=${install.busy} onChange=${choose} />
    <p class="hint">${t('keys.certificates_hint')}</p>
    <${ErrorBox} error=${install.error} />
  </div>`;
}

/** @param {File} file */
async function jsonOf(file) {
  const unreadable = () => new ApiProblem({ status: 0, code: 'no_certificates_file', title: 'no certificates file' });
  if (file.size > FILE_BYTES_MAX) throw unreadable();
  try {
    return JSON.parse(await file.text());
  } catch {
    throw unreadable();
  }
}
