// The example: paste a licence, drag the clock, read what an app would do. Each look is one of a fresh device in the middle
// of the spread, so moving the clock back is honest here, as no state is kept.

import { load } from '../index.js';

const DAY = 86_400;
const tonegate = await load();
const [license, pins, issuer, environment, appId, clock] = /** @type {HTMLInputElement[]} */ (['license', 'pins', 'issuer', 'environment', 'app-id', 'clock'].map((id) => document.getElementById(id)));

/** A new device whose spread is 32,767: it takes three quarters of a grace. */
const STATE = Uint8Array.from(atob('AQD/fwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABpzoj8='), (character) => character.charCodeAt(0));

/** Where the clock's two ends are, and where it stands. */
const range = { from: now(), until: now() + DAY, at: now() };

function now() {
  return Math.floor(Date.now() / 1_000);
}

function expected() {
  const app = appId.value.trim();
  return { pins: pins.value, issuer: issuer.value.trim(), environment: /** @type {'production' | 'test'} */ (environment.value), appId: app === '' ? null : Number(app), state: STATE };
}

/** Sets the clock's ends around what the licence says: from its beginning to four days after its end, which is longer than any grace. */
function place() {
  try {
    const said = tonegate.explain(license.value.trim(), { ...expected(), now: range.at }).license;
    const [from, until] = said ? [said.not_before, said.expires_at + 4 * DAY] : [now(), now() + DAY];
    Object.assign(range, { from, until, at: Math.min(until, Math.max(from, now())) });
  } catch { /* What is wrong with the options is shown by show(). */ }
  clock.value = String(Math.round(1_000 * (range.at - range.from) / (range.until - range.from)));
  show();
}

function show() {
  write('time', utc(range.at));
  write('earliest', utc(range.from));
  write('latest', utc(range.until));
  if (license.value.trim() === '' && pins.value.trim() === '') return showNothing();
  try {
    const told = tonegate.explain(license.value.trim(), { ...expected(), now: range.at });
    showVerdict(told);
    showFeatures(told);
    write('explanation', JSON.stringify(told, null, 2));
  } catch (error) {
    showNothing();
    verdict('bad', 'These options cannot be used', error instanceof Error ? error.message : String(error), '');
  }
}

function showNothing() {
  verdict('', 'Nothing to verify yet', 'Paste a licence, and the pins and the name of its issuer.', '');
  element('features-found').hidden = true;
  write('explanation', '');
}

/** @param {import('../index.js').Explanation} told */
function showVerdict(told) {
  const look = { valid: 'good', expired: 'warn', not_yet_valid: 'warn', refused: 'bad' }[told.state];
  const reason = told.reason === null || told.reason === told.state ? '' : `: ${told.reason}`;
  const code = told.sdk_code === 0 ? '' : ` (SDK code ${told.sdk_code})`;
  verdict(look, `${told.state.replaceAll('_', ' ')}${reason}${code}`, sentence(told.message), told.next_step);
  const times = told.validity ? { 'Valid from': utc(told.validity.valid_from), 'Valid until': utc(told.validity.valid_until), Left: told.validity.seconds_left > 0 ? span(told.validity.seconds_left) : 'nothing', 'Next licence due': utc(told.validity.refresh_after) } : {};
  element('times').replaceChildren(...Object.entries(times).flatMap(([name, value]) => [made('dt', name), made('dd', value)]));
}

/** @param {string} look @param {string} state @param {string} message @param {string} next */
function verdict(look, state, message, next) {
  element('state').className = look;
  write('state', state);
  write('message', message);
  write('next-step', next);
  element('times').replaceChildren();
}

/** @param {import('../index.js').Explanation} told */
function showFeatures(told) {
  element('features-found').hidden = told.features.length === 0;
  element('features').replaceChildren(...told.features.map((feature) => {
    const row = document.createElement('tr');
    const left = feature.runs_until - told.at;
    const answer = made('td', feature.answer === 'grace' ? `grace, ${span(feature.seconds_left ?? 0)} left` : feature.answer);
    answer.className = { run: 'good', grace: 'warn', bypass: 'bad', stop: 'bad' }[feature.answer];
    row.append(made('td', feature.name), answer, made('td', onExpiry(feature.on_expiry)), made('td', utc(feature.runs_until)), made('td', left > 0 ? span(left) : 'over'));
    return row;
  }));
}

/** @param {string} policy */
function onExpiry(policy) {
  const [kind, hours] = policy.split(':');
  return { stop: 'stops', bypass: 'audio passes untouched', grace: `up to ${hours} h of grace, then audio passes untouched` }[kind] ?? policy;
}

/** @param {number} seconds */
function utc(seconds) {
  const time = new Date(seconds * 1_000);
  // What is not proven may name any second.
  if (Number.isNaN(time.getTime())) return 'beyond all calendars';
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** @param {number} seconds */
function span(seconds) {
  const [days, hours, minutes] = [Math.floor(seconds / DAY), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60];
  return days > 0 ? `${days} d ${hours} h` : hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`;
}

/** @param {string} words */
function sentence(words) {
  return `${words[0].toUpperCase()}${words.slice(1)}.`;
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {string} id @param {string} text */
function write(id, text) {
  element(id).textContent = text;
}

/** @param {string} name @param {string} text */
function made(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

element('given').addEventListener('submit', (event) => event.preventDefault());
element('given').addEventListener('input', place);
element('today').addEventListener('click', () => { range.at = now(); place(); });
clock.addEventListener('input', () => {
  range.at = Math.round(range.from + (range.until - range.from) * Number(clock.value) / 1_000);
  show();
});
place();
