/**
 * What listeners, filter chains and the TLS of clients serve of Envoy's messages. What TLS has in common with clusters
 * stands in `network/tls`, `CidrRange` with the connection manager, `DataSource` with the routes.
 */
import type { SupportedFields } from '../config/supported-fields.js';
import { onlyValues } from '../config/supported-fields.js';

const tls = 'envoy.extensions.transport_sockets.tls.v3.';
const core = 'envoy.config.core.v3.';
const listener = 'envoy.config.listener.v3.';
const proxyProtocol = 'envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol';

export const listenerSupportedFields: SupportedFields = {
  [`${core}Address`]: { socket_address: true, pipe: true },
  [`${core}Pipe`]: { path: true, mode: true },
  [`${core}SocketAddress`]: {
    protocol: onlyValues('TCP'),
    address: true,
    port_value: true,
    ipv4_compat: true,
    resolver_name: onlyValues(''),
  },
  [`${core}TransportSocket`]: { name: true, typed_config: true },
  [`${listener}Listener`]: {
    name: true,
    address: true,
    additional_addresses: true,
    stat_prefix: true,
    filter_chains: true,
    default_filter_chain: true,
    per_connection_buffer_limit_bytes: true,
    metadata: 'ignored',
    drain_type: 'ignored',
    listener_filters: true,
    listener_filters_timeout: true,
    continue_on_listener_filters_timeout: true,
    traffic_direction: true,
    // One process accepts: there is nothing to balance, and the socket outlives every configuration.
    connection_balance_config: 'ignored',
    enable_reuse_port: 'ignored',
    reuse_port: 'ignored',
    max_connections_to_accept_per_socket_event: 'ignored',
    ignore_global_conn_limit: true,
    tcp_keepalive: true,
    bypass_overload_manager: 'ignored',
    tcp_backlog_size: true,
    bind_to_port: onlyValues(true),
    use_original_dst: onlyValues(false),
    transparent: onlyValues(false),
    freebind: onlyValues(false),
    enable_mptcp: onlyValues(false),
  },
  [`${listener}AdditionalAddress`]: { address: true },
  [`${listener}ListenerFilter`]: { name: true, typed_config: true },
  'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector': {
    enable_ja3_fingerprinting: onlyValues(false),
    enable_ja4_fingerprinting: onlyValues(false),
    initial_read_buffer_size: 'ignored',
    max_client_hello_size: true,
    close_connection_on_client_hello_parsing_errors: onlyValues(false),
  },
  'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector': {},
  [proxyProtocol]: {
    rules: true,
    allow_requests_without_proxy_protocol: true,
    pass_through_tlvs: true,
    disallowed_versions: true,
    stat_prefix: true,
    tlv_location: onlyValues('DYNAMIC_METADATA'),
  },
  [`${proxyProtocol}.Rule`]: { tlv_type: true, on_tlv_present: true },
  [`${proxyProtocol}.KeyValuePair`]: { metadata_namespace: true, key: true, value_string_encoding: true },
  [`${core}ProxyProtocolPassThroughTLVs`]: { match_type: true, tlv_type: true },
  [`${listener}FilterChain`]: {
    name: true,
    filter_chain_match: true,
    filters: true,
    transport_socket: true,
    transport_socket_connect_timeout: true,
    metadata: 'ignored',
  },
  [`${listener}FilterChainMatch`]: {
    destination_port: true,
    prefix_ranges: true,
    direct_source_prefix_ranges: true,
    source_type: true,
    source_prefix_ranges: true,
    source_ports: true,
    server_names: true,
    transport_protocol: true,
    application_protocols: true,
  },
  [`${listener}Filter`]: { name: true, typed_config: true },
  'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer': {},
  [`${tls}DownstreamTlsContext`]: {
    common_tls_context: true,
    require_client_certificate: true,
    // Envoy reads it and does nothing with it, either.
    require_sni: 'ignored',
    session_ticket_keys: true,
    session_ticket_keys_sds_secret_config: true,
    disable_stateless_session_resumption: true,
    disable_stateful_session_resumption: true,
    session_timeout: true,
    ocsp_staple_policy: true,
    full_scan_certs_on_sni_mismatch: true,
    prefer_client_ciphers: true,
  },
};
