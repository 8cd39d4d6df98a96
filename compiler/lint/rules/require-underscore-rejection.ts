import { textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { openManagers } from '../open-addresses.js';

/**
 * # require-underscore-rejection
 *
 * Many application servers read `X_User` and `X-User` as the same header. A client that sends the one passes by rules about
 * the other: at the edge requests with underscores in header names are refused.
 *
 * Wrong:
 *
 * ```yaml hcm
 * use_remote_address: true
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * use_remote_address: true
 * common_http_protocol_options: { headers_with_underscores_action: REJECT_REQUEST }
 * ```
 *
 * Source: Envoy documentation, "Configuring Envoy as an edge proxy".
 */
export const requireUnderscoreRejection: LintRule<'require-underscore-rejection'> = {
  name: 'require-underscore-rejection',
  pack: 'edge',
  summary: 'an open listener refuses header names with underscores',
  severity: 'off',
  *check(view) {
    for (const manager of openManagers(view)) {
      const action = textAt(manager.at('common_http_protocol_options').value.headers_with_underscores_action);
      if (action === 'REJECT_REQUEST' || action === 'DROP_HEADER') continue;
      yield {
        path: manager.path,
        message: 'header names with underscores are let through, and backends take them for others',
        fix: 'set common_http_protocol_options.headers_with_underscores_action: REJECT_REQUEST',
      };
    }
  },
};
