// Moments and lengths of time.
import { html, useEffect, useState } from '../vendor/preact.js';
import { dateTime, duration, relative, t } from '../lib/i18n.js';

/** "3 minutes ago", with the exact moment as its title. @param {{at: number | null | undefined, none?: string, exact?: boolean}} props `none`: what to say when there is no moment */
export function Time({ at, none, exact }) {
  const [, again] = useState(0);
  const near = at !== null && at !== undefined && Math.abs(at - Date.now() / 1000) < 3600;
  useEffect(() => {
    if (!near || exact) return undefined;
    const timer = setInterval(() => again((count) => count + 1), 10_000);
    return () => clearInterval(timer);
  }, [near, exact]);
  if (at === null || at === undefined) return html`<span class="muted">${none ?? t('common.never')}</span>`;
  return html`<time datetime=${new Date(at * 1000).toISOString()}
    title=${exact ? relative(at) : dateTime(at)}>${exact ? dateTime(at) : relative(at)}</time>`;
}

/** @param {{seconds: number}} props */
export function Duration({ seconds }) {
  return html`<span title=${t('duration.exact', { seconds })}>${duration(seconds)}</span>`;
}
