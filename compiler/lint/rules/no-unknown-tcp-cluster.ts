import { nearName } from '../../../dsl/api/index.js';
import { isSet } from '../../check/bootstrap-view.js';
import { clusterByName, targetsOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';
import { tcpProxyType } from '../message-names.js';

/**
 * # no-unknown-tcp-cluster
 *
 * Envoy looks the cluster of a TCP proxy up when a connection comes, and closes the connection when there is none. It
 * starts with the misspelt name without a word.
 *
 * Wrong:
 *
 * ```yaml bootstrap
 * static_resources:
 *   clusters: [{ name: postgres, type: STATIC }]
 *   listeners:
 *   - name: db
 *     address: { socket_address: { address: 127.0.0.1, port_value: 5432 } }
 *     filter_chains:
 *     - filters:
 *       - name: tcp
 *         typed_config:
 *           "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
 *           stat_prefix: db
 *           cluster: postgress
 * ```
 *
 * Right:
 *
 * ```yaml bootstrap
 * static_resources:
 *   clusters: [{ name: postgres, type: STATIC }]
 *   listeners:
 *   - name: db
 *     address: { socket_address: { address: 127.0.0.1, port_value: 5432 } }
 *     filter_chains:
 *     - filters:
 *       - name: tcp
 *         typed_config:
 *           "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
 *           stat_prefix: db
 *           cluster: postgres
 * ```
 *
 * Source: envoyproxy/envoy issue 3237; measured on Envoy 1.40.
 */
export const noUnknownTcpCluster: LintRule<'no-unknown-tcp-cluster'> = {
  name: 'no-unknown-tcp-cluster',
  pack: 'correctness',
  summary: 'the cluster of a TCP proxy exists',
  severity: 'warning',
  *check(view) {
    const dynamic = view.root.at('dynamic_resources').value;
    if (isSet(dynamic.cds_config) || isSet(dynamic.ads_config)) return;
    const known = clusterByName(view.clusters);
    for (const proxy of view.all(tcpProxyType)) {
      for (const name of targetsOf(proxy.value)) {
        if (known.has(name)) continue;
        const near = nearName(name, [...known.keys()]);
        yield {
          path: [...proxy.path, isSet(proxy.value.cluster) ? 'cluster' : 'weighted_clusters'],
          message: `there is no cluster '${name}': every connection will be closed`,
          fix: near === undefined ? 'add the cluster' : `did you mean '${near}'?`,
        };
      }
    }
  },
};
