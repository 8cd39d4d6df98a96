/**
 * `envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy` -> what its connections ask. Compiled once.
 */
import type { AccessLogger } from '../../../access-log/access-logger.js';
import { createAccessLoggers } from '../../../access-log/create-access-loggers.js';
import type { Fields } from '../../../common/message-fields.js';
import { durationOf, messageOf, messagesOf, numberOf, textOf } from '../../../common/message-fields.js';
import { under } from '../../../network/config-path.js';
import type { FactoryContext } from '../../../network/filter.js';
import { ConfigError } from '../../../network/filter.js';

const oneHourMs = 3_600_000;

/** Waiting times between attempts to connect: full jitter over a bound that doubles. */
export interface ConnectBackoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

export interface TcpProxyConfig {
  /** Name of the cluster for a new connection. */
  chooseCluster(): string;
  /** 0: none. Default one hour. */
  readonly idleTimeoutMs: number;
  /** 0: no limit. */
  readonly maxDurationMs: number;
  /** Percent of `maxDurationMs` by which a connection may live longer. */
  readonly maxDurationJitterPercent: number;
  readonly maxConnectAttempts: number;
  /** undefined: the next attempt begins at once. */
  readonly backoff: ConnectBackoff | undefined;
  readonly accessLoggers: readonly AccessLogger[];
  /** 0: none. */
  readonly logIntervalMs: number;
  readonly logsStart: boolean;
  readonly logsConnected: boolean;
  readonly hashesSourceIp: boolean;
  /** The host is connected to when the client has sent something (`upstream_connect_mode: ON_DOWNSTREAM_DATA`). */
  readonly waitsForData: boolean;
  /** Octets that are read before there is a host to send them to; undefined: nothing is read before. */
  readonly maxEarlyDataBytes: number | undefined;
  /** `check_drain_close`: a connection that carries something while the listener drains is closed. */
  readonly closesOnDrain: boolean;
  /** Octets that may wait for a client before the host is not read any more. */
  readonly bufferLimitBytes: number;
}

interface Share {
  readonly name: string;
  readonly weight: number;
}

/** @param random of [0, 1) */
function weightedChoice(shares: readonly Share[], random: () => number): () => string {
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  if (total > 0xffff_ffff) {
    throw new ConfigError('The sum of weights of all upstream clusters exceeds 4294967295', [
      'weighted_clusters',
    ]);
  }
  return () => {
    let drawn = random() * total;
    for (const { name, weight } of shares) {
      drawn -= weight;
      if (drawn < 0) return name;
    }
    return (shares.at(-1) as Share).name;
  };
}

function clusterChoice(proxy: Fields, random: () => number): () => string {
  if (proxy.weighted_clusters !== undefined) {
    const clusters = messagesOf(messageOf(proxy.weighted_clusters).clusters);
    return weightedChoice(
      clusters.map(({ name, weight }) => ({ name: textOf(name), weight: numberOf(weight, 0) })),
      random,
    );
  }
  const cluster = textOf(proxy.cluster);
  return () => cluster;
}

function connectBackoff(options: unknown): ConnectBackoff | undefined {
  if (options === undefined) return undefined;
  const fields = messageOf(options);
  const baseMs = Math.max(1, durationOf(fields.base_interval, 0));
  const maxMs = durationOf(fields.max_interval, baseMs * 10);
  if (maxMs < baseMs) {
    throw new ConfigError('max_interval must be greater than or equal to base_interval', ['backoff_options']);
  }
  return { baseMs, maxMs };
}

/** @throws ConfigError with the path inside the message */
export function tcpProxyConfig(proxy: Fields, context: FactoryContext): TcpProxyConfig {
  const options = messageOf(proxy.access_log_options);
  for (const name of ['access_log_flush_interval', 'flush_access_log_on_connected']) {
    const isDefault = proxy[name] === undefined || proxy[name] === false;
    if (proxy.access_log_options === undefined || isDefault) continue;
    const what = name === 'access_log_flush_interval' ? 'access_log_flush_interval' : name;
    throw new ConfigError(
      `Only one of access_log_options or ${what} can be specified in the TCP proxy configuration`,
      [name],
    );
  }
  const hashPolicies = messagesOf(proxy.hash_policy);
  const waitsForData = textOf(proxy.upstream_connect_mode) === 'ON_DOWNSTREAM_DATA';
  if (waitsForData && proxy.max_early_data_bytes === undefined) {
    throw new ConfigError(
      'max_early_data_bytes must be set when upstream_connect_mode is ON_DOWNSTREAM_DATA. Use value 0 to enable this mode with immediate read-disable, or a non-zero value to buffer early data.',
      ['max_early_data_bytes'],
    );
  }
  return {
    chooseCluster: clusterChoice(proxy, context.random),
    idleTimeoutMs: durationOf(proxy.idle_timeout, oneHourMs),
    maxDurationMs: durationOf(proxy.max_downstream_connection_duration, 0),
    maxDurationJitterPercent: numberOf(
      messageOf(proxy.max_downstream_connection_duration_jitter_percentage).value,
      0,
    ),
    maxConnectAttempts: numberOf(proxy.max_connect_attempts, 1),
    backoff: connectBackoff(proxy.backoff_options),
    accessLoggers: under(() => createAccessLoggers(proxy.access_log, context.accessLogFiles), 'access_log'),
    logIntervalMs: durationOf(options.access_log_flush_interval ?? proxy.access_log_flush_interval, 0),
    logsStart: options.flush_access_log_on_start === true,
    logsConnected: (options.flush_access_log_on_connected ?? proxy.flush_access_log_on_connected) === true,
    hashesSourceIp: hashPolicies.some(({ source_ip }) => source_ip !== undefined),
    waitsForData,
    maxEarlyDataBytes:
      proxy.max_early_data_bytes === undefined ? undefined : numberOf(proxy.max_early_data_bytes, 0),
    closesOnDrain: proxy.check_drain_close === true,
    bufferLimitBytes: context.bufferLimitBytes,
  };
}
