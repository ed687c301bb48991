// Ours: what the console uses of htm's standalone build of preact.
export type VNode = object;
export type Children = unknown;
export type Cleanup = () => void;
type Update<S> = S | ((before: S) => S);

export function h(type: unknown, props: object | null, ...children: unknown[]): VNode;
/** One root gives a VNode, several give an array: preact renders both. */
export function html(strings: TemplateStringsArray, ...values: unknown[]): VNode;
export function render(tree: VNode, parent: Element): void;
export class Component {}

export interface Context<T> {
  Provider: (props: { value: T; children?: Children }) => VNode;
}
export function createContext<T>(initial: T): Context<T>;
export function useContext<T>(context: Context<T>): T;
export function useState<S>(initial: S | (() => S)): [S, (next: Update<S>) => void];
export function useReducer<S, A>(reduce: (state: S, action: A) => S, initial: S): [S, (action: A) => void];
export function useEffect(effect: () => void | Cleanup, inputs?: readonly unknown[]): void;
export function useLayoutEffect(effect: () => void | Cleanup, inputs?: readonly unknown[]): void;
export function useRef<T>(initial: T): { current: T };
export function useMemo<T>(make: () => T, inputs: readonly unknown[]): T;
export function useCallback<T>(callback: T, inputs: readonly unknown[]): T;
export function useErrorBoundary(onError?: (error: unknown) => void): [unknown, () => void];
