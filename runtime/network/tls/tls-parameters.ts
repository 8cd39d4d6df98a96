/**
 * `TlsParameters`: versions, ciphers and curves in OpenSSL's words. The defaults are Envoy's.
 */
import type { SecureContextOptions, SecureVersion } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { Fields } from '../../common/message-fields.js';
import { ConfigError } from '../filter.js';
import { tlsVersion } from './tls-versions.js';

type Path = readonly (string | number)[];

const defaultCiphers = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
];
const defaultCurves: readonly string[] = ['X25519', 'P-256'];
/** `cipher_suites` is about TLS 1.2 and older; without these names Node would switch TLS 1.3 off. */
const tls13Ciphers = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** Groups that BoringSSL has and OpenSSL has not. */
const foreignCurves: ReadonlySet<string> = new Set([
  'X25519MLKEM768',
  'X25519Kyber768Draft00',
  'X25519Kyber768',
  'MLKEM1024',
]);

const listOf = (value: unknown): readonly string[] => (value ?? []) as readonly string[];

function isKnown(options: SecureContextOptions): boolean {
  try {
    createSecureContext(options);
    return true;
  } catch {
    return false;
  }
}

function refuseUnknown(params: Fields, ciphers: readonly string[], path: Path): void {
  // OpenSSL passes over what it does not know as long as something is left; Envoy refuses.
  const bad = ciphers.filter((one) => !isKnown({ ciphers: `${one}:@SECLEVEL=0` }));
  if (bad.length > 0) {
    throw new ConfigError(
      `Failed to initialize cipher suites ${listOf(params.cipher_suites).join(':')}. The following ciphers were rejected when tried individually: ${bad.join(', ')}`,
      [...path, 'cipher_suites'],
    );
  }
  for (const [at, curve] of listOf(params.ecdh_curves).entries()) {
    if (foreignCurves.has(curve)) {
      throw new ConfigError(`the curve ${curve} needs real Envoy`, [...path, 'ecdh_curves', at], true);
    }
  }
  const curves = listOf(params.ecdh_curves);
  if (curves.length > 0 && !isKnown({ ecdhCurve: curves.join(':') })) {
    throw new ConfigError(`Failed to initialize ECDH curves ${curves.join(':')}`, [...path, 'ecdh_curves']);
  }
  const algorithms = listOf(params.signature_algorithms);
  if (algorithms.length > 0 && !isKnown({ sigalgs: algorithms.join(':') })) {
    throw new ConfigError(`Failed to initialize TLS signature algorithms ${algorithms.join(':')}`, [
      ...path,
      'signature_algorithms',
    ]);
  }
}

/** What was read of `TlsParameters`. */
export interface TlsParameters {
  readonly options: SecureContextOptions;
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
}

/**
 * @param automatic the highest version when none is set: 1.3 for servers, 1.2 for clients
 * @param path of the message
 * @throws ConfigError for names that OpenSSL does not know
 */
export function tlsParameters(params: Fields, automatic: SecureVersion, path: Path): TlsParameters {
  const minVersion = tlsVersion(params.tls_minimum_protocol_version, 'TLSv1.2');
  const maxVersion = tlsVersion(params.tls_maximum_protocol_version, automatic);
  // BoringSSL's `[A|B]` are ciphers of equal rank, which OpenSSL does not know.
  const given = listOf(params.cipher_suites).flatMap((one) => one.split(/[[\]|:]+/).filter(Boolean));
  refuseUnknown(params, given, path);
  const older = given.length === 0 ? defaultCiphers : given;
  const ciphers = [...tls13Ciphers, ...older, ...(minVersion < 'TLSv1.2' ? ['@SECLEVEL=0'] : [])];
  const curves = listOf(params.ecdh_curves);
  const algorithms = listOf(params.signature_algorithms);
  return {
    minVersion,
    maxVersion,
    options: {
      minVersion,
      maxVersion,
      ciphers: ciphers.join(':'),
      ecdhCurve: (curves.length === 0 ? defaultCurves : curves).join(':'),
      ...(algorithms.length === 0 ? {} : { sigalgs: algorithms.join(':') }),
    },
  };
}
