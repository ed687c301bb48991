// Measures how long 10 ms of sound take, in milliseconds, and writes that as JSON: node test/speed.mjs FILE

import { writeFile } from 'node:fs/promises';
import { FULL, framesOf, sound, voiceAt } from './house.mjs';

const frames = framesOf(await sound('babble'));
/** @type {Record<string, number>} */ const found = {};
for (const [name, mode, agc] of /** @type {const} */ ([['medium', 'medium', false], ['AI', 'ai', false], ['gain control', null, true]])) {
  const { voice } = voiceAt();
  voice.init(FULL);
  if (mode) voice.setANSMode(mode);
  voice.enableANS(mode !== null);
  voice.enableAGC(agc);
  voice.startRecord();
  for (const frame of frames.slice(0, 200)) voice.process(frame);
  const began = performance.now();
  for (const frame of frames) voice.process(frame);
  found[name] = (performance.now() - began) / frames.length;
}
await writeFile(/** @type {string} */ (process.argv[2]), JSON.stringify(found));
