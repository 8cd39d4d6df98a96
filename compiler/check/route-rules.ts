/**
 * E3014: what Envoy refuses in a single route or virtual host: weights that cannot be drawn from, contradictory rewrites,
 * bodies that are too long, back-offs that shrink.
 */
import { durationMs } from '../../dsl/api/index.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { isSet, numberAt, textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';
import { routeConfigurations, routesOf } from './route-configurations.js';

/** Bytes of a direct response, when the route configuration sets nothing else. */
const defaultBodySize = 4096;
const largestSum = 4294967295;

function finding(holder: Message, field: string | undefined, message: string, fix: string): Finding {
  const path = field === undefined ? holder.path : [...holder.path, field];
  return { code: 'E3014', severity: 'error', path, message, fix };
}

function* nameOrHeader(holder: Message, name: string, what: string): Generator<Finding> {
  const [byName, byHeader] = [textAt(holder.value[name]), textAt(holder.value.cluster_header)];
  if (byName === '' && byHeader === '') {
    yield finding(holder, undefined, `${what} names no cluster`, `set ${name} or cluster_header`);
  } else if (byName !== '' && byHeader !== '') {
    yield finding(
      holder,
      'cluster_header',
      `${what} has both ${name} and cluster_header`,
      'keep one of them',
    );
  }
}

function* weights(action: Message): Generator<Finding> {
  if (!isSet(action.value.weighted_clusters)) return;
  const weighted = action.at('weighted_clusters');
  const clusters = weighted.list('clusters');
  for (const cluster of clusters) yield* nameOrHeader(cluster, 'name', 'the weighted cluster');
  const sum = clusters.reduce((total, cluster) => total + (numberAt(cluster.value.weight) ?? 0), 0);
  // A missing weight is told by the rules of the message.
  if (clusters.some((cluster) => !isSet(cluster.value.weight))) return;
  if (sum === 0) yield finding(weighted, 'clusters', 'the weights sum up to 0', 'give one a weight above 0');
  if (sum > largestSum) {
    yield finding(
      weighted,
      'clusters',
      `the weights sum up to more than ${largestSum}`,
      'take smaller weights',
    );
  }
}

function* mirrors(holder: Message): Generator<Finding> {
  for (const mirror of holder.list('request_mirror_policies'))
    yield* nameOrHeader(mirror, 'cluster', 'the mirror');
}

function* retries(holder: Message): Generator<Finding> {
  const backOff = holder.at('retry_policy').at('retry_back_off');
  const [base, largest] = [textAt(backOff.value.base_interval), textAt(backOff.value.max_interval)];
  if (base === '' || largest === '' || durationMs(largest) >= durationMs(base)) return;
  yield finding(
    backOff,
    'max_interval',
    `max_interval ${largest} is shorter than base_interval ${base}`,
    'raise it',
  );
}

function* upgrades(action: Message): Generator<Finding> {
  const seen = new Set<string>();
  for (const upgrade of action.list('upgrade_configs')) {
    const type = textAt(upgrade.value.upgrade_type).toLowerCase();
    if (seen.has(type))
      yield finding(upgrade, 'upgrade_type', `the upgrade '${type}' stands twice`, 'remove one');
    seen.add(type);
    if (isSet(upgrade.value.connect_config) && type !== 'connect' && type !== 'connect-udp') {
      yield finding(upgrade, 'connect_config', 'only CONNECT upgrades have a connect_config', 'remove it');
    }
  }
}

function* actionRules(action: Message): Generator<Finding> {
  yield* weights(action);
  yield* mirrors(action);
  yield* retries(action);
  yield* upgrades(action);
  const rewrites = ['prefix_rewrite', 'regex_rewrite', 'path_rewrite_policy'].filter(
    (field) => isSet(action.value[field]) && action.value[field] !== '',
  );
  if (rewrites.length > 1) {
    yield finding(action, rewrites[1], `${rewrites.join(' and ')} contradict each other`, 'keep one of them');
  }
}

function* directResponse(route: Message, configuration: Message): Generator<Finding> {
  const body = route.at('direct_response').at('body');
  const text = body.value.inline_string;
  if (typeof text !== 'string') return;
  const most = numberAt(configuration.value.max_direct_response_body_size_bytes) ?? defaultBodySize;
  const size = Buffer.byteLength(text);
  if (size <= most) return;
  const message = `the body has ${size} bytes, more than ${most}`;
  yield finding(
    body,
    'inline_string',
    message,
    'raise max_direct_response_body_size_bytes of the route configuration',
  );
}

function* plugins(action: Message, configuration: Message): Generator<Finding> {
  const name = textAt(action.value.cluster_specifier_plugin);
  if (name === '') return;
  const known = configuration.list('cluster_specifier_plugins').map((one) => one.at('extension').value.name);
  if (known.includes(name)) return;
  const fix = 'add it to cluster_specifier_plugins of the route configuration';
  yield finding(action, 'cluster_specifier_plugin', `there is no cluster specifier plugin '${name}'`, fix);
}

function* virtualClusters(host: Message): Generator<Finding> {
  for (const cluster of host.list('virtual_clusters')) {
    if (cluster.list('headers').length > 0) continue;
    yield finding(cluster, undefined, 'a virtual cluster is told by headers', 'set headers');
  }
}

export function* routeRules(view: BootstrapView): Generator<Finding> {
  for (const options of view.all('envoy.extensions.upstreams.http.v3.HttpProtocolOptions'))
    yield* mirrors(options);
  for (const configuration of routeConfigurations(view)) {
    yield* mirrors(configuration);
    for (const host of configuration.list('virtual_hosts')) {
      yield* mirrors(host);
      yield* retries(host);
      yield* virtualClusters(host);
      if (isSet(host.value.matcher) && host.list('routes').length > 0) {
        yield finding(host, 'matcher', 'a virtual host has either routes or a matcher', 'remove one of them');
      }
    }
    for (const { route } of routesOf(configuration)) {
      yield* directResponse(route, configuration);
      if (!isSet(route.value.route)) continue;
      yield* actionRules(route.at('route'));
      yield* plugins(route.at('route'), configuration);
    }
  }
}
