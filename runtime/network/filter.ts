/**
 * The contract of network filters: what a filter chain hands an accepted connection to.
 * Only terminal filters exist (HTTP connection manager; tcp_proxy comes with the TCP proxy), so a chain has one.
 */
import type { Duplex } from 'node:stream';
import type { AccessLogFiles } from '../access-log/create-access-loggers.js';
import type { Clock } from '../common/clock.js';
import type { ConnectionTls } from '../common/connection-tls.js';
import type { LoggerRegistry } from '../common/logger.js';
import type { TimeoutQueues } from '../common/timeout-queue.js';
import type { StatsScope } from '../stats/stat.js';
import type { ClusterManager } from '../upstream/cluster/cluster.js';
import type { StaticSecrets } from './tls/secrets.js';

/** Facts of an accepted connection that do not change. */
export interface ConnectionInfo {
  readonly id: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly tls: boolean;
  /** Server name of the TLS handshake, where the listener has inspected it (`tls_inspector`); else `''`, as in Envoy. */
  readonly serverName: string;
  /** Negotiated protocol, `''` when none. */
  readonly alpn: string;
  /** Of its handshake; undefined for plain text. */
  readonly ssl?: ConnectionTls | undefined;
}

/** A terminal network filter of one filter chain, shared by all its connections. */
export interface NetworkFilter {
  /** Takes over the socket (a `net.Socket` or a `tls.TLSSocket`, both paused). The filter owns its end of life. */
  onConnection(socket: Duplex, info: ConnectionInfo): void;
  /**
   * Tries to take a changed configuration of the same filter without touching connections (for HCM: everything
   * that is looked up per request, above all `route_config`).
   * @returns the commit step, to be called in the turn of the swap; undefined when connections must be drained.
   * @throws ConfigError when the new configuration is bad; nothing has changed then.
   */
  prepareUpdate(config: unknown, context: FactoryContext): (() => void) | undefined;
  /** Starts to close connections gracefully: `connection: close` on the next response, idle ones at once. */
  drain(): void;
  /** Connections that are still open. */
  readonly activeConnections: number;
  /** Closes everything at once (the drain deadline). */
  close(): void;
}

/** What factories may use. Built once per server and shared. */
export interface FactoryContext {
  readonly clock: Clock;
  readonly loggers: LoggerRegistry;
  readonly stats: StatsScope;
  readonly clusters: ClusterManager;
  /** Time-outs of requests and connections. */
  readonly timeouts: TimeoutQueues;
  readonly accessLogFiles: AccessLogFiles;
  /** Of [0, 1). */
  readonly random: () => number;
  /** `per_connection_buffer_limit_bytes` of the listener. */
  readonly bufferLimitBytes: number;
  /** Whether the configuration that is being built has a cluster of that name: `clusters` still has the old ones. */
  hasCluster(name: string): boolean;
  /** Prefix of the listener's statistics, e.g. `listener.0.0.0.0_8080.`; ends with a dot. */
  readonly listenerStatPrefix: string;
  readonly node: { readonly id: string; readonly cluster: string };
  /** `static_resources.secrets` */
  readonly secrets?: StaticSecrets;
  /** True when the whole server drains (`/healthcheck/fail`, SIGTERM): responses then carry `connection: close`. */
  isDraining(): boolean;
}

/**
 * A configuration that the bundled runtime refuses. `path` is relative to the config that was handed in;
 * the caller puts its own path before it, so the YAML line can be told.
 */
export class ConfigError extends Error {
  readonly path: readonly (string | number)[];
  /** True: valid for Envoy, but not built here ("needs real Envoy"). */
  readonly unsupported: boolean;
  constructor(message: string, path: readonly (string | number)[] = [], unsupported = false) {
    super(message);
    this.name = 'ConfigError';
    this.path = path;
    this.unsupported = unsupported;
  }

  /** The same error seen from further up. */
  under(...steps: (string | number)[]): ConfigError {
    return new ConfigError(this.message, [...steps, ...this.path], this.unsupported);
  }
}

/** Makes a filter from the canonical payload of its `typed_config`. @throws ConfigError */
export type NetworkFilterFactory = (config: unknown, context: FactoryContext) => NetworkFilter;
