/**
 * The certificates of a laid-down project, made at the first start. Nothing of it is for production: there, put the chain
 * and the key that your authority gave you into `lighttpd.pem`, and the authorities of your backends into `truststore.pem`.
 *
 *     node certificates.mjs renew      a new chain and key in lighttpd.pem, by the same authority
 *
 * In `certificates/`:
 *   lighttpd.pem     what the edge shows: its chain and its key
 *   truststore.pem   whom the edge trusts: root and intermediate of the backends, and its own authority (mutual TLS)
 *   backend.pem      what the backends show: their chain and key
 *   client.pem       what a client shows (mutual TLS)
 *   edge-ca.pem      the authority of edge and clients, with its key
 */
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadPackage, projectFolder } from './runner/envoy3-package.mjs';

const days = 365;

/** Replaced in one step: whoever reads it has the old one or the new one, never half of it. */
function write(folder, name, ...pems) {
  const path = join(folder, name);
  writeFileSync(`${path}.new`, pems.map((pem) => `${pem.trimEnd()}\n`).join(''), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

async function make(commonName, extensions, issuer) {
  const { generate } = await loadPackage('selfsigned');
  const { cert, private: key } = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + days * 86_400_000),
    extensions,
    ...(issuer === undefined ? {} : { ca: issuer }),
  });
  return { cert, key };
}

const authority = (name, issuer) =>
  make(
    name,
    [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
    issuer,
  );

const leaf = (name, names, issuer) =>
  make(
    name,
    [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...names.map((value) => ({ type: 2, value })),
          ...(names.includes('localhost') ? [{ type: 7, ip: '127.0.0.1' }] : []),
        ],
      },
    ],
    issuer,
  );

const edgeLeaf = (ca) => leaf('edge', ['localhost', 'edge.internal'], ca);

function isGood(path) {
  if (!existsSync(path)) return false;
  try {
    return Date.parse(new X509Certificate(readFileSync(path)).validTo) > Date.now();
  } catch {
    return false;
  }
}

/** Makes them in the folder, unless good ones are there. */
export async function prepareCertificates(folder) {
  const names = ['lighttpd.pem', 'truststore.pem', 'backend.pem', 'client.pem', 'edge-ca.pem'];
  if (names.every((name) => isGood(join(folder, name)))) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const edgeCa = await authority('edge authority');
  const root = await authority('backend root');
  const intermediate = await authority('backend intermediate', root);
  const edge = await edgeLeaf(edgeCa);
  const client = await leaf('client', ['client.internal'], edgeCa);
  const backend = await leaf('backend', ['web.internal', 'api.internal', 'worker.internal'], intermediate);
  write(folder, 'edge-ca.pem', edgeCa.cert, edgeCa.key);
  write(folder, 'truststore.pem', root.cert, intermediate.cert, edgeCa.cert);
  write(folder, 'backend.pem', backend.cert, intermediate.cert, backend.key);
  write(folder, 'client.pem', client.cert, client.key);
  write(folder, 'lighttpd.pem', edge.cert, edgeCa.cert, edge.key);
}

/** Replaces what the edge shows. */
export async function renewEdge(folder) {
  const pem = readFileSync(join(folder, 'edge-ca.pem'), 'utf8');
  const at = pem.indexOf('-----BEGIN PRIVATE KEY-----');
  const ca = { cert: pem.slice(0, at), key: pem.slice(at) };
  const edge = await edgeLeaf(ca);
  write(folder, 'lighttpd.pem', edge.cert, ca.cert, edge.key);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href && process.argv[2] === 'renew') {
  await renewEdge(join(projectFolder, 'certificates'));
  process.stdout.write('certificates/lighttpd.pem is new\n');
}
