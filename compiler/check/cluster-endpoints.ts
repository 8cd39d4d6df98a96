/**
 * E3010, E3018: what the type of a cluster demands of its endpoints and of their source.
 */
import type { PathStep } from '../../dsl/api/index.js';
import { isAtLeast, minorOf } from '../../dsl/api/index.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { isSet, textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';

function finding(code: string, cluster: Message, field: PathStep, message: string, fix: string): Finding {
  const path = field in cluster.value ? [...cluster.path, field] : cluster.path;
  return { code, severity: 'error', path, message, fix };
}

function* logicalDns(cluster: Message): Generator<Finding> {
  const localities = cluster.at('load_assignment').list('endpoints');
  const hosts = localities.flatMap((locality) => locality.list('lb_endpoints'));
  if (localities.length === 1 && hosts.length === 1) return;
  yield finding(
    'E3010',
    cluster,
    'load_assignment',
    `a LOGICAL_DNS cluster has exactly one endpoint in one locality, this one has ${hosts.length} in ${localities.length}`,
    hosts.length > 1 ? 'use STRICT_DNS' : 'add the endpoint',
  );
}

/** The DNS types resolve by themselves. */
function* customResolvers(cluster: Message, type: string): Generator<Finding> {
  for (const locality of cluster.at('load_assignment').list('endpoints')) {
    for (const entry of locality.list('lb_endpoints')) {
      const socket = entry.at('endpoint').at('address').at('socket_address');
      if (textAt(socket.value.resolver_name) === '') continue;
      yield finding(
        'E3018',
        socket,
        'resolver_name',
        `a ${type} cluster takes no resolver_name`,
        'remove it',
      );
    }
  }
}

/** LEDS is a part of EDS. */
function* locallyDiscovered(cluster: Message): Generator<Finding> {
  for (const locality of cluster.at('load_assignment').list('endpoints')) {
    if (!isSet(locality.value.leds_cluster_locality_config)) continue;
    const message = 'a STATIC cluster has no leds_cluster_locality_config';
    yield finding('E3018', locality, 'leds_cluster_locality_config', message, 'use lb_endpoints');
  }
}

/** Several health checks of one cluster are told apart by their names. */
function* healthChecks(cluster: Message, release: string): Generator<Finding> {
  const checks = cluster.list('health_checks');
  const [, second] = checks;
  if (second === undefined) return;
  if (!isAtLeast(release, '1.40')) {
    const message = `several health checks were introduced in Envoy 1.40; the target is ${minorOf(release)}`;
    const fix = 'keep one, or aim at a newer Envoy: --target envoy-1.40';
    yield { code: 'E1007', severity: 'error', path: second.path, message, fix };
    return;
  }
  const names = new Set<string>();
  for (const check of checks) {
    const name = textAt(check.value.name);
    if (name === '' || names.has(name)) {
      const message = 'each of several health checks needs a name of its own';
      yield finding('E3018', check, 'name', message, 'give each its name');
    }
    names.add(name);
  }
}

export function* clusterEndpoints(view: BootstrapView): Generator<Finding> {
  for (const cluster of view.clusters) {
    const { value } = cluster;
    yield* healthChecks(cluster, view.api.release);
    if (isSet(value.cluster_type)) continue;
    const type = value.type ?? 'STATIC';
    if (type === 'LOGICAL_DNS') yield* logicalDns(cluster);
    if (type === 'LOGICAL_DNS' || type === 'STRICT_DNS') yield* customResolvers(cluster, type);
    if (type === 'STATIC') yield* locallyDiscovered(cluster);
    if (type === 'EDS' && !isSet(value.eds_cluster_config)) {
      yield finding(
        'E3018',
        cluster,
        'type',
        'an EDS cluster needs a source of endpoints',
        'set eds_cluster_config',
      );
    } else if (type !== 'EDS' && isSet(value.eds_cluster_config)) {
      const message = 'eds_cluster_config stands in a cluster that is not of type EDS';
      yield finding('E3018', cluster, 'eds_cluster_config', message, 'set type: EDS, or remove it');
    }
    if (type === 'ORIGINAL_DST' && isSet(value.load_assignment)) {
      const message = 'an ORIGINAL_DST cluster takes the address of the connection and has no endpoints';
      yield finding('E3018', cluster, 'load_assignment', message, 'remove load_assignment');
    }
  }
}
