// How a page gets what it shows: loaded once, polled while it is looked at, or gathered page by page.
import { useCallback, useEffect, useRef, useState } from '../vendor/preact.js';
import { newIdempotencyKey } from './api.js';
import { present } from './presence.js';
import { isCancelled } from './problem.js';
import { useStore } from './store.js';

/**
 * Loads when `inputs` change; a load that was overtaken is called off.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {readonly unknown[]} inputs
 * @returns {{data: T | undefined, error: unknown, loading: boolean, reload: () => void, setData: (data: T) => void}}
 */
export function useLoad(load, inputs) {
  const [state, setState] = useState(/** @type {{data: T | undefined, error: unknown, loading: boolean}} */ ({ data: undefined, error: null, loading: true }));
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    load(stop.signal).then(
      (data) => stop.signal.aborted || setState({ data, error: null, loading: false }),
      (error) => stop.signal.aborted || isCancelled(error) || setState((before) => ({ ...before, error, loading: false })),
    );
    return () => stop.abort();
  }, [...inputs, round]);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  const setData = useCallback((/** @type {T} */ data) => setState({ data, error: null, loading: false }), []);
  return { ...state, reload, setData };
}

/**
 * Loads every `milliseconds`, only while the page is visible and somebody is there; the last good answer stays through a
 * failure. `paused` when nobody is there.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {number} milliseconds
 * @param {readonly unknown[]} inputs
 * @returns {{data: T | undefined, error: unknown, paused: boolean}}
 */
export function usePoll(load, milliseconds, inputs) {
  const attended = useStore(present);
  const [state, setState] = useState(/** @type {{data: T | undefined, error: unknown}} */ ({ data: undefined, error: null }));
  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    const turn = async () => {
      clearTimeout(timer);
      if (document.hidden || !present.get()) return;
      try {
        const data = await load(stop.signal);
        if (!stop.signal.aborted) setState({ data, error: null });
      } catch (error) {
        if (!stop.signal.aborted) setState((before) => ({ ...before, error }));
      }
      if (!stop.signal.aborted) timer = setTimeout(turn, milliseconds);
    };
    turn();
    document.addEventListener('visibilitychange', turn);
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', turn);
    };
  }, [...inputs, attended]);
  return { ...state, paused: !attended };
}

/**
 * A list that grows by its cursor; give `loadMore` to a DataTable as `onEnd`.
 * @template T
 * @param {(cursor: string | null, signal: AbortSignal) => Promise<Api.Page<T>>} load
 * @param {readonly unknown[]} inputs
 * @returns {{items: T[], loading: boolean, error: unknown, more: boolean, loadMore: () => void, reload: () => void, replace: (change: (items: T[]) => T[]) => void}}
 */
export function useList(load, inputs) {
  const [state, setState] = useState(/** @type {{items: T[], next: string | null, loading: boolean, error: unknown}} */ ({ items: [], next: null, loading: true, error: null }));
  const [round, setRound] = useState(0);
  const stop = useRef(new AbortController());
  const busy = useRef(false);
  const fetchPage = async (/** @type {string | null} */ cursor, /** @type {AbortSignal} */ signal) => {
    busy.current = true;
    setState((before) => ({ ...before, loading: true, error: null }));
    try {
      const page = await load(cursor, signal);
      if (signal.aborted) return;
      setState((before) => ({ items: cursor ? [...before.items, ...page.items] : page.items, next: page.next, loading: false, error: null }));
    } catch (error) {
      if (signal.aborted) return;
      setState((before) => ({ ...before, loading: false, error }));
    }
    busy.current = false;
  };
  useEffect(() => {
    stop.current = new AbortController();
    fetchPage(null, stop.current.signal);
    return () => stop.current.abort();
  }, [...inputs, round]);
  return {
    items: state.items,
    loading: state.loading,
    error: state.error,
    more: state.next !== null,
    loadMore: () => { if (state.next && !busy.current && !state.error) fetchPage(state.next, stop.current.signal); },
    reload: useCallback(() => setRound((count) => count + 1), []),
    replace: (change) => setState((before) => ({ ...before, items: change(before.items) })),
  };
}

/**
 * Something that a button does: busy while it runs, its problem kept until the next try.
 * @template {unknown[]} A
 * @param {(...given: A) => Promise<unknown>} act
 * @returns {{run: (...given: A) => Promise<boolean>, busy: boolean, error: unknown, clear: () => void}} `run` tells whether it went well
 */
export function useAction(act) {
  const [state, setState] = useState(/** @type {{busy: boolean, error: unknown}} */ ({ busy: false, error: null }));
  return {
    ...state,
    run: async (...given) => {
      setState({ busy: true, error: null });
      try {
        await act(...given);
        setState({ busy: false, error: null });
        return true;
      } catch (error) {
        setState({ busy: false, error: isCancelled(error) ? null : error });
        return false;
      }
    },
    clear: () => setState({ busy: false, error: null }),
  };
}

/**
 * The Idempotency-Key for a form's body: the same while the body is, so that a creation tried again happens once.
 * @returns {(body: unknown) => string}
 */
export function useIdempotencyKey() {
  const last = useRef({ body: '', key: '' });
  return (body) => {
    const text = JSON.stringify(body);
    if (last.current.body !== text) last.current = { body: text, key: newIdempotencyKey() };
    return last.current.key;
  };
}

/**
 * A value that follows another after it stood still: for search fields.
 * @template T
 * @param {T} value
 * @param {number} milliseconds
 */
export function useSettled(value, milliseconds) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}
