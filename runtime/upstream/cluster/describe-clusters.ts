/**
 * What `/clusters` says, line for line and field for field as Envoy's admin interface.
 */
import type { Host } from '../host/host.js';
import type { CircuitBreakerLimits, Cluster, ClusterManager } from './cluster.js';

type Line = readonly [name: string, value: string | number | boolean];

function breakerLines(priority: string, limits: CircuitBreakerLimits): Line[] {
  return [
    [`${priority}_priority::max_connections`, limits.maxConnections],
    [`${priority}_priority::max_pending_requests`, limits.maxPendingRequests],
    [`${priority}_priority::max_requests`, limits.maxRequests],
    [`${priority}_priority::max_retries`, limits.maxRetries],
  ];
}

function clusterLines(cluster: Cluster): Line[] {
  return [
    ['observability_name', cluster.observabilityName],
    ...breakerLines('default', cluster.resources('DEFAULT').limits),
    ...breakerLines('high', cluster.resources('HIGH').limits),
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
    ['canary', host.lbMetadata?.canary === true],
    ['priority', host.priority],
    ['success_rate', -1],
    ['local_origin_success_rate', -1],
  ];
}

const everything = (): boolean => true;

function shown(manager: ClusterManager, matches: (name: string) => boolean): readonly Cluster[] {
  return manager.all().filter(({ name }) => matches(name));
}

/** @param matches `?filter=`; all when absent */
export function clustersText(
  manager: ClusterManager,
  matches: (name: string) => boolean = everything,
): string {
  let text = '';
  for (const cluster of shown(manager, matches)) {
    for (const [name, value] of clusterLines(cluster)) text += `${cluster.name}::${name}::${value}\n`;
    for (const host of cluster.hostSet.hosts) {
      const prefix = `${cluster.name}::${host.addressText}::`;
      for (const [name, value] of hostLines(host)) text += `${prefix}${name}::${value}\n`;
    }
  }
  return text;
}

/** What is empty or 0 is not written, as in all of Envoy's JSON. */
function withoutDefaults(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '' && value !== 0));
}

function hostStatus(host: Host): unknown {
  const { address, stats } = host;
  const counter = (name: string, value: number) => ({
    ...(value === 0 ? {} : { value: String(value) }),
    name,
  });
  const gauge = (name: string, value: number) => ({ type: 'GAUGE', ...counter(name, value) });
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
    health_status: {
      ...(host.healthy ? {} : { failed_active_health_check: true }),
      eds_health_status: 'HEALTHY',
    },
    ...withoutDefaults({ weight: host.weight, hostname: host.hostname, priority: host.priority }),
    locality: withoutDefaults({ region: host.region, zone: host.zone, sub_zone: host.subZone }),
  };
}

function thresholds({ maxConnections, maxPendingRequests, maxRequests, maxRetries }: CircuitBreakerLimits) {
  return {
    max_connections: maxConnections,
    max_pending_requests: maxPendingRequests,
    max_requests: maxRequests,
    max_retries: maxRetries,
  };
}

/** `envoy.admin.v3.Clusters`. @param matches `?filter=`; all when absent */
export function clustersJson(
  manager: ClusterManager,
  matches: (name: string) => boolean = everything,
): unknown {
  return {
    cluster_statuses: shown(manager, matches).map((cluster) => ({
      name: cluster.name,
      ...(cluster.hostSet.hosts.length === 0 ? {} : { host_statuses: cluster.hostSet.hosts.map(hostStatus) }),
      circuit_breakers: {
        thresholds: [
          thresholds(cluster.resources('DEFAULT').limits),
          { priority: 'HIGH', ...thresholds(cluster.resources('HIGH').limits) },
        ],
      },
      observability_name: cluster.observabilityName,
    })),
  };
}
