// A page that is not for this caller: an address that somebody else sent, or a bookmark of better days.
import { html } from '../vendor/preact.js';
import { ErrorBox, PageHeader } from '../components/index.js';
import { t } from '../lib/i18n.js';
import { ApiProblem } from '../lib/problem.js';

/** The page itself. @param {{place: import('../lib/router.js').Place, session: Api.Session}} props */
export function ClosedPage({ place, session }) {
  const code = session.app_ids === null ? 'role_too_low' : 'confined_to_apps';
  return html`<${PageHeader} title=${t(`nav.${place.page}`)} /><${ErrorBox} error=${new ApiProblem({ status: 403, code, title: '' })} />`;
}
