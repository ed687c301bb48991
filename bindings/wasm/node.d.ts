// What only Node has.
import type { Store } from './index.js';

/** Keeps a session's bytes in a file of mode 0600, which is replaced in one piece. */
export function fileStore(path: string | URL): Store;
