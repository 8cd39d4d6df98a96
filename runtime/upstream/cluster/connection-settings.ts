/**
 * What a cluster's configuration says about its connections, as pools take it.
 */
import type { Clock } from '../../common/clock.js';
import type { Fields } from '../../common/message-fields.js';
import { durationOf, messageOf, numberOf, textOf } from '../../common/message-fields.js';
import { clientProtocolOptions, http1ClientDefaults } from '../../http/http1/http1-options.js';
import { ConfigError } from '../../network/filter.js';
import { http2MessageOptions } from '../../http/http2/http2-options.js';
import type { Http2Stats } from '../../http/http2/http2-stats.js';
import type { PoolOptions } from '../connection-pool/host-pool.js';

const optionsName = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const oneHourMs = 3_600_000;
/** Envoy's limit of a response's names and values when the cluster says nothing. */
const http2ResponseHeadersOctets = 60 * 1024;

function protocolOf(options: Fields, http2: unknown): PoolOptions['protocol'] {
  if (options.auto_config !== undefined) return 'auto';
  const isHttp2 = http2 !== undefined && options.use_downstream_protocol_config === undefined;
  return isHttp2 ? 'http2' : 'http1';
}

export interface ConnectionSettings
  extends Omit<PoolOptions, 'clock' | 'stats' | 'limits' | 'usage' | 'tls' | 'names'> {
  /** `use_downstream_protocol_config`: HTTP/2 for requests that came over it. */
  readonly followsDownstream: boolean;
}

/** Fields that connections do not depend on: a change of these alone leaves them open. */
const unrelated: ReadonlySet<string> = new Set([
  'type',
  'load_assignment',
  'lb_policy',
  'least_request_lb_config',
  'round_robin_lb_config',
  'ring_hash_lb_config',
  'maglev_lb_config',
  'lb_subset_config',
  'load_balancing_policy',
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
  'health_checks',
  'outlier_detection',
  'ignore_health_on_host_removal',
  'close_connections_on_host_health_failure',
]);

/** Equal for two configurations of a cluster whose connections may be used for one another. */
export function connectionKey(config: unknown): string {
  return JSON.stringify(Object.entries(messageOf(config)).filter(([name]) => !unrelated.has(name)));
}

/**
 * @param isTls the cluster is connected to over TLS
 * @throws ConfigError with the path inside the cluster
 */
export function connectionSettings(
  config: unknown,
  isTls: boolean,
  clock: Clock,
  random: () => number,
  http2Stats: () => Http2Stats,
): ConnectionSettings {
  const fields = messageOf(config);
  const options = messageOf(messageOf(fields.typed_extension_protocol_options)[optionsName]);
  const common = messageOf(options.common_http_protocol_options ?? fields.common_http_protocol_options);
  const downstream = options.use_downstream_protocol_config;
  const auto = options.auto_config;
  const explicit = messageOf(options.explicit_http_config ?? downstream ?? auto);
  const http1 = explicit.http_protocol_options ?? fields.http_protocol_options;
  // The older field of the cluster counts only where the newer message is absent.
  const http2 =
    Object.keys(options).length > 0 ? explicit.http2_protocol_options : fields.http2_protocol_options;
  if (auto !== undefined && !isTls) {
    throw new ConfigError(
      `ALPN configured for cluster ${textOf(fields.name)} which has a non-ALPN transport socket`,
      ['typed_extension_protocol_options', optionsName, 'auto_config'],
    );
  }
  const protocol = protocolOf(options, http2);
  const maxHeadersCount = numberOf(common.max_headers_count, http1ClientDefaults.maxHeadersCount);
  const bufferLimitBytes = numberOf(
    fields.per_connection_buffer_limit_bytes,
    http1ClientDefaults.bufferLimitBytes,
  );
  const keepalive = messageOf(fields.upstream_connection_options).tcp_keepalive;
  const source = messageOf(messageOf(fields.upstream_bind_config).source_address);
  if (textOf(common.headers_with_underscores_action, 'ALLOW') !== 'ALLOW') {
    // The message is shared with listeners, where it is served: only here it is not.
    throw new ConfigError(
      'headers_with_underscores_action of a cluster needs real Envoy',
      ['typed_extension_protocol_options', optionsName, 'common_http_protocol_options'],
      true,
    );
  }
  return {
    protocol,
    followsDownstream: downstream !== undefined,
    http1: {
      ...http1ClientDefaults,
      ...clientProtocolOptions(http1 === undefined ? undefined : messageOf(http1)),
      maxHeadersCount,
      bufferLimitBytes,
      clock,
    },
    http2: {
      ...http2MessageOptions(http2),
      clock,
      random,
      stats: http2Stats,
      maxHeadersOctets: http2ResponseHeadersOctets,
      maxHeadersCount,
      headersWithUnderscoresAction: 'ALLOW',
      bufferLimitBytes,
      // A host that does not take what is left to be written is not waited for longer.
      delayedCloseTimeoutMs: 1000,
      scheme: isTls ? 'https' : 'http',
    },
    // An address of our own, and 0 for any port.
    source:
      textOf(source.address) === ''
        ? undefined
        : { ip: textOf(source.address), port: numberOf(source.port_value, 0) },
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
