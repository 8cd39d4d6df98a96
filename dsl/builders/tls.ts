/**
 * TLS towards clients and towards hosts. Files are read by the proxy when it starts, not by the compiler.
 */
import type { SdsSecretConfig, TransportSocket } from '../types.js';
import { defined, extension } from './extension.js';

const tls = 'envoy.extensions.transport_sockets.tls.v3.';
const name = 'envoy.transport_sockets.tls';

export interface TlsOptions {
  /** Protocols to offer, best first. Default `http/1.1`. */
  readonly alpn?: readonly string[];
  /** Oldest version to accept, default TLS 1.2. */
  readonly minimumVersion?: 'TLSv1_2' | 'TLSv1_3';
}

/** A certificate chain with its key: one PEM file that holds both, two files, or a secret by `secretRef`. */
export type CertificateInput =
  | string
  | { readonly chain: string; readonly key: string }
  | { readonly secret: SdsSecretConfig };

/** Authorities that vouch for the peer: a PEM file, or a secret by `secretRef`. */
export type AuthorityInput = string | { readonly secret: SdsSecretConfig };

function certificates(inputs: readonly CertificateInput[]) {
  const files = inputs.filter((one) => typeof one === 'string' || 'chain' in one);
  const secrets = inputs.filter((one) => typeof one === 'object' && 'secret' in one);
  return {
    ...(files.length === 0
      ? {}
      : {
          tls_certificates: files.map((one) => {
            const { chain, key } =
              typeof one === 'string' ? { chain: one, key: one } : (one as { chain: string; key: string });
            return { certificate_chain: { filename: chain }, private_key: { filename: key } };
          }),
        }),
    ...(secrets.length === 0
      ? {}
      : {
          tls_certificate_sds_secret_configs: secrets.map(
            (one) => (one as { secret: SdsSecretConfig }).secret,
          ),
        }),
  };
}

function listOf<T>(input: T | readonly T[]): readonly T[] {
  return Array.isArray(input) ? (input as readonly T[]) : [input as T];
}

/** Exact names of the peer, or none to check the authority alone. */
function validation(authority: AuthorityInput | undefined, names: readonly string[] | undefined) {
  const sans = names?.map((exact) => ({
    san_type: exact.includes('://') ? ('URI' as const) : ('DNS' as const),
    matcher: { exact },
  }));
  const match = sans === undefined || sans.length === 0 ? {} : { match_typed_subject_alt_names: sans };
  if (authority === undefined) return {};
  if (typeof authority === 'string') {
    return { validation_context: { trusted_ca: { filename: authority }, ...match } };
  }
  if (Object.keys(match).length === 0) return { validation_context_sds_secret_config: authority.secret };
  return {
    combined_validation_context: {
      default_validation_context: match,
      validation_context_sds_secret_config: authority.secret,
    },
  };
}

/**
 * TLS towards clients from one PEM file that holds the certificate chain and its key.
 * @param path read by the proxy when it starts, not by the compiler
 */
export function tlsFromPem(path: string, options: TlsOptions = {}): TransportSocket {
  return downstreamTls({ ...options, certificate: path });
}

export interface DownstreamTlsOptions extends TlsOptions {
  readonly certificate: CertificateInput | readonly CertificateInput[];
  /** Clients must show a certificate that these vouch for. */
  readonly clientAuthority?: AuthorityInput;
  /** Names of which a client's certificate must have one. */
  readonly clientNames?: readonly string[];
}

/** TLS towards clients. With `clientAuthority` clients must show a certificate (mutual TLS). */
export function downstreamTls(options: DownstreamTlsOptions): TransportSocket {
  const {
    alpn = ['http/1.1'],
    certificate,
    clientAuthority,
    clientNames,
    minimumVersion = 'TLSv1_2',
  } = options;
  return extension<TransportSocket>(name, `${tls}DownstreamTlsContext`, {
    common_tls_context: {
      alpn_protocols: alpn,
      tls_params: { tls_minimum_protocol_version: minimumVersion },
      ...certificates(listOf(certificate)),
      ...validation(clientAuthority, clientNames),
    },
    ...(clientAuthority === undefined ? {} : { require_client_certificate: true }),
  });
}

export interface UpstreamTlsOptions extends TlsOptions {
  /** Server name that is asked for, and that the certificate must be for. */
  readonly sni: string;
  /** PEM file of the authorities, by default those of Debian and Alpine: /etc/ssl/certs/ca-certificates.crt. */
  readonly authority?: AuthorityInput;
  /** Names of which the certificate must have one. Default: `sni`. */
  readonly names?: readonly string[];
  /** What this side shows (mutual TLS). */
  readonly certificate?: CertificateInput;
}

/**
 * TLS towards the hosts of a cluster. The certificate of a host is checked, unlike Envoy's default, which checks
 * nothing.
 */
export function upstreamTls(options: UpstreamTlsOptions): TransportSocket {
  const {
    alpn,
    authority = '/etc/ssl/certs/ca-certificates.crt',
    certificate,
    minimumVersion = 'TLSv1_2',
    sni,
  } = options;
  return extension<TransportSocket>(name, `${tls}UpstreamTlsContext`, {
    common_tls_context: defined({
      alpn_protocols: alpn,
      tls_params: { tls_minimum_protocol_version: minimumVersion },
      ...(certificate === undefined ? {} : certificates([certificate])),
      ...validation(authority, options.names ?? [sni]),
    }),
    sni,
  });
}
