/**
 * `DownstreamTlsContext` -> what the TLS side of a filter chain needs. Everything is read and tried here, once: a bad
 * file or a key that does not fit refuses the configuration, never a handshake.
 */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, typeNameOf } from '../common/message-fields.js';
import { under } from '../network/config-path.js';
import { dataSourceName, readDataSource } from '../network/data-source.js';
import { ConfigError } from '../network/filter.js';
import { tlsVersion } from '../network/tls-versions.js';

const contextType = 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext';
const rawType = 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer';

/** Envoy's defaults for servers (`TlsParameters.cipher_suites`, `ecdh_curves`). */
const defaultCiphers = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
];
const defaultCurves = 'X25519:P-256';
/** `cipher_suites` is about TLS 1.2 and older; without these names Node would switch TLS 1.3 off. */
const tls13Ciphers = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

const commonPath = ['transport_socket', 'typed_config', 'common_tls_context'] as const;
type Path = readonly (string | number)[];

/** What `/certs` shows. */
export interface LoadedCertificate {
  readonly path: string;
  readonly certificate: Buffer;
}

/** A certificate chain with its key. */
interface KeyPair extends LoadedCertificate {
  readonly key: Buffer;
  /** `rsa`, `ec`, ... */
  readonly keyType: string;
  /** Lower-case DNS names of the certificate; wildcards as `*.example.com`. */
  readonly names: readonly string[];
}

export interface DownstreamTls {
  /** All certificates and parameters. */
  readonly options: SecureContextOptions;
  /** With several certificates: the context for a client that asks for this server name. Never throws. */
  readonly contextFor: ((serverName: string) => SecureContext) | undefined;
  /** Offered to a client that offers one of them itself. HTTP/2 is not spoken here, so it is never among them. */
  readonly applicationProtocols: readonly string[];
  /** The client is asked for a certificate. */
  readonly requestsCertificate: boolean;
  /** A client without a certificate is refused. */
  readonly requiresCertificate: boolean;
  /** A certificate is verified; without an authority Envoy takes any. */
  readonly verifiesCertificate: boolean;
  readonly certificates: readonly LoadedCertificate[];
  readonly trusted: readonly LoadedCertificate[];
  /** Equal for contexts that do the same. */
  readonly identity: string;
}

function readCertificate(pem: Buffer, name: string, path: Path): X509Certificate {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    throw new ConfigError(`Failed to load certificate chain from ${name}`, path);
  }
  const { asymmetricKeyDetails, asymmetricKeyType } = certificate.publicKey;
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) < 2048) {
    throw new ConfigError(
      `Failed to load certificate chain from ${name}, only RSA certificates with 2048-bit or larger keys are supported`,
      path,
    );
  }
  return certificate;
}

function readAuthorities(source: unknown): Buffer {
  const path = [...commonPath, 'validation_context', 'trusted_ca'];
  const pem = under(() => readDataSource(source), ...path);
  try {
    new X509Certificate(pem);
  } catch {
    throw new ConfigError(`Failed to load trusted CA certificates from ${dataSourceName(source)}`, path);
  }
  return pem;
}

function namesOf(certificate: X509Certificate): string[] {
  const names = certificate.subjectAltName?.split(', ') ?? [];
  return names.filter((name) => name.startsWith('DNS:')).map((name) => name.slice(4).toLowerCase());
}

function readKeyPair(config: Fields, path: Path): KeyPair {
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
  const key = under(() => readDataSource(config.private_key), ...keyPath);
  let cause: string | undefined;
  try {
    if (!certificate.checkPrivateKey(createPrivateKey(key))) cause = 'it does not belong to the certificate';
  } catch (error) {
    cause = (error as Error).message;
  }
  if (cause !== undefined) {
    throw new ConfigError(`Failed to load private key from ${keyName}, Cause: ${cause}`, keyPath);
  }
  const keyType = String(certificate.publicKey.asymmetricKeyType);
  return { path: chainName, certificate: chain, key, keyType, names: namesOf(certificate) };
}

/** How well a certificate fits a name: 2 its very name, 1 a wildcard, 0 not at all. */
function nameFit({ names }: KeyPair, serverName: string): number {
  if (names.includes(serverName)) return 2;
  const parent = serverName.slice(serverName.indexOf('.'));
  return names.includes(`*${parent}`) ? 1 : 0;
}

/** A context holds one certificate per kind of key: the first one, as in Envoy. */
function withPairs(base: SecureContextOptions, pairs: readonly KeyPair[]): SecureContextOptions {
  const firsts = [...new Map([...pairs].reverse().map((pair) => [pair.keyType, pair])).values()];
  return { ...base, cert: firsts.map(({ certificate }) => certificate), key: firsts.map(({ key }) => key) };
}

