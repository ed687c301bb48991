// A process of `tonegate` that serves: started, watched, stopped, and started again where it was. What it says to stderr is
// shown only if it ends without being asked to.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const ANY_PORT = '127.0.0.1:0';
const BYTES_KEPT = 2_000;
const STOP_MS = 10_000;

/** @type {Set<import('node:child_process').ChildProcess>} */
const alive = new Set();
// However we end, none is left behind.
process.once('exit', () => alive.forEach((child) => child.kill('SIGKILL')));

export class Service {
  #program; #args; #report;
  /** @type {import('node:child_process').ChildProcess | null} */ #child = null;
  #isStopping = false;
  #lastWords = '';
  /** Any ports at first, and then always the same: others know them. */
  #address = ANY_PORT;
  #admin = ANY_PORT;

  /** @param {string} name for people @param {string} program @param {string[]} args @param {(what: string) => void} report told when it dies */
  constructor(name, program, args, report) {
    this.name = name;
    [this.#program, this.#args, this.#report] = [program, args, report];
  }

  get url() { return `http://${this.#address}`; }
  get pid() { return this.#child?.pid ?? null; }
  get isRunning() { return this.#child !== null; }

  /** Comes back when it serves. */
  async start() {
    if (this.#child) return;
    const addresses = ['--address', this.#address, '--admin-address', this.#admin];
    // A process group of its own: Ctrl-C reaches us alone, and we stop one after the other.
    const child = spawn(this.#program, [...this.#args, '--json', ...addresses], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    [this.#child, this.#isStopping, this.#lastWords] = [child, false, ''];
    alive.add(child);
    child.stderr.on('data', (piece) => { this.#lastWords = (this.#lastWords + piece).slice(-BYTES_KEPT); });
    const ended = new Promise((_, fail) => {
      child.once('error', fail);
      child.once('close', (code, signal) => {
        this.#child = null;
        alive.delete(child);
        fail(new Error(`the ${this.name} ended (${signal ?? `exit code ${code}`}). Its last lines:\n${this.#lastWords}`));
      });
    });
    // It serves when it has said where.
    const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended]);
    const { gateway, address = gateway, admin } = JSON.parse(line);
    [this.#address, this.#admin] = [address, admin];
    ended.catch((error) => { if (!this.#isStopping) this.#report(error.message); });
  }

  /** @param {'SIGTERM' | 'SIGKILL'} [signal] SIGKILL: as if the power had gone */
  async stop(signal = 'SIGTERM') {
    const child = this.#child;
    if (!child) return;
    this.#isStopping = true;
    const closed = once(child, 'close');
    child.kill(signal);
    const slow = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await closed;
    clearTimeout(slow);
  }
}
