// Dialogs: the native element, which keeps focus inside; it goes back to where it came from.
import { html, useLayoutEffect, useRef, useState, useEffect } from '../vendor/preact.js';
import * as api from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useAction } from '../lib/loading.js';
import { session } from '../lib/session.js';
import { Button, Form, TextField, useId } from './form.js';
import { ErrorBox } from './page.js';

/** @typedef {import('../vendor/preact.js').Children} Children */

/**
 * Shown while it is rendered; `onClose` must take it away.
 * @param {{title: Children, onClose: () => void, children?: Children, size?: 'small' | 'medium' | 'large'}} props
 */
export function Dialog({ title, onClose, children, size = 'medium' }) {
  const id = useId('dialog');
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    // Closing gives the focus back; taking the element away would not.
    return () => dialog?.close();
  }, []);
  return html`<dialog class=${`dialog ${size}`} ref=${element} aria-labelledby=${id}
    onCancel=${(/** @type {Event} */ event) => { if (event.target !== element.current) return; event.preventDefault(); onClose(); }}>
    <div class="dialog-header"><h2 id=${id}>${title}</h2>
      <button type="button" class="button quiet icon" aria-label=${t('common.close')}
        onClick=${onClose}>✕</button></div>
    <div class="dialog-body">${children}</div>
  </dialog>`;
}

/** The buttons at a dialog's end. @param {{children?: Children}} props */
export function DialogActions({ children }) {
  return html`<div class="dialog-actions">${children}</div>`;
}

/**
 * A destructive act, named, and done only after its object's name was typed.
 * @param {{title: Children, name: string, act: string, onConfirm: () => Promise<unknown>, onClose: () => void, children?: Children}} props
 */
export function ConfirmByName({ title, name, act, onConfirm, onClose, children }) {
  const [typed, setTyped] = useState('');
  const action = useAction(onConfirm);
  const confirm = async () => { if (typed.trim() === name && (await action.run())) onClose(); };
  return html`<${Dialog} title=${title} onClose=${onClose} size="small">
    <${Form} onSubmit=${confirm}>
      ${children}
      <${TextField} label=${t('confirm.type', { name })} value=${typed} onInput=${setTyped} autofocus=${true}
        mono=${true} />
      <${ErrorBox} error=${action.error} />
      <${DialogActions}>
        <${Button} onClick=${onClose}>${t('common.cancel')}<//>
        <${Button} kind="danger" type="submit" busy=${action.busy} disabled=${typed.trim() !== name}>${act}<//>
      <//>
    <//>
  <//>`;
}

/**
 * An act that can be undone, asked about once.
 * @param {{title: Children, act: string, kind?: 'primary' | 'danger', onConfirm: () => Promise<unknown>, onClose: () => void, children?: Children}} props
 */
export function Confirm({ title, act, kind = 'primary', onConfirm, onClose, children }) {
  const action = useAction(onConfirm);
  return html`<${Dialog} title=${title} onClose=${onClose} size="small">
    <${Form} onSubmit=${async () => { if (await action.run()) onClose(); }}>
      ${children}
      <${ErrorBox} error=${action.error} />
      <${DialogActions}>
        <${Button} onClick=${onClose}>${t('common.cancel')}<//>
        <${Button} kind=${kind} type="submit" busy=${action.busy}>${act}<//>
      <//>
    <//>
  <//>`;
}

/** Asks for the second factor when the API wants it; stands once, in the shell. */
export function StepUp() {
  const [waiting, setWaiting] = useState(/** @type {((done: boolean) => void)[]} */ ([]));
  useEffect(() => {
    api.hooks.stepUp = () => new Promise((resolve) => setWaiting((before) => [...before, resolve]));
    return () => { api.hooks.stepUp = async () => false; };
  }, []);
  const finish = (/** @type {boolean} */ done) => {
    for (const resolve of waiting) resolve(done);
    setWaiting([]);
  };
  return waiting.length > 0 && html`<${StepUpDialog} onDone=${finish} />`;
}

/** @param {{onDone: (done: boolean) => void}} props */
function StepUpDialog({ onDone }) {
  const [code, setCode] = useState('');
  const action = useAction(async () => {
    session.set(await api.post('/session/step_up', { code: code.trim() }));
  });
  const submit = async () => { if (await action.run()) onDone(true); };
  return html`<${Dialog} title=${t('step_up.title')} onClose=${() => onDone(false)} size="small">
    <${Form} onSubmit=${submit}>
      <p>${t('step_up.lead')}</p>
      <${TextField} label=${t('step_up.code')} value=${code} onInput=${setCode} inputmode="numeric"
        autocomplete="one-time-code" maxlength=${6} autofocus=${true} required=${true} mono=${true} />
      <${ErrorBox} error=${action.error} />
      <${DialogActions}>
        <${Button} onClick=${() => onDone(false)}>${t('common.cancel')}<//>
        <${Button} kind="primary" type="submit" busy=${action.busy}>${t('step_up.confirm')}<//>
      <//>
    <//>
  <//>`;
}
