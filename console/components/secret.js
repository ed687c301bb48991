// What must be copied, and what must not be looked at by others.
import { html, useEffect, useState } from '../vendor/preact.js';
import { t } from '../lib/i18n.js';
import { toast } from './toast.js';
import { Button } from './form.js';

const SHOWN_FOR_SECS = 30;

/** @typedef {import('../vendor/preact.js').Children} Children */

/** @param {{text: string, label?: Children, what?: string, kind?: 'secondary' | 'quiet'}} props `what` names the text for a screen reader */
export function CopyButton({ text, label, what, kind = 'quiet' }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      toast(t('common.copied'));
    } catch {
      toast(t('common.copy_failed'), 'bad');
    }
  };
  return html`<${Button} kind=${kind} class="small" onClick=${copy} title=${what}>${label ?? t('common.copy')}<//>`;
}

/** Code or a long text in full, with its copy button. @param {{text: string, label: string, wrap?: boolean}} props */
export function CodeBlock({ text, label, wrap }) {
  return html`<div class="code-block">
    <${CopyButton} text=${text} what=${label} />
    <pre class=${wrap ? 'wrap' : ''} tabindex="0" aria-label=${label}><code>${text}</code></pre>
  </div>`;
}

/**
 * A secret: dots until it is revealed, and dots again after 30 s. `reveal` fetches it where it is not at hand.
 * @param {{label: string, value?: string, reveal?: () => Promise<string>, shown?: boolean}} props
 */
export function SecretField({ label, value, reveal, shown = false }) {
  const [text, setText] = useState(shown ? value ?? '' : '');
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (!text) return undefined;
    const timer = setTimeout(() => setText(''), SHOWN_FOR_SECS * 1000);
    return () => clearTimeout(timer);
  }, [text]);
  const show = async () => {
    if (value) return setText(value);
    if (!reveal) return undefined;
    setBusy(true);
    try {
      setText(await reveal());
    } catch {
      // The caller of `reveal` shows why.
    }
    return setBusy(false);
  };
  return html`<div class="secret" role="group" aria-label=${label}>
    <code class="secret-text">${text || '●'.repeat(16)}</code>
    ${text
    ? html`<${Button} kind="quiet" class="small" onClick=${() => setText('')}>${t('secret.hide')}<//>`
    : (value || reveal) && html`<${Button} kind="quiet" class="small" busy=${busy}
      onClick=${show}>${t('secret.reveal')}<//>`}
    ${(value || text) && html`<${CopyButton} text=${value ?? text} what=${label} />`}
    ${text && html`<span class="hint">${t('secret.hides', { seconds: SHOWN_FOR_SECS })}</span>`}
  </div>`;
}

/** Gives the browser a file to keep. @param {string} name @param {string} content @param {string} type */
export function download(name, content, type) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
