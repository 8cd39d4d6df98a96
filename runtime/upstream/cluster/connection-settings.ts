/**
 * What a cluster's configuration says about its connections, as pools take it.
 */
import type { Clock } from '../../common/clock.js';
import { durationOf, messageOf, numberOf, textOf } from '../../common/message-fields.js';
import { clientProtocolOptions, http1ClientDefaults } from '../../http/http1/http1-options.js';
import { ConfigError } from '../../network/filter.js';
import type { PoolOptions } from '../connection-pool/http1-pool.js';

const optionsName = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const oneHourMs = 3_600_000;

export type ConnectionSettings = Omit<PoolOptions, 'clock' | 'stats' | 'limits' | 'usage' | 'tls'>;

/** Fields that connections do not depend on: a change of these alone leaves them open. */
const unrelated: ReadonlySet<string> = new Set([
  'type',
  'load_assignment',
  'lb_policy',
  'least_request_lb_config',
  'round_robin_lb_config',
  'common_lb_config',
  'dns_refresh_rate',
  'dns_failure_refresh_rate',
  'dns_jitter',
  'dns_lookup_family',
  'dns_resolution_config',
  'dns_resolvers',
  'respect_dns_ttl',
  'typed_dns_resolver_config',
  'use_tcp_for_dns_lookups',
  'wait_for_warm_on_init',
  'metadata',
]);

/** Equal for two configurations of a cluster whose connections may be used for one another. */
export function connectionKey(config: unknown): string {
  return JSON.stringify(Object.entries(messageOf(config)).filter(([name]) => !unrelated.has(name)));
}

/** @throws ConfigError with the path inside the cluster */
export function connectionSettings(config: unknown, clock: Clock): ConnectionSettings {
  const fields = messageOf(config);
  const options = messageOf(messageOf(fields.typed_extension_protocol_options)[optionsName]);
  const common = messageOf(options.common_http_protocol_options ?? fields.common_http_protocol_options);
  const explicit = messageOf(options.explicit_http_config ?? options.use_downstream_protocol_config);
  const http1 = explicit.http_protocol_options ?? fields.http_protocol_options;
  const keepalive = messageOf(fields.upstream_connection_options).tcp_keepalive;
  if (textOf(common.headers_with_underscores_action, 'ALLOW') !== 'ALLOW') {
    // The message is shared with listeners, where it is served: only here it is not.
    throw new ConfigError(
      'headers_with_underscores_action of a cluster needs real Envoy',
      ['typed_extension_protocol_options', optionsName, 'common_http_protocol_options'],
      true,
    );
  }
  return {
    http1: {
      ...http1ClientDefaults,
      ...clientProtocolOptions(http1 === undefined ? undefined : messageOf(http1)),
      maxHeadersCount: numberOf(common.max_headers_count, http1ClientDefaults.maxHeadersCount),
      bufferLimitBytes: numberOf(
        fields.per_connection_buffer_limit_bytes,
        http1ClientDefaults.bufferLimitBytes,
      ),
      clock,
    },
    connectTimeoutMs: durationOf(fields.connect_timeout, 5000),
    idleTimeoutMs: durationOf(common.idle_timeout, oneHourMs),
    maxConnectionDurationMs: durationOf(common.max_connection_duration, 0),
    maxRequestsPerConnection: numberOf(
      common.max_requests_per_connection ?? fields.max_requests_per_connection,
      0,
    ),
    // Linux begins after two hours when `keepalive_time` (seconds) is not set.
    keepaliveTimeMs: keepalive === undefined ? 0 : numberOf(messageOf(keepalive).keepalive_time, 7200) * 1000,
  };
}
