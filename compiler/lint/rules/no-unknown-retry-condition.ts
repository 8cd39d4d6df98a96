import { nearName } from '../../../dsl/api/index.js';
import { textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { retryPolicyType } from '../message-names.js';

const conditions: readonly string[] = [
  ...['5xx', 'gateway-error', 'reset', 'reset-before-request', 'connect-failure', 'envoy-ratelimited'],
  ...[
    'retriable-4xx',
    'refused-stream',
    'retriable-status-codes',
    'retriable-headers',
    'http3-post-connect-failure',
  ],
  ...['cancelled', 'deadline-exceeded', 'internal', 'resource-exhausted', 'unavailable'],
];

/**
 * # no-unknown-retry-condition
 *
 * Envoy ignores words in `retry_on` that it does not know: `5XX` or `conect-failure` retry nothing.
 *
 * Wrong:
 *
 * ```yaml routes
 * - match: { prefix: / }
 *   route: { cluster: web, retry_policy: { retry_on: "5xx,conect-failure" } }
 * ```
 *
 * Right:
 *
 * ```yaml routes
 * - match: { prefix: / }
 *   route: { cluster: web, retry_policy: { retry_on: "5xx,connect-failure" } }
 * ```
 *
 * Source: Envoy documentation, x-envoy-retry-on and x-envoy-retry-grpc-on.
 */
export const noUnknownRetryCondition: LintRule<'no-unknown-retry-condition'> = {
  name: 'no-unknown-retry-condition',
  pack: 'correctness',
  summary: 'retry_on has only words that Envoy knows',
  severity: 'warning',
  *check(view) {
    for (const policy of view.all(retryPolicyType)) {
      for (const word of textAt(policy.value.retry_on).split(',')) {
        const name = word.trim();
        if (name === '' || conditions.includes(name)) continue;
        const near = nearName(name.toLowerCase(), conditions);
        yield {
          path: [...policy.path, 'retry_on'],
          message: `Envoy does not know the retry condition '${name}' and ignores it`,
          fix:
            near === undefined
              ? `write some of ${conditions.slice(0, 6).join(', ')} ...`
              : `did you mean '${near}'?`,
        };
      }
    }
  },
};
