// Sign-in: name, password, code. The server never says which of them was wrong, and neither does this page.
import { html, useEffect, useState } from '../vendor/preact.js';
import { Button, ErrorBox, Form, TextField } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useAction } from '../lib/loading.js';
import { navigate } from '../lib/router.js';
import { signedIn } from '../lib/session.js';
import { Alone } from './enrollment.js';

/** The page itself. */
export default function SignIn() {
  const [given, setGiven] = useState({ name: '', password: '', code: '' });
  const action = useAction(async () => {
    signedIn(await api.post('/session', { ...given, name: given.name.trim(), code: given.code.trim() }, { quiet: true }));
  });
  const set = (/** @type {Partial<typeof given>} */ change) => setGiven({ ...given, ...change });
  const submit = async () => { if (!(await action.run())) set({ code: '' }); };
  useEffect(() => {
    api.get('/setup').then((setup) => { if (setup.needed) navigate('/setup', { replace: true }); }, () => {});
  }, []);
  return html`<${Alone} title=${t('sign_in.title')} lead=${t('sign_in.lead')}>
    <${Form} onSubmit=${submit}>
      <${TextField} label=${t('sign_in.name')} name="username" value=${given.name}
        onInput=${(/** @type {string} */ name) => set({ name })} autocomplete="username" autofocus=${true}
        required=${true} />
      <${TextField} label=${t('sign_in.password')} name="password" type="password" value=${given.password}
        onInput=${(/** @type {string} */ password) => set({ password })} autocomplete="current-password"
        required=${true} />
      <${TextField} label=${t('sign_in.code')} hint=${t('sign_in.code_hint')} name="code" value=${given.code}
        onInput=${(/** @type {string} */ code) => set({ code })} autocomplete="one-time-code" inputmode="numeric"
        maxlength=${6} mono=${true} required=${true} />
      <${ErrorBox} error=${action.error} />
      <${Button} kind="primary" type="submit" busy=${action.busy}>${t('sign_in.act')}<//>
    <//>
    <p class="hint">${t('sign_in.lost')}</p>
  <//>`;
}
