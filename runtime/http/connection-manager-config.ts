/**
 * The `HttpConnectionManager` message -> what connections and streams look at. Built once; immutable.
 */
import type { AccessLogger } from '../access-log/access-logger.js';
import type { Clock } from '../common/clock.js';
import type { Fields } from '../common/message-fields.js';
import { durationOf, messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import type { TimeoutQueue, TimeoutQueues } from '../common/timeout-queue.js';
import { under } from '../network/config-path.js';
import type { RouteTable } from '../route/route-table.js';
import type { HttpTracing } from '../tracing/http-tracing.js';
import type { RewriteLocalReply } from './compile-local-reply.js';
import { compileLocalReply } from './compile-local-reply.js';
import type { HttpFilterChain } from './filter.js';
import type { Http1ServerOptions } from './http1/http1-options.js';
import { http1ServerDefaults, serverProtocolOptions } from './http1/http1-options.js';
import type { Http2Options } from './http2/http2-options.js';
import { http2MessageOptions } from './http2/http2-options.js';
import type { Http2Stats } from './http2/http2-stats.js';
import type { PathNormalizer } from './path-normalizer.js';
import { createPathNormalizer } from './path-normalizer.js';
import type { RequestSanitizer } from './request-sanitizer.js';
import { createRequestSanitizer } from './request-sanitizer.js';

/** Looked up per request: a reload replaces it and leaves connections alone. */
export interface ConnectionManagerConfig {
  readonly routes: RouteTable;
  readonly filters: HttpFilterChain;
  readonly accessLoggers: readonly AccessLogger[];
  /** A line when a request begins, besides that of its end. */
  readonly logsStart: boolean;
  /** Lines while a request runs, so far apart. */
  readonly logInterval: TimeoutQueue | undefined;
  /** `local_reply_config`; undefined: local replies go as they are. */
  readonly rewriteLocalReply: RewriteLocalReply | undefined;
  readonly sanitize: RequestSanitizer;
  /** undefined: paths are taken as they come. */
  readonly normalizePath: PathNormalizer | undefined;
  readonly serverName: string;
  readonly serverHeader: 'OVERWRITE' | 'APPEND_IF_ABSENT' | 'PASS_THROUGH';
  /** `''`: none. */
  readonly via: string;
  readonly requestIdInResponse: boolean;
  readonly proxy100Continue: boolean;
  readonly stripHostPort: 'none' | 'any' | 'matching';
  readonly stripTrailingHostDot: boolean;
  /** `stream_error_on_invalid_http_message`: a request that is refused does not cost the connection. */
  readonly keepsConnectionOnBadRequest: boolean;
  /** Upgrades that are on (or off, to be turned on by a route), by lower-case name. */
  readonly upgrades: ReadonlyMap<string, boolean>;
  /** `stream_idle_timeout` (5 min). */
  readonly streamIdle: TimeoutQueue | undefined;
  /** `request_timeout` (none). */
  readonly request: TimeoutQueue | undefined;
  /** `request_headers_timeout` (none). */
  readonly requestHeaders: TimeoutQueue | undefined;
  /** `common_http_protocol_options.max_stream_duration` (none). */
  readonly maxStreamDuration: TimeoutQueue | undefined;
  /** 0 = without limit. */
  readonly maxRequestsPerConnection: number;
  /** In octets, 0 = without limit: what stream filters may keep of a body. */
  readonly bufferLimitBytes: number;
  /** undefined: nothing is traced. */
  readonly tracing: HttpTracing | undefined;
  /** Something asks for the moments of requests. */
  readonly keepsTimings: boolean;
  /** `''`: it has none. */
  readonly filterChainName: string;
}

/** What holds for a whole connection. A change of it drains the connections there are. */
export interface ConnectionConfig {
  /** Of the codec: `AUTO` goes by ALPN, without it by the first octets. */
  readonly codecType: 'AUTO' | 'HTTP1' | 'HTTP2';
  readonly http1: Http1ServerOptions;
  readonly http1OverTls: Http1ServerOptions;
  readonly http2: Http2Options;
  readonly http2OverTls: Http2Options;
  /** `idle_timeout` (1 h). */
  readonly connectionIdle: TimeoutQueue | undefined;
  readonly maxConnectionDuration: TimeoutQueue | undefined;
  /** `drain_timeout` (5 s). undefined: no waiting. */
  readonly drain: TimeoutQueue | undefined;
}

const fiveMinutesMs = 300_000;
const oneHourMs = 3_600_000;

/** What connections need besides their configuration. */
export interface ConnectionSurroundings {
  /** `per_connection_buffer_limit_bytes` of the listener. */
  readonly bufferLimitBytes: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timeouts: TimeoutQueues;
  readonly http2Stats: () => Http2Stats;
}

export function connectionConfig(
  manager: Fields,
  { bufferLimitBytes, clock, http2Stats, random, timeouts }: ConnectionSurroundings,
): ConnectionConfig {
  const common = messageOf(manager.common_http_protocol_options);
  const protocol = manager.http_protocol_options;
  const http1: Http1ServerOptions = {
    ...http1ServerDefaults,
    ...serverProtocolOptions(protocol === undefined ? undefined : messageOf(protocol)),
    maxRequestHeadersBytes: numberOf(manager.max_request_headers_kb, 60) * 1024,
    maxHeadersCount: numberOf(common.max_headers_count, 100),
    headersWithUnderscoresAction: textOf(
      common.headers_with_underscores_action,
      'ALLOW',
    ) as Http1ServerOptions['headersWithUnderscoresAction'],
    delayedCloseTimeoutMs: durationOf(manager.delayed_close_timeout, 1000),
    bufferLimitBytes,
    clock,
    scheme: 'http',
  };
  const http2: Http2Options = {
    ...http2MessageOptions(
      manager.http2_protocol_options,
      manager.stream_error_on_invalid_http_message === true,
    ),
    clock,
    random,
    stats: http2Stats,
    maxHeadersOctets: http1.maxRequestHeadersBytes,
    maxHeadersCount: http1.maxHeadersCount,
    headersWithUnderscoresAction: http1.headersWithUnderscoresAction,
    bufferLimitBytes,
    delayedCloseTimeoutMs: http1.delayedCloseTimeoutMs,
    scheme: 'http',
  };
  return {
    codecType: textOf(manager.codec_type, 'AUTO') as ConnectionConfig['codecType'],
    http2,
    http2OverTls: { ...http2, scheme: 'https' },
    http1,
    http1OverTls: { ...http1, scheme: 'https' },
    connectionIdle: timeouts.get(durationOf(common.idle_timeout, oneHourMs)),
    maxConnectionDuration: timeouts.get(durationOf(common.max_connection_duration, 0)),
    drain: timeouts.get(durationOf(manager.drain_timeout, 5000)),
  };
}

/** @param parts what other components made of the message */
export function connectionManagerConfig(
  manager: Fields,
  node: { readonly id: string; readonly cluster: string },
  timeouts: TimeoutQueues,
  parts: Pick<
    ConnectionManagerConfig,
    | 'routes'
    | 'filters'
    | 'accessLoggers'
    | 'bufferLimitBytes'
    | 'tracing'
    | 'keepsTimings'
    | 'filterChainName'
  >,
): ConnectionManagerConfig {
  const common = messageOf(manager.common_http_protocol_options);
  const http1 = messageOf(manager.http_protocol_options);
  const logOptions = messageOf(manager.access_log_options);
  const override = http1.override_stream_error_on_invalid_http_message;
  return {
    ...parts,
    logsStart: logOptions.flush_access_log_on_new_request === true,
    logInterval: timeouts.get(durationOf(logOptions.access_log_flush_interval, 0)),
    rewriteLocalReply: under(() => compileLocalReply(manager.local_reply_config), 'local_reply_config'),
    sanitize: createRequestSanitizer(manager, node),
    normalizePath: createPathNormalizer(manager),
    serverName: textOf(manager.server_name) || 'envoy',
    serverHeader: textOf(
      manager.server_header_transformation,
      'OVERWRITE',
    ) as ConnectionManagerConfig['serverHeader'],
    via: textOf(manager.via),
    requestIdInResponse: manager.always_set_request_id_in_response === true,
    proxy100Continue: manager.proxy_100_continue === true,
    stripHostPort:
      manager.strip_any_host_port === true
        ? 'any'
        : manager.strip_matching_host_port === true
          ? 'matching'
          : 'none',
    stripTrailingHostDot: manager.strip_trailing_host_dot === true,
    keepsConnectionOnBadRequest: (override ?? manager.stream_error_on_invalid_http_message) === true,
    upgrades: new Map(
      messagesOf(manager.upgrade_configs).map((one) => [
        textOf(one.upgrade_type).toLowerCase(),
        one.enabled !== false,
      ]),
    ),
    streamIdle: timeouts.get(durationOf(manager.stream_idle_timeout, fiveMinutesMs)),
    request: timeouts.get(durationOf(manager.request_timeout, 0)),
    requestHeaders: timeouts.get(durationOf(manager.request_headers_timeout, 0)),
    maxStreamDuration: timeouts.get(durationOf(common.max_stream_duration, 0)),
    maxRequestsPerConnection: numberOf(common.max_requests_per_connection, 0),
  };
}
