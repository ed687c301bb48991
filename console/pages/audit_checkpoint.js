// The newest checkpoint: to be kept elsewhere, and what it proves.
import { html } from '../vendor/preact.js';
import { Button, Card, CodeBlock, CopyButton, EmptyState, ErrorBox, Facts, Skeleton, Time, download } from '../components/index.js';
import * as api from '../lib/api.js';
import { number, t } from '../lib/i18n.js';
import { useLoad } from '../lib/loading.js';
import { ApiProblem } from '../lib/problem.js';

/** The tab itself. */
export function CheckpointTab() {
  const loaded = useLoad((signal) => api.get('/audit/checkpoint', {}, signal), []);
  if (loaded.error instanceof ApiProblem && loaded.error.status === 404) return html`<${Card}><${EmptyState} title=${t('audit.no_checkpoint')} hint=${t('audit.no_checkpoint_hint')} action=${html`<${Button} onClick=${loaded.reload}>${t('common.refresh')}<//>`} /><//>`;
  if (!loaded.data) return html`<${Card}>${loaded.error ? html`<${ErrorBox} error=${loaded.error} retry=${loaded.reload} />` : html`<${Skeleton} />`}<//>`;
  const checkpoint = /** @type {Api.Checkpoint} */ (loaded.data);
  return html`<${Newest} checkpoint=${checkpoint} onRefresh=${loaded.reload} /><${Proof} file=${fileName(checkpoint)} />`;
}

/** @param {{checkpoint: Api.Checkpoint, onRefresh: () => void}} props */
function Newest({ checkpoint, onRefresh }) {
  return html`<${Card} title=${t('audit.checkpoint')} hint=${t('audit.checkpoint_hint')} actions=${html`
      <${Button} onClick=${onRefresh}>${t('common.refresh')}<//>
      <${Button} kind="primary" onClick=${() => download(fileName(checkpoint), checkpoint.note, 'text/plain')}>${t('audit.download')}<//>`}>
    <${Facts} rows=${[
    [t('audit.up_to'), t('audit.entry_number', { seq: number(checkpoint.seq) })],
    [t('audit.at'), html`<${Time} at=${checkpoint.at} />`],
    [t('audit.hash'), html`<code>${checkpoint.hash}</code>`],
    [t('audit.public_key'), html`<span class="row"><code>${checkpoint.public_key}</code><${CopyButton} text=${checkpoint.public_key} what=${t('audit.public_key')} /></span>`],
  ]} />
    <${CodeBlock} text=${checkpoint.note} label=${t('audit.note')} wrap=${true} />
  <//>`;
}

/** @param {{file: string}} props */
function Proof({ file }) {
  return html`<${Card} title=${t('audit.proves')}>
    <div class="stack readable">
      <p>${t('audit.proves_chain')}</p>
      <p>${t('audit.proves_checkpoint')}</p>
      <p>${t('audit.proves_not')}</p>
    </div>
    <p>${t('audit.verify')}</p>
    <${CodeBlock} text=${`tonegate audit verify --checkpoint ${file}`} label=${t('audit.command')} />
    <p class="hint">${t('audit.verify_hint')}</p>
  <//>`;
}

/** @param {Api.Checkpoint} checkpoint */
const fileName = (checkpoint) => `checkpoint-${checkpoint.seq}.txt`;
