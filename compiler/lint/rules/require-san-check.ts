import { isSet, listAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { upstreamTlsType, validationType } from '../message-names.js';

const pins = [
  'match_typed_subject_alt_names',
  'match_subject_alt_names',
  'verify_certificate_hash',
  'verify_certificate_spki',
];

/**
 * # require-san-check
 *
 * With `trusted_ca` alone every certificate of that authority is good. A public authority gives one to everybody who asks,
 * an inner one to every service. Say which name is expected.
 *
 * Wrong:
 *
 * ```yaml upstream-tls
 * sni: api.example
 * common_tls_context:
 *   validation_context: { trusted_ca: { filename: /etc/ssl/certs/ca-certificates.crt } }
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
 * Source: CertificateValidationContext.match_typed_subject_alt_names.
 */
export const requireSanCheck: LintRule<'require-san-check'> = {
  name: 'require-san-check',
  pack: 'tls',
  summary: 'the certificate of an upstream has the name that is expected',
  severity: 'warning',
  *check(view) {
    for (const validation of view.all(validationType)) {
      const tls = validation.within(upstreamTlsType);
      if (tls === undefined || tls.value.auto_sni_san_validation === true) continue;
      const { trusted_ca: trusted, system_root_certs: system } = validation.value;
      if (!isSet(trusted) && !isSet(system)) continue;
      if (isSet(validation.value.custom_validator_config)) continue;
      if (pins.some((field) => listAt(validation.value[field]).length > 0)) continue;
      yield {
        path: validation.path,
        message: 'every certificate of the authority is taken, whatever name is in it',
        fix: 'set match_typed_subject_alt_names, or auto_sni_san_validation of the upstream',
      };
    }
  },
};
