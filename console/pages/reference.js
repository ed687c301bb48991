// The page `reference`.
import { html } from '../vendor/preact.js';
import { PageHeader } from '../components/index.js';
import { t } from '../lib/i18n.js';

/** The page itself. */
export default function Page() {
  return html`<${PageHeader} title=${t('nav.reference')} />`;
}
