// Fetches a licence from the issuer itself, with Signature 2.0.
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";

const { ISSUER_URL, APP_ID, SERVER_SECRET_FILE } = process.env;

export async function fetchLicense() {
  const secret = (await readFile(SERVER_SECRET_FILE, "utf8")).trim();
  const nonce = randomBytes(8).toString("hex");
  const timestamp = Math.floor(Date.now() / 1000);
  const signature = createHash("md5").update(APP_ID + nonce + secret + timestamp).digest("hex");
  const query = new URLSearchParams({
    Action: "CgiDescribeZIMAudioLicense", AppId: APP_ID, SignatureNonce: nonce,
    Timestamp: timestamp, SignatureVersion: "2.0", Signature: signature,
  });
  const answer = await fetch(`${ISSUER_URL}/?${query}`, { signal: AbortSignal.timeout(5000) });
  if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`);
  const { Code, Message, Data } = await answer.json();
  if (Code !== 0) throw new Error(`${Code}: ${Message}`);
  return Data.License;
}

try {
  if (!ISSUER_URL || !APP_ID || !SERVER_SECRET_FILE) throw new Error("set ISSUER_URL, APP_ID and SERVER_SECRET_FILE");
  console.log(await fetchLicense());
} catch (error) {
  // `fetch failed` keeps the reason in its cause.
  console.error(`issuer: ${error.cause?.code ?? error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
