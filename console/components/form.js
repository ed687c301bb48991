// Form fields: a label, a hint, and the problem that the server has with it, each tied to the input.
import { html, useEffect, useRef, useState } from '../vendor/preact.js';
import { t } from '../lib/i18n.js';

/** @typedef {import('../vendor/preact.js').Children} Children */

/**
 * @typedef {object} FieldProps
 * @property {Children} label
 * @property {Children} [hint]
 * @property {string} [error] usually `errors.name`, with `errors = fieldErrors(action.error)`
 * @property {string} [name]
 * @property {boolean} [required]
 * @property {boolean} [disabled]
 * @property {boolean} [autofocus]
 */

let count = 0;

/** An id that stays the same while the component lives. @param {string} prefix */
export function useId(prefix) {
  const [id] = useState(() => `${prefix}-${(count += 1)}`);
  return id;
}

/**
 * Label, hint and error around any input; `children` is given what the input must carry.
 * @param {FieldProps & {children: (input: Record<string, unknown>) => Children, class?: string}} props
 */
export function Field({ label, hint, error, required, disabled, autofocus, name, children, class: extra = '' }) {
  const id = useId('field');
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => { if (autofocus) document.getElementById(id)?.focus(); }, []);
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
  const input = { id, name, disabled, required, 'aria-describedby': described, 'aria-invalid': error ? 'true' : undefined };
  return html`<div class=${`field ${error ? 'field-bad' : ''} ${extra}`} ref=${box}>
    <label for=${id}>${label}${!required ? null : html`<span class="required" aria-hidden="true"> *</span>`}</label>
    ${children(input)}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${error && html`<p class="field-error" id=${`${id}-error`}>${error}</p>`}
  </div>`;
}

/** @param {FieldProps & {value: string, onInput: (value: string) => void, type?: string, placeholder?: string, autocomplete?: string, inputmode?: string, maxlength?: number, pattern?: string, class?: string, mono?: boolean}} props */
export function TextField({ value, onInput, type = 'text', placeholder, autocomplete = 'off', inputmode, maxlength, pattern, mono, ...field }) {
  return html`<${Field}
    ...${field}>${(/** @type {object} */ input) => html`<input ...${input} class=${mono ? 'mono' : ''} type=${type}
      value=${value}
    placeholder=${placeholder} autocomplete=${autocomplete} inputmode=${inputmode} maxlength=${maxlength}
    pattern=${pattern} spellcheck=${false}
    onInput=${(/** @type {InputEvent} */ event) => onInput(/** @type {HTMLInputElement} */ (event.target).value)} />`}<//>`;
}

/** @param {FieldProps & {value: number | null, onInput: (value: number | null) => void, min?: number, max?: number, step?: number, unit?: Children, class?: string}} props */
export function NumberField({ value, onInput, min, max, step, unit, ...field }) {
  return html`<${Field}
    ...${field}>${(/** @type {object} */ input) => html`<span class="with-unit"><input ...${input} type="number"
      value=${value ?? ''} min=${min} max=${max} step=${step ?? 1}
    onInput=${(/** @type {InputEvent} */ event) => { const text = /** @type {HTMLInputElement} */ (event.target).value; onInput(text === '' ? null : Number(text)); }} />${unit && html`<span
      class="unit">${unit}</span>`}</span>`}<//>`;
}

/** @param {FieldProps & {value: string, onInput: (value: string) => void, rows?: number, placeholder?: string, maxlength?: number, mono?: boolean, class?: string}} props */
export function TextArea({ value, onInput, rows = 3, placeholder, maxlength, mono, ...field }) {
  return html`<${Field}
    ...${field}>${(/** @type {object} */ input) => html`<textarea ...${input} class=${mono ? 'mono' : ''} rows=${rows}
      value=${value} placeholder=${placeholder} maxlength=${maxlength} spellcheck=${!mono}
    onInput=${(/** @type {InputEvent} */ event) => onInput(/** @type {HTMLTextAreaElement} */ (event.target).value)}></textarea>`}<//>`;
}

/** @param {FieldProps & {value: string, onInput: (value: string) => void, options: {value: string, title: string}[], class?: string}} props */
export function Select({ value, onInput, options, ...field }) {
  return html`<${Field} ...${field}>${(/** @type {object} */ input) => html`<select ...${input} value=${value}
    onChange=${(/** @type {Event} */ event) => onInput(/** @type {HTMLSelectElement} */ (event.target).value)}>
    ${options.map((option) => html`<option key=${option.value} value=${option.value}
      selected=${option.value === value}>${option.title}</option>`)}
  </select>`}<//>`;
}

