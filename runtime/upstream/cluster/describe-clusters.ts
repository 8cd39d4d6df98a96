/**
 * What `/clusters` says, line for line and field for field as Envoy's admin interface.
 */
import { messageOf, textOf } from '../../common/message-fields.js';
import type { Host } from '../host/host.js';
import {
  ACTIVE_HC_TIMEOUT,
  DEGRADED_ACTIVE_HC,
  DEGRADED_EDS_HEALTH,
  DEGRADED_OUTLIER_DETECTION,
  EDS_STATUS_DRAINING,
  EXCLUDED_VIA_IMMEDIATE_HC_FAIL,
  FAILED_ACTIVE_HC,
  FAILED_EDS_HEALTH,
  FAILED_OUTLIER_CHECK,
  PENDING_ACTIVE_HC,
  PENDING_DYNAMIC_REMOVAL,
} from '../host/host-health.js';
import type { OutlierAverages } from '../outlier/outlier-detector.js';
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

function outlierLines(averages: OutlierAverages | undefined): Line[] {
  if (averages === undefined) return [];
  const { external, localOrigin } = averages;
  return [
    ['outlier::success_rate_average', external.average],
    ['outlier::success_rate_ejection_threshold', external.threshold],
    ['outlier::local_origin_success_rate_average', localOrigin.average],
    ['outlier::local_origin_success_rate_ejection_threshold', localOrigin.threshold],
  ];
}

const serviceNameOf = (cluster: Cluster): string =>
  textOf(messageOf(messageOf(cluster.config).eds_cluster_config).service_name);

function clusterLines(cluster: Cluster, isAddedViaApi: boolean): Line[] {
  const serviceName = serviceNameOf(cluster);
  return [
    ['observability_name', cluster.observabilityName],
    ...outlierLines(cluster.outlierAverages),
    ...breakerLines('default', cluster.resources('DEFAULT').limits),
    ...breakerLines('high', cluster.resources('HIGH').limits),
    ['added_via_api', isAddedViaApi],
    ...(serviceName === '' ? [] : ([['eds_service_name', serviceName]] as const)),
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
    ['health_flags', host.health.text],
    ['weight', host.weight],
    ['region', host.region],
    ['zone', host.zone],
    ['sub_zone', host.subZone],
    ['canary', host.lbMetadata?.canary === true],
    ['priority', host.priority],
    ['success_rate', host.health.outlierMonitor.successRate],
    ['local_origin_success_rate', host.health.outlierMonitor.localOriginSuccessRate],
  ];
}

const everything = (): boolean => true;
const nothing = (): boolean => false;

function shown(manager: ClusterManager, matches: (name: string) => boolean): readonly Cluster[] {
  return manager.all().filter(({ name }) => matches(name));
}

/**
 * @param matches `?filter=`; all when absent
 * @param isAddedViaApi whether a cluster came from elsewhere than the bootstrap; none when absent
 */
export function clustersText(
  manager: ClusterManager,
  matches: (name: string) => boolean = everything,
  isAddedViaApi: (name: string) => boolean = nothing,
): string {
  let text = '';
  for (const cluster of shown(manager, matches)) {
    for (const [name, value] of clusterLines(cluster, isAddedViaApi(cluster.name)))
      text += `${cluster.name}::${name}::${value}\n`;
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

/** A rate that is known. */
function rate(name: string, percent: number): Readonly<Record<string, unknown>> {
  return percent < 0 ? {} : { [name]: percent === 0 ? {} : { value: percent } };
}

/** Flags by their fields in `HostHealthStatus`, in its order; what the configuration says stands in the middle. */
const statusFields = [
  ['failed_active_health_check', FAILED_ACTIVE_HC],
  ['failed_outlier_check', FAILED_OUTLIER_CHECK],
  ['eds_health_status', 0],
  ['failed_active_degraded_check', DEGRADED_ACTIVE_HC],
  ['pending_dynamic_removal', PENDING_DYNAMIC_REMOVAL],
  ['pending_active_hc', PENDING_ACTIVE_HC],
  ['excluded_via_immediate_hc_fail', EXCLUDED_VIA_IMMEDIATE_HC_FAIL],
  ['active_hc_timeout', ACTIVE_HC_TIMEOUT],
  ['failed_degraded_outlier_detection', DEGRADED_OUTLIER_DETECTION],
] as const;

function healthStatus({ health }: Host): unknown {
  const status: Record<string, unknown> = {};
  for (const [name, flag] of statusFields) {
    if (flag !== 0) {
      if (health.has(flag)) status[name] = true;
    } else if (health.has(FAILED_EDS_HEALTH)) status[name] = 'UNHEALTHY';
    else if (health.has(EDS_STATUS_DRAINING)) status[name] = 'DRAINING';
    else status[name] = health.has(DEGRADED_EDS_HEALTH) ? 'DEGRADED' : 'HEALTHY';
  }
  return status;
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
    health_status: healthStatus(host),
    ...rate('success_rate', host.health.outlierMonitor.successRate),
    ...withoutDefaults({ weight: host.weight, hostname: host.hostname, priority: host.priority }),
    ...rate('local_origin_success_rate', host.health.outlierMonitor.localOriginSuccessRate),
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

/** `envoy.admin.v3.Clusters`. Parameters as of `clustersText`. */
export function clustersJson(
  manager: ClusterManager,
  matches: (name: string) => boolean = everything,
  isAddedViaApi: (name: string) => boolean = nothing,
): unknown {
  return {
    cluster_statuses: shown(manager, matches).map((cluster) => ({
      name: cluster.name,
      ...(isAddedViaApi(cluster.name) ? { added_via_api: true } : {}),
      ...rate('success_rate_ejection_threshold', cluster.outlierAverages?.external.threshold ?? -1),
      ...(cluster.hostSet.hosts.length === 0 ? {} : { host_statuses: cluster.hostSet.hosts.map(hostStatus) }),
      circuit_breakers: {
        thresholds: [
          thresholds(cluster.resources('DEFAULT').limits),
          { priority: 'HIGH', ...thresholds(cluster.resources('HIGH').limits) },
        ],
      },
      ...rate(
        'local_origin_success_rate_ejection_threshold',
        cluster.outlierAverages?.localOrigin.threshold ?? -1,
      ),
      observability_name: cluster.observabilityName,
      ...withoutDefaults({ eds_service_name: serviceNameOf(cluster) }),
    })),
  };
}
