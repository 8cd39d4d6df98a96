/**
 * What clusters serve of Envoy's messages.
 */
import type { SupportedFields } from '../config/supported-fields.js';
import { onlyValues } from '../config/supported-fields.js';

const cluster = 'envoy.config.cluster.v3.Cluster';
const endpoint = 'envoy.config.endpoint.v3.';
const core = 'envoy.config.core.v3.';
const http = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const dns = 'envoy.extensions.network.dns_resolver.';

export const upstreamSupportedFields: SupportedFields = {
  [cluster]: {
    name: true,
    alt_stat_name: true,
    type: onlyValues('STATIC', 'STRICT_DNS', 'LOGICAL_DNS', 'EDS'),
    eds_cluster_config: true,
    cluster_type: true,
    connect_timeout: true,
    per_connection_buffer_limit_bytes: true,
    lb_policy: onlyValues(
      'ROUND_ROBIN',
      'LEAST_REQUEST',
      'RANDOM',
      'RING_HASH',
      'MAGLEV',
      'LOAD_BALANCING_POLICY_CONFIG',
    ),
    load_balancing_policy: true,
    ring_hash_lb_config: true,
    maglev_lb_config: true,
    lb_subset_config: true,
    least_request_lb_config: true,
    round_robin_lb_config: true,
    common_lb_config: true,
    load_assignment: true,
    circuit_breakers: true,
    max_requests_per_connection: true,
    common_http_protocol_options: true,
    http_protocol_options: true,
    http2_protocol_options: true,
    typed_extension_protocol_options: true,
    dns_refresh_rate: true,
    dns_failure_refresh_rate: true,
    dns_jitter: true,
    respect_dns_ttl: true,
    dns_lookup_family: true,
    dns_resolution_config: true,
    dns_resolvers: true,
    typed_dns_resolver_config: true,
    use_tcp_for_dns_lookups: true,
    transport_socket: true,
    upstream_http_protocol_options: true,
    metadata: 'ignored',
    ignore_health_on_host_removal: true,
    health_checks: true,
    outlier_detection: true,
    // Pools of HTTP connections drain whenever a host fails.
    close_connections_on_host_health_failure: true,
    wait_for_warm_on_init: true,
    upstream_connection_options: true,
    upstream_bind_config: true,
    protocol_selection: onlyValues('USE_CONFIGURED_PROTOCOL'),
  },
  [`${cluster}.RefreshRate`]: { base_interval: true, max_interval: true },
  // `runtime_key`: its value stands in the place of the default already.
  // Other types are refused when the cluster is built.
  [`${cluster}.CustomClusterType`]: { name: true, typed_config: true },
  'envoy.extensions.clusters.dns.v3.DnsCluster': {
    dns_refresh_rate: true,
    dns_failure_refresh_rate: true,
    respect_dns_ttl: true,
    dns_jitter: true,
    typed_dns_resolver_config: true,
    dns_lookup_family: true,
    all_addresses_in_single_endpoint: true,
  },
  'envoy.extensions.clusters.dns.v3.DnsCluster.RefreshRate': { base_interval: true, max_interval: true },
  'envoy.config.core.v3.RuntimeDouble': { default_value: true, runtime_key: 'ignored' },
  [`${core}BindConfig`]: { source_address: true },
  'envoy.config.cluster.v3.UpstreamConnectionOptions': { tcp_keepalive: true },
  // The interval and the number of probes are the system's.
  'envoy.config.core.v3.TcpKeepalive': { keepalive_time: true },
  'envoy.type.v3.Percent': { value: true },
  'envoy.config.cluster.v3.CircuitBreakers': { thresholds: true, per_host_thresholds: true },
  'envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget': {
    budget_percent: true,
    min_retry_concurrency: true,
  },
  'envoy.config.cluster.v3.CircuitBreakers.Thresholds': {
    priority: true,
    max_connections: true,
    max_pending_requests: true,
    max_requests: true,
    max_retries: true,
    retry_budget: true,
    track_remaining: true,
    max_connection_pools: true,
  },
  [`${endpoint}ClusterLoadAssignment`]: { cluster_name: true, endpoints: true, policy: true },
  [`${endpoint}ClusterLoadAssignment.Policy`]: {
    overprovisioning_factor: true,
    weighted_priority_health: true,
    // Only of assignments that come by EDS.
    endpoint_stale_after: 'ignored',
  },
  [`${endpoint}LocalityLbEndpoints`]: {
    locality: true,
    lb_endpoints: true,
    priority: true,
    metadata: 'ignored',
    load_balancing_weight: true,
  },
  [`${endpoint}LbEndpoint`]: {
    endpoint: true,
    load_balancing_weight: true,
    health_status: true,
    metadata: true,
  },
  [`${endpoint}Endpoint`]: { address: true, hostname: true, health_check_config: true },
  [`${core}Locality`]: { region: true, zone: true, sub_zone: true },
  [`${core}DnsResolutionConfig`]: { resolvers: true, dns_resolver_options: true },
  [`${core}DnsResolverOptions`]: { use_tcp_for_dns_lookups: true, no_default_search_domain: true },
  [`${core}TypedExtensionConfig`]: { name: true, typed_config: true },
  [`${dns}cares.v3.CaresDnsResolverConfig`]: {
    resolvers: true,
    dns_resolver_options: true,
    use_resolvers_as_fallback: onlyValues(false),
    filter_unroutable_families: onlyValues(false),
    query_timeout_seconds: true,
    query_tries: true,
    // How c-ares keeps its sockets and sizes its datagrams; a question here has a socket of its own.
    edns0_max_payload_size: 'ignored',
    max_udp_channel_duration: 'ignored',
    reinit_channel_on_timeout: 'ignored',
    rotate_nameservers: 'ignored',
    udp_max_queries: 'ignored',
  },
  [`${dns}getaddrinfo.v3.GetAddrInfoDnsResolverConfig`]: {
    num_retries: 'ignored',
    num_resolver_threads: 'ignored',
  },
  [http]: {
    common_http_protocol_options: true,
    explicit_http_config: true,
    auto_config: true,
    use_downstream_protocol_config: true,
    upstream_http_protocol_options: true,
  },
  'envoy.config.core.v3.UpstreamHttpProtocolOptions': {
    auto_sni: true,
    auto_san_validation: true,
    override_auto_sni_header: true,
  },
  [`${http}.ExplicitHttpConfig`]: { http_protocol_options: true, http2_protocol_options: true },
  [`${http}.AutoHttpConfig`]: { http_protocol_options: true, http2_protocol_options: true },
  [`${http}.UseDownstreamHttpConfig`]: { http_protocol_options: true, http2_protocol_options: true },
  'envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport': {
    config: true,
    transport_socket: true,
    allow_unspecified_address: onlyValues(false),
    // No connection is used for a second client.
    tlv_as_pool_key: 'ignored',
  },
  [`${core}ProxyProtocolConfig`]: { version: true, pass_through_tlvs: true, added_tlvs: true },
  [`${core}TlvEntry`]: { type: true, value: true },
  'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext': {
    common_tls_context: true,
    sni: true,
    auto_host_sni: true,
    auto_sni_san_validation: true,
    max_session_keys: true,
    enforce_rsa_key_usage: true,
    allow_renegotiation: onlyValues(false),
  },
};
