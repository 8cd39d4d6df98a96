/**
 * The wildcard certificate of the mesh, made by itself: whoever adds a service needs no new one. Put your own files in the
 * place of `wildcard.crt` and `wildcard.key`; a good one that is there is left alone.
 */
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPackage } from './runner/envoy3-package.mjs';

const days = 365;

function stillGood(path) {
  if (!existsSync(path)) return false;
  try {
    return Date.parse(new X509Certificate(readFileSync(path)).validTo) > Date.now();
  } catch {
    return false;
  }
}

/** Makes both files in the folder, unless a good certificate is there. */
export async function prepareCertificate(folder) {
  const path = join(folder, 'wildcard.crt');
  if (stillGood(path)) return;
  const { generate } = await loadPackage('selfsigned');
  const pems = await generate([{ name: 'commonName', value: '*.envoy.internal' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + days * 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'subjectAltName', altNames: [{ type: 2, value: '*.envoy.internal' }] },
    ],
  });
  writeFileSync(join(folder, 'wildcard.key'), pems.private, { mode: 0o600 });
  writeFileSync(path, pems.cert);
}
