// Verifies a licence as any program that uses the npm package `jose` would, and prints its claims.
// usage: node jose.mjs <JWKS: URL or file> <license>

import { readFile } from "node:fs/promises";
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify } from "jose";

const [source, license] = process.argv.slice(2);

const keys = /^https?:/.test(source)
  ? createRemoteJWKSet(new URL(source))
  : createLocalJWKSet(JSON.parse(await readFile(source, "utf8")));

const { payload } = await jwtVerify(license, keys, {
  algorithms: ["EdDSA"],
  audience: "zim-audio",
  requiredClaims: ["exp", "iat", "iss", "jti", "nbf", "sub"],
  typ: "license+jwt",
});

console.log(JSON.stringify(payload));
