import { isSet } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { downstreamTlsType } from '../message-names.js';

const contexts = [
  'validation_context',
  'validation_context_sds_secret_config',
  'combined_validation_context',
];

/**
 * # require-client-certificate
 *
 * A `validation_context` on a listener checks the certificate of a client that shows one. Without
 * `require_client_certificate: true` a client that shows none is let in as well, which is mostly not what mutual TLS was
 * set up for.
 *
 * Wrong:
 *
 * ```yaml downstream-tls
 * alpn_protocols: [h2]
 * validation_context: { trusted_ca: { filename: /ca.pem } }
 * ```
 *
 * Right:
 *
 * ```yaml bootstrap
 * static_resources:
 *   listeners:
 *   - name: mtls
 *     address: { socket_address: { address: 127.0.0.1, port_value: 443 } }
 *     filter_chains:
 *     - transport_socket:
 *         name: tls
 *         typed_config:
 *           "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
 *           require_client_certificate: true
 *           common_tls_context:
 *             tls_certificates: [{ certificate_chain: { filename: /c.pem }, private_key: { filename: /k.pem } }]
 *             validation_context: { trusted_ca: { filename: /ca.pem } }
 * ```
 *
 * Source: DownstreamTlsContext.require_client_certificate.
 */
export const requireClientCertificate: LintRule<'require-client-certificate'> = {
  name: 'require-client-certificate',
  pack: 'tls',
  summary: 'a listener that checks client certificates demands them',
  severity: 'warning',
  *check(view) {
    for (const tls of view.all(downstreamTlsType)) {
      // An explicit false says that it is meant.
      if (isSet(tls.value.require_client_certificate)) continue;
      const common = tls.at('common_tls_context');
      const field = contexts.find((one) => isSet(common.value[one]));
      if (field === undefined) continue;
      yield {
        path: [...common.path, field],
        message: 'client certificates are checked, and clients without one are let in all the same',
        fix: 'set require_client_certificate: true, or false where that is meant',
      };
    }
  },
};
