import type { AccessLog, AccessLogFilter } from '../types.js';

export interface AccessLogOptions {
  /** Default: standard output. */
  readonly path?: string;
  /** A format string, or an object for one JSON object a line. Default: Envoy's default format. */
  readonly format?: string | Readonly<Record<string, unknown>>;
  /** Which requests are logged: from `statusAtLeast`, `notHealthCheck` and the like. Default: all. */
  readonly filter?: AccessLogFilter;
}

/** What one wants to know of a call, for `accessLog({ format: jsonLogFormat })`; `{ ...jsonLogFormat, mine: '...' }` adds to it. */
export const jsonLogFormat = {
  start_time: '%START_TIME%',
  request_id: '%REQ(X-REQUEST-ID)%',
  method: '%REQ(:METHOD)%',
  authority: '%REQ(:AUTHORITY)%',
  path: '%REQ(:PATH)%',
  protocol: '%PROTOCOL%',
  response_code: '%RESPONSE_CODE%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  response_flags: '%RESPONSE_FLAGS%',
  grpc_status: '%GRPC_STATUS%',
  attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%',
  duration_ms: '%DURATION%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  upstream_cluster: '%UPSTREAM_CLUSTER%',
  upstream_host: '%UPSTREAM_HOST%',
} as const;

/** One access log. */
export function accessLog(options: AccessLogOptions = {}): AccessLog {
  const { filter, format, path } = options;
  const only = filter === undefined ? {} : { filter };
  const log_format =
    format === undefined
      ? undefined
      : typeof format === 'string'
        ? { text_format_source: { inline_string: format.endsWith('\n') ? format : `${format}\n` } }
        : { json_format: format };
  const shared = log_format === undefined ? {} : { log_format };
  return path === undefined
    ? {
        name: 'envoy.access_loggers.stdout',
        ...only,
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog',
          ...shared,
        },
      }
    : {
        name: 'envoy.access_loggers.file',
        ...only,
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
          path,
          ...shared,
        },
      };
}
