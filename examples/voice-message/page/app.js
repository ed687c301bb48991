// The page: a chat of voice messages. A message is cleaned here, before it is sent; the backend sees what the other side hears.

import { bubble, made, refusals } from './bubble.js';
import { openVoice } from './licensed_voice.js';
import { record } from './recorder.js';
import { decodeWav, encodeWav } from './voice/wav.js';
import { fillIn, isChinese, words } from './words.js';

const LOOK_MS = 1_000;
const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

fillIn();
$('messages').ariaLabel = words.messages;
$('license').textContent = words.asking;

/** Which side of the chat this tab is; kept over reloads. */
const side = (sessionStorage.side ??= Math.random().toString(36).slice(2, 8));
/** What this tab's messages were before they were cleaned, by their ids. @type {Map<number, ArrayBuffer>} */
const recordings = new Map();
/** Ends the recording that goes on. @type {(() => Promise<Float32Array>) | null} */
let stopRecording = null;
/** Messages on their way: they are shown when it is known which recording is whose. */
let sending = 0;
/** @type {Awaited<ReturnType<typeof openVoice>> | null} */
let voice = null;
voice = await openVoice(showLicense);
showRefusals();
look();

$('composer').addEventListener('change', showRefusals);
$('composer').addEventListener('submit', async (/** @type {Event} */ event) => {
  event.preventDefault();
  await attempt(words.notSent, async () => {
    const answer = await fetch(`voice/sounds/${$('sample').value}.wav`);
    await send(await answer.arrayBuffer());
  });
});
$('record').addEventListener('click', () => (stopRecording ? finish() : begin()));
$('reinstall').addEventListener('click', () => {
  localStorage.clear();
  location.reload();
});

/** @returns {{mode: number | null, agc: boolean}} */
function wanted() {
  return { mode: $('mode').value === '' ? null : Number($('mode').value), agc: $('agc').checked };
}

/** Cleans a recording and sends it; untouched, byte for byte, where nothing cleans it. @param {ArrayBuffer} recording a WAV file */
async function send(recording) {
  sending += 1;
  try {
    recordings.set(await post(recording), recording);
  } finally {
    sending -= 1;
  }
  await look(false);
}

/** Gives the message's id. @param {ArrayBuffer} recording @returns {Promise<number>} */
async function post(recording) {
  const { cleaned, effects, refused } = voice.clean(decodeWav(new Uint8Array(recording)).samples, wanted());
  const about = new URLSearchParams({ from: side, effects: effects.join(), refused: inShort(refused) });
  const answer = await fetch(`messages?${about}`, { method: 'POST', body: cleaned ? encodeWav(cleaned) : recording });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()).id;
}

async function begin() {
  $('record').disabled = true;
  await attempt(words.noMicrophone, async () => { stopRecording = await record(finish); });
  $('record').disabled = false;
  showRecording();
}

async function finish() {
  const stop = stopRecording;
  stopRecording = null;
  showRecording();
  await attempt(words.notSent, async () => send(encodeWav(await stop()).buffer));
}

function showRecording() {
  $('record').ariaPressed = String(stopRecording !== null);
  $('record').textContent = stopRecording ? words.recording : words.record;
}

/** @param {{feature: string, code: number}[]} refused */
function inShort(refused) {
  return refused.map(({ feature, code }) => `${feature}:${code}`).join();
}

/** What the licence would refuse of what is chosen now. */
function showRefusals() {
  $('refused').textContent = refusals(inShort(voice.want(wanted()))).join(' ');
}

/** @param {import('./tonegate/index.js').Verdict} verdict */
function showLicense({ state, sdkCode, validUntil }) {
  const isValid = state === 'valid';
  $('license').className = isValid ? 'good' : 'bad';
  const until = new Intl.DateTimeFormat(isChinese ? 'zh-CN' : 'en-GB', { dateStyle: 'medium', timeStyle: 'short' });
  $('license').textContent = isValid ? `${words.licensed} ${until.format(validUntil * 1_000)}` : `${words.unlicensed}: ${sdkCode}, ${words[sdkCode]}`;
  if (voice) showRefusals();
}

/** Asks the backend what is new, and again soon. */
async function look(again = true) {
  await attempt(words.noBackend, async () => {
    const { messages, services } = await (await fetch('chat')).json();
    if (sending === 0) for (const message of messages) show(message);
    for (const [name, isRunning] of Object.entries(services)) showService(name, isRunning);
  });
  if (again) setTimeout(look, LOOK_MS);
}

/** @param {import('./bubble.js').Message} message */
function show(message) {
  const id = `message-${message.id}`;
  if ($(id)) return;
  const item = bubble(message, message.from === side, recordings.get(message.id));
  item.id = id;
  $('empty').hidden = true;
  $('messages').append(item);
  item.scrollIntoView({ block: 'end' });
}

/** A line of the operator corner. @param {string} name @param {boolean} isRunning */
function showService(name, isRunning) {
  const id = `service-${name}`;
  if (!$(id)) {
    const [line, state, button] = [made('li'), made('span'), made('button')];
    line.id = id;
    line.append(state, button);
    button.addEventListener('click', () => attempt(words.notDone, () => operate(name, button.dataset.act)));
    $('services').append(line);
  }
  const [state, button] = $(id).children;
  state.textContent = `${words[name]}: ${isRunning ? words.running : words.stopped}`;
  button.dataset.act = isRunning ? 'stop' : 'start';
  button.textContent = isRunning ? words.stop : words.start;
  button.ariaLabel = `${button.textContent}: ${words[name]}`;
}

/** @param {string} name @param {string} act */
async function operate(name, act) {
  const answer = await fetch(`operator/${name}/${act}`, { method: 'POST' });
  if (!answer.ok) throw new Error(await answer.text());
  await look(false);
}

/** Does it, or says what went wrong until the same works. @param {string} what @param {() => Promise<void>} run */
async function attempt(what, run) {
  const trouble = $('trouble');
  try {
    await run();
    if (trouble.textContent.startsWith(what)) trouble.textContent = '';
  } catch (error) {
    trouble.textContent = `${what} (${error.message})`;
  }
}
