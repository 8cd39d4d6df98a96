/**
 * What `/clusters` says, line for line as Envoy's admin interface.
 */
import type { Host } from '../host/host.js';
import type { Cluster, ClusterManager } from './cluster.js';

type Line = readonly [name: string, value: string | number | boolean];

function clusterLines(cluster: Cluster): Line[] {
  const { limits, name } = cluster;
  const breakers = (
    priority: string,
    connections: number,
    pending: number,
    requests: number,
    retries: number,
  ): Line[] => [
    [`${priority}_priority::max_connections`, connections],
    [`${priority}_priority::max_pending_requests`, pending],
    [`${priority}_priority::max_requests`, requests],
    [`${priority}_priority::max_retries`, retries],
  ];
  return [
    ['observability_name', name],
    ['outlier::success_rate_average', -1],
    ['outlier::success_rate_ejection_threshold', -1],
    ['outlier::local_origin_success_rate_average', -1],
    ['outlier::local_origin_success_rate_ejection_threshold', -1],
    ...breakers(
      'default',
      limits.maxConnections,
      limits.maxPendingRequests,
      limits.maxRequests,
      limits.maxRetries,
    ),
    ...breakers('high', 1024, 1024, 1024, 3),
    ['added_via_api', false],
  ];
}

function hostLines(host: Host): Line[] {
  const { stats } = host;
  return [
    ['cx_active', stats.cxActive],
    ['cx_connect_fail', stats.cxConnectFail],
    ['cx_total', stats.cxTotal],
    ['rq_active', stats.rqActive],
    ['rq_error', stats.rqError],
    ['rq_pending_active', stats.rqPendingActive],
    ['rq_success', stats.rqSuccess],
    ['rq_timeout', stats.rqTimeout],
    ['rq_total', stats.rqTotal],
    ['hostname', host.hostname],
    ['health_flags', host.healthy ? 'healthy' : '/failed_active_hc'],
    ['weight', host.weight],
    ['region', host.region],
    ['zone', host.zone],
    ['sub_zone', host.subZone],
    ['canary', false],
    ['priority', host.priority],
    ['success_rate', -1],
    ['local_origin_success_rate', -1],
  ];
}

function shown(manager: ClusterManager, matches: (name: string) => boolean): readonly Cluster[] {
  return manager.all().filter(({ name }) => matches(name));
}

export function clustersText(manager: ClusterManager, matches: (name: string) => boolean): string {
  let text = '';
  for (const cluster of shown(manager, matches)) {
    for (const [name, value] of clusterLines(cluster)) text += `${cluster.name}::${name}::${value}\n`;
    for (const host of cluster.hostSet.hosts) {
      for (const [name, value] of hostLines(host))
        text += `${cluster.name}::${host.addressText}::${name}::${value}\n`;
    }
  }
  return text;
}

function hostStatus(host: Host): unknown {
  const { address, stats } = host;
  const counter = (name: string, value: number) => ({
    ...(value === 0 ? {} : { value: String(value) }),
    name,
  });
  const gauge = (name: string, value: number) => ({ ...counter(name, value), type: 'GAUGE' });
  return {
    address:
      address.kind === 'ip'
        ? { socket_address: { address: address.ip, port_value: address.port } }
        : { pipe: { path: address.path } },
    stats: [
      counter('cx_connect_fail', stats.cxConnectFail),
      counter('cx_total', stats.cxTotal),
      counter('rq_error', stats.rqError),
      counter('rq_success', stats.rqSuccess),
      counter('rq_timeout', stats.rqTimeout),
      counter('rq_total', stats.rqTotal),
      gauge('cx_active', stats.cxActive),
      gauge('rq_active', stats.rqActive),
      gauge('rq_pending_active', stats.rqPendingActive),
    ],
    health_status: host.healthy ? { eds_health_status: 'HEALTHY' } : { failed_active_health_check: true },
    weight: host.weight,
    ...(host.hostname === '' ? {} : { hostname: host.hostname }),
    locality: {},
  };
}

/** `envoy.admin.v3.Clusters`. */
export function clustersJson(manager: ClusterManager, matches: (name: string) => boolean): unknown {
  return {
    cluster_statuses: shown(manager, matches).map((cluster) => ({
      name: cluster.name,
      ...(cluster.hostSet.hosts.length === 0 ? {} : { host_statuses: cluster.hostSet.hosts.map(hostStatus) }),
      circuit_breakers: {
        thresholds: [
          {
            max_connections: cluster.limits.maxConnections,
            max_pending_requests: cluster.limits.maxPendingRequests,
            max_requests: cluster.limits.maxRequests,
            max_retries: cluster.limits.maxRetries,
          },
          {
            priority: 'HIGH',
            max_connections: 1024,
            max_pending_requests: 1024,
            max_requests: 1024,
            max_retries: 3,
          },
        ],
      },
      observability_name: cluster.name,
    })),
  };
}
