/**
 * E3017: sources of dynamic configuration: a management server needs a way to it, of the kind that its API type has, and a
 * static cluster that is not EDS itself. `node` may come from the command line as well, so its absence is a warning.
 */
import type { BootstrapView, Message } from './bootstrap-view.js';
import { isSet, listAt, textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';
import { unknownCluster } from './route-clusters.js';

/** Holders of sources that are looked at when the bootstrap is loaded; those of secrets, for one, are not. */
const eager: ReadonlySet<string> = new Set([
  'envoy.config.bootstrap.v3.Bootstrap.DynamicResources',
  'envoy.config.bootstrap.v3.RuntimeLayer.RtdsLayer',
  'envoy.config.cluster.v3.Cluster.EdsClusterConfig',
  'envoy.config.core.v3.ExtensionConfigSource',
  'envoy.extensions.filters.network.http_connection_manager.v3.Rds',
]);

/** The message around the `ConfigSource`, or around the source itself where it stands alone. */
function isEager(source: Message): boolean {
  const holder =
    source.parent?.type === 'envoy.config.core.v3.ConfigSource' ? source.parent.parent : source.parent;
  return holder !== undefined && eager.has(holder.type);
}

function finding(source: Message, field: string | undefined, message: string, fix: string): Finding {
  const path = field === undefined ? source.path : [...source.path, field];
  return { code: 'E3017', severity: 'error', path, message, fix };
}

interface ClusterName {
  readonly holder: Message;
  readonly field: string;
  readonly name: string;
}

/** Where the source names its clusters. */
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

function* clustersOf(source: Message, view: BootstrapView): Generator<Finding> {
  for (const { holder, field, name } of clusterNames(source)) {
    const cluster = view.clusters.find(({ value }) => value.name === name);
    if (cluster === undefined) yield unknownCluster(view, name, holder, field);
    else if (cluster.value.type === 'EDS') {
      const message = `the cluster '${name}' of a management server is of type EDS`;
      yield finding(holder, field, message, 'use a cluster with endpoints of its own, e.g. STRICT_DNS');
    }
  }
}

function* shape(source: Message): Generator<Finding> {
  const services = source.list('grpc_services').length;
  const names = listAt(source.value.cluster_names).length;
  const type = textAt(source.value.api_type);
  if (services + names === 0) {
    yield finding(
      source,
      undefined,
      'the source has neither a gRPC service nor a cluster',
      'set grpc_services',
    );
  } else if (type.endsWith('GRPC')) {
    if (names > 0) {
      yield finding(
        source,
        'cluster_names',
        `a source of type ${type} has no cluster_names`,
        'use grpc_services',
      );
    } else if (services > 1) {
      yield finding(source, 'grpc_services', 'a source has one gRPC service', 'remove the others');
    }
  } else if (type === 'REST') {
    if (services > 0) {
      yield finding(
        source,
        'grpc_services',
        'a source of type REST has no gRPC service',
        'use cluster_names',
      );
    } else if (!isSet(source.value.refresh_delay)) {
      yield finding(source, undefined, 'a source of type REST needs a refresh_delay', 'set refresh_delay');
    }
  }
}

function* nodeMissing(view: BootstrapView): Generator<Finding> {
  const node = view.root.at('node').value;
  if (textAt(node.id) !== '' && textAt(node.cluster) !== '') return;
  const source = view
    .all('envoy.config.core.v3.ConfigSource')
    .find((one) => one.parent !== undefined && eager.has(one.parent.type));
  if (source === undefined) return;
  yield {
    code: 'E3017',
    severity: 'warning',
    path: source.path,
    message: 'dynamic configuration needs the id and the cluster of the node',
    fix: 'set node.id and node.cluster, or start with --service-node and --service-cluster',
  };
}

export function* configSources(view: BootstrapView): Generator<Finding> {
  for (const source of view.all('envoy.config.core.v3.ApiConfigSource').filter(isEager)) {
    yield* shape(source);
    yield* clustersOf(source, view);
  }
  yield* nodeMissing(view);
}
