// Node's own fetch.
import { createHash, randomBytes } from "node:crypto";

const { APP_ID, SERVER_SECRET } = process.env;
const nonce = randomBytes(8).toString("hex");
const timestamp = Math.floor(Date.now() / 1000);
const signature = createHash("md5").update(APP_ID + nonce + SERVER_SECRET + timestamp).digest("hex");
const query = new URLSearchParams({
  Action: "CgiDescribeZIMAudioLicense", AppId: APP_ID, SignatureNonce: nonce,
  Timestamp: timestamp, SignatureVersion: "2.0", Signature: signature,
});
const answer = await fetch(`https://zim-api.zego.im/?${query}`);
const body = await answer.json();
console.log(JSON.stringify(body));
process.exit(body.Code === 0 ? 0 : 1);
