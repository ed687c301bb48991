// The frame of a page: its header, cards, states (loading, empty, failed), tabs, badges.
import { html, useEffect, useRef, useState } from '../vendor/preact.js';
import { ApiProblem, isCancelled } from '../lib/problem.js';
import { number, t, hasText } from '../lib/i18n.js';

/** @typedef {import('../vendor/preact.js').Children} Children */

/**
 * The page's h1 and what can be done with the whole page.
 * @param {{title: Children, name?: string, lead?: Children, actions?: Children, back?: {href: string, title: string}}} props `name`: for the window, where the title is more than text
 */
export function PageHeader({ title, name, lead, actions, back }) {
  const text = name ?? (typeof title === 'string' ? title : '');
  useEffect(() => { if (text) document.title = `${text} · Tonegate`; }, [text]);
  return html`<header class="page-header">
    <div class="page-titles">
      ${back && html`<a class="back" href=${`#${back.href}`}>← ${back.title}</a>`}
      <h1>${title}</h1>
      ${lead && html`<p class="lead">${lead}</p>`}
    </div>
    ${actions && html`<div class="actions">${actions}</div>`}
  </header>`;
}

/** @param {{title?: Children, hint?: Children, actions?: Children, children?: Children, class?: string}} props */
export function Card({ title, hint, actions, children, class: extra = '' }) {
  return html`<section class=${`card ${extra}`}>
    ${(title || actions) && html`<div class="card-header">
      <div>${title && html`<h2>${title}</h2>`}${hint && html`<p class="hint">${hint}</p>`}</div>
      ${actions && html`<div class="actions">${actions}</div>`}
    </div>`}
    ${children}
  </section>`;
}

/** A number with its name. @param {{label: Children, value: Children, hint?: Children, tone?: Tone, children?: Children}} props */
export function Stat({ label, value, hint, tone, children }) {
  return html`<div class=${`stat ${tone ? `tone-${tone}` : ''}`}>
    <div class="stat-label">${label}</div>
    <div class="stat-value">${value}</div>
    ${hint && html`<div class="stat-hint">${hint}</div>`}
    ${children}
  </div>`;
}

/** Names and values. @param {{rows: ([Children, Children] | false | null | undefined)[]}} props */
export function Facts({ rows }) {
  return html`<dl
    class="facts">${rows.map((row) => row && html`<div><dt>${row[0]}</dt><dd>${row[1]}</dd></div>`)}</dl>`;
}

/** @typedef {'neutral' | 'good' | 'warning' | 'bad' | 'info'} Tone */

/** @param {{tone?: Tone, title?: string, children?: Children}} props */
export function Badge({ tone = 'neutral', title, children }) {
  return html`<span class=${`badge tone-${tone}`} title=${title}>${children}</span>`;
}

/** A list with nothing in it: says what to do. @param {{title: Children, hint?: Children, action?: Children}} props */
export function EmptyState({ title, hint, action }) {
  return html`<div class="empty">
    <p class="empty-title">${title}</p>
    ${hint && html`<p>${hint}</p>`}
    ${action}
  </div>`;
}

/** A remark that stays. @param {{tone?: Tone, title?: Children, children?: Children, action?: Children}} props */
export function Notice({ tone = 'info', title, children, action }) {
  return html`<div class=${`notice tone-${tone}`} role="note">
    <div>${title && html`<p class="notice-title">${title}</p>`}${children && html`<div>${children}</div>`}</div>
    ${action}
  </div>`;
}

/**
 * What went wrong, why, and what next. Shows nothing for what the person called off.
 * @param {{error: unknown, retry?: () => void}} props
 */
export function ErrorBox({ error, retry }) {
  if (!error || isCancelled(error)) return null;
  const problem = error instanceof ApiProblem ? error : null;
  const code = problem?.code ?? 'unexpected';
  const known = hasText(`problem.${code}`);
  const what = known ? t(`problem.${code}`) : problem?.title ?? t('problem.unexpected');
  const why = problem ? problem.detail : error instanceof Error ? error.message : String(error);
  return html`<div class="notice tone-bad" role="alert">
    <div>
      <p class="notice-title">${what}</p>
      ${why && why !== what && html`<p>${why.charAt(0).toUpperCase() + why.slice(1)}</p>`}
      ${problem?.errors.map((each) => html`<p><code>${each.field}</code> ${each.detail}</p>`)}
      ${hasText(`problem.${code}.next`) && html`<p>${t(`problem.${code}.next`)}</p>`}
      ${problem?.retryAfter && html`<p>${t('problem.wait', { seconds: problem.retryAfter })}</p>`}
      ${problem && html`<p class="hint"><code>${code}</code></p>`}
    </div>
    ${retry && html`<button type="button" class="button" onClick=${retry}>${t('common.retry')}</button>`}
  </div>`;
}

