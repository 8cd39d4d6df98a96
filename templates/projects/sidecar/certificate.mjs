/**
 * The certificate of the TLS listener and of the backend: made by itself, for this machine alone. Put your own chain and key into the
 * file, or name another one in CERTIFICATE.
 */
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
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

/**
 * Makes `certificate.pem` in the folder, unless a good one is there: the certificate and its key.
 * @returns its path
 */
export async function prepareCertificate(folder) {
  const path = join(folder, 'certificate.pem');
  if (stillGood(path)) return path;
  const { generate } = await loadPackage('selfsigned');
  const pems = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + days * 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: false },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  writeFileSync(`${path}.new`, `${pems.cert.trimEnd()}\n${pems.private.trimEnd()}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return path;
}
