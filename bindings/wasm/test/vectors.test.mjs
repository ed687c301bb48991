// Every case of vectors/ comes out as stated, under Node.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cases, tonegate } from './house.mjs';
import { walk } from './vectors.mjs';

const found = walk(tonegate, cases);

test('every step of every case', () => {
  assert.ok(cases.cases.length >= 300);
  cases.cases.forEach((/** @type {any} */ each, /** @type {number} */ at) => {
    each.steps.forEach((/** @type {any} */ step, /** @type {number} */ place) => {
      assert.deepEqual(found.cases[at].steps[place], step.expect ?? null, `${each.number} ${each.name} step ${place + 1}`);
    });
  });
});

test('pins, stored states and identities', () => {
  const sound = (/** @type {{sound: boolean}[]} */ list) => list.map((each) => each.sound);
  assert.deepEqual(found.pins_texts, sound(cases.pins_texts));
  assert.deepEqual(found.states, sound(cases.states));
  assert.deepEqual(found.identities, cases.identities.map((/** @type {any} */ each) => each.identity));
});
