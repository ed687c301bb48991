// A table whose rows exist only where they are looked at: 100,000 of them scroll like ten.
import { html, useEffect, useLayoutEffect, useRef, useState } from '../vendor/preact.js';
import { t } from '../lib/i18n.js';
import { ErrorBox, Spinner } from './page.js';

const OVERSCAN = 8;

/** @typedef {import('../vendor/preact.js').Children} Children */

/**
 * @template R
 * @typedef {object} Column
 * @property {string} key
 * @property {string} title
 * @property {(row: R) => Children} render
 * @property {string} [width] a CSS length; the rest is shared
 * @property {boolean} [numeric] right-aligned
 * @property {boolean} [wide] left out on narrow screens
 * @property {boolean} [sort] its header sorts by `key`
 */

/**
 * @template R
 * @param {object} props
 * @param {string} props.label for screen readers
 * @param {Column<R>[]} props.columns
 * @param {R[]} props.rows
 * @param {(row: R) => string | number} props.rowKey
 * @param {(row: R) => string | undefined} [props.rowHref] where a click on the row leads
 * @param {(row: R) => void} [props.onRow] or what it does
 * @param {(row: R) => boolean} [props.rowSelected] marks the row that is shown beside the table
 * @param {boolean} [props.loading]
 * @param {unknown} [props.error]
 * @param {() => void} [props.retry]
 * @param {() => void} [props.onEnd] called when the last rows come into sight
 * @param {Children} [props.empty]
 * @param {string} [props.sort] `name` or `-name`
 * @param {(sort: string) => void} [props.onSort]
 * @param {Set<string | number>} [props.selected] ticked rows, by key
 * @param {(selected: Set<string | number>) => void} [props.onSelect]
 * @param {number} [props.rowHeight] pixels; every row has this height
 * @param {string} [props.height] the scrolling part's largest height
 */
export function DataTable({ label, columns, rows, rowKey, rowHref, onRow, rowSelected, loading, error, retry, onEnd, empty, sort, onSort, selected, onSelect, rowHeight = 44, height = 'min(70vh, 60rem)' }) {
  const scroller = useRef(/** @type {HTMLElement | null} */ (null));
  const [view, setView] = useState({ top: 0, height: 900 });
  const look = () => {
    const element = scroller.current;
    if (!element) return;
    const top = Math.floor(element.scrollTop / rowHeight);
    setView((before) => (before.top === top && before.height === element.clientHeight ? before : { top, height: element.clientHeight }));
  };
  useLayoutEffect(look, [rows.length]);
  useEffect(() => {
    const observer = new ResizeObserver(look);
    if (scroller.current) observer.observe(scroller.current);
    return () => observer.disconnect();
  }, []);
  const first = Math.max(0, view.top - OVERSCAN);
  const last = Math.min(rows.length, view.top + Math.ceil(view.height / rowHeight) + OVERSCAN);
  useEffect(() => { if (onEnd && !loading && !error && rows.length > 0 && last >= rows.length - OVERSCAN) onEnd(); }, [last, rows.length, loading]);

  if (rows.length === 0 && !loading) return error ? html`<${ErrorBox} error=${error}
    retry=${retry} />` : empty ?? html`<p class="empty">${t('table.empty')}</p>`;
  const all = selected && rows.length > 0 && rows.every((row) => selected.has(rowKey(row)));
  return html`<div class="table-scroll" ref=${scroller} style=${{ maxHeight: height }} onScroll=${look} tabindex="0"
    role="region" aria-label=${label}>
    <table class="table" style=${leastWidths(columns, Boolean(selected))} aria-label=${label}
      aria-rowcount=${rows.length + 1} aria-busy=${loading ? 'true' : undefined}>
      <thead><tr aria-rowindex="1">
        ${selected && html`<th class="tick" scope="col"><input type="checkbox" aria-label=${t('table.select_all')}
          checked=${all} onChange=${() => onSelect?.(all ? new Set() : new Set(rows.map(rowKey)))} /></th>`}
        ${columns.map((column) => html`<${Head} key=${column.key} column=${column} sort=${sort} onSort=${onSort} />`)}
      </tr></thead>
      <tbody>
        ${first > 0 && html`<tr aria-hidden="true" class="filler" key="above"><td
          style=${{ height: `${first * rowHeight}px` }}></td></tr>`}
        ${rows.slice(first, last).map((row, i) => {
    const key = rowKey(row);
    const open = rowHref || onRow ? (/** @type {MouseEvent} */ event) => {
      if (/** @type {Element} */ (event.target).closest('a,button,input,label,select')) return;
      const href = rowHref?.(row);
      if (href) location.hash = href; else onRow?.(row);
    } : undefined;
    return html`<tr key=${key} aria-rowindex=${first + i + 2} style=${{ height: `${rowHeight}px` }}
      class=${`${open ? 'clickable' : ''} ${rowSelected?.(row) || selected?.has(key) ? 'selected' : ''}`}
      onClick=${open}>
          ${selected && html`<td class="tick"><input type="checkbox"
            aria-label=${t('table.select', { row: String(key) })} checked=${selected.has(key)}
            onChange=${() => onSelect?.(toggled(selected, key))} /></td>`}
          ${columns.map((column) => html`<td key=${column.key} class=${cell(column)}><div
            class="cell">${column.render(row)}</div></td>`)}
        </tr>`;
  })}
        ${last < rows.length && html`<tr aria-hidden="true" class="filler" key="below"><td
          style=${{ height: `${(rows.length - last) * rowHeight}px` }}></td></tr>`}
      </tbody>
    </table>
    ${loading && html`<div class="table-loading"><${Spinner} /></div>`}
    ${rows.length > 0 && html`<${ErrorBox} error=${error} retry=${retry} />`}
  </div>`;
}

/** @param {{column: Column<any>, sort?: string, onSort?: (sort: string) => void}} props */
function Head({ column, sort, onSort }) {
  const direction = sort === column.key ? 'ascending' : sort === `-${column.key}` ? 'descending' : undefined;
  const width = column.width ? { width: column.width } : undefined;
  if (!column.sort || !onSort) return html`<th scope="col" class=${cell(column)} style=${width}>${column.title}</th>`;
  return html`<th scope="col" class=${cell(column)} style=${width} aria-sort=${direction}>
    <button type="button" class="sort"
      onClick=${() => onSort(direction === 'ascending' ? `-${column.key}` : column.key)}>
      ${column.title}<span
      aria-hidden="true">${direction === 'ascending' ? ' ▲' : direction === 'descending' ? ' ▼' : ''}</span>
    </button></th>`;
}

/**
 * What the columns need: the table scrolls sideways sooner than it crushes one.
 * @param {Column<any>[]} columns
 * @param {boolean} ticks
 */
function leastWidths(columns, ticks) {
  const least = (/** @type {Column<any>[]} */ shown, /** @type {string} */ flexible) =>
    `calc(${[...shown.map((column) => column.width ?? flexible), ticks ? '2.75rem' : '0rem'].join(' + ')})`;
  return { '--least': least(columns, '11.5rem'), '--least-narrow': least(columns.filter((each) => !each.wide), '8rem') };
}

/** @param {Column<any>} column */
const cell = (column) => `${column.numeric ? 'numeric' : ''} ${column.wide ? 'wide-only' : ''}`;

/** @template T @param {Set<T>} set @param {T} value */
function toggled(set, value) {
  const next = new Set(set);
  if (!next.delete(value)) next.add(value);
  return next;
}
