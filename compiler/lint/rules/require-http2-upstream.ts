import type { BootstrapView, Message } from '../../check/bootstrap-view.js';
import { isSet, textAt } from '../../check/bootstrap-view.js';
import { clusterByName, nameOf, speaksHttp2, targetsOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';
import { healthCheckType, routeType } from '../message-names.js';

interface Use {
  readonly cluster: string;
  readonly by: Message;
  readonly what: string;
}

function* usesOf(view: BootstrapView): Generator<Use> {
  for (const route of view.all(routeType)) {
    if (!isSet(route.at('match').value.grpc)) continue;
    for (const cluster of targetsOf(route.at('route').value))
      yield { cluster, by: route, what: 'a gRPC route' };
  }
  for (const service of view.all('envoy.config.core.v3.GrpcService.EnvoyGrpc')) {
    yield { cluster: textAt(service.value.cluster_name), by: service, what: "a gRPC service of Envoy's own" };
  }
  for (const check of view.all(healthCheckType)) {
    const cluster = check.parent;
    if (isSet(check.value.grpc_health_check) && cluster !== undefined)
      yield { cluster: nameOf(cluster), by: check, what: 'a gRPC health check' };
  }
}

/**
 * # require-http2-upstream
 *
 * gRPC is HTTP/2. A cluster that a gRPC route, a gRPC health check or a gRPC client of Envoy's own goes to speaks HTTP/1.1
 * unless its options say otherwise, and then every call fails.
 *
 * Wrong:
 *
 * ```yaml routes
 * - match: { prefix: /shop.Cart/, grpc: {} }
 *   route: { cluster: cart }
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: cart
 * type: STATIC
 * typed_extension_protocol_options:
 *   envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
 *     "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
 *     explicit_http_config: { http2_protocol_options: {} }
 * ```
 *
 * Source: gRPC over HTTP2 (grpc.io); envoy.extensions.upstreams.http.v3.HttpProtocolOptions.
 */
export const requireHttp2Upstream: LintRule<'require-http2-upstream'> = {
  name: 'require-http2-upstream',
  pack: 'grpc',
  summary: 'a cluster that gRPC goes to speaks HTTP/2',
  severity: 'warning',
  *check(view) {
    const clusters = clusterByName(view.clusters);
    const told = new Set<string>();
    for (const { cluster: name, by, what } of usesOf(view)) {
      const cluster = clusters.get(name);
      if (cluster === undefined || told.has(name) || speaksHttp2(cluster)) continue;
      told.add(name);
      yield {
        path: cluster.path,
        message: `the cluster '${name}' speaks HTTP/1.1, and ${what} needs HTTP/2`,
        fix: 'set explicit_http_config.http2_protocol_options: {} in its HttpProtocolOptions',
        related: { path: by.path, message: what },
      };
    }
  },
};
