/**
 * What is served of the bootstrap itself: the messages around listeners and clusters.
 */
import { isServedKey } from '../layered-runtime/apply-runtime.js';
import type { FieldSupport, SupportedFields } from './supported-fields.js';
import { onlyValues } from './supported-fields.js';

const bootstrap = 'envoy.config.bootstrap.v3.';
const metrics = 'envoy.config.metrics.v3.';

function* keysOf(value: unknown, key: string): Generator<string> {
  if (typeof value !== 'object' || value === null) yield key;
  else
    for (const [name, one] of Object.entries(value)) yield* keysOf(one, key === '' ? name : `${key}.${name}`);
}

/** Keys that Envoy itself reads and nothing here does are refused; any other may be a `runtime_key` of the configuration. */
const knownRuntime: FieldSupport = (value) => {
  const unknown = [...keysOf(value, '')].find((key) => !isServedKey(key));
  return unknown === undefined ? undefined : `the key ${unknown} has no effect here`;
};

export const bootstrapSupportedFields: SupportedFields = {
  [`${bootstrap}Bootstrap`]: {
    node: true,
    admin: true,
    static_resources: true,
    dynamic_resources: true,
    cluster_manager: true,
    layered_runtime: true,
    stats_flush_interval: true,
    overload_manager: true,
    stats_config: true,
    stats_sinks: true,
    // Envoy's own machinery: nothing of it exists here to be tuned.
    enable_dispatcher_stats: 'ignored',
    header_prefix: onlyValues('x-envoy'),
  },
  [`${bootstrap}ClusterManager`]: { local_cluster_name: true, outlier_detection: true },
  [`${bootstrap}Bootstrap.StaticResources`]: { listeners: true, clusters: true, secrets: true },
  [`${bootstrap}Admin`]: {
    address: true,
    allow_paths: true,
    // Nothing writes an access log of the admin interface; the start says so.
    access_log_path: 'ignored',
    access_log: 'ignored',
    profile_path: 'ignored',
    ignore_global_conn_limit: 'ignored',
  },
  'envoy.config.overload.v3.OverloadManager': { refresh_interval: 'ignored', resource_monitors: true },
  'envoy.config.overload.v3.ResourceMonitor': { name: true, typed_config: true },
  'envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig': {
    max_active_downstream_connections: true,
  },
  [`${bootstrap}LayeredRuntime`]: { layers: true },
  [`${bootstrap}RuntimeLayer`]: {
    name: true,
    admin_layer: true,
    disk_layer: true,
    static_layer: knownRuntime,
  },
  [`${bootstrap}RuntimeLayer.DiskLayer`]: {
    symlink_root: true,
    subdirectory: true,
    append_service_cluster: true,
  },
  [`${bootstrap}RuntimeLayer.AdminLayer`]: {},
  [`${metrics}StatsSink`]: { name: true, typed_config: true },
  [`${metrics}StatsdSink`]: {
    address: true,
    prefix: true,
    // All histograms here are of milliseconds.
    scale_histogram_units_to_milliseconds: 'ignored',
  },
  [`${metrics}DogStatsdSink`]: {
    address: true,
    prefix: true,
    max_bytes_per_datagram: true,
    scale_histogram_units_to_milliseconds: 'ignored',
  },
  [`${metrics}StatsConfig`]: { stats_tags: true, use_all_default_tags: true, stats_matcher: true },
  [`${metrics}TagSpecifier`]: { tag_name: true, regex: true, fixed_value: true },
  [`${metrics}StatsMatcher`]: { reject_all: true, exclusion_list: true, inclusion_list: true },
  'envoy.type.matcher.v3.ListStringMatcher': { patterns: true },
  'envoy.config.core.v3.Node': {
    id: true,
    cluster: true,
    locality: true,
    metadata: 'ignored',
    user_agent_name: 'ignored',
  },
};
