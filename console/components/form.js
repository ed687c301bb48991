// Form fields: a label, a hint, and the problem that the server has with it, each tied to the input.
import { html, useEffect, useState } from '../vendor/preact.js';
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
 * @property {string} [class]
 */

/**
 * @template T
 * @typedef {FieldProps & {value: T, onInput: (value: T) => void}} InputProps
 */

let count = 0;

/** An id that stays the same while the component lives. @param {string} prefix */
export function useId(prefix) {
  const [id] = useState(() => `${prefix}-${(count += 1)}`);
  return id;
}

/** What an input was changed to. @param {Event} event */
const typed = (event) => /** @type {HTMLInputElement} */ (event.target).value;

/**
 * Label, hint and error around any input; `children` is given what the input must carry.
 * @param {FieldProps & {children: (input: Record<string, unknown>) => Children}} props
 */
export function Field({ label, hint, error, required, disabled, autofocus, name, children, class: extra = '' }) {
  const id = useId('field');
  useEffect(() => { if (autofocus) document.getElementById(id)?.focus(); }, []);
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
  const input = {
    id, name, disabled, required, 'aria-describedby': described, 'aria-invalid': error ? 'true' : undefined,
  };
  return html`<div class=${`field ${error ? 'field-bad' : ''} ${extra}`}>
    <label for=${id}>${label}${required && html`<span class="required" aria-hidden="true"> *</span>`}</label>
    ${children(input)}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${error && html`<p class="field-error" id=${`${id}-error`}>${error}</p>`}
  </div>`;
}

/**
 * @typedef {object} TextProps
 * @property {string} [type]
 * @property {string} [placeholder]
 * @property {string} [autocomplete]
 * @property {string} [inputmode]
 * @property {number} [maxlength]
 * @property {string} [pattern]
 * @property {boolean} [mono]
 */

/** @param {InputProps<string> & TextProps} props */
export function TextField({ value, onInput, type = 'text', autocomplete = 'off', mono, ...rest }) {
  const { placeholder, inputmode, maxlength, pattern, ...field } = rest;
  const control = (/** @type {object} */ input) => html`
    <input ...${input} class=${mono ? 'mono' : ''} type=${type} value=${value} placeholder=${placeholder}
      autocomplete=${autocomplete} inputmode=${inputmode} maxlength=${maxlength} pattern=${pattern}
      spellcheck=${false} onInput=${(/** @type {Event} */ event) => onInput(typed(event))} />`;
  return html`<${Field} ...${field}>${control}<//>`;
}

/** @param {InputProps<number | null> & {min?: number, max?: number, step?: number, unit?: Children}} props */
export function NumberField({ value, onInput, min, max, step = 1, unit, ...field }) {
  const change = (/** @type {Event} */ event) => onInput(typed(event) === '' ? null : Number(typed(event)));
  const control = (/** @type {object} */ input) => html`<span class="with-unit">
    <input ...${input} type="number" value=${value ?? ''} min=${min} max=${max} step=${step} onInput=${change} />
    ${unit && html`<span class="unit">${unit}</span>`}
  </span>`;
  return html`<${Field} ...${field}>${control}<//>`;
}

/** @param {InputProps<string> & {rows?: number, placeholder?: string, maxlength?: number, mono?: boolean}} props */
export function TextArea({ value, onInput, rows = 3, placeholder, maxlength, mono, ...field }) {
  const control = (/** @type {object} */ input) => html`
    <textarea ...${input} class=${mono ? 'mono' : ''} rows=${rows} value=${value} placeholder=${placeholder}
      maxlength=${maxlength} spellcheck=${!mono} onInput=${(/** @type {Event} */ event) => onInput(typed(event))}></textarea>`;
  return html`<${Field} ...${field}>${control}<//>`;
}

/** @param {InputProps<string> & {options: {value: string, title: string}[]}} props */
export function Select({ value, onInput, options, ...field }) {
  const control = (/** @type {object} */ input) => html`
    <select ...${input} value=${value} onChange=${(/** @type {Event} */ event) => onInput(typed(event))}>
      ${options.map((option) => html`
        <option key=${option.value} value=${option.value} selected=${option.value === value}>${option.title}</option>`)}
    </select>`;
  return html`<${Field} ...${field}>${control}<//>`;
}

/**
 * @param {object} props
 * @param {Children} props.label
 * @param {Children} [props.hint]
 * @param {boolean} props.checked
 * @param {(checked: boolean) => void} props.onInput
 * @param {boolean} [props.disabled]
 * @param {string} [props.name]
 */
export function Checkbox({ label, hint, checked, onInput, disabled, name }) {
  const id = useId('check');
  const change = (/** @type {Event} */ event) => onInput(/** @type {HTMLInputElement} */ (event.target).checked);
  return html`<div class="check">
    <input type="checkbox" id=${id} name=${name} checked=${checked} disabled=${disabled}
      aria-describedby=${hint ? `${id}-hint` : undefined} onChange=${change} />
    <div><label for=${id}>${label}</label>${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}</div>
  </div>`;
}

