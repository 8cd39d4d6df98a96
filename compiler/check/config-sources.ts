/**
 * E3017: sources of dynamic configuration: a management server needs a way to it, of the kind that its API type has, and a
 * static cluster that needs no management server itself; subscriptions need the id and the cluster of the node.
 *
 * Envoy looks at most sources when it loads the bootstrap. That of the listeners comes into use later, so what is wrong
 * with it is a warning.
 */
import type { BootstrapView, Message } from './bootstrap-view.js';
import { fieldsAt, isSet, listAt, textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';
import { unknownCluster } from './route-clusters.js';

const configSource = 'envoy.config.core.v3.ConfigSource';
const dynamicResources = 'envoy.config.bootstrap.v3.Bootstrap.DynamicResources';
const secret = 'envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig';

/** Holders of sources that are subscribed to when the bootstrap is loaded. */
const eager: ReadonlySet<string> = new Set([
  dynamicResources,
  secret,
  'envoy.config.bootstrap.v3.RuntimeLayer.RtdsLayer',
  'envoy.config.cluster.v3.Cluster.EdsClusterConfig',
  'envoy.config.core.v3.ExtensionConfigSource',
  'envoy.extensions.filters.http.on_demand.v3.OnDemandCds',
  'envoy.extensions.filters.network.http_connection_manager.v3.Rds',
  'envoy.extensions.filters.network.http_connection_manager.v3.ScopedRds',
]);

/** A source, or the `ApiConfigSource` of ADS, with what holds it. */
interface Subscription {
  readonly source: Message;
  readonly holder: Message;
  readonly severity: Finding['severity'];
}

function subscriptions(view: BootstrapView): Subscription[] {
  return view.all(configSource).flatMap((source) => {
    const holder = source.parent;
    if (holder === undefined || !eager.has(holder.type)) return [];
    const late = holder.type === dynamicResources && source.field === 'lds_config';
    return [{ source, holder, severity: late ? ('warning' as const) : ('error' as const) }];
  });
}

function finding(source: Message, field: string | undefined, message: string, fix: string): Finding {
  const path = field === undefined || !isSet(source.value[field]) ? source.path : [...source.path, field];
  return { code: 'E3017', severity: 'error', path, message, fix };
}

interface ClusterName {
  readonly holder: Message;
  readonly field: string;
  readonly name: string;
}

/** Where the `ApiConfigSource` names its clusters. */
function clusterNames(source: Message): ClusterName[] {
  const services = source.list('grpc_services').map((service) => service.at('envoy_grpc'));
  const named = services.map((holder) => ({
    holder,
    field: 'cluster_name',
    name: textAt(holder.value.cluster_name),
  }));
  const direct = listAt(source.value.cluster_names).map((name) => ({
    holder: source,
    field: 'cluster_names',
    name: textAt(name),
  }));
  return [...named, ...direct].filter(({ name }) => name !== '');
}

/** An EDS cluster whose endpoints come from a management server cannot lead to one. */
function waitsForServer(cluster: Message): boolean {
  const source = fieldsAt(fieldsAt(cluster.value.eds_cluster_config).eds_config);
  return cluster.value.type === 'EDS' && !isSet(source.path) && !isSet(source.path_config_source);
}

function* clustersOf(source: Message, view: BootstrapView): Generator<Finding> {
  for (const { holder, field, name } of clusterNames(source)) {
    const cluster = view.clusters.find(({ value }) => value.name === name);
    if (cluster === undefined) yield unknownCluster(view, name, holder, field);
    else if (waitsForServer(cluster)) {
      const message = `the cluster '${name}' of a management server gets its own endpoints from one`;
      yield finding(holder, field, message, 'use a cluster with endpoints of its own, e.g. STRICT_DNS');
    }
  }
}

function shapeOfGrpc(source: Message, type: string, services: number, names: number): Finding | undefined {
  if (names > 0) {
    return finding(
      source,
      'cluster_names',
      `a source of type ${type} has no cluster_names`,
      'use grpc_services',
    );
  }
  return services > 1
    ? finding(source, 'grpc_services', 'a source has one gRPC service', 'remove the others')
    : undefined;
}

function shapeOfRest(source: Message, services: number, names: number): Finding | undefined {
  if (services > 0) {
    return finding(
      source,
      'grpc_services',
      'a source that is not of a gRPC type has no gRPC service',
      'set api_type: GRPC',
    );
  }
  if (names > 1)
    return finding(source, 'cluster_names', 'a REST source has one cluster', 'remove the others');
  return isSet(source.value.refresh_delay)
    ? undefined
    : finding(source, undefined, 'a REST source needs a refresh_delay', 'set refresh_delay');
}

/** @param ads the source is that of the aggregated stream itself */
function shape(source: Message, ads: boolean): Finding | undefined {
  const services = source.list('grpc_services').length;
  const names = listAt(source.value.cluster_names).length;
  const type = textAt(source.value.api_type);
  if (services + names === 0) {
    return finding(
      source,
      undefined,
      'the source has neither a gRPC service nor a cluster',
      'set grpc_services',
    );
  }
  if (source.value.transport_api_version === 'V2') {
    return finding(source, 'transport_api_version', 'Envoy no longer speaks xDS version 2', 'write V3');
  }
  if (ads && type !== 'GRPC' && type !== 'DELTA_GRPC') {
    return finding(
      source,
      'api_type',
      `ads_config cannot be of type ${type || 'REST'}`,
      'set api_type: GRPC',
    );
  }
  if (type.startsWith('AGGREGATED_')) {
    return finding(
      source,
      'api_type',
      `a source cannot be of type ${type}`,
      'use ads: {} and dynamic_resources.ads_config',
    );
  }
  return type.endsWith('GRPC')
    ? shapeOfGrpc(source, type, services, names)
    : shapeOfRest(source, services, names);
}

function* ofServer(
  source: Message,
  view: BootstrapView,
  ads: boolean,
  clusters: boolean,
): Generator<Finding> {
  const broken = shape(source, ads);
  if (broken !== undefined) yield broken;
  else if (clusters) yield* clustersOf(source, view);
}

/** Subscriptions say who asks. */
function* nodeMissing(view: BootstrapView, all: readonly Subscription[]): Generator<Finding> {
  if (view.node.id !== '' && view.node.cluster !== '') return;
  const ads = view.root.at('dynamic_resources').at('ads_config');
  const first = all.find(({ severity }) => severity === 'error') ?? all[0];
  if (first === undefined && !isSet(view.root.at('dynamic_resources').value.ads_config)) return;
  yield {
    code: 'E3017',
    severity: first?.severity ?? 'error',
    path: first?.source.path ?? ads.path,
    message: 'dynamic configuration needs the id and the cluster of the node',
    fix: 'set node.id and node.cluster, or give --service-node and --service-cluster here and to the proxy',
  };
}

function* subscription({ source, holder }: Subscription, view: BootstrapView): Generator<Finding> {
  if (isSet(source.value.api_config_source)) {
    // The clusters of secrets are looked up later.
    yield* ofServer(source.at('api_config_source'), view, false, holder.type !== secret);
  } else if (isSet(source.value.self)) {
    yield finding(
      source,
      'self',
      '`self` is no source here',
      'use ads, api_config_source or path_config_source',
    );
  }
}

/** `path_config_source` and the like stand in `eds_config`; Envoy has no default for it. */
function* edsWithoutSource(view: BootstrapView): Generator<Finding> {
  for (const config of view.all('envoy.config.cluster.v3.Cluster.EdsClusterConfig')) {
    if (isSet(config.value.eds_config)) continue;
    yield finding(config, undefined, 'the EDS cluster has no source of endpoints', 'set eds_config');
  }
}

/** A name of xDS-TP says itself where it comes from; any other needs a source. */
function* routesWithoutSource(view: BootstrapView): Generator<Finding> {
  for (const rds of view.all('envoy.extensions.filters.network.http_connection_manager.v3.Rds')) {
    if (isSet(rds.value.config_source) || textAt(rds.value.route_config_name).startsWith('xdstp:')) continue;
    yield finding(rds, undefined, 'the routes have no source', 'set config_source');
  }
}

/** Virtual hosts are asked for one by one, which only the delta protocol can. */
function* virtualHosts(view: BootstrapView): Generator<Finding> {
  const ads = view.root.at('dynamic_resources').at('ads_config');
  for (const vhds of view.all('envoy.config.route.v3.Vhds')) {
    const source = vhds.at('config_source');
    const delta = isSet(source.value.ads)
      ? ads.value.api_type === 'DELTA_GRPC'
      : source.at('api_config_source').value.api_type === 'DELTA_GRPC';
    if (!delta)
      yield finding(vhds, 'config_source', 'VHDS needs the delta protocol', 'set api_type: DELTA_GRPC');
  }
}

/** Sources of names of xDS-TP: the aggregated stream of a management server, and who has which authority. */
function* sourcesOfAuthorities(view: BootstrapView): Generator<Finding> {
  const { root } = view;
  const fallback = isSet(root.value.default_config_source) ? [root.at('default_config_source')] : [];
  const named = root.list('config_sources');
  for (const source of [...named, ...fallback]) {
    const server = source.at('api_config_source');
    if (!isSet(source.value.api_config_source)) {
      const message = 'a source of names of xDS-TP is an api_config_source';
      yield finding(source, undefined, message, 'set api_config_source');
    } else if (!textAt(server.value.api_type).startsWith('AGGREGATED_')) {
      const message = 'a source of names of xDS-TP has one stream for all types';
      yield finding(server, 'api_type', message, 'set api_type: AGGREGATED_GRPC');
    } else if (named.includes(source) && source.list('authorities').length === 0) {
      yield finding(source, undefined, 'the source has no authorities', 'name those that it answers for');
    } else if (view.node.id === '' || view.node.cluster === '') {
      yield finding(
        source,
        undefined,
        'dynamic configuration needs the id and the cluster of the node',
        'set node.id and node.cluster, or give --service-node and --service-cluster here and to the proxy',
      );
    }
  }
}

export function* configSources(view: BootstrapView): Generator<Finding> {
  const all = subscriptions(view);
  for (const one of all) {
    for (const found of subscription(one, view)) yield { ...found, severity: one.severity };
  }
  const dynamic = view.root.at('dynamic_resources');
  if (isSet(dynamic.value.ads_config)) yield* ofServer(dynamic.at('ads_config'), view, true, true);
  yield* edsWithoutSource(view);
  yield* routesWithoutSource(view);
  yield* virtualHosts(view);
  yield* sourcesOfAuthorities(view);
  yield* nodeMissing(view, all);
}
