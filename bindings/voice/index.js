// The package's door: loads the voice, and puts it into audio graphs. No work happens at import.
import { platformClock, whole } from './js/clock.js';
import { compile, Module } from './js/module.js';
import { draw, license, read, refuse } from './js/options.js';
import { Voice } from './js/voice.js';

export { voiceNode } from './js/node.js';

/** @type {typeof import('./index.d.ts').load} */
export async function load(source = new URL('voice.wasm', import.meta.url)) {
  const compiled = await compile(source);
  const module = new Module(await WebAssembly.instantiate(compiled));
  return Object.freeze({
    voice: (/** @type {import('./index.d.ts').VoiceOptions} */ options) => new Voice(module, options),
    explain: (/** @type {string | null | undefined} */ text, /** @type {import('./index.d.ts').ExplainOptions} */ options) => {
      const { texts, state, appId } = read(options);
      const wall = whole(options.now ?? platformClock.wall());
      module.lay([...texts, state, license(text)]);
      const length = module.exports.explain(appId, draw(), wall);
      if (length < 0) refuse(-length);
      if (length === 0) throw new Error('the explanation does not fit; report this licence');
      return JSON.parse(module.answer(length));
    },
    compiled,
  });
}
