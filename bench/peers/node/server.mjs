// The licence API as a capable developer would write it in an afternoon, on node:http: the same checks
// in the same order, replay set and rate limits in memory, licences held. Not a product.
//
// Usage: node server.mjs HOST PORT STATE.json; RATE_PER_SECOND lifts the limit of 20.
import { createHash, randomInt, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const WINDOW = 600;
const DECIMAL = /^(0|[1-9][0-9]{0,18})$/;
const [host, port, state] = process.argv.slice(2);
const rate = Number(process.env.RATE_PER_SECOND ?? 20);
const apps = new Map(Object.entries(JSON.parse(readFileSync(state, "utf8")).apps));
/** Signatures by the minute of their Timestamp. */
const seen = new Map();

setInterval(() => {
  const oldest = Math.floor((Date.now() / 1000 - WINDOW) / 60);
  for (const minute of seen.keys()) if (minute < oldest) seen.delete(minute);
}, 60_000).unref();

createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  if (url.pathname !== "/") return response.writeHead(404).end();
  const body = JSON.stringify(decide(url.searchParams));
  response.writeHead(200, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
  });
  response.end(body);
}).listen(Number(port), host);

function decide(query) {
  const appId = query.get("AppId") ?? "";
  const nonce = query.get("SignatureNonce") ?? "";
  const timestamp = query.get("Timestamp") ?? "";
  const signature = query.get("Signature") ?? "";
  if (!DECIMAL.test(appId)) return refused(100000001, "AppId field format error.");
  if (timestamp === "") return refused(100000002, "Timestamp field is empty.");
  if (!DECIMAL.test(timestamp)) return refused(100000003, "Timestamp field format error.");
  if (nonce === "") return refused(100000008, "SignatureNonce field is empty.");
  if (nonce.length > 52) return refused(2, "Input parameter error.");
  if (query.get("SignatureVersion") !== "2.0") return refused(100000014, "Unsupported SignatureVersion.");
  if (signature === "") return refused(100000009, "Signature field is empty.");
  const now = Date.now();
  const at = Number(timestamp);
  if (Math.abs(Math.floor(now / 1000) - at) > WINDOW) return refused(100000004, "Signature expired.");
  const app = apps.get(appId);
  if (!app) return refused(100000010, "Get ServerSecret failed.");
  const expected = createHash("md5").update(appId + nonce + app.secret + timestamp).digest("hex");
  if (!equal(expected, signature)) return refused(100000005, "Signature error.");
  const minute = Math.floor(at / 60);
  let table = seen.get(minute);
  if (!table) seen.set(minute, (table = new Set()));
  const key = appId + signature;
  if (table.has(key)) return refused(100000005, "Signature error.");
  if (!charge(app, now)) return refused(7, "The number of requests per second exceeds the limit.");
  table.add(key);
  if (query.get("Action") !== "CgiDescribeZIMAudioLicense") return refused(100000007, "Unsupported Action.");
  return { Code: 0, Message: "Success.", RequestId: requestId(), Data: { License: app.license } };
}

function equal(expected, given) {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A token bucket that holds one second. */
function charge(app, now) {
  app.tokens = Math.min(rate, (app.tokens ?? rate) + ((now - (app.filled ?? now)) / 1000) * rate);
  app.filled = now;
  if (app.tokens < 1) return false;
  app.tokens -= 1;
  return true;
}

function refused(code, message) {
  return { Code: code, Message: message, RequestId: requestId() };
}

function requestId() {
  return String(randomInt(1e8, 1e9)) + String(randomInt(1e9, 1e10));
}