/** The server name chooses among certificates; when none is for it, all are on offer. */
function contextChooser(
  base: SecureContextOptions,
  pairs: readonly KeyPair[],
): (serverName: string) => SecureContext {
  const fits = (serverName: string): readonly KeyPair[] => {
    const best = Math.max(...pairs.map((pair) => nameFit(pair, serverName)));
    return best === 0 ? pairs : pairs.filter((pair) => nameFit(pair, serverName) === best);
  };
  const keyOf = (chosen: readonly KeyPair[]): string => chosen.map((pair) => pairs.indexOf(pair)).join();
  // All that can come up is built now: the names of the certificates, a name below each wildcard, any other name.
  const contexts = new Map<string, SecureContext>();
  for (const name of ['', ...pairs.flatMap(({ names }) => names.map((one) => one.replace('*', 'any')))]) {
    const chosen = fits(name);
    const key = keyOf(chosen);
    if (!contexts.has(key)) contexts.set(key, createSecureContext(withPairs(base, chosen)));
  }
  const all = createSecureContext(withPairs(base, pairs));
  return (serverName) => contexts.get(keyOf(fits(serverName.toLowerCase()))) ?? all;
}

function parameters(params: Fields): SecureContextOptions {
  const minVersion = tlsVersion(params.tls_minimum_protocol_version, 'TLSv1.2');
  const maxVersion = tlsVersion(params.tls_maximum_protocol_version, 'TLSv1.3');
  const given = (params.cipher_suites ?? []) as readonly string[];
  // BoringSSL's `[A|B]` are ciphers of equal rank, which OpenSSL does not know.
  const older =
    given.length === 0 ? defaultCiphers : given.map((one) => one.replace(/[[\]]/g, '').replaceAll('|', ':'));
  const ciphers = [...tls13Ciphers, ...older, ...(minVersion < 'TLSv1.2' ? ['@SECLEVEL=0'] : [])];
  const curves = (params.ecdh_curves ?? []) as readonly string[];
  return {
    minVersion,
    maxVersion,
    ciphers: ciphers.join(':'),
    ecdhCurve: curves.length === 0 ? defaultCurves : curves.join(':'),
    honorCipherOrder: true,
  };
}

/** @returns undefined for plain text. @throws ConfigError with the path from `transport_socket` on */
export function downstreamTls(transportSocket: unknown): DownstreamTls | undefined {
  const config = messageOf(messageOf(transportSocket).typed_config);
  const type = typeNameOf(config);
  if (type === '' || type === rawType) return undefined;
  if (type !== contextType) {
    throw new ConfigError(
      `the transport socket ${type} needs real Envoy`,
      ['transport_socket', 'typed_config'],
      true,
    );
  }
  const common = messageOf(config.common_tls_context);
  const pairs = messagesOf(common.tls_certificates).map((one, index) =>
    readKeyPair(one, [...commonPath, 'tls_certificates', index]),
  );
  if (pairs.length === 0) throw new ConfigError('No TLS certificates found for server context', commonPath);
  const ca = messageOf(common.validation_context).trusted_ca;
  const trusted = ca === undefined ? undefined : readAuthorities(ca);
  const hash = createHash('sha256')
    .update(JSON.stringify(config))
    .update(trusted ?? '');
  for (const { certificate, key } of pairs) hash.update(certificate).update(key);
  const identity = hash.digest('hex');
  const base: SecureContextOptions = {
    ...parameters(messageOf(common.tls_params)),
    // Without it sessions of clients with certificates could not be resumed.
    sessionIdContext: identity.slice(0, 32),
    ...(trusted === undefined ? {} : { ca: trusted }),
  };
  const options = withPairs(base, pairs);
  let contextFor: DownstreamTls['contextFor'];
  try {
    if (pairs.length === 1) createSecureContext(options);
    else contextFor = contextChooser(base, pairs);
  } catch (error) {
    throw new ConfigError(`Failed to initialize TLS: ${(error as Error).message}`, commonPath);
  }
  const requiresCertificate = config.require_client_certificate === true;
  return {
    options,
    contextFor,
    applicationProtocols: (common.alpn_protocols ?? []) as readonly string[],
    requestsCertificate: requiresCertificate || trusted !== undefined,
    requiresCertificate,
    verifiesCertificate: trusted !== undefined,
    certificates: pairs.map(({ certificate, path }) => ({ path, certificate })),
    trusted: trusted === undefined ? [] : [{ path: dataSourceName(ca), certificate: trusted }],
    identity,
  };
}
