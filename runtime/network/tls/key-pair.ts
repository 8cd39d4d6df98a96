/**
 * `TlsCertificate`: a certificate chain with its key, out of PEM (in two files or in one) or PKCS #12. Everything is read
 * and tried here: a bad file or a key that does not fit refuses the configuration, never a handshake.
 */
import type { X509Certificate as X509CertificateType } from 'node:crypto';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { Fields } from '../../common/message-fields.js';
import { under } from '../config-path.js';
import { dataSourceName, readDataSource } from '../data-source.js';
import { ConfigError } from '../filter.js';
import type { CertificateFacts } from './certificate-facts.js';
import { namesOfKind, pemOf, readCertificateFacts } from './certificate-facts.js';
import type { OcspStaple } from './ocsp-staple.js';
import { readOcspStaple } from './ocsp-staple.js';

type Path = readonly (string | number)[];

/** What `/certs` shows. */
export interface LoadedCertificate {
  /** Where it is from: a file, or `<inline>`. */
  readonly path: string;
  /** PEM. */
  readonly certificate: Buffer;
}

export interface KeyPair extends LoadedCertificate {
  /** Certificate and key as a context takes them. */
  readonly options: SecureContextOptions;
  readonly facts: CertificateFacts;
  /** `rsa`, `ec`, ... */
  readonly keyType: string;
  /** OpenSSL's name of the curve of an `ec` key. */
  readonly curve: string | undefined;
  /** Lower-case DNS names, the common name where there are none; wildcards as `*.example.com`. */
  readonly names: readonly string[];
  readonly staple: OcspStaple | undefined;
}

const curves: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

function refuseWeakKeys(certificate: X509CertificateType, name: string, path: Path): void {
  const { asymmetricKeyDetails, asymmetricKeyType } = certificate.publicKey;
  const refuse = (what: string): never => {
    throw new ConfigError(`Failed to load certificate chain from ${name}, ${what}`, path);
  };
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) < 2048) {
    refuse('only RSA certificates with 2048-bit or larger keys are supported');
  }
  if (asymmetricKeyType === 'ec' && !curves.has(asymmetricKeyDetails?.namedCurve ?? '')) {
    refuse('only P-256, P-384 or P-521 ECDSA certificates are supported');
  }
}

function readCertificate(pem: Buffer, name: string, path: Path): X509CertificateType {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new ConfigError(`Failed to load certificate chain from ${name}`, path);
  }
}

function serverNames(facts: CertificateFacts): readonly string[] {
  const names = namesOfKind(facts, 'DNS');
  const all = names.length > 0 || facts.commonName === '' ? names : [facts.commonName];
  return all.map((name) => name.toLowerCase());
}

function finish(
  certificate: X509CertificateType,
  options: SecureContextOptions,
  loaded: LoadedCertificate,
  config: Fields,
  path: Path,
): KeyPair {
  const facts = readCertificateFacts(certificate.raw);
  const { asymmetricKeyDetails, asymmetricKeyType } = certificate.publicKey;
  const { ocsp_staple } = config;
  return {
    ...loaded,
    options,
    facts,
    keyType: String(asymmetricKeyType),
    curve: asymmetricKeyDetails?.namedCurve,
    names: serverNames(facts),
    staple:
      ocsp_staple === undefined ? undefined : readOcspStaple(ocsp_staple, facts, [...path, 'ocsp_staple']),
  };
}

/** The password of the key; absent when none is set. */
function readPassword(config: Fields, path: Path): { passphrase?: string } {
  const { password } = config;
  if (password === undefined) return {};
  return { passphrase: under(() => readDataSource(password), ...path, 'password').toString('utf8') };
}

function readPkcs12(config: Fields, path: Path): KeyPair {
  const name = dataSourceName(config.pkcs12);
  const at = [...path, 'pkcs12'];
  for (const field of ['certificate_chain', 'private_key', 'private_key_provider']) {
    if (config[field] === undefined) continue;
    throw new ConfigError(`Certificate configuration can't have both pkcs12 and ${field}`, path);
  }
  const buf = under(() => readDataSource(config.pkcs12), ...at);
  const options: SecureContextOptions = { pfx: [{ buf, ...readPassword(config, path) }] };
  let der: Buffer | undefined;
  try {
    // Node gives the leaf of a context by its handle only.
    const { context } = createSecureContext(options) as { context: { getCertificate?(): Buffer | null } };
    der = context.getCertificate?.() ?? undefined;
  } catch (error) {
    throw new ConfigError(`Failed to load pkcs12 from ${name}, Cause: ${(error as Error).message}`, at);
  }
  if (der === undefined) throw new ConfigError(`Failed to load certificate from pkcs12 ${name}`, at);
  const certificate = new X509Certificate(der);
  refuseWeakKeys(certificate, name, at);
  return finish(certificate, options, { path: name, certificate: Buffer.from(pemOf(der)) }, config, path);
}

/** @param path of the `TlsCertificate`. @throws ConfigError in Envoy's words, with the name of the file */
export function readKeyPair(config: Fields, path: Path): KeyPair {
  if (config.pkcs12 !== undefined) return readPkcs12(config, path);
  const chainName = dataSourceName(config.certificate_chain);
  const chainPath = [...path, 'certificate_chain'];
  const keyName = dataSourceName(config.private_key);
  const keyPath = [...path, 'private_key'];
  if (config.certificate_chain === undefined) {
    throw new ConfigError(
      `Failed to load incomplete certificate from ${keyName}: certificate chain not set`,
      path,
    );
  }
  if (config.private_key === undefined) {
    throw new ConfigError(`Failed to load incomplete private key from path: ${chainName}`, path);
  }
  const chain = under(() => readDataSource(config.certificate_chain), ...chainPath);
  const certificate = readCertificate(chain, chainName, chainPath);
  refuseWeakKeys(certificate, chainName, chainPath);
  const key = under(() => readDataSource(config.private_key), ...keyPath);
  const password = readPassword(config, path);
  let cause: string | undefined;
  try {
    if (!certificate.checkPrivateKey(createPrivateKey({ key, ...password }))) {
      cause = `error:0b000074:X.509 certificate routines:OPENSSL_internal:KEY_VALUES_MISMATCH: the key does not belong to the certificate in ${chainName}`;
    }
  } catch (error) {
    cause = (error as Error).message;
  }
  if (cause !== undefined) {
    throw new ConfigError(`Failed to load private key from ${keyName}, Cause: ${cause}`, keyPath);
  }
  const options: SecureContextOptions = { cert: chain, key, ...password };
  return finish(certificate, options, { path: chainName, certificate: chain }, config, path);
}
