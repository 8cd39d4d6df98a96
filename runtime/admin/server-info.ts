/**
 * What the process is and how it does: `/ready`, `/server_info`, `/memory` and their small relatives.
 */
import type { Clock } from '../common/clock.js';
import type { Handler } from './endpoint.js';
import { json, text } from './endpoint.js';

/** `envoy.admin.v3.CommandLineOptions` of an Envoy that was started without options. */
const commandLineDefaults: Readonly<Record<string, unknown>> = {
  base_id: '0',
  concurrency: 1,
  config_path: '',
  config_yaml: '',
  allow_unknown_static_fields: false,
  admin_address_path: '',
  local_address_ip_version: 'v4',
  log_level: 'info',
  component_log_level: '',
  log_format: '[%Y-%m-%d %T.%e][%t][%l][%n] [%g:%#] %v',
  log_path: '',
  service_cluster: '',
  service_node: '',
  service_zone: '',
  file_flush_interval: '10s',
  drain_time: '600s',
  parent_shutdown_time: '900s',
  mode: 'Serve',
  disable_hot_restart: true,
  enable_mutex_tracing: false,
  restart_epoch: 0,
  cpuset_threads: false,
  reject_unknown_dynamic_fields: false,
  log_format_escaped: false,
  disabled_extensions: [],
  ignore_unknown_dynamic_fields: false,
  use_dynamic_base_id: false,
  base_id_path: '',
  drain_strategy: 'Gradual',
  enable_fine_grain_logging: false,
  socket_path: '@envoy_domain_socket',
  socket_mode: 0,
  enable_core_dump: false,
  stats_tag: [],
  skip_hot_restart_on_no_parent: false,
  skip_hot_restart_parent_stats: false,
  skip_deprecated_logs: false,
  file_flush_min_size: 65536,
  log_stacktrace_single_entry: false,
};

/** What Envoy calls the revision of hot restart when there is none. */
const hotRestart = 'disabled';

/** `/ready`: 200 only while the server is live. */
export const ready: Handler = (host) => {
  const state = host.state();
  return text(`${state}\n`, state === 'LIVE' ? 200 : 503);
};

/** `/hot_restart_version`. */
export const hotRestartVersion: Handler = () => text(hotRestart);

/** `/init_dump`: nothing waits here in a way that this dump knows. */
export const initDump: Handler = () => json({});

/** `/server_info`: `envoy.admin.v3.ServerInfo`. @param clock for the uptime */
export function serverInfo(clock: Clock): Handler {
  return (host) => {
    const { version, startedAtMs, commandLineOptions } = host.facts;
    const uptime = `${Math.max(0, Math.floor((clock.now() - startedAtMs) / 1000))}s`;
    return json({
      version: `0/${version}/Clean/RELEASE/envoy3`,
      state: host.state(),
      uptime_current_epoch: uptime,
      uptime_all_epochs: uptime,
      hot_restart_version: hotRestart,
      command_line_options: { ...commandLineDefaults, ...commandLineOptions },
      node: {
        id: '',
        cluster: '',
        user_agent_name: 'envoy',
        extensions: [],
        client_features: [],
        listening_addresses: [],
        dynamic_parameters: {},
        ...host.configuration()?.bootstrap.node,
      },
      hot_restart_initializing: false,
    });
  };
}

/** `/memory`: `envoy.admin.v3.Memory` in the terms of this process. */
export const memory: Handler = () => {
  const usage = process.memoryUsage();
  return json({
    allocated: String(usage.heapUsed + usage.external),
    heap_size: String(usage.heapTotal + usage.external),
    pageheap_unmapped: '0',
    pageheap_free: String(usage.heapTotal - usage.heapUsed),
    total_thread_cache: '0',
    total_physical_bytes: String(usage.rss),
  });
};
