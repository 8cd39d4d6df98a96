import type { LintRule } from '../lint-rule.js';
import { openManagers } from '../open-addresses.js';

/**
 * # no-chunked-length
 *
 * A request with both `content-length` and `transfer-encoding: chunked` is how requests are smuggled past a proxy: the two
 * ends disagree about where it stops. Envoy refuses it unless `allow_chunked_length` is set.
 *
 * Wrong:
 *
 * ```yaml hcm
 * http_protocol_options: { allow_chunked_length: true }
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * http_protocol_options: { accept_http_10: false }
 * ```
 *
 * Source: envoy.config.core.v3.Http1ProtocolOptions.allow_chunked_length; RFC 9112, section 6.3.
 */
export const noChunkedLength: LintRule<'no-chunked-length'> = {
  name: 'no-chunked-length',
  pack: 'edge',
  summary: 'requests with two lengths are refused',
  severity: 'warning',
  *check(view) {
    for (const manager of openManagers(view)) {
      const options = manager.at('http_protocol_options');
      if (options.value.allow_chunked_length !== true) continue;
      yield {
        path: [...options.path, 'allow_chunked_length'],
        message:
          'requests with content-length and transfer-encoding are taken, which is how requests are smuggled',
        fix: 'remove it',
      };
    }
  },
};
