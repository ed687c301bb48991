// Elements, made in one line each. Text never becomes markup.

/**
 * An element with attributes, listeners (`onclick`) and children; what is null or false is left out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Record<string, unknown>} [given] @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Puts content in place of what was there, where it differs: what is read aloud is not read again. @param {HTMLElement} into @param {...(Node | string | null)} content */
export function put(into, ...content) {
  const fresh = make('div', {}, ...content);
  if (fresh.textContent !== into.textContent || fresh.childNodes.length !== into.childNodes.length) into.replaceChildren(...fresh.childNodes);
}

/** A choice of one of several, as radio buttons. @param {{name: string, legend: string, options: [string, string][], chosen: string, choose: (value: string) => void}} choice */
export function choice({ name, legend, options, chosen, choose }) {
  const group = make('fieldset', { class: 'pg-choice' }, make('legend', {}, legend));
  for (const [value, label] of options) {
    const radio = make('input', { type: 'radio', name, value, checked: value === chosen, onchange: () => choose(value) });
    group.append(make('label', {}, radio, make('span', {}, label)));
  }
  return group;
}
