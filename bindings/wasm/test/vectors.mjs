// Walks through vectors/cases.json by the package's public API; the same file runs under Node and in a browser. It judges
// nothing: what was found is written down, and whoever compares the languages compares it.

/** @typedef {import('../index.js').Tonegate} Tonegate */

const bytesOf = (/** @type {string} */ hex) => Uint8Array.from({ length: hex.length / 2 }, (_, at) => parseInt(hex.slice(2 * at, 2 * at + 2), 16));
const hexOf = (/** @type {Uint8Array} */ bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** @param {Tonegate} tonegate @param {any} all what cases.json holds */
export function walk(tonegate, all) {
  return {
    cases: all.cases.map((/** @type {any} */ each) => ({ number: each.number, steps: walkCase(tonegate, all.pins, each) })),
    pins_texts: all.pins_texts.map((/** @type {any} */ each) => isSound(() => tonegate.gate({ pins: each.text, issuer: 'tonegate-test' }).free())),
    states: all.states.map((/** @type {any} */ each) => isRead(tonegate, all.pins, each.hex)),
    identities: all.identities.map((/** @type {any} */ each) => identity(tonegate, each)),
  };
}

/** @param {Tonegate} tonegate @param {string} pins @param {any} given */
function walkCase(tonegate, pins, given) {
  const { issuer, environment, app_id: appId, identity } = given.expect;
  const time = { wall: 0, elapsed: 0 };
  const clock = { wall: () => time.wall, elapsed: () => time.elapsed };
  const begin = (/** @type {Uint8Array} */ state) => tonegate.gate({ pins, issuer, environment, appId, identity, state, clock });
  let gate = begin(bytesOf(given.state_hex));
  const steps = given.steps.map((/** @type {any} */ step) => {
    if (step.do === 'restart') {
      const { state } = gate;
      gate.free();
      gate = begin(state);
      return null;
    }
    Object.assign(time, { wall: step.wall ?? time.wall, elapsed: step.elapsed ?? time.elapsed });
    return take(gate, step);
  });
  gate.free();
  return steps;
}

/** @param {import('../index.js').Gate} gate @param {any} step */
function take(gate, step) {
  switch (step.do) {
    case 'load': return loaded(gate.load(step.license), gate);
    case 'renew': {
      const offered = gate.renew(step.license);
      return { ...loaded(offered, gate), in_force: offered.inForce };
    }
    case 'check': {
      const { answer, reason, sdkCode, secondsLeft } = gate.check(step.feature);
      return { answer, reason, sdk_code: sdkCode, seconds_left: secondsLeft, state_hex: hexOf(gate.state) };
    }
    case 'outlook': {
      const outlook = gate.outlook(step.feature);
      return { on_expiry: outlook?.onExpiry ?? null, runs_until: outlook?.runsUntil ?? null };
    }
    default: throw new Error(`a step is not ${step.do}`);
  }
}

/** @param {import('../index.js').Verdict} verdict @param {import('../index.js').Gate} gate */
function loaded({ state, reason, sdkCode, now, validFrom, validUntil, refreshAfter }, gate) {
  return { state, reason, sdk_code: sdkCode, now, valid_from: validFrom, valid_until: validUntil, refresh_after: refreshAfter, state_hex: hexOf(gate.state) };
}

/** @param {() => void} run */
function isSound(run) {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}

/** A gate goes on from a state that it can read, and from no other. @param {Tonegate} tonegate @param {string} pins @param {string} hex */
function isRead(tonegate, pins, hex) {
  const gate = tonegate.gate({ pins, issuer: 'tonegate-test', state: bytesOf(hex) });
  const read = hexOf(gate.state) === hex;
  gate.free();
  return read;
}

/** @param {Tonegate} tonegate @param {any} given */
function identity({ identity }, given) {
  switch (given.platform) {
    case 'android': return identity.android(given.package, given.certificate_sha256);
    case 'ios': return identity.ios(given.bundle_id);
    default: return identity.web(given.origin);
  }
}
