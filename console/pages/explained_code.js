// What a return code of the licence API means, and what to do: for "Call it online" and the request checker.
import { html } from '../vendor/preact.js';
import { Badge, Notice } from '../components/index.js';
import { hasText, t } from '../lib/i18n.js';
import { useReturnCodes } from '../lib/return_codes.js';

/**
 * @param {{code: number, lead?: string, children?: import('../vendor/preact.js').Children}} props `lead` stands before the
 * code's name; children after its explanation
 */
export function ExplainedCode({ code, lead, children }) {
  const known = useReturnCodes().get(code);
  const text = (/** @type {string} */ part, /** @type {string | undefined} */ served) => {
    const key = `return_code.${code}.${part}`;
    return hasText(key) ? t(key) : served;
  };
  const next = text('next', known?.next_step);
  return html`<${Notice} tone=${code === 0 ? 'good' : 'bad'} title=${html`${lead && `${lead} `}${code} ${known?.name ?? ''}`}>
    <p>${text('meaning', known?.meaning) ?? t('call.code_unknown')}</p>
    ${code !== 0 && next && html`<p><strong>${t('call.what_to_do')}</strong> ${next}</p>`}
    ${known?.retryable && html`<p><${Badge} tone="info">${t('call.retryable')}<//></p>`}
    ${children}
  <//>`;
}
