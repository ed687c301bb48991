// Signature 2.0: MD5 over AppId, SignatureNonce, ServerSecret and Timestamp, in lower-case hex.
const crypto = require("crypto-js");
const nonce = crypto.lib.WordArray.random(8).toString();
const timestamp = Math.floor(Date.now() / 1000).toString();
const appId = pm.variables.get("app_id");
const secret = pm.variables.get("server_secret");
pm.variables.set("nonce", nonce);
pm.variables.set("timestamp", timestamp);
pm.variables.set("signature", crypto.MD5(appId + nonce + secret + timestamp).toString());
