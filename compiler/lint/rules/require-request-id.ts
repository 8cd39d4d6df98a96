import type { LintRule } from '../lint-rule.js';
import { managerType } from '../message-names.js';

/**
 * # require-request-id
 *
 * `x-request-id` ties the log lines of all services of one request together. Envoy makes one unless it is told not to.
 *
 * Wrong:
 *
 * ```yaml hcm
 * generate_request_id: false
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * generate_request_id: true
 * ```
 *
 * Source: HttpConnectionManager.generate_request_id.
 */
export const requireRequestId: LintRule<'require-request-id'> = {
  name: 'require-request-id',
  pack: 'observability',
  summary: 'requests have an id',
  severity: 'off',
  *check(view) {
    for (const manager of view.all(managerType)) {
      if (manager.value.generate_request_id !== false) continue;
      yield {
        path: [...manager.path, 'generate_request_id'],
        message: 'requests get no id: log lines of one request cannot be found',
        fix: 'remove it',
      };
    }
  },
};
