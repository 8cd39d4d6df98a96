/**
 * What the connection manager and the router serve of Envoy's messages.
 */
import type { SupportedFields } from '../config/supported-fields.js';
import { onlyValues } from '../config/supported-fields.js';
import { tracingSupportedFields } from '../tracing/supported-fields.js';
import { localReplySupportedFields } from './compile-local-reply.js';

const manager = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

export const httpSupportedFields: SupportedFields = {
  ...localReplySupportedFields,
  [manager]: {
    codec_type: onlyValues('AUTO', 'HTTP1', 'HTTP2'),
    stat_prefix: true,
    route_config: true,
    rds: true,
    http_filters: true,
    add_user_agent: true,
    common_http_protocol_options: true,
    http_protocol_options: true,
    http2_protocol_options: true,
    server_name: true,
    server_header_transformation: true,
    scheme_header_transformation: true,
    max_request_headers_kb: true,
    stream_idle_timeout: true,
    request_timeout: true,
    request_headers_timeout: true,
    drain_timeout: true,
    delayed_close_timeout: true,
    access_log: true,
    access_log_options: true,
    local_reply_config: true,
    use_remote_address: true,
    xff_num_trusted_hops: true,
    internal_address_config: true,
    skip_xff_append: true,
    via: true,
    generate_request_id: true,
    preserve_external_request_id: true,
    always_set_request_id_in_response: true,
    forward_client_cert_details: true,
    set_current_client_cert_details: true,
    proxy_100_continue: true,
    upgrade_configs: true,
    normalize_path: true,
    merge_slashes: true,
    path_with_escaped_slashes_action: true,
    append_x_forwarded_port: true,
    strip_any_host_port: true,
    strip_matching_host_port: true,
    strip_trailing_host_dot: true,
    stream_error_on_invalid_http_message: true,
    tracing: true,
    request_id_extension: true,
  },
  ...tracingSupportedFields,
  [`${manager}.HcmAccessLogOptions`]: {
    access_log_flush_interval: true,
    flush_access_log_on_new_request: true,
  },
  [`${manager}.SetCurrentClientCertDetails`]: {
    subject: true,
    cert: true,
    chain: true,
    dns: true,
    uri: true,
  },
  [`${manager}.UpgradeConfig`]: { upgrade_type: true, enabled: true },
  [`${manager}.InternalAddressConfig`]: { cidr_ranges: true },
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter': {
    name: true,
    typed_config: true,
    // Filters that are not here need real Envoy, which knows all of them.
    is_optional: 'ignored',
    disabled: true,
  },
  'envoy.config.core.v3.SchemeHeaderTransformation': { scheme_to_overwrite: true },
  'envoy.config.core.v3.CidrRange': { address_prefix: true, prefix_len: true },
  'envoy.config.core.v3.HttpProtocolOptions': {
    idle_timeout: true,
    max_connection_duration: true,
    max_headers_count: true,
    headers_with_underscores_action: true,
    max_requests_per_connection: true,
    max_stream_duration: true,
  },
  'envoy.extensions.filters.http.router.v3.Router': {
    dynamic_stats: 'ignored',
    start_child_span: true,
    suppress_envoy_headers: true,
    respect_expected_rq_timeout: true,
    strict_check_headers: true,
    suppress_grpc_request_failure_code_stats: 'ignored',
  },
};
