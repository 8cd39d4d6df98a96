/**
 * The `HttpConnectionManager` message -> what connections and streams look at. Built once; immutable.
 */
import type { AccessLogger } from '../access-log/access-logger.js';
import type { Clock } from '../common/clock.js';
import type { Fields } from '../common/message-fields.js';
import { durationOf, messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import type { TimeoutQueue, TimeoutQueues } from '../common/timeout-queue.js';
import type { RouteTable } from '../route/route-table.js';
import type { CreateFilter } from './filter.js';
import type { Http1ServerOptions } from './http1/http1-options.js';
import { http1ServerDefaults, serverProtocolOptions } from './http1/http1-options.js';
import type { PathNormalizer } from './path-normalizer.js';
import { createPathNormalizer } from './path-normalizer.js';
import type { RequestSanitizer } from './request-sanitizer.js';
import { createRequestSanitizer } from './request-sanitizer.js';

/** Looked up per request: a reload replaces it and leaves connections alone. */
export interface ConnectionManagerConfig {
  readonly routes: RouteTable;
  readonly createFilter: CreateFilter;
  readonly accessLoggers: readonly AccessLogger[];
  readonly sanitize: RequestSanitizer;
  readonly normalizePath: PathNormalizer | undefined;
  readonly serverName: string;
  readonly serverHeader: 'OVERWRITE' | 'APPEND_IF_ABSENT' | 'PASS_THROUGH';
  readonly via: string;
  readonly requestIdInResponse: boolean;
  readonly proxy100Continue: boolean;
  readonly stripHostPort: 'none' | 'any' | 'matching';
  readonly stripTrailingHostDot: boolean;
  readonly keepsConnectionOnBadRequest: boolean;
  /** Upgrades that are on, by lower-case name. */
  readonly upgrades: ReadonlyMap<string, boolean>;
  readonly streamIdleMs: number;
  readonly streamIdle: TimeoutQueue | undefined;
  readonly request: TimeoutQueue | undefined;
  readonly requestHeaders: TimeoutQueue | undefined;
  readonly maxRequestsPerConnection: number;
}

/** What holds for a whole connection. A change of it drains the connections there are. */
export interface ConnectionConfig {
  readonly http1: Omit<Http1ServerOptions, 'scheme'>;
  readonly connectionIdle: TimeoutQueue | undefined;
  readonly maxConnectionDuration: TimeoutQueue | undefined;
  readonly drainTimeoutMs: number;
}

const fiveMinutesMs = 300_000;
const oneHourMs = 3_600_000;

export function connectionConfig(
  manager: Fields,
  bufferLimitBytes: number,
  clock: Clock,
  timeouts: TimeoutQueues,
): ConnectionConfig {
  const common = messageOf(manager.common_http_protocol_options);
  const protocol = manager.http_protocol_options;
  return {
    http1: {
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
    },
    connectionIdle: timeouts.get(durationOf(common.idle_timeout, oneHourMs)),
    maxConnectionDuration: timeouts.get(durationOf(common.max_connection_duration, 0)),
    drainTimeoutMs: durationOf(manager.drain_timeout, 5000),
  };
}

/** @param parts what other components made of the message */
export function connectionManagerConfig(
  manager: Fields,
  node: { readonly id: string; readonly cluster: string },
  timeouts: TimeoutQueues,
  parts: Pick<ConnectionManagerConfig, 'routes' | 'createFilter' | 'accessLoggers'>,
): ConnectionManagerConfig {
  const common = messageOf(manager.common_http_protocol_options);
  const http1 = messageOf(manager.http_protocol_options);
  const override = http1.override_stream_error_on_invalid_http_message;
  const streamIdleMs = durationOf(manager.stream_idle_timeout, fiveMinutesMs);
  return {
    ...parts,
    sanitize: createRequestSanitizer(manager, node),
    normalizePath: createPathNormalizer(manager),
    serverName: textOf(manager.server_name, 'envoy') || 'envoy',
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
    streamIdleMs,
    streamIdle: timeouts.get(streamIdleMs),
    request: timeouts.get(durationOf(manager.request_timeout, 0)),
    requestHeaders: timeouts.get(durationOf(manager.request_headers_timeout, 0)),
    maxRequestsPerConnection: numberOf(common.max_requests_per_connection, 0),
  };
}
