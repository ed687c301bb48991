// How a person gets a password and a second factor: the first owner with the setup token, everyone else with an
// invitation. The secret of the second factor is shown once, and in force only when a code of it was given.
import { html, useState } from '../vendor/preact.js';
import { Button, Card, CopyButton, ErrorBox, Form, Notice, TextField } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useAction } from '../lib/loading.js';
import { fieldErrors } from '../lib/problem.js';
import { signedIn } from '../lib/session.js';
import { Preferences } from '../shell.js';

/** The frame of a page before sign-in. @param {{title: string, lead: string, children?: unknown}} props */
export function Alone({ title, lead, children }) {
  return html`<div class="narrow stack alone-box">
    <div class="row spread"><span class="brand"><img src="icon.svg" alt="" width="30" height="30" />Tonegate</span><span
      class="row"><${Preferences} /></span></div>
    <${Card}><div class="stack"><h1>${title}</h1><p class="muted">${lead}</p></div>${children}<//>
  </div>`;
}

/** @param {{first: boolean, token: string}} props `first`: the setup token, whose holder chooses the name */
export function Enrollment({ first, token: given }) {
  const [token, setToken] = useState(given);
  const [made, setMade] = useState(/** @type {Api.Enrollment | null} */ (null));
  if (made) return html`<${Alone} title=${t('enroll.factor_title')} lead=${t('enroll.factor_lead')}><${Factor}
    made=${made} token=${token} /><//>`;
  return html`<${Alone} title=${t(first ? 'setup.title' : 'enroll.title')}
    lead=${t(first ? 'setup.lead' : 'enroll.lead')}>
    <${Password} first=${first} token=${token} setToken=${setToken} onMade=${setMade} />
  <//>`;
}

/** @param {{first: boolean, token: string, setToken: (token: string) => void, onMade: (made: Api.Enrollment) => void}} props */
function Password({ first, token, setToken, onMade }) {
  const [asked] = useState(!token);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const action = useAction(async () => {
    onMade(await api.post('/enrollments', { token: token.trim(), password, ...(first ? { name: name.trim() } : {}) }, { quiet: true }));
  });
  const errors = fieldErrors(action.error);
  const differs = again !== '' && again !== password;
  return html`<${Form} onSubmit=${() => { if (again === password) action.run(); }}>
    ${asked && html`<${TextField} label=${t('enroll.token')} hint=${t(first ? 'setup.token_hint' : 'enroll.token_hint')}
      value=${token} onInput=${setToken} mono=${true} required=${true} autofocus=${true} error=${errors.token} />`}
    ${first && html`<${TextField} label=${t('sign_in.name')} hint=${t('setup.name_hint')} name="username"
      autocomplete="username" value=${name} onInput=${setName} required=${true} autofocus=${!asked}
      error=${errors.name} />`}
    <${TextField} label=${t('sign_in.password')} hint=${t('enroll.password_hint')} type="password"
      autocomplete="new-password" value=${password} onInput=${setPassword} required=${true}
      error=${errors.password ?? errors.new_password} />
    <${TextField} label=${t('enroll.again')} type="password" autocomplete="new-password" value=${again}
      onInput=${setAgain} required=${true} error=${differs ? t('enroll.differs') : undefined} />
    <${ErrorBox} error=${action.error} />
    <${Button} kind="primary" type="submit" busy=${action.busy} disabled=${again !== password}>${t('common.next')}<//>
  <//>`;
}

/** @param {{made: Api.Enrollment, token: string}} props */
function Factor({ made, token }) {
  const [code, setCode] = useState('');
  const action = useAction(async () => {
    signedIn(await api.post('/enrollments/confirm', { token: token.trim(), code: code.trim() }, { quiet: true }));
  });
  const grouped = made.totp_secret.replace(/(.{4})(?=.)/g, '$1 ');
  return html`<${Form} onSubmit=${action.run}>
    <${QrCode} rows=${made.qr} label=${t('enroll.qr')} />
    <div class="stack tight"><p class="hint">${t('enroll.by_hand')}</p>
      <div class="row"><code class="secret-text">${grouped}</code><${CopyButton} text=${made.totp_secret}
        what=${t('enroll.copy')} /></div></div>
    <${TextField} label=${t('sign_in.code')} hint=${t('enroll.code_hint')} value=${code} onInput=${setCode}
      autocomplete="one-time-code" inputmode="numeric" maxlength=${6} mono=${true} required=${true} autofocus=${true} />
    <${ErrorBox} error=${action.error} />
    <${Notice} tone="warning">${t('enroll.once')}<//>
    <${Button} kind="primary" type="submit" busy=${action.busy}>${t('enroll.act')}<//>
  <//>`;
}

/** Dark modules as one path, with the quiet zone that readers need. @param {{rows: string[], label: string}} props */
export function QrCode({ rows, label }) {
  const size = rows.length + 8;
  const modules = rows.flatMap((row, y) => [...row].map((module, x) => (module === '1' ? `M${x + 4} ${y + 4}h1v1h-1z` : ''))).join('');
  return html`<svg class="qr" viewBox=${`0 0 ${size} ${size}`} role="img" aria-label=${label}
    shape-rendering="crispEdges">
    <rect width=${size} height=${size} fill="#fff" /><path d=${modules} fill="#000" />
  </svg>`;
}
