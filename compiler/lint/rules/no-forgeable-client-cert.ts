import type { LintRule } from '../lint-rule.js';
import { downstreamTlsType, filterChainType } from '../message-names.js';
import { openManagers } from '../open-addresses.js';

/**
 * # no-forgeable-client-cert
 *
 * `x-forwarded-client-cert` tells backends which client certificate was shown. `ALWAYS_FORWARD_ONLY` on a listener without
 * client certificates passes on what anybody sends: whoever knows the header is whoever he likes.
 *
 * Wrong:
 *
 * ```yaml hcm
 * forward_client_cert_details: ALWAYS_FORWARD_ONLY
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * forward_client_cert_details: SANITIZE_SET
 * ```
 *
 * Source: HttpConnectionManager.forward_client_cert_details.
 */
export const noForgeableClientCert: LintRule<'no-forgeable-client-cert'> = {
  name: 'no-forgeable-client-cert',
  pack: 'edge',
  summary: 'an open listener does not pass on client certificates that it did not see',
  severity: 'warning',
  *check(view) {
    const verified = new Set(
      view
        .all(downstreamTlsType)
        .filter(({ value }) => value.require_client_certificate === true)
        .map((tls) => tls.within(filterChainType)?.value),
    );
    for (const manager of openManagers(view)) {
      if (manager.value.forward_client_cert_details !== 'ALWAYS_FORWARD_ONLY') continue;
      if (verified.has(manager.within(filterChainType)?.value)) continue;
      yield {
        path: [...manager.path, 'forward_client_cert_details'],
        message: 'anybody may send x-forwarded-client-cert, and it is passed on as if it had been checked',
        fix: 'use SANITIZE or SANITIZE_SET',
      };
    }
  },
};
