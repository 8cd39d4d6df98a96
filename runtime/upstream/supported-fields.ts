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
    type: onlyValues('STATIC', 'STRICT_DNS', 'LOGICAL_DNS'),
    connect_timeout: true,
    per_connection_buffer_limit_bytes: true,
    lb_policy: onlyValues('ROUND_ROBIN', 'LEAST_REQUEST', 'RANDOM'),
    least_request_lb_config: true,
    round_robin_lb_config: true,
    common_lb_config: true,
    load_assignment: true,
    circuit_breakers: true,
    max_requests_per_connection: true,
    common_http_protocol_options: true,
    http_protocol_options: true,
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
    ignore_health_on_host_removal: 'ignored',
    wait_for_warm_on_init: true,
    upstream_connection_options: true,
    protocol_selection: onlyValues('USE_CONFIGURED_PROTOCOL'),
  },
  [`${cluster}.RefreshRate`]: { base_interval: true, max_interval: true },
  [`${cluster}.LeastRequestLbConfig`]: { choice_count: true, active_request_bias: true },
  [`${cluster}.RoundRobinLbConfig`]: {},
  [`${cluster}.CommonLbConfig`]: {
    healthy_panic_threshold: true,
    // Nothing is merged here: every change is one host set.
    update_merge_window: 'ignored',
    // Acts only where the bootstrap names a local cluster, which is refused.
    zone_aware_lb_config: 'ignored',
  },
  // `runtime_key` names a value that nobody can set: there is no runtime layer.
  'envoy.config.core.v3.RuntimeDouble': { default_value: true, runtime_key: 'ignored' },
  'envoy.config.cluster.v3.UpstreamConnectionOptions': { tcp_keepalive: true },
  // The interval and the number of probes are the system's.
  'envoy.config.core.v3.TcpKeepalive': { keepalive_time: true },
  'envoy.type.v3.Percent': { value: true },
  'envoy.config.cluster.v3.CircuitBreakers': { thresholds: true },
  'envoy.config.cluster.v3.CircuitBreakers.Thresholds': {
    priority: true,
    max_connections: true,
    max_pending_requests: true,
    max_requests: true,
    max_retries: true,
    track_remaining: true,
    // One pool per host and priority.
    max_connection_pools: 'ignored',
  },
  [`${endpoint}ClusterLoadAssignment`]: { cluster_name: true, endpoints: true },
  [`${endpoint}LocalityLbEndpoints`]: {
    locality: true,
    lb_endpoints: true,
    priority: true,
    metadata: 'ignored',
    // Counts only with `locality_weighted_lb_config`, which is refused.
    load_balancing_weight: 'ignored',
  },
  [`${endpoint}LbEndpoint`]: { endpoint: true, load_balancing_weight: true, metadata: 'ignored' },
  [`${endpoint}Endpoint`]: { address: true, hostname: true },
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
    use_downstream_protocol_config: true,
    upstream_http_protocol_options: true,
  },
  'envoy.config.core.v3.UpstreamHttpProtocolOptions': {
    auto_sni: true,
    auto_san_validation: true,
    override_auto_sni_header: true,
  },
  [`${http}.ExplicitHttpConfig`]: { http_protocol_options: true },
  // Clients are served HTTP/1.1 only, so the options of HTTP/2 are never used.
  [`${http}.UseDownstreamHttpConfig`]: { http_protocol_options: true, http2_protocol_options: 'ignored' },
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
