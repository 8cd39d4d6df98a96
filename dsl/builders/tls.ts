import type { TransportSocket } from '../types.js';

export interface TlsOptions {
  /** Protocols to offer, best first. Default `http/1.1`. */
  readonly alpn?: readonly string[];
  /** Oldest version to accept, default TLS 1.2. */
  readonly minimumVersion?: 'TLSv1_2' | 'TLSv1_3';
}

/**
 * TLS towards clients from one PEM file that holds the certificate chain and its key.
 * @param path read by the proxy when it starts, not by the compiler
 */
export function tlsFromPem(path: string, options: TlsOptions = {}): TransportSocket {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      common_tls_context: {
        alpn_protocols: options.alpn ?? ['http/1.1'],
        tls_params: { tls_minimum_protocol_version: options.minimumVersion ?? 'TLSv1_2' },
        tls_certificates: [{ certificate_chain: { filename: path }, private_key: { filename: path } }],
      },
    },
  };
}
