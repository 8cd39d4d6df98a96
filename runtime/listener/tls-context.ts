/**
 * `DownstreamTlsContext` -> a TLS server context.
 */
import type { SecureContextOptions, SecureVersion, TlsOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import { messageOf, messagesOf, textOf, typeNameOf } from '../common/message-fields.js';
import { dataSourceName, readDataSource } from '../network/data-source.js';
import { ConfigError } from '../network/filter.js';

const contextType = 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext';

const versions: Readonly<Record<string, SecureVersion>> = {
  TLSv1_0: 'TLSv1',
  TLSv1_1: 'TLSv1.1',
  TLSv1_2: 'TLSv1.2',
  TLSv1_3: 'TLSv1.3',
};

const under = ['transport_socket', 'typed_config', 'common_tls_context'] as const;

function material(source: unknown, ...path: (string | number)[]): Buffer {
  try {
    return readDataSource(source);
  } catch (error) {
    throw error instanceof ConfigError ? error.under(...path) : error;
  }
}

/** What `/certs` shows. */
export interface LoadedCertificate {
  readonly path: string;
  readonly certificate: Buffer;
}

export interface DownstreamTls {
  readonly options: TlsOptions;
  readonly certificates: readonly LoadedCertificate[];
  readonly trusted: readonly LoadedCertificate[];
}

/** @returns undefined for plain text. @throws ConfigError with the path from `transport_socket` on */
export function downstreamTls(transportSocket: unknown): DownstreamTls | undefined {
  const config = messageOf(messageOf(transportSocket).typed_config);
  const type = typeNameOf(config);
  if (type === '' || type === 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer') return undefined;
  if (type !== contextType) {
    throw new ConfigError(
      `the transport socket ${type} needs real Envoy`,
      ['transport_socket', 'typed_config'],
      true,
    );
  }
  const common = messageOf(config.common_tls_context);
  const params = messageOf(common.tls_params);
  const ca = messageOf(common.validation_context).trusted_ca;
  const loaded = messagesOf(common.tls_certificates).map((one, index) => {
    const path = [...under, 'tls_certificates', index];
    const pair = {
      cert: material(one.certificate_chain, ...path, 'certificate_chain'),
      key: material(one.private_key, ...path, 'private_key'),
    };
    try {
      createSecureContext(pair);
    } catch (error) {
      const name = dataSourceName(one.private_key ?? one.certificate_chain);
      throw new ConfigError(`Failed to load private key from ${name}, Cause: ${(error as Error).message}`, [
        ...path,
        'private_key',
      ]);
    }
    return { ...pair, path: dataSourceName(one.certificate_chain) };
  });
  if (loaded.length === 0) throw new ConfigError('No TLS certificates found for server context', [...under]);
  const ciphers = (params.cipher_suites ?? []) as readonly string[];
  const trusted = ca === undefined ? undefined : material(ca, ...under, 'validation_context', 'trusted_ca');
  const secure: SecureContextOptions = {
    cert: loaded.map(({ cert }) => cert),
    key: loaded.map(({ key }) => key),
    minVersion: versions[textOf(params.tls_minimum_protocol_version)] ?? 'TLSv1.2',
    maxVersion: versions[textOf(params.tls_maximum_protocol_version)] ?? 'TLSv1.3',
    ...(trusted === undefined ? {} : { ca: trusted }),
    ...(ciphers.length === 0 ? {} : { ciphers: ciphers.join(':').replace(/[[\]|]/g, ':') }),
  };
  try {
    createSecureContext(secure);
  } catch (error) {
    throw new ConfigError((error as Error).message, [...under]);
  }
  const offered = ((common.alpn_protocols ?? []) as readonly string[]).includes('http/1.1');
  const wantsClient = config.require_client_certificate === true;
  return {
    options: {
      ...secure,
      // An ALPN that is not agreed upon is no error, as in Envoy.
      ...(offered
        ? {
            ALPNCallback: ({ protocols }) => (protocols.includes('http/1.1') ? 'http/1.1' : undefined),
          }
        : {}),
      requestCert: wantsClient || trusted !== undefined,
      rejectUnauthorized: wantsClient || trusted !== undefined,
      handshakeTimeout: 15_000,
    },
    certificates: loaded.map(({ cert, path }) => ({ path, certificate: cert })),
    trusted: trusted === undefined ? [] : [{ path: dataSourceName(ca), certificate: trusted }],
  };
}
