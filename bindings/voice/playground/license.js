// The card with the licence: which one, what is found of it at the page's moment, and travelling through its life.

import { choice, make, put } from './dom.js';

/** A licence, who it is held against, and the moment at which it is looked at first. @typedef {{text: string, expected: import('../index.js').Expected, at: number}} Held */
/** What licenses.json holds. @typedef {{pins: string, issuer: string, environment: 'production' | 'test', licenses: {name: 'full' | 'no_ai' | 'grace' | 'expired' | 'forged', text: string, at: number}[]}} Samples */

const HOUR = 3_600, MINUTE = 60;

/**
 * @param {import('./texts.js').Speaker} speaker
 * @param {Samples} samples
 * @param {{pins?: string, issuer?: string, environment?: string, license?: string}} known of the visitor's own
 * @param {{onHeld: (held: Held) => void, onMoment: (moment: number) => void, explain: import('../index.js').VoiceSdk['explain'], now: () => number}} tell
 */
export function licenseCard(speaker, samples, known, tell) {
  const { t, words, when, span } = speaker;
  const expected = { pins: samples.pins, issuer: samples.issuer, environment: samples.environment };
  const none = () => ({ text: '', expected, at: tell.now() });
  const verdict = make('div', { class: 'pg-verdict', role: 'status' });
  const time = make('div', { class: 'pg-time' });
  const slider = make('input', { type: 'range', min: 0, max: 1, step: MINUTE, id: 'pg-moment', oninput: () => tell.onMoment(Number(slider.value)) });
  const reading = make('span', { class: 'pg-reading' });
  const jumps = make('div', { class: 'pg-row' });
  time.append(make('h2', {}, t('time')), make('label', { for: 'pg-moment' }, t('moment')), slider, reading, make('p', { class: 'pg-hint' }, t('time_hint')), jumps);
  const without = make('p', { class: 'pg-hint' }, t('no_time'));

  const own = ownLicense(t, known, (text, against) => {
    try {
      tell.explain(text, against);
      own.say('');
    } catch (error) {
      return own.say(t('own_refused', { why: error instanceof Error ? error.message : String(error) }));
    }
    for (const radio of chosen.querySelectorAll('input')) radio.checked = false;
    tell.onHeld({ text, expected: against, at: tell.now() });
  });
  const chosen = choice({ name: 'pg-license', legend: t('license_choose'), chosen: known.license ? '' : 'none',
    options: [['none', t('l_none')], ...samples.licenses.map(({ name }) => /** @type {[string, string]} */ ([name, t(`l_${name}`)]))],
    choose: (name) => {
      const sample = samples.licenses.find((each) => each.name === name);
      tell.onHeld(sample ? { text: sample.text, expected, at: sample.at } : none());
    } });
  const card = make('section', { class: 'pg-card', 'aria-label': t('license') },
    make('h2', {}, t('license')), chosen, make('p', { class: 'pg-hint' }, t('sample_hint')), own.part, make('h2', {}, t('verdict')), verdict, time, without);

  /** @param {import('../index.js').Explanation['features'][number]} feature */
  const lines = (feature) => {
    const grace = /^grace:(\d+)$/.exec(feature.on_expiry);
    const policy = grace ? t('policy_grace', { hours: Number(grace[1]), until: when(feature.runs_until) }) : t(feature.on_expiry === 'stop' ? 'policy_stop' : 'policy_bypass');
    const left = feature.seconds_left === null ? '' : `, ${t('in_grace', { left: span(feature.seconds_left) })}`;
    const code = feature.sdk_code === 0 ? null : make('span', { class: 'pg-code' }, t('code', { code: feature.sdk_code }));
    // What has come about needs no foretelling.
    const then = feature.sdk_code === 0 || feature.answer === 'grace' ? `; ${policy}` : '';
    return make('li', {}, make('code', {}, feature.name), ` ${t(`answer_${feature.answer}`)}${left}${then} `, code);
  };

  return {
    card,
    first: () => (known.license ? own.use() : tell.onHeld(none())),
    /** @param {import('../index.js').Explanation} found */
    show(found) {
      const [message, nextStep] = words({ reason: found.reason, message: found.message, nextStep: found.next_step });
      const tone = found.state === 'valid' ? 'good' : found.state === 'refused' ? 'bad' : 'warning';
      const code = found.sdk_code === 0 ? null : make('span', { class: 'pg-code' }, t('code', { code: found.sdk_code }));
      verdict.dataset.tone = tone;
      put(verdict,
        make('p', {}, make('strong', { class: 'pg-verdict-state' }, t(found.state)), ' ', code),
        make('p', {}, found.reason === null ? message ?? '' : `${message} ${nextStep}`),
        found.validity ? make('p', {}, `${t(found.state === 'expired' ? 'ended_at' : 'ends')}: ${when(found.validity.valid_until)}`) : null,
        found.features.length > 0 ? make('ul', { 'aria-label': t('features') }, ...found.features.map(lines)) : null);
    },
    /** The clock; the slider spans the life and what comes after it. @param {import('../index.js').Explanation} found @param {number} moment @param {boolean} anew */
    clock(found, moment, anew) {
      const life = found.validity && { from: found.validity.valid_from, until: found.validity.valid_until };
      time.hidden = life === null;
      without.hidden = life !== null || found.license === null;
      if (life === null) return;
      if (anew) {
        const late = Math.max(life.until, ...found.features.map((each) => each.runs_until)) + HOUR;
        const end = late + Math.ceil((life.until - life.from) / 7);
        slider.min = String(life.from);
        slider.max = String(Math.max(end, moment));
        jumps.replaceChildren(...[['go_life', life.from + Math.floor((life.until - life.from) / 2)], ['go_before', life.until - 3], ['go_after', life.until + 1], ['go_late', late], ['go_now', tell.now()]]
          .map(([key, at]) => make('button', { type: 'button', class: 'pg-small', onclick: () => tell.onMoment(Number(at)) }, t(/** @type {'go_life'} */ (key)))));
      }
      slider.value = String(moment);
      reading.textContent = when(moment);
      slider.setAttribute('aria-valuetext', when(moment));
    },
  };
}

