import { listAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { validationType } from '../message-names.js';

/**
 * # no-untrusted-chain
 *
 * `ACCEPT_UNTRUSTED` takes certificates of any authority, self-signed ones too. It is there for tests.
 *
 * Wrong:
 *
 * ```yaml upstream-tls
 * sni: api.example
 * common_tls_context: { validation_context: { trust_chain_verification: ACCEPT_UNTRUSTED } }
 * ```
 *
 * Right:
 *
 * ```yaml upstream-tls
 * sni: api.example
 * common_tls_context: { validation_context: { trusted_ca: { filename: /ca.pem } } }
 * ```
 *
 * Source: CertificateValidationContext.trust_chain_verification.
 */
export const noUntrustedChain: LintRule<'no-untrusted-chain'> = {
  name: 'no-untrusted-chain',
  pack: 'tls',
  summary: 'certificates come from an authority that is trusted, or are pinned',
  severity: 'warning',
  *check(view) {
    for (const { value, path } of view.all(validationType)) {
      const pinned =
        listAt(value.verify_certificate_hash).length + listAt(value.verify_certificate_spki).length > 0;
      if (value.trust_chain_verification !== 'ACCEPT_UNTRUSTED' || pinned) continue;
      yield {
        path: [...path, 'trust_chain_verification'],
        message: 'certificates of anybody are taken, self-signed ones too',
        fix: 'remove it, and name trusted_ca',
      };
    }
  },
};
