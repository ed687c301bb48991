// Fetches the licence from the relay. Your endpoint takes currentLicense() and what it needs.
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

const NOTHING = { license: "", etag: '"none"', goodUntil: 0, askAt: 0, why: "" };
let held = NOTHING;
let asking = null;

/** The licence for your apps. An Error: there is none, and why. */
export async function currentLicense() {
  // Who comes while the relay is being asked waits for the same answer.
  if (now() >= held.askAt) await (asking ??= ask(now()).finally(() => (asking = null)));
  if (now() < held.goodUntil) return held.license;
  throw new Error(held.why);
}

async function ask(began, wait = 10) {
  try {
    const [key] = (await readFile(process.env.RELAY_KEY_FILE, "utf8")).split("\n");
    const answer = await fetch(`${process.env.RELAY_URL}/v1/license`, {
      headers: { authorization: `Bearer ${key.replace(/[^!-~]/g, "")}`, "if-none-match": held.etag },
      signal: AbortSignal.timeout(5000),
    });
    const { status, headers } = answer;
    wait = seconds(/^(\d{1,3})$/, headers.get("retry-after"), wait);
    if (status === 401 || status === 403) held = NOTHING;
    if (status !== 200 && status !== 304) {
      const problem = headers.get("content-type") === "application/problem+json";
      throw new Error(`${status} ${problem ? (await answer.json()).detail : ""}`);
    }
    if (status === 200) {
      const { License: license, ExpireAt, ServerTime } = await answer.json();
      const goodUntil = began + ExpireAt - ServerTime;
      if (!license || !goodUntil) throw new Error("no licence in the answer");
      held = { license, etag: headers.get("etag"), goodUntil, why: "" };
    }
    held = { ...held, askAt: began + seconds(/max-age=(\d+)/, headers.get("cache-control"), 60) };
  } catch (error) {
    // `fetch failed` keeps the reason in its cause.
    const why = error.cause?.code ?? error.cause?.message ?? error.message;
    held = { ...held, askAt: began + wait, why: `relay: ${why}` };
    if (began < held.goodUntil) console.error(`${held.why}; the last licence goes on`);
  }
}

function now() {
  return performance.now() / 1000;
}

function seconds(pattern, header, otherwise) {
  const found = pattern.exec(header ?? "");
  return found ? Number(found[1]) : otherwise;
}

// The command line: prints the licence; with the argument `again`, once more for each line of stdin.
const { RELAY_URL, RELAY_KEY_FILE } = process.env;
try {
  if (!RELAY_URL || !RELAY_KEY_FILE) throw new Error("set RELAY_URL and RELAY_KEY_FILE");
  console.log(await currentLicense());
  const lines = process.argv[2] === "again" ? createInterface({ input: process.stdin }) : [];
  for await (const _ of lines) console.log(await currentLicense());
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
