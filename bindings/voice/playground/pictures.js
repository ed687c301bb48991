// What one sees of a sound while it plays: its loudness over time and, below, its spectrum, before and after.

const WIDTH = 720;
const WAVE = 72;
const SPECTRUM = 128;
/** Up to this pitch, Hz. */
const TOP_HZ = 12_000;
/** What is drawn darkest and brightest, dB. */
const QUIET_DB = -105, LOUD_DB = -35;
/** Where people want less motion, pictures grow at this pace, milliseconds. */
const CALM_MS = 1_000;

/** @typedef {{before: AnalyserNode, after: AnalyserNode, duration: number}} Views */

/** Colours of a spectrum from quiet to loud, the same in both themes. */
const COLOURS = Array.from({ length: 256 }, (_, at) => {
  const share = at / 255, bend = (/** @type {number} */ from, /** @type {number} */ to) => Math.max(0, Math.min(1, (share - from) / (to - from)));
  return [Math.round(255 * bend(0.35, 0.8)), Math.round(230 * bend(0.55, 1)), Math.round(40 + 120 * bend(0, 0.35) * (1 - bend(0.5, 0.8)))];
});

/** One side's canvas, drawn as far as the sound has come. */
class Picture {
  canvas;
  #drawn; #pen; #wave = new Float32Array(2_048); #spectrum = new Float32Array(1_024); #column = new ImageData(1, SPECTRUM); #shown;

  /** @param {string} label */
  constructor(label) {
    this.canvas = Object.assign(document.createElement('canvas'), { width: WIDTH, height: WAVE + SPECTRUM });
    this.canvas.setAttribute('role', 'img');
    this.canvas.setAttribute('aria-label', label);
    // Drawn aside first, so that it can be shown at its own pace.
    this.#drawn = Object.assign(document.createElement('canvas'), { width: WIDTH, height: WAVE + SPECTRUM });
    this.#pen = /** @type {CanvasRenderingContext2D} */ (this.#drawn.getContext('2d', { willReadFrequently: true }));
    this.#shown = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    this.clear();
  }

  clear() {
    this.#pen.fillStyle = '#0b0f24';
    this.#pen.fillRect(0, 0, WIDTH, WAVE + SPECTRUM);
    this.show(0);
  }

  /** Draws what is heard now over the columns from `from` to `to`. @param {AnalyserNode} view @param {number} from @param {number} to */
  draw(view, from, to) {
    view.getFloatTimeDomainData(this.#wave);
    view.getFloatFrequencyData(this.#spectrum);
    let low = 0, high = 0;
    for (const sample of this.#wave) { low = Math.min(low, sample); high = Math.max(high, sample); }
    const middle = WAVE / 2, hertz = view.context.sampleRate / view.fftSize;
    for (let row = 0; row < SPECTRUM; row++) {
      const bin = Math.round((SPECTRUM - 1 - row) / (SPECTRUM - 1) * TOP_HZ / hertz);
      const share = ((this.#spectrum[bin] ?? QUIET_DB) - QUIET_DB) / (LOUD_DB - QUIET_DB);
      const [red, green, blue] = /** @type {number[]} */ (COLOURS[Math.round(255 * Math.max(0, Math.min(1, share)))]);
      this.#column.data.set([/** @type {number} */ (red), /** @type {number} */ (green), /** @type {number} */ (blue), 255], 4 * row);
    }
    this.#pen.fillStyle = '#0b0f24';
    this.#pen.fillRect(from, 0, to - from, WAVE);
    this.#pen.fillStyle = '#8fc1ff';
    this.#pen.fillRect(from, middle - high * middle, to - from, Math.max(1, (high - low) * middle));
    for (let column = from; column < to; column++) this.#pen.putImageData(this.#column, column, WAVE);
  }

  /** Shows what is drawn, and how far it is. @param {number} at */
  show(at) {
    this.#shown.drawImage(this.#drawn, 0, 0);
    if (at <= 0) return;
    this.#shown.fillStyle = '#ffffff';
    this.#shown.fillRect(at, 0, 2, WAVE + SPECTRUM);
  }
}

/** Both pictures, drawn while something plays. */
export class Pictures {
  before; after;
  #from = 0; #frame = 0; #shownAt = 0; #calm = matchMedia('(prefers-reduced-motion: reduce)');

  /** @param {{before: string, after: string}} labels */
  constructor(labels) {
    this.before = new Picture(labels.before);
    this.after = new Picture(labels.after);
  }

  /** Begins at a place of the sound. @param {() => {views: Views, position: number} | null} look null: it has ended @param {number} share of the sound */
  follow(look, share) {
    this.rest();
    this.#from = Math.floor(share * WIDTH);
    if (share === 0) for (const each of [this.before, this.after]) each.clear();
    const step = (/** @type {number} */ now) => {
      const seen = look();
      const at = seen ? Math.min(WIDTH, Math.floor(seen.position / seen.views.duration * WIDTH)) : this.#from;
      if (seen && at > this.#from) {
        this.before.draw(seen.views.before, this.#from, at);
        this.after.draw(seen.views.after, this.#from, at);
        this.#from = at;
      }
      if (!seen || !this.#calm.matches || now - this.#shownAt > CALM_MS) {
        this.#shownAt = now;
        for (const each of [this.before, this.after]) each.show(seen ? at : 0);
      }
      if (seen) this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  rest() {
    cancelAnimationFrame(this.#frame);
    for (const each of [this.before, this.after]) each.show(0);
  }
}
