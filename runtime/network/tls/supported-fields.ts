/**
 * What both sides serve of the messages of TLS. `DataSource` and `StringMatcher` stand with the routes.
 */
import type { SupportedFields } from '../../config/supported-fields.js';
import { onlyValues } from '../../config/supported-fields.js';

const tls = 'envoy.extensions.transport_sockets.tls.v3.';
const core = 'envoy.config.core.v3.';

export const tlsSupportedFields: SupportedFields = {
  [`${tls}CommonTlsContext`]: {
    tls_params: true,
    tls_certificates: true,
    tls_certificate_sds_secret_configs: true,
    validation_context: true,
    validation_context_sds_secret_config: true,
    combined_validation_context: true,
    alpn_protocols: true,
  },
  [`${tls}CommonTlsContext.CombinedCertificateValidationContext`]: {
    default_validation_context: true,
    validation_context_sds_secret_config: true,
  },
  [`${tls}TlsParameters`]: {
    tls_minimum_protocol_version: true,
    tls_maximum_protocol_version: true,
    cipher_suites: true,
    ecdh_curves: true,
    signature_algorithms: true,
  },
  [`${tls}TlsCertificate`]: {
    certificate_chain: true,
    private_key: true,
    pkcs12: true,
    password: true,
    ocsp_staple: true,
    // Files are watched one by one, however they are replaced.
    watched_directory: 'ignored',
  },
  [`${tls}CertificateValidationContext`]: {
    trusted_ca: true,
    crl: true,
    verify_certificate_spki: true,
    verify_certificate_hash: true,
    match_typed_subject_alt_names: true,
    match_subject_alt_names: true,
    trust_chain_verification: true,
    only_verify_leaf_cert_crl: onlyValues(false),
    allow_expired_certificate: onlyValues(false),
    suppress_client_ca_list: onlyValues(false),
    watched_directory: 'ignored',
  },
  [`${tls}SubjectAltNameMatcher`]: { san_type: true, matcher: true, oid: true },
  [`${tls}TlsSessionTicketKeys`]: { keys: true },
  [`${tls}SdsSecretConfig`]: { name: true, sds_config: true },
  [`${tls}Secret`]: {
    name: true,
    tls_certificate: true,
    validation_context: true,
    session_ticket_keys: true,
  },
  [`${core}ConfigSource`]: {
    path: true,
    path_config_source: true,
    resource_api_version: 'ignored',
    initial_fetch_timeout: 'ignored',
  },
  [`${core}PathConfigSource`]: { path: true, watched_directory: 'ignored', poll_interval: 'ignored' },
};
