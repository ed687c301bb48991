// Hands on the relay's licence, the short way. Your endpoint takes handOn() and what it needs.
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

let last = null;

/** The licence for your apps: the relay's; the last one while the relay is in trouble. */
export async function handOn() {
  const [line] = (await readFile(process.env.RELAY_KEY_FILE, "utf8")).split("\n");
  const headers = { authorization: `Bearer ${line.replace(/[^!-~]/g, "")}` };
  const options = { headers, redirect: "manual", signal: AbortSignal.timeout(2000) };
  let refused = false;
  try {
    const answer = await fetch(`${process.env.RELAY_URL}/v1/license`, options);
    refused = answer.status !== 200 && answer.status < 500;
    const { License } = answer.status === 200 ? await answer.json() : {};
    if (!License) throw new Error(`status ${answer.status}, and no licence`);
    last = License;
  } catch (error) {
    if (refused || !last) throw error;
  }
  return last;
}

// The command line: prints the licence; with the argument `again`, once more for each line of stdin.
if (!process.env.RELAY_URL || !process.env.RELAY_KEY_FILE) {
  console.error("set RELAY_URL and RELAY_KEY_FILE");
  process.exit(1);
}
try {
  console.log(await handOn());
  const lines = process.argv[2] === "again" ? createInterface({ input: process.stdin }) : [];
  for await (const _ of lines) console.log(await handOn());
} catch (error) {
  // `fetch failed` keeps the reason in its cause.
  console.error(`relay: ${error.cause?.code ?? error.cause?.message ?? error.message}`);
  process.exit(1);
}
