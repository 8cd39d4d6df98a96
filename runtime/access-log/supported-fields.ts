/**
 * What access logs serve of Envoy's messages.
 */
import type { SupportedFields } from '../config/supported-fields.js';

const log = 'envoy.config.accesslog.v3.';
const format = { log_format: true } as const;

export const accessLogSupportedFields: SupportedFields = {
  [`${log}AccessLog`]: { name: true, filter: true, typed_config: true },
  [`${log}AccessLogFilter`]: {
    status_code_filter: true,
    duration_filter: true,
    not_health_check_filter: true,
    header_filter: true,
    response_flag_filter: true,
    and_filter: true,
    or_filter: true,
    grpc_status_filter: true,
    log_type_filter: true,
    metadata_filter: true,
    runtime_filter: true,
    traceable_filter: true,
  },
  [`${log}StatusCodeFilter`]: { comparison: true },
  [`${log}DurationFilter`]: { comparison: true },
  [`${log}ComparisonFilter`]: { op: true, value: true },
  'envoy.config.core.v3.RuntimeUInt32': { default_value: true, runtime_key: 'ignored' },
  [`${log}NotHealthCheckFilter`]: {},
  [`${log}HeaderFilter`]: { header: true },
  [`${log}ResponseFlagFilter`]: { flags: true },
  [`${log}AndFilter`]: { filters: true },
  [`${log}OrFilter`]: { filters: true },
  [`${log}GrpcStatusFilter`]: { statuses: true, exclude: true },
  [`${log}LogTypeFilter`]: { types: true, exclude: true },
  [`${log}MetadataFilter`]: { matcher: true, match_if_key_not_found: true },
  [`${log}RuntimeFilter`]: {
    // A key by which the percentage could be changed.
    runtime_key: 'ignored',
    percent_sampled: true,
    use_independent_randomness: true,
  },
  [`${log}TraceableFilter`]: {},
  'envoy.extensions.access_loggers.file.v3.FileAccessLog': {
    path: true,
    format: true,
    json_format: true,
    typed_json_format: true,
    log_format: true,
  },
  'envoy.extensions.access_loggers.stream.v3.StdoutAccessLog': format,
  'envoy.extensions.access_loggers.stream.v3.StderrAccessLog': format,
  'envoy.config.core.v3.SubstitutionFormatString': {
    text_format: true,
    text_format_source: true,
    json_format: true,
    omit_empty_values: true,
    // Counts for the bodies of local replies.
    content_type: true,
    // Keys are always sorted, as Envoy does by default.
    json_format_options: 'ignored',
  },
  'google.protobuf.Struct': {},
};
