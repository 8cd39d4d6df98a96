/**
 * Everything that is built in, by the message of its `typed_config`, and all that is served of Envoy's messages. What is
 * not here is refused by name ("needs real Envoy").
 */
import { accessLogSupportedFields } from './access-log/supported-fields.js';
import type { SupportedFields } from './config/supported-fields.js';
import { onlyValues } from './config/supported-fields.js';
import { routerFilterFactory } from './filters/http/router/router-filter.js';
import { createHttpConnectionManagerFactory } from './filters/network/http-connection-manager.js';
import type { HttpFilterFactory } from './http/filter.js';
import { http1SupportedFields } from './http/http1/supported-fields.js';
import { httpSupportedFields } from './http/supported-fields.js';
import type { NetworkFilterFactory } from './network/filter.js';
import { routeSupportedFields } from './route/supported-fields.js';
import { upstreamSupportedFields } from './upstream/supported-fields.js';

export const httpFilters: ReadonlyMap<string, HttpFilterFactory> = new Map([
  ['envoy.extensions.filters.http.router.v3.Router', routerFilterFactory],
]);

export const networkFilters: ReadonlyMap<string, NetworkFilterFactory> = new Map([
  [
    'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    createHttpConnectionManagerFactory(httpFilters),
  ],
]);

const tls = 'envoy.extensions.transport_sockets.tls.v3.';
const core = 'envoy.config.core.v3.';

const serverSupportedFields: SupportedFields = {
  'envoy.config.bootstrap.v3.Bootstrap': {
    node: true,
    admin: true,
    static_resources: true,
    // Envoy's own machinery: nothing of it exists here to be tuned.
    stats_flush_interval: 'ignored',
    enable_dispatcher_stats: 'ignored',
    header_prefix: onlyValues('x-envoy'),
  },
  'envoy.config.bootstrap.v3.Bootstrap.StaticResources': { listeners: true, clusters: true },
  'envoy.config.bootstrap.v3.Admin': {
    address: true,
    access_log_path: onlyValues('/dev/null'),
    ignore_global_conn_limit: 'ignored',
  },
  [`${core}Node`]: { id: true, cluster: true, metadata: 'ignored', locality: 'ignored' },
  [`${core}Address`]: { socket_address: true, pipe: true },
  [`${core}Pipe`]: { path: true },
  [`${core}SocketAddress`]: {
    protocol: onlyValues('TCP'),
    address: true,
    port_value: true,
    ipv4_compat: true,
  },
  [`${core}TransportSocket`]: { name: true, typed_config: true },
  'envoy.config.listener.v3.Listener': {
    name: true,
    address: true,
    stat_prefix: true,
    filter_chains: true,
    default_filter_chain: true,
    per_connection_buffer_limit_bytes: true,
    listener_filters: true,
    listener_filters_timeout: 'ignored',
    tcp_backlog_size: true,
    traffic_direction: 'ignored',
    enable_reuse_port: 'ignored',
    bind_to_port: onlyValues(true),
  },
  'envoy.config.listener.v3.ListenerFilter': { name: true, typed_config: true },
  // Its findings choose among chains; with one chain they change nothing.
  'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector': {},
  'envoy.config.listener.v3.FilterChain': { name: true, filters: true, transport_socket: true },
  'envoy.config.listener.v3.Filter': { name: true, typed_config: true },
  'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer': {},
  [`${tls}DownstreamTlsContext`]: { common_tls_context: true, require_client_certificate: true },
  [`${tls}CommonTlsContext`]: {
    tls_params: true,
    tls_certificates: true,
    validation_context: true,
    alpn_protocols: true,
  },
  [`${tls}TlsParameters`]: {
    tls_minimum_protocol_version: true,
    tls_maximum_protocol_version: true,
    cipher_suites: true,
  },
  [`${tls}TlsCertificate`]: { certificate_chain: true, private_key: true },
  [`${tls}CertificateValidationContext`]: { trusted_ca: true },
};

export const supportedFields: SupportedFields = {
  ...serverSupportedFields,
  ...httpSupportedFields,
  ...http1SupportedFields,
  ...routeSupportedFields,
  ...accessLogSupportedFields,
  ...upstreamSupportedFields,
};