/** @param {{label: Children, hint?: Children, checked: boolean, onInput: (checked: boolean) => void, disabled?: boolean, name?: string}} props */
export function Checkbox({ label, hint, checked, onInput, disabled, name }) {
  const id = useId('check');
  return html`<div class="check">
    <input type="checkbox" id=${id} name=${name} checked=${checked} disabled=${disabled}
      aria-describedby=${hint ? `${id}-hint` : undefined}
      onChange=${(/** @type {Event} */ event) => onInput(/** @type {HTMLInputElement} */ (event.target).checked)} />
    <div><label for=${id}>${label}</label>${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}</div>
  </div>`;
}

/** Several short texts, separated by commas; by blanks too, unless they may hold some (`blanks`). @param {FieldProps & {blanks?: boolean, value: string[], onInput: (value: string[]) => void, placeholder?: string, mono?: boolean, class?: string}} props */
export function ListField({ value, onInput, placeholder, mono, blanks, ...field }) {
  const [text, setText] = useState(value.join(', '));
  const parts = (/** @type {string} */ from) => from.split(blanks ? /[,;，；]/ : /[\s,;，；]+/).map((each) => each.trim()).filter(Boolean);
  useEffect(() => { if (parts(text).join() !== value.join()) setText(value.join(', ')); }, [value.join()]);
  return html`<${TextField} ...${field} mono=${mono} value=${text} placeholder=${placeholder}
    onInput=${(/** @type {string} */ next) => { setText(next); onInput(parts(next)); }} />`;
}

/** A moment, in this browser's time zone; null where none is set. @param {FieldProps & {value: number | null, onInput: (at: number | null) => void, class?: string}} props */
export function DateField({ value, onInput, ...field }) {
  return html`<${Field}
    ...${field}>${(/** @type {object} */ input) => html`<input ...${input} type="datetime-local"
      value=${value === null ? '' : localText(value)}
    onChange=${(/** @type {Event} */ event) => { const text = /** @type {HTMLInputElement} */ (event.target).value; onInput(text ? Math.floor(new Date(text).getTime() / 1000) : null); }} />`}<//>`;
}

const UNITS = [{ unit: 'd', size: 86_400 }, { unit: 'h', size: 3600 }, { unit: 'min', size: 60 }, { unit: 's', size: 1 }];

/** A length of time in seconds, entered in the unit that fits. @param {FieldProps & {value: number, onInput: (seconds: number) => void, min?: number, max?: number, units?: string[], class?: string}} props */
export function DurationField({ value, onInput, min, max, units = ['d', 'h', 'min'], ...field }) {
  const offered = UNITS.filter((each) => units.includes(each.unit));
  const [unit, setUnit] = useState(() => offered.find((each) => value % each.size === 0 && value >= each.size) ?? offered[offered.length - 1]);
  return html`<${Field} ...${field}>${(/** @type {object} */ input) => html`<span class="with-unit">
    <input ...${input} type="number" step="any" value=${value / unit.size}
      min=${min === undefined ? undefined : min / unit.size} max=${max === undefined ? undefined : max / unit.size}
      onInput=${(/** @type {InputEvent} */ event) => onInput(Math.round(Number(/** @type {HTMLInputElement} */ (event.target).value) * unit.size))} />
    <select class="unit-select" aria-label=${t('form.unit')} disabled=${field.disabled} value=${unit.unit}
      onChange=${(/** @type {Event} */ event) => setUnit(offered.find((each) => each.unit === /** @type {HTMLSelectElement} */ (event.target).value) ?? unit)}>
      ${offered.map((each) => html`<option key=${each.unit} value=${each.unit}
        selected=${each.unit === unit.unit}>${t(`form.unit.${each.unit}`)}</option>`)}
    </select></span>`}<//>`;
}

/**
 * A busy button keeps its focus, and does nothing.
 * @param {{busy?: boolean, kind?: 'primary' | 'danger' | 'secondary' | 'quiet', type?: 'button' | 'submit', onClick?: (event: Event) => void, disabled?: boolean, title?: string, children?: Children, class?: string}} props
 */
export function Button({ busy, kind = 'secondary', type = 'button', onClick, disabled, title, children, class: extra = '' }) {
  const click = (/** @type {Event} */ event) => (busy ? event.preventDefault() : onClick?.(event));
  return html`<button type=${type} class=${`button ${kind} ${extra}`} onClick=${click} title=${title}
    disabled=${disabled} aria-disabled=${busy ? 'true' : undefined} aria-busy=${busy ? 'true' : undefined}>
    ${busy && html`<span class="spinner" aria-hidden="true"></span>`}${children}
  </button>`;
}

/** A form whose Enter and button do the same. @param {{onSubmit: () => void, children?: Children, class?: string, label?: string}} props */
export function Form({ onSubmit, children, class: extra = '', label }) {
  return html`<form class=${`form ${extra}`} aria-label=${label}
    onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); onSubmit(); }}>${children}</form>`;
}

/** @param {number} at */
function localText(at) {
  const moment = new Date(at * 1000);
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
