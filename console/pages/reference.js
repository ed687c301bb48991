// The API reference: the served OpenAPI document, made readable and searchable.
import { html, useMemo } from '../vendor/preact.js';
import { Card, EmptyState, ErrorBox, PageHeader, Skeleton, TextField } from '../components/index.js';
import * as api from '../lib/api.js';
import { plural, t } from '../lib/i18n.js';
import { useLoad } from '../lib/loading.js';
import { setQuery } from '../lib/router.js';
import { matches, operationsOf } from './reference_document.js';
import { OperationEntry } from './reference_operation.js';
import { Prose } from './reference_prose.js';

/** The page itself. @param {{place: import('../lib/router.js').Place}} props */
export default function Reference({ place }) {
  const wanted = place.query.get('q') ?? '';
  const linked = place.query.get('operation');
  const { data: document, error, loading, reload } = useLoad((signal) => api.get('/openapi.json', {}, signal), []);
  const operations = useMemo(() => (document ? operationsOf(document) : []), [document]);
  const shown = operations.filter((operation) => matches(operation, wanted));
  const tags = [...new Set(shown.map((operation) => operation.tag))];
  return html`
    <${PageHeader} title=${t('reference.title')} lead=${t('reference.lead')}
      actions=${html`<a class="button" href=${api.address('/openapi.json')} download="openapi.json">${t('reference.download')}</a>`} />
    <${ErrorBox} error=${error} retry=${reload} />
    ${!document && loading && html`<${Skeleton} lines=${8} />`}
    ${document && html`
      <${Card}>
        <${Prose} text=${document.info?.description ?? ''} />
        <div class="filters">
          <${TextField} class="grow" type="search" label=${t('common.search')} hint=${plural('reference.found', shown.length)}
            placeholder=${t('reference.search')} value=${wanted} onInput=${(/** @type {string} */ q) => setQuery({ q })} />
        </div>
      <//>
      ${shown.length === 0 && html`<${EmptyState} title=${t('reference.nothing')} hint=${t('reference.nothing_hint')} />`}
      ${tags.map((tag) => html`<section key=${tag} class="stack tight" aria-label=${tag}>
        <h2 class="tag-title">${tag}</h2>
        ${shown.filter((operation) => operation.tag === tag).map((operation) => html`<${OperationEntry} key=${operation.id}
          operation=${operation} document=${document} open=${linked === operation.id || shown.length === 1} />`)}
      </section>`)}`}`;
}
