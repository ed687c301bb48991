// The chain picture: roots vouch for issuing keys, issuing keys sign licences.
import { html } from '../vendor/preact.js';
import { t } from '../lib/i18n.js';
import { shortDate, useWidth } from './picture.js';

const ROW = 62;
const BOX_HEIGHT = 46;
const ROOT_HEIGHT = 58;
const COLORS = { signing: '--good', next: '--accent', staged: '--border-strong', replaced: '--border-strong', withdrawn: '--bad', ended: '--border-strong' };

/** @param {{keys: Api.Keys}} props */
export function Chain({ keys }) {
  const [box, width] = useWidth(640);
  const shown = keys.keys.filter((each) => each.state !== 'ended').sort((a, b) => a.serial - b.serial);
  const gap = Math.max(18, Math.min(90, width * 0.08));
  const column = Math.floor((width - 2 * gap) / 3);
  const rows = Math.max(shown.length, keys.roots.length * 1.3);
  const height = Math.ceil(rows * ROW);
  const rootY = keys.roots.map((_, i) => ((i + 0.5) * height) / keys.roots.length - ROOT_HEIGHT / 2);
  const keyY = shown.map((_, i) => ((i + 0.5) * height) / shown.length - BOX_HEIGHT / 2);
  return html`<div ref=${box} class="picture">
    <svg class="chain" width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${`${t('keys.chain')}. ${words(keys, shown)}`}>
      ${shown.map((each, i) => {
    const color = COLORS[each.state] ?? '--border-strong';
    const middle = keyY[i] + BOX_HEIGHT / 2;
    return html`<g key=${each.serial}>
        <${Link} from=${{ x: column, y: rootY[rootOf(keys, each)] + ROOT_HEIGHT / 2 }} to=${{ x: column + gap, y: middle }} color=${color} />
        <${Link} from=${{ x: 2 * column + gap, y: middle }} to=${{ x: 2 * (column + gap), y: middle }} color=${color} dashed=${each.state !== 'signing'} />
        <${Box} x=${column + gap} y=${keyY[i]} width=${column} height=${BOX_HEIGHT} color=${color} strong=${each.state === 'signing'}
          lines=${[t('keys.key', { serial: String(each.serial) }), t(`keys.state.${each.state}`)]} />
        <${Box} x=${2 * (column + gap)} y=${keyY[i]} width=${column} height=${BOX_HEIGHT} color="--border" lines=${licenses(each)} />
      </g>`;
  })}
      ${keys.roots.map((root, i) => html`<${Box} key=${root.kid} x=${0} y=${rootY[i]} width=${column} height=${ROOT_HEIGHT} color="--chart-4"
        lines=${[t(`keys.root.${root.role}`), root.kid.slice(0, 8), t(isHere(keys, root) ? 'keys.root.here' : 'keys.root.offline')]} />`)}
    </svg>
  </div>`;
}

/** Whether the server keeps this root's private key: where it does not say, it certifies by itself or not at all. @param {Api.Keys} keys @param {Api.Keys['roots'][number]} root */
export const isHere = (keys, root) => root.kept_here ?? keys.auto_root;

/** A root by its id, or by its role. @param {Api.Keys} keys @param {Api.Key} issuing */
function rootOf(keys, issuing) {
  const found = keys.roots.findIndex((root) => root.kid === issuing.root || root.role === issuing.root);
  return Math.max(0, found);
}

/** What the key's licences are doing. @param {Api.Key} issuing */
function licenses(issuing) {
  if (issuing.state === 'signing') return [t('keys.licenses.now'), t('keys.licenses.until', { at: shortDate(issuing.signs_until) })];
  if (issuing.state === 'replaced') return [t('keys.licenses.old'), t('keys.licenses.end', { at: shortDate(issuing.certificate_ends) })];
  if (issuing.state === 'withdrawn') return [t('keys.licenses.none'), t('keys.licenses.refused')];
  return [t('keys.licenses.later'), t('keys.licenses.from', { at: shortDate(issuing.sign_from) })];
}

/** @param {{x: number, y: number, width: number, height: number, color: string, lines: string[], strong?: boolean}} props */
function Box({ x, y, width, height, color, lines, strong }) {
  const step = height / (lines.length + 0.6);
  return html`<svg x=${x} y=${y} width=${width} height=${height}>
    <rect x="1" y="1" width=${width - 2} height=${height - 2} rx="7" fill=${strong ? 'var(--good-soft)' : 'var(--surface)'} stroke=${`var(${color})`} stroke-width=${strong ? 2.5 : 1.5} />
    ${lines.map((line, i) => html`<text key=${i} class=${i === 0 ? 'picture-label' : 'picture-text'} x=${width / 2} y=${step * (i + 1) + 2} text-anchor="middle">${fitting(line, width)}</text>`)}
  </svg>`;
}

/** A line cut to what a box can hold, at about 6.4 pixels a letter and twice that for Han. @param {string} line @param {number} width */
function fitting(line, width) {
  const size = (/** @type {string} */ letter) => (letter > '\u2e7f' ? 12 : 6.4);
  let left = width - 8;
  let kept = '';
  for (const letter of line) {
    left -= size(letter);
    if (left < 0) return `${kept.slice(0, -1)}…`;
    kept += letter;
  }
  return kept;
}

/** @param {{from: {x: number, y: number}, to: {x: number, y: number}, color: string, dashed?: boolean}} props */
function Link({ from, to, color, dashed }) {
  const middle = (from.x + to.x) / 2;
  return html`<g>
    <path d=${`M${from.x} ${from.y} C${middle} ${from.y} ${middle} ${to.y} ${to.x - 5} ${to.y}`} fill="none" stroke=${`var(${color})`} stroke-width="1.75" stroke-dasharray=${dashed ? '4 4' : undefined} />
    <path d=${`M${to.x - 7} ${to.y - 4} l7 4 l-7 4 z`} fill=${`var(${color})`} />
  </g>`;
}

/** @param {Api.Keys} keys @param {Api.Key[]} shown */
function words(keys, shown) {
  return shown.map((each) => t('keys.chain_words', { root: t(`keys.root.${keys.roots[rootOf(keys, each)]?.role ?? 'active'}`), serial: String(each.serial), state: t(`keys.state.${each.state}`) })).join(' ');
}
