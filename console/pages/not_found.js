// An address that names no page.
import { html } from '../vendor/preact.js';
import { EmptyState, PageHeader } from '../components/index.js';
import { t } from '../lib/i18n.js';

/** The page itself. */
export function NotFound() {
  return html`<${PageHeader} title=${t('not_found.title')} />
    <${EmptyState} title=${t('not_found.lead')} action=${html`<a class="button primary" href="#/">${t('not_found.home')}</a>`} />`;
}
