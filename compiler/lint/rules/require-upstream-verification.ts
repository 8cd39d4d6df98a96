import { isSet } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { upstreamTlsType } from '../message-names.js';

const contexts = [
  'validation_context',
  'validation_context_sds_secret_config',
  'combined_validation_context',
  'custom_tls_certificate_selector',
];

/**
 * # require-upstream-verification
 *
 * Without a `validation_context` Envoy encrypts and asks nobody who is at the other end: whoever gets between reads and
 * answers everything. Name the authority (`trusted_ca`) and the name to expect.
 *
 * Wrong:
 *
 * ```yaml upstream-tls
 * sni: api.example
 * ```
 *
 * Right:
 *
 * ```yaml upstream-tls
 * sni: api.example
 * common_tls_context:
 *   validation_context:
 *     trusted_ca: { filename: /etc/ssl/certs/ca-certificates.crt }
 *     match_typed_subject_alt_names: [{ san_type: DNS, matcher: { exact: api.example } }]
 * ```
 *
 * Source: Envoy documentation, "TLS", enabling certificate verification.
 */
export const requireUpstreamVerification: LintRule<'require-upstream-verification'> = {
  name: 'require-upstream-verification',
  pack: 'tls',
  summary: 'certificates of upstreams are verified',
  severity: 'warning',
  *check(view) {
    for (const tls of view.all(upstreamTlsType)) {
      const common = tls.at('common_tls_context');
      if (contexts.some((field) => isSet(common.value[field]))) continue;
      yield {
        path: tls.path,
        message: 'the certificate of the upstream is not verified: anybody in between can answer',
        fix: 'set common_tls_context.validation_context with trusted_ca and match_typed_subject_alt_names',
      };
    }
  },
};
