// What pictures over time need: their width in pixels, and dates along an axis.
import { useEffect, useRef, useState } from '../vendor/preact.js';
import { locale } from '../lib/i18n.js';

const HOUR = 3600;
const DAY = 86_400;
const STEPS = [HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 91 * DAY, 365 * DAY];

/**
 * The width of an element, so that a picture can be drawn in its pixels and its letters keep their size.
 * @param {number} initial
 * @returns {[{current: HTMLElement | null}, number]}
 */
export function useWidth(initial) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [width, setWidth] = useState(initial);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => { if (entry.contentRect.width > 0) setWidth(Math.floor(entry.contentRect.width)); });
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  return [box, width];
}

/**
 * Moments for an axis, and how to write them.
 * @param {number} from @param {number} until @param {number} width pixels
 * @returns {{at: number, text: string}[]}
 */
export function ticks(from, until, width) {
  const wanted = Math.max(2, width / 90);
  const step = STEPS.find((each) => (until - from) / each <= wanted) ?? STEPS[STEPS.length - 1] * Math.ceil((until - from) / STEPS[STEPS.length - 1] / wanted);
  const shape = new Intl.DateTimeFormat(locale(), shapeOf(step));
  // Days begin at this browser's midnight.
  const shift = new Date(from * 1000).getTimezoneOffset() * 60;
  const list = [];
  for (let at = Math.ceil((from - shift) / step) * step + shift; at <= until; at += step) list.push({ at, text: shape.format(at * 1000) });
  return list;
}

/** @param {number} step @returns {Intl.DateTimeFormatOptions} */
function shapeOf(step) {
  if (step < DAY) return { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' };
  return step < 365 * DAY ? { day: 'numeric', month: 'short' } : { month: 'short', year: 'numeric' };
}

/** A date without its year: for where little fits. @param {number} at */
export const shortDate = (at) => new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'short' }).format(at * 1000);
