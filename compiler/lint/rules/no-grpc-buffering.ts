import { fieldsAt, isSet, typeOf } from '../../check/bootstrap-view.js';
import { nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';
import { managerType, routeType } from '../message-names.js';

const buffer = 'envoy.extensions.filters.http.buffer.v3.Buffer';

/**
 * # no-grpc-buffering
 *
 * The buffer filter waits for the end of a request before it passes it on. A client or bidirectional gRPC stream has no
 * end until it is over: nothing arrives. Switch the filter off for the routes of gRPC.
 *
 * Wrong:
 *
 * ```yaml hcm
 * http_filters:
 * - name: buffer
 *   typed_config:
 *     "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer
 *     max_request_bytes: 1000
 * - name: router
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
 * route_config:
 *   virtual_hosts:
 *   - name: all
 *     domains: ["*"]
 *     routes: [{ match: { prefix: /, grpc: {} }, route: { cluster: chat } }]
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * route_config:
 *   virtual_hosts:
 *   - name: all
 *     domains: ["*"]
 *     routes: [{ match: { prefix: /, grpc: {} }, route: { cluster: chat } }]
 * ```
 *
 * Source: envoy.extensions.filters.http.buffer.v3.Buffer.
 */
export const noGrpcBuffering: LintRule<'no-grpc-buffering'> = {
  name: 'no-grpc-buffering',
  pack: 'grpc',
  summary: 'gRPC routes are not buffered',
  severity: 'warning',
  *check(view) {
    if (!view.types.includes(buffer)) return;
    for (const route of view.all(routeType)) {
      if (!isSet(route.at('match').value.grpc)) continue;
      const filter = route
        .within(managerType)
        ?.list('http_filters')
        .find((one) => typeOf(one.value.typed_config) === buffer);
      if (filter === undefined || isSet(fieldsAt(route.value.typed_per_filter_config)[nameOf(filter)]))
        continue;
      yield {
        path: route.path,
        message: 'the buffer filter holds the stream back until it is over',
        fix: `switch it off here: typed_per_filter_config with BufferPerRoute under '${nameOf(filter)}'`,
        related: { path: filter.path, message: 'the filter' },
      };
    }
  },
};
