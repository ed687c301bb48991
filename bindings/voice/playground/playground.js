// The playground: hear what a licence unlocks, and what becomes of it. `mount` puts it into any page that serves this
// package; it fetches its own files and nothing else.

import { load } from '../index.js';
import { whole, platformClock } from '../js/clock.js';
import { make } from './dom.js';
import { effectsCard } from './effects.js';
import { licenseCard } from './license.js';
import { NoSoundOut, Player } from './player.js';
import { soundCard } from './sound.js';
import { speaker } from './texts.js';

/** @typedef {{language?: 'en' | 'zh', theme?: 'light' | 'dark', pins?: string, issuer?: string, environment?: string, license?: string, heading?: boolean}} Options */

/** How often the page's clock is read while something plays, milliseconds. */
const TICK_MS = 250;

/** @param {HTMLElement} element emptied @param {Options} [options] @returns {Promise<{unmount: () => void}>} */
export async function mount(element, { language = 'en', theme, heading = true, ...known } = {}) {
  const [sdk, samples] = await Promise.all([load(), fetched('licenses.json')]);
  const root = make('div', { class: 'pg', lang: language === 'zh' ? 'zh-CN' : 'en', 'data-theme': theme });
  const page = new Page(sdk, samples, speaker(language), known);
  if (heading) root.append(make('header', {}, make('h1', {}, page.speaker.t('title')), make('p', {}, page.speaker.t('lead'))));
  root.append(...page.cards);
  element.replaceChildren(root);
  page.begin();
  return { unmount: () => { page.end(); root.remove(); } };
}

/** What is chosen, and what follows from it. */
class Page {
  speaker;
  #sdk; #sound; #effects; #license; #player;
  /** @type {import('./effects.js').Wanted} */ #wanted = { ans: true, agc: false, mode: 'medium' };
  /** @type {import('./license.js').Held} */ #held = { text: '', expected: { pins: '', issuer: '' }, at: 0 };
  /** The page's time when nothing plays, or when the clock was moved last. */ #moment = 0;
  /** Seconds into the take when that was. */ #movedAt = 0;
  /** How far the take's clock is ahead of its own time. */ #takeBegan = 0;
  /** @type {import('../index.js').NodeRunning | null} */ #running = null;
  /** The state of a device that is new each time: another one would spread otherwise. @type {Uint8Array | null} */ #device = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */ #ticks;

