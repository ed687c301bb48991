// The link that `tonegate demo` prints leads here: it signs in, on the demo's own machine.
import { html, useEffect } from '../vendor/preact.js';
import { ErrorBox, Spinner } from '../components/index.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useAction } from '../lib/loading.js';
import { signedIn } from '../lib/session.js';
import { Alone } from './enrollment.js';

/** The page itself. @param {{place: import('../lib/router.js').Place}} props */
export default function Demo({ place }) {
  const action = useAction(async () => {
    signedIn(await api.post('/session/demo', { token: place.query.get('token') ?? '' }, { quiet: true }));
  });
  useEffect(() => { action.run(); }, []);
  return html`<${Alone} title=${t('demo.title')} lead=${t('demo.lead')}>
    ${action.error ? html`<${ErrorBox} error=${action.error} />` : html`<${Spinner} />`}
  <//>`;
}
