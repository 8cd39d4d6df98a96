/**
 * `UpstreamTlsContext` -> what `tls.connect` takes. As in Envoy, the server is verified only when a CA is given.
 */
import type { ConnectionOptions, SecureContext, SecureContextOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import { messageOf, messagesOf, textOf, typeNameOf } from '../../common/message-fields.js';
import { under } from '../../network/config-path.js';
import { dataSourceName, readDataSource } from '../../network/data-source.js';
import { ConfigError } from '../../network/filter.js';
import { tlsVersion } from '../../network/tls-versions.js';

const contextType = 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';

const commonPath = ['transport_socket', 'typed_config', 'common_tls_context'] as const;

/** Parsed once: every connection uses the same one. */
function secureContext(
  options: SecureContextOptions,
  what: string,
  ...path: (string | number)[]
): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    throw new ConfigError(`${what}, Cause: ${(error as Error).message}`, path);
  }
}

/** The certificate that we show when we are asked for one. */
function ownCertificate(common: unknown): { readonly cert: Buffer; readonly key: Buffer } | undefined {
  const certificates = messagesOf(messageOf(common).tls_certificates);
  const [certificate] = certificates;
  if (certificate === undefined) return undefined;
  if (certificates.length > 1) {
    throw new ConfigError(
      'several client certificates need real Envoy',
      [...commonPath, 'tls_certificates', 1],
      true,
    );
  }
  const path = [...commonPath, 'tls_certificates', 0];
  const pair = {
    cert: under(() => readDataSource(certificate.certificate_chain), ...path, 'certificate_chain'),
    key: under(() => readDataSource(certificate.private_key), ...path, 'private_key'),
  };
  const name = dataSourceName(certificate.private_key);
  secureContext(pair, `Failed to load private key from ${name}`, ...path, 'private_key');
  return pair;
}

/** @returns undefined for plain text. @throws ConfigError with the path from `transport_socket` on */
export function upstreamTls(transportSocket: unknown): ConnectionOptions | undefined {
  const config = messageOf(transportSocket).typed_config;
  const type = typeNameOf(config);
  if (type === '' || type === 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer') return undefined;
  if (type !== contextType) {
    throw new ConfigError(
      `the transport socket ${type} needs real Envoy`,
      ['transport_socket', 'typed_config'],
      true,
    );
  }
  const context = messageOf(config);
  const common = messageOf(context.common_tls_context);
  const params = messageOf(common.tls_params);
  const trusted = messageOf(common.validation_context).trusted_ca;
  const sni = textOf(context.sni);
  const protocols = (common.alpn_protocols ?? []) as readonly string[];
  const ciphers = (params.cipher_suites ?? []) as readonly string[];
  const ca =
    trusted === undefined
      ? undefined
      : under(() => readDataSource(trusted), ...commonPath, 'validation_context', 'trusted_ca');
  if (ca !== undefined) {
    const what = `Failed to load trusted CA certificates from ${dataSourceName(trusted)}`;
    const path = [...commonPath, 'validation_context', 'trusted_ca'];
    // OpenSSL takes a text without any certificate for an empty list of CAs, which would trust nobody and say nothing.
    if (!ca.includes('-----BEGIN ')) throw new ConfigError(what, path);
    secureContext({ ca }, what, ...path);
  }
  const options: SecureContextOptions = {
    ...ownCertificate(common),
    ...(ca === undefined ? {} : { ca }),
    // A cipher in brackets is one of a group of equals, `[A|B]`; OpenSSL has an order only.
    ...(ciphers.length === 0 ? {} : { ciphers: ciphers.join(':').replace(/[[\]|]+/g, ':') }),
    minVersion: tlsVersion(params.tls_minimum_protocol_version, 'TLSv1.2'),
    maxVersion: tlsVersion(params.tls_maximum_protocol_version, 'TLSv1.2'),
  };
  return {
    secureContext: secureContext(options, 'Failed to initialize the TLS context', ...commonPath),
    ...(sni === '' ? {} : { servername: sni }),
    rejectUnauthorized: ca !== undefined,
    // Envoy checks the chain; names only where `match_typed_subject_alt_names` asks for it.
    checkServerIdentity: () => undefined,
    // Without it a pool offers what it speaks.
    ...(protocols.length === 0 ? {} : { ALPNProtocols: [...protocols] }),
  };
}
