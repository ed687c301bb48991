// The vectors, and an installation that pins their roots.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { repository, tonegate } from './server.mjs';

/** Public: it stands in the program that makes the vectors. */
const ROOT_SEED = 'TONEGATE TEST KEY  active root  ';

const document = JSON.parse(readFileSync(path.join(repository, 'vectors/cases.json'), 'utf8'));

/** @type {string} */
export const pins = document.pins;

/** A case's licence and its steps. @param {string} name */
export function vector(name) {
  const found = document.cases.find((/** @type {any} */ each) => each.name === name);
  const file = `${String(found.number).padStart(3, '0')}-${name}.txt`;
  return { text: readFileSync(path.join(repository, 'vectors', file), 'utf8'), step: found.steps[0], steps: found.steps };
}

/** Makes the installation of the vectors: their pins, and a key that their root certified. @param {string} folder */
export function install(folder) {
  const data = path.join(folder, 'data');
  const [root, request, certificates] = ['root.json', 'request.json', 'certificates.json'].map((name) => path.join(folder, name));
  tonegate('init', '--pins', pins, '--issuer', 'tonegate-test', '--data', data);
  const certificate = JSON.parse(Buffer.from(vector('valid').text.split('.')[0], 'base64url').toString()).crt;
  const { kid } = JSON.parse(Buffer.from(certificate.split('.')[0], 'base64url').toString());
  const content = { role: 'active', kid, seed: Buffer.from(ROOT_SEED).toString('base64url'), pins };
  writeFileSync(root, JSON.stringify({ kind: 'tonegate root key, private: keep it offline', content }), { mode: 0o600 });
  tonegate('key', 'ceremony', 'request', '--count', '1', '--out', request, '--data', data);
  tonegate('key', 'ceremony', 'sign', '--root', root, '--request', request, '--out', certificates, '--from', 'now', '--yes');
  tonegate('key', 'ceremony', 'install', certificates, '--data', data);
}
