import { textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { tlsParametersType } from '../message-names.js';

const versions = ['TLSv1_0', 'TLSv1_1', 'TLSv1_2', 'TLSv1_3'];

/**
 * # no-inverted-tls-range
 *
 * A lowest version above the highest is accepted, and then no handshake succeeds.
 *
 * Wrong:
 *
 * ```yaml downstream-tls
 * tls_params: { tls_minimum_protocol_version: TLSv1_3, tls_maximum_protocol_version: TLSv1_2 }
 * ```
 *
 * Right:
 *
 * ```yaml downstream-tls
 * tls_params: { tls_minimum_protocol_version: TLSv1_2, tls_maximum_protocol_version: TLSv1_3 }
 * ```
 *
 * Source: measured on Envoy 1.40.
 */
export const noInvertedTlsRange: LintRule<'no-inverted-tls-range'> = {
  name: 'no-inverted-tls-range',
  pack: 'tls',
  summary: 'the lowest TLS version is not above the highest',
  severity: 'warning',
  *check(view) {
    for (const parameters of view.all(tlsParametersType)) {
      const lowest = textAt(parameters.value.tls_minimum_protocol_version);
      const highest = textAt(parameters.value.tls_maximum_protocol_version);
      if (versions.indexOf(highest) < 0 || versions.indexOf(lowest) <= versions.indexOf(highest)) continue;
      yield {
        path: [...parameters.path, 'tls_minimum_protocol_version'],
        message: `no handshake can succeed: at least ${lowest} and at most ${highest}`,
        fix: 'exchange them',
      };
    }
  },
};
