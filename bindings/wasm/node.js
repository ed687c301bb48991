// What only Node has: a store that is a file.
import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** @type {typeof import('./node.d.ts').fileStore} */
export function fileStore(path) {
  const file = path instanceof URL ? fileURLToPath(path) : path;
  if (typeof file !== 'string' || file === '') throw new TypeError('fileStore() takes the path of a file');
  return {
    async load() {
      try {
        return new Uint8Array(await readFile(file));
      } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return null;
        throw error;
      }
    },
    save: (bytes) => replace(file, bytes),
  };
}

/** The file is always the old one or the new one, whole. @param {string} file @param {Uint8Array} bytes */
async function replace(file, bytes) {
  const beside = `${file}.${randomUUID()}`;
  try {
    const opened = await open(beside, 'wx', 0o600);
    try {
      await opened.writeFile(bytes);
      await opened.sync();
    } finally {
      await opened.close();
    }
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
