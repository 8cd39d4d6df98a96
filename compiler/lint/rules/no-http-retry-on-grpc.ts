import { isSet, textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { routeType } from '../message-names.js';

const ofHttp = /^(?:5xx|gateway-error|retriable-4xx|retriable-status-codes)$/;
const ofGrpc = /^(?:cancelled|deadline-exceeded|internal|resource-exhausted|unavailable)$/;

/**
 * # no-http-retry-on-grpc
 *
 * A gRPC call that fails has the HTTP status 200: `5xx` and `gateway-error` retry nothing. The conditions for gRPC are
 * `unavailable`, `cancelled`, `deadline-exceeded`, `internal` and `resource-exhausted`.
 *
 * Wrong:
 *
 * ```yaml routes
 * - match: { prefix: /shop.Cart/, grpc: {} }
 *   route: { cluster: cart, timeout: 0s, retry_policy: { retry_on: 5xx } }
 * ```
 *
 * Right:
 *
 * ```yaml routes
 * - match: { prefix: /shop.Cart/, grpc: {} }
 *   route: { cluster: cart, timeout: 0s, retry_policy: { retry_on: "unavailable,connect-failure" } }
 * ```
 *
 * Source: Envoy documentation, x-envoy-retry-grpc-on.
 */
export const noHttpRetryOnGrpc: LintRule<'no-http-retry-on-grpc'> = {
  name: 'no-http-retry-on-grpc',
  pack: 'grpc',
  summary: 'gRPC routes retry by the status of gRPC',
  severity: 'warning',
  *check(view) {
    for (const route of view.all(routeType)) {
      if (!isSet(route.at('match').value.grpc)) continue;
      const policy = route.at('route').at('retry_policy');
      const words = textAt(policy.value.retry_on)
        .split(',')
        .map((word) => word.trim());
      if (!words.some((word) => ofHttp.test(word)) || words.some((word) => ofGrpc.test(word))) continue;
      yield {
        path: [...policy.path, 'retry_on'],
        message: 'failed gRPC calls have the HTTP status 200: they are not retried',
        fix: 'add unavailable, or what else should be retried',
      };
    }
  },
};
