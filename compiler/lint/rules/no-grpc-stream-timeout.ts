import { isSet } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { millisecondsAt } from '../milliseconds.js';
import { routeType } from '../message-names.js';

/**
 * # no-grpc-stream-timeout
 *
 * The time-out of a route (15 seconds when nobody says otherwise) ends the whole call, and a gRPC stream is one call: it is
 * cut while it is in use. Let the client's deadline decide: `timeout: 0s` with `max_stream_duration.grpc_timeout_header_max`.
 *
 * Wrong:
 *
 * ```yaml routes
 * - match: { prefix: /chat.Chat/, grpc: {} }
 *   route: { cluster: chat }
 * ```
 *
 * Right:
 *
 * ```yaml routes
 * - match: { prefix: /chat.Chat/, grpc: {} }
 *   route: { cluster: chat, timeout: 0s, max_stream_duration: { grpc_timeout_header_max: 0s } }
 * ```
 *
 * Source: envoy.config.route.v3.RouteAction.timeout; envoyproxy/envoy issues 8662, 17697 and 35812.
 */
export const noGrpcStreamTimeout: LintRule<'no-grpc-stream-timeout'> = {
  name: 'no-grpc-stream-timeout',
  pack: 'grpc',
  summary: 'gRPC streams are not cut by the time-out of a route',
  severity: 'warning',
  *check(view) {
    for (const route of view.all(routeType)) {
      const action = route.at('route');
      if (!isSet(route.at('match').value.grpc) || !isSet(route.value.route)) continue;
      // Whoever wrote a limit for the stream has thought of it.
      if (isSet(action.value.max_stream_duration) || isSet(action.value.max_grpc_timeout)) continue;
      const timeout = isSet(action.value.timeout) ? (millisecondsAt(action.value.timeout) ?? 0) : 15_000;
      if (timeout === 0) continue;
      yield {
        path: isSet(action.value.timeout) ? [...action.path, 'timeout'] : action.path,
        message: `calls are cut after ${timeout / 1000} s, streams in use too`,
        fix: 'set timeout: 0s, and max_stream_duration.grpc_timeout_header_max for the deadline of the client',
      };
    }
  },
};
