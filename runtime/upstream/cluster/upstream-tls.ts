/**
 * `UpstreamTlsContext` -> what `tls.connect` takes. As in Envoy, the server is verified only when a CA is given.
 */
import type { ConnectionOptions, SecureVersion } from 'node:tls';
import { messageOf, messagesOf, textOf, typeNameOf } from '../../common/message-fields.js';
import { readDataSource } from '../../network/data-source.js';
import { ConfigError } from '../../network/filter.js';

const contextType = 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';

const versions: Readonly<Record<string, SecureVersion>> = {
  TLSv1_0: 'TLSv1',
  TLSv1_1: 'TLSv1.1',
  TLSv1_2: 'TLSv1.2',
  TLSv1_3: 'TLSv1.3',
};

function material(source: unknown, ...path: (string | number)[]): Buffer {
  try {
    return readDataSource(source);
  } catch (error) {
    throw error instanceof ConfigError ? error.under(...path) : error;
  }
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
  const under = ['transport_socket', 'typed_config', 'common_tls_context'] as const;
  const trusted = messageOf(common.validation_context).trusted_ca;
  const certificates = messagesOf(common.tls_certificates).map((certificate, index) => ({
    cert: material(certificate.certificate_chain, ...under, 'tls_certificates', index, 'certificate_chain'),
    key: material(certificate.private_key, ...under, 'tls_certificates', index, 'private_key'),
  }));
  const sni = textOf(context.sni);
  return {
    ...(sni === '' ? {} : { servername: sni }),
    rejectUnauthorized: trusted !== undefined,
    ...(trusted === undefined ? {} : { ca: material(trusted, ...under, 'validation_context', 'trusted_ca') }),
    // Envoy checks the chain; names only where `match_typed_subject_alt_names` asks for it.
    checkServerIdentity: () => undefined,
    ...(certificates[0] === undefined ? {} : certificates[0]),
    ALPNProtocols: ['http/1.1'],
    minVersion: versions[textOf(params.tls_minimum_protocol_version)] ?? 'TLSv1.2',
    maxVersion: versions[textOf(params.tls_maximum_protocol_version)] ?? 'TLSv1.2',
  };
}