  /** @param {import('../index.js').VoiceSdk} sdk @param {import('./license.js').Samples} samples @param {import('./texts.js').Speaker} said @param {Options} known */
  constructor(sdk, samples, said, known) {
    this.#sdk = sdk;
    this.speaker = said;
    this.#sound = soundCard(said, { onSound: () => this.#again(0), onPlay: () => (this.#player.playing ? this.#stop(said.t('stopped')) : void this.#play(0)), onHear: (after) => this.#player.hear(after) });
    this.#effects = effectsCard(said, this.#wanted, () => { this.#show(); this.#again(); });
    this.#license = licenseCard(said, samples, known, { onHeld: (held) => this.#hold(held), onMoment: (moment) => this.#travel(moment), explain: sdk.explain, now: () => whole(platformClock.wall()) });
    this.#player = new Player(sdk, {
      onError: () => this.#show(),
      onRunning: (running) => {
        this.#running = running;
        // The one who listens is told; what was heard stays on the page.
        if (!running.recording) this.#stop(said.t('ended'));
        else this.#show();
      },
      onEnd: () => this.#stop(said.t('stopped')),
    });
  }

  get cards() { return [this.#sound.card, make('div', { class: 'pg-side' }, this.#effects.card, this.#license.card)]; }

  begin() { this.#license.first(); }

  end() {
    clearInterval(this.#ticks);
    this.#sound.end();
    void this.#player.close();
  }

  /** The page's time now. */
  get #now() { return Math.floor(this.#moment + (this.#player.playing ? this.#player.elapsed - this.#movedAt : 0)); }

  /** @param {import('./license.js').Held} held */
  #hold(held) {
    [this.#held, this.#moment, this.#movedAt, this.#device] = [held, held.at, this.#player.elapsed, null];
    this.#show(true);
    if (this.#player.playing) this.#again();
    else this.#sound.say('');
  }

  /** @param {number} moment */
  #travel(moment) {
    const back = moment < this.#now;
    [this.#moment, this.#movedAt] = [moment, this.#player.elapsed];
    this.#show();
    // A device's time never goes back: an earlier moment is another device's.
    if (back) this.#again();
    else this.#player.travel(moment - this.#takeBegan - this.#movedAt);
  }

  /** Begins a new recording, where one plays, at the same place or another. @param {number} [position] */
  #again(position = this.#player.position) {
    if (this.#player.playing) void this.#play(position);
  }

  /** @param {number} position */
  async #play(position) {
    const began = this.#now;
    try {
      const samples = await this.#sound.samples();
      this.#moment = began;
      [this.#movedAt, this.#takeBegan, this.#running] = [0, began, null];
      const plays = await this.#player.play(samples, position, {
        expected: this.#held.expected, state: this.#state, license: this.#held.text, moment: began,
        ans: this.#wanted.ans, agc: this.#wanted.agc, mode: this.#wanted.mode,
      });
      if (!plays) return;
    } catch (error) {
      if (error instanceof NoSoundOut) return this.#stop(this.speaker.t('no_sound_out'));
      return this.#stop(this.speaker.t('unusable', { why: error instanceof Error ? error.message : String(error) }));
    }
    this.#sound.show(true);
    this.#sound.say(this.speaker.t('playing'));
    this.#sound.pictures.follow(() => {
      const views = this.#player.views;
      return views && { views, position: this.#player.position };
    }, position === 0 ? 0 : position / (this.#player.views?.duration ?? 1));
    clearInterval(this.#ticks);
    this.#ticks = setInterval(() => this.#show(), TICK_MS);
  }

  /** @param {string} words */
  #stop(words) {
    this.#moment = this.#now;
    clearInterval(this.#ticks);
    this.#player.stop();
    this.#sound.pictures.rest();
    this.#running = null;
    this.#sound.show(false);
    this.#sound.say(words);
    this.#show();
  }

  get #state() {
    if (this.#device === null) {
      const voice = this.#sdk.voice({ ...this.#held.expected, onError: () => {} });
      this.#device = voice.state;
      voice.free();
    }
    return /** @type {Uint8Array} */ (this.#device);
  }

  /** Shows what is true now. @param {boolean} [anew] another licence is held */
  #show(anew = false) {
    const now = this.#now;
    const found = this.#sdk.explain(this.#held.text, { ...this.#held.expected, state: this.#state, now });
    this.#license.show(found);
    this.#license.clock(found, now, anew);
    this.#effects.show(this.#locks(now), this.#running?.running ?? null);
  }

  /** What a voice answers when each thing is asked of it now. @param {number} now @returns {import('./effects.js').Locks} */
  #locks(now) {
    /** @type {import('./effects.js').Locks} */ const locks = { ans: null, 'ans-ai': null, agc: null };
    const voice = this.#sdk.voice({ ...this.#held.expected, state: this.#state, clock: { wall: () => now, elapsed: () => 0 }, onError: (error) => { if (error.feature) locks[error.feature] = error; } });
    voice.init(this.#held.text);
    voice.enableANS(true);
    voice.setANSMode('ai');
    voice.enableAGC(true);
    voice.free();
    return locks;
  }
}

/** @param {string} file */
async function fetched(file) {
  const answer = await fetch(new URL(file, import.meta.url));
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}`);
  return answer.json();
}

/** Adds the playground's own style sheet to a page that has none of it. @returns {Promise<void>} */
export async function look() {
  const address = new URL('page.css', import.meta.url).href;
  if ([...document.styleSheets].some(({ href }) => href === address)) return;
  const sheet = make('link', { rel: 'stylesheet', href: address });
  await new Promise((resolve, reject) => {
    sheet.addEventListener('load', resolve);
    sheet.addEventListener('error', () => reject(new Error(`${address} was not found`)));
    document.head.append(sheet);
  });
}
