/** What the TCP proxy serves of Envoy's messages. */
import type { SupportedFields } from '../../../config/supported-fields.js';

const proxy = 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';

export const tcpProxySupportedFields: SupportedFields = {
  [proxy]: {
    stat_prefix: true,
    cluster: true,
    weighted_clusters: true,
    idle_timeout: true,
    access_log: true,
    max_connect_attempts: true,
    backoff_options: true,
    hash_policy: true,
    max_downstream_connection_duration: true,
    max_downstream_connection_duration_jitter_percentage: true,
    access_log_flush_interval: true,
    flush_access_log_on_connected: true,
    access_log_options: true,
    upstream_connect_mode: true,
    max_early_data_bytes: true,
    // TLVs of its own (`proxy_protocol_tlvs`) are refused, so there is nothing to merge.
    proxy_protocol_tlv_merge_policy: 'ignored',
    check_drain_close: true,
  },
  [`${proxy}.WeightedCluster`]: { clusters: true },
  [`${proxy}.WeightedCluster.ClusterWeight`]: { name: true, weight: true },
  [`${proxy}.TcpAccessLogOptions`]: {
    access_log_flush_interval: true,
    flush_access_log_on_connected: true,
    flush_access_log_on_start: true,
  },
  'envoy.config.core.v3.BackoffStrategy': { base_interval: true, max_interval: true },
  'envoy.type.v3.HashPolicy': { source_ip: true },
  'envoy.type.v3.HashPolicy.SourceIp': {},
};
