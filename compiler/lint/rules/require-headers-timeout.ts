import { isSet } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { openManagers } from '../open-addresses.js';

/**
 * # require-headers-timeout
 *
 * A client that sends its headers one byte a minute keeps a stream open for as long as it likes: by default Envoy has no
 * limit for that. `request_headers_timeout` is the answer to Slowloris.
 *
 * Wrong:
 *
 * ```yaml hcm
 * stream_idle_timeout: 300s
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * stream_idle_timeout: 300s
 * request_headers_timeout: 10s
 * ```
 *
 * Source: HttpConnectionManager.request_headers_timeout.
 */
export const requireHeadersTimeout: LintRule<'require-headers-timeout'> = {
  name: 'require-headers-timeout',
  pack: 'edge',
  summary: 'an open listener limits the time for request headers',
  severity: 'off',
  *check(view) {
    for (const manager of openManagers(view)) {
      if (isSet(manager.value.request_headers_timeout) || isSet(manager.value.request_timeout)) continue;
      yield {
        path: manager.path,
        message: 'clients may take as long as they like to send their headers',
        fix: 'set request_headers_timeout: 10s',
      };
    }
  },
};
