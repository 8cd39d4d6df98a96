import type { BootstrapView, Message } from '../../check/bootstrap-view.js';
import { isSet, numberAt, textAt } from '../../check/bootstrap-view.js';
import { endpointsOf, nameOf, socketOf, targetsOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';
import { routeType, tcpProxyType } from '../message-names.js';

function isTunnel(route: Message): boolean {
  return (
    isSet(route.at('match').value.connect_matcher) ||
    route
      .at('route')
      .list('upgrade_configs')
      .some(({ value }) => isSet(value.connect_config) || /^connect/i.test(textAt(value.upgrade_type)))
  );
}

/** Clusters that a TCP proxy, or the end of a CONNECT tunnel, passes the TLS of its clients on to. */
function passedThrough(view: BootstrapView): ReadonlySet<string> {
  const tunnels = view.all(routeType).filter(isTunnel);
  return new Set([
    ...view.all(tcpProxyType).flatMap(({ value }) => targetsOf(value)),
    ...tunnels.flatMap((route) => targetsOf(route.at('route').value)),
  ]);
}

/**
 * # no-plaintext-tls-port
 *
 * Port 443 speaks TLS nearly everywhere. A cluster that goes there without a `transport_socket` sends plain HTTP and gets
 * a 400 or a closed connection back.
 *
 * Wrong:
 *
 * ```yaml cluster
 * name: api
 * type: STRICT_DNS
 * dns_lookup_family: V4_ONLY
 * load_assignment:
 *   cluster_name: api
 *   endpoints:
 *   - lb_endpoints:
 *     - endpoint: { address: { socket_address: { address: api.example, port_value: 443 } } }
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: api
 * type: STRICT_DNS
 * dns_lookup_family: V4_ONLY
 * load_assignment:
 *   cluster_name: api
 *   endpoints:
 *   - lb_endpoints:
 *     - endpoint: { address: { socket_address: { address: api.example, port_value: 443 } } }
 * transport_socket:
 *   name: envoy.transport_sockets.tls
 *   typed_config:
 *     "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
 *     sni: api.example
 * ```
 *
 * Source: envoy.config.cluster.v3.Cluster.transport_socket.
 */
export const noPlaintextTlsPort: LintRule<'no-plaintext-tls-port'> = {
  name: 'no-plaintext-tls-port',
  pack: 'correctness',
  summary: 'a cluster that goes to port 443 uses TLS',
  severity: 'warning',
  options: { ports: [443] },
  *check(view, { ports }) {
    let passed: ReadonlySet<string> | undefined;
    for (const cluster of view.clusters) {
      if (isSet(cluster.value.transport_socket) || cluster.list('transport_socket_matches').length > 0)
        continue;
      const endpoint = endpointsOf(cluster).find((one) =>
        ports.includes(numberAt(socketOf(one).port_value) ?? 0),
      );
      if (endpoint === undefined) continue;
      passed ??= passedThrough(view);
      if (passed.has(nameOf(cluster))) continue;
      yield {
        path: [...endpoint.path, 'address'],
        message: `the cluster '${nameOf(cluster)}' goes to port ${socketOf(endpoint).port_value} without TLS`,
        fix: 'add a transport_socket with UpstreamTlsContext',
      };
    }
  },
};