/** @param {{label?: string}} props */
export function Spinner({ label }) {
  return html`<span class="spinner" role="status"><span
    class="visually-hidden">${label ?? t('common.loading')}</span></span>`;
}

/** Grey lines where text will be. @param {{lines?: number}} props */
export function Skeleton({ lines = 3 }) {
  return html`<div class="skeleton" role="status"><span class="visually-hidden">${t('common.loading')}</span>
    ${Array.from({ length: lines }, (_, i) => html`<div class="skeleton-line" key=${i}></div>`)}
  </div>`;
}

/**
 * Tabs after the WAI-ARIA pattern: arrows move, the panel follows.
 * @param {{tabs: {id: string, title: Children, count?: number}[], active: string, onChange: (id: string) => void, label: string, children?: Children}} props
 */
export function Tabs({ tabs, active, onChange, label, children }) {
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const move = (/** @type {KeyboardEvent} */ event) => {
    const steps = /** @type {Record<string, number>} */ ({ ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity });
    if (!(event.key in steps)) return;
    event.preventDefault();
    const here = tabs.findIndex((tab) => tab.id === active);
    const step = steps[event.key];
    const next = step === -Infinity ? 0 : step === Infinity ? tabs.length - 1 : (here + step + tabs.length) % tabs.length;
    onChange(tabs[next].id);
    /** @type {HTMLElement | undefined} */ (list.current?.querySelectorAll('[role=tab]')[next])?.focus();
  };
  useEffect(() => {
    // On a narrow screen the chosen tab may lie outside of the row.
    const [row, tab] = [list.current, /** @type {HTMLElement | null | undefined} */ (list.current?.querySelector('[aria-selected=true]'))];
    if (row && tab) row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }, [active]);
  return html`<div class="tabs">
    <div class="tab-list" role="tablist" aria-label=${label} ref=${list} onKeyDown=${move}>
      ${tabs.map((tab) => html`<button type="button" role="tab" key=${tab.id} id=${`tab-${tab.id}`} class="tab"
        aria-selected=${tab.id === active ? 'true' : 'false'}
        aria-controls=${tab.id === active ? `panel-${tab.id}` : undefined}
        tabindex=${tab.id === active ? 0 : -1} onClick=${() => onChange(tab.id)}>
        ${tab.title}${tab.count !== undefined && html`<span class="tab-count">${number(tab.count)}</span>`}
      </button>`)}
    </div>
    <div class="tab-panel" role="tabpanel" key=${active} id=${`panel-${active}`}
      aria-labelledby=${`tab-${active}`}>${children}</div>
  </div>`;
}

/** Keeps a fault of one page from taking the shell with it. @param {{failed: unknown}} props */
export function PageFault({ failed }) {
  return html`<${PageHeader} title=${t('problem.unexpected')} /><${ErrorBox} error=${failed}
    retry=${() => location.reload()} />`;
}

/** A menu that opens under its button. @param {{label: Children, title: string, children?: Children, class?: string}} props */
export function Menu({ label, title, children, class: extra = '' }) {
  const [open, setOpen] = useState(false);
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (!open) return undefined;
    const outside = (/** @type {Event} */ event) => { if (!box.current?.contains(/** @type {Node} */ (event.target))) setOpen(false); };
    addEventListener('pointerdown', outside);
    return () => removeEventListener('pointerdown', outside);
  }, [open]);
  const escape = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape' || !open) return;
    setOpen(false);
    box.current?.querySelector('button')?.focus();
  };
  return html`<div class=${`menu ${extra}`} ref=${box} onKeyDown=${escape}>
    <button type="button" class="button quiet" aria-expanded=${open ? 'true' : 'false'} aria-label=${title}
      onClick=${() => setOpen(!open)}>${label}</button>
    ${open && html`<div class="menu-list"
      onClick=${(/** @type {Event} */ event) => { if (/** @type {Element} */ (event.target).closest('a,button')) setOpen(false); }}>${children}</div>`}
  </div>`;
}
