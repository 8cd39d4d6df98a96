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
    alt_stat_name: 'ignored',
    type: onlyValues('STATIC', 'STRICT_DNS'),
    connect_timeout: true,
    per_connection_buffer_limit_bytes: true,
    lb_policy: onlyValues('ROUND_ROBIN', 'LEAST_REQUEST', 'RANDOM'),
    least_request_lb_config: true,
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
    typed_dns_resolver_config: true,
    use_tcp_for_dns_lookups: true,
    transport_socket: true,
    metadata: 'ignored',
    ignore_health_on_host_removal: 'ignored',
    wait_for_warm_on_init: 'ignored',
  },
  [`${cluster}.RefreshRate`]: { base_interval: true, max_interval: 'ignored' },
  [`${cluster}.LeastRequestLbConfig`]: { choice_count: true },
  [`${cluster}.CommonLbConfig`]: { healthy_panic_threshold: true },
  'envoy.type.v3.Percent': { value: true },
  'envoy.config.cluster.v3.CircuitBreakers': { thresholds: true },
  'envoy.config.cluster.v3.CircuitBreakers.Thresholds': {
    priority: onlyValues('DEFAULT'),
    max_connections: true,
    max_pending_requests: true,
    max_requests: true,
    max_retries: true,
    track_remaining: 'ignored',
    max_connection_pools: 'ignored',
  },
  [`${endpoint}ClusterLoadAssignment`]: { cluster_name: true, endpoints: true },
  [`${endpoint}LocalityLbEndpoints`]: { locality: true, lb_endpoints: true, priority: onlyValues(0) },
  [`${endpoint}LbEndpoint`]: { endpoint: true, load_balancing_weight: true, metadata: 'ignored' },
  [`${endpoint}Endpoint`]: { address: true, hostname: true },
  [`${core}Locality`]: { region: true, zone: true, sub_zone: true },
  [`${core}DnsResolutionConfig`]: { resolvers: true, dns_resolver_options: true },
  [`${core}DnsResolverOptions`]: { use_tcp_for_dns_lookups: true, no_default_search_domain: 'ignored' },
  [`${core}TypedExtensionConfig`]: { name: true, typed_config: true },
  [`${dns}cares.v3.CaresDnsResolverConfig`]: {
    resolvers: true,
    dns_resolver_options: true,
    use_resolvers_as_fallback: 'ignored',
    filter_unroutable_families: 'ignored',
    udp_max_queries: 'ignored',
    query_timeout_seconds: 'ignored',
    query_tries: 'ignored',
    rotate_nameservers: 'ignored',
  },
  [`${dns}getaddrinfo.v3.GetAddrInfoDnsResolverConfig`]: {
    num_retries: 'ignored',
    num_resolver_threads: 'ignored',
  },
  [http]: { common_http_protocol_options: true, explicit_http_config: true },
  [`${http}.ExplicitHttpConfig`]: { http_protocol_options: true },
  'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext': { common_tls_context: true, sni: true },
};
