// How long a look, a load and a check take, wherever this runs: the best of several rounds, as other work only ever adds.

const ROUNDS = 150;

/** @param {import('../index.js').Tonegate} tonegate @param {string} pins @param {string} license */
export async function measure(tonegate, pins, license) {
  const options = { pins, issuer: 'tonegate-test', now: 1_763_843_553 };
  const gate = tonegate.gate({ ...options, clock: { wall: () => options.now, elapsed: () => 0 } });
  if (gate.load(license).state !== 'valid') throw new Error('the licence that is measured with is not valid');
  // What has run often is compiled again, better, beside us.
  for (let at = 0; at < 300; at++) tonegate.verify(license, options);
  await new Promise((done) => setTimeout(done, 1_000));
  return {
    verify_ms: best(3, () => tonegate.verify(license, options)),
    explain_ms: best(3, () => tonegate.explain(license, options)),
    load_ms: best(5, () => gate.load(license)),
    check_us: 1_000 * best(1_000, () => gate.check('ans')),
  };
}

/** Milliseconds of one of `times`. @param {number} times @param {() => void} run */
function best(times, run) {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const begin = performance.now();
    for (let at = 0; at < times; at++) run();
    return (performance.now() - begin) / times;
  });
  return Math.min(...rounds);
}