/**
 * Several short texts, separated by commas; by blanks too, unless they may hold some (`blanks`).
 * @param {InputProps<string[]> & {placeholder?: string, mono?: boolean, blanks?: boolean}} props
 */
export function ListField({ value, onInput, placeholder, mono, blanks, ...field }) {
  const [text, setText] = useState(value.join(', '));
  const parts = (/** @type {string} */ from) =>
    from.split(blanks ? /[,;，；]/ : /[\s,;，；]+/).map((each) => each.trim()).filter(Boolean);
  useEffect(() => { if (parts(text).join() !== value.join()) setText(value.join(', ')); }, [value.join()]);
  const change = (/** @type {string} */ next) => { setText(next); onInput(parts(next)); };
  return html`<${TextField} ...${field} mono=${mono} value=${text} placeholder=${placeholder} onInput=${change} />`;
}

/** A moment, in this browser's time zone; null where none is set. @param {InputProps<number | null>} props */
export function DateField({ value, onInput, ...field }) {
  const change = (/** @type {Event} */ event) =>
    onInput(typed(event) ? Math.floor(new Date(typed(event)).getTime() / 1000) : null);
  const control = (/** @type {object} */ input) => html`
    <input ...${input} type="datetime-local" value=${value === null ? '' : localText(value)} onChange=${change} />`;
  return html`<${Field} ...${field}>${control}<//>`;
}

const UNITS = [{ unit: 'd', size: 86_400 }, { unit: 'h', size: 3600 }, { unit: 'min', size: 60 }, { unit: 's', size: 1 }];

/**
 * A length of time in seconds, entered in the unit that fits.
 * @param {InputProps<number> & {min?: number, max?: number, units?: string[]}} props
 */
export function DurationField({ value, onInput, min, max, units = ['d', 'h', 'min'], ...field }) {
  const offered = UNITS.filter((each) => units.includes(each.unit));
  const fitting = () => offered.find(({ size }) => value >= size && value % size === 0) ?? offered[offered.length - 1];
  const [unit, setUnit] = useState(fitting);
  const inUnit = (/** @type {number | undefined} */ seconds) => (seconds === undefined ? undefined : seconds / unit.size);
  const change = (/** @type {Event} */ event) => onInput(Math.round(Number(typed(event)) * unit.size));
  const changeUnit = (/** @type {Event} */ event) =>
    setUnit(offered.find((each) => each.unit === typed(event)) ?? unit);
  const control = (/** @type {object} */ input) => html`<span class="with-unit">
    <input ...${input} type="number" step="any" value=${inUnit(value)} min=${inUnit(min)} max=${inUnit(max)}
      onInput=${change} />
    <select class="unit-select" aria-label=${t('form.unit')} disabled=${field.disabled} value=${unit.unit}
      onChange=${changeUnit}>
      ${offered.map((each) => html`
        <option key=${each.unit} value=${each.unit} selected=${each === unit}>${t(`form.unit.${each.unit}`)}</option>`)}
    </select>
  </span>`;
  return html`<${Field} ...${field}>${control}<//>`;
}

/**
 * A busy button keeps its focus, and does nothing.
 * @param {object} props
 * @param {boolean} [props.busy]
 * @param {'primary' | 'danger' | 'secondary' | 'quiet'} [props.kind]
 * @param {'button' | 'submit'} [props.type]
 * @param {(event: Event) => void} [props.onClick]
 * @param {boolean} [props.disabled]
 * @param {string} [props.title]
 * @param {Children} [props.children]
 * @param {string} [props.class]
 */
export function Button({ busy, kind = 'secondary', type = 'button', onClick, disabled, title, children, ...rest }) {
  const click = (/** @type {Event} */ event) => (busy ? event.preventDefault() : onClick?.(event));
  return html`<button type=${type} class=${`button ${kind} ${rest.class ?? ''}`} onClick=${click} title=${title}
    disabled=${disabled} aria-disabled=${busy ? 'true' : undefined} aria-busy=${busy ? 'true' : undefined}>
    ${busy && html`<span class="spinner" aria-hidden="true"></span>`}${children}
  </button>`;
}

/**
 * A form whose Enter and button do the same.
 * @param {{onSubmit: () => void, children?: Children, class?: string, label?: string}} props
 */
export function Form({ onSubmit, children, class: extra = '', label }) {
  const submit = (/** @type {Event} */ event) => { event.preventDefault(); onSubmit(); };
  return html`<form class=${`form ${extra}`} aria-label=${label} onSubmit=${submit}>${children}</form>`;
}

/** @param {number} at */
function localText(at) {
  const moment = new Date(at * 1000);
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
