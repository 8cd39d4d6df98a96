import { textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { tlsParametersType } from '../message-names.js';

/**
 * # no-old-tls
 *
 * TLS 1.0 and 1.1 are withdrawn: browsers refuse them and audits fail on them. Envoy's own minimum is 1.2 on both sides.
 *
 * Wrong:
 *
 * ```yaml downstream-tls
 * tls_params: { tls_minimum_protocol_version: TLSv1_0 }
 * ```
 *
 * Right:
 *
 * ```yaml downstream-tls
 * tls_params: { tls_minimum_protocol_version: TLSv1_2 }
 * ```
 *
 * Source: RFC 8996, deprecating TLS 1.0 and 1.1.
 */
export const noOldTls: LintRule<'no-old-tls'> = {
  name: 'no-old-tls',
  pack: 'tls',
  summary: 'TLS 1.2 or later',
  severity: 'warning',
  *check(view) {
    for (const parameters of view.all(tlsParametersType)) {
      for (const field of ['tls_minimum_protocol_version', 'tls_maximum_protocol_version']) {
        const version = textAt(parameters.value[field]);
        if (version !== 'TLSv1_0' && version !== 'TLSv1_1') continue;
        yield {
          path: [...parameters.path, field],
          message: `${version} is withdrawn`,
          fix: 'write TLSv1_2, or leave it out',
        };
      }
    }
  },
};