/** The folded form. @param {import('./texts.js').Speaker['t']} t @param {{pins?: string, issuer?: string, environment?: string, license?: string}} known @param {(text: string, against: import('../index.js').Expected) => void} use */
function ownLicense(t, known, use) {
  const field = (/** @type {string} */ name, /** @type {string} */ label, /** @type {HTMLElement} */ input) => make('div', { class: 'pg-field' }, make('label', { for: `pg-own-${name}` }, label), input);
  const text = make('textarea', { id: 'pg-own-text', rows: 4, spellcheck: 'false' });
  const pins = make('textarea', { id: 'pg-own-pins', rows: 2, spellcheck: 'false', 'aria-describedby': 'pg-own-hint' });
  const issuer = make('input', { id: 'pg-own-issuer', type: 'text', spellcheck: 'false' });
  const environment = make('select', { id: 'pg-own-environment' }, make('option', { value: 'production' }, t('production')), make('option', { value: 'test' }, t('test')));
  [text.value, pins.value, issuer.value, environment.value] = [known.license ?? '', known.pins ?? '', known.issuer ?? '', known.environment ?? 'production'];
  const said = make('p', { class: 'pg-said', role: 'status' });
  const submit = () => use(text.value.trim(), { pins: pins.value.trim(), issuer: issuer.value.trim(), environment: environment.value === 'test' ? 'test' : 'production' });
  const form = make('form', { onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); submit(); } },
    field('text', t('own_text'), text), field('pins', t('own_pins'), pins), make('p', { class: 'pg-hint', id: 'pg-own-hint' }, t('own_pins_hint')),
    field('issuer', t('own_issuer'), issuer), field('environment', t('own_environment'), environment),
    make('button', { type: 'submit' }, t('own_use')), said);
  const part = make('details', { open: Boolean(known.license) }, make('summary', {}, t('own_title')), form);
  return { part, use: submit, say: (/** @type {string} */ words) => put(said, words) };
}
