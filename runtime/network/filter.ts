/**
 * The contract of network filters: what a filter chain hands an accepted connection to. The last filter of a chain is
 * terminal (HTTP connection manager, TCP proxy, echo); those before it are read filters, which let a connection pass or
 * end it (RBAC, limits).
 */
import type { Duplex } from 'node:stream';
import type { AccessLogFiles } from '../access-log/create-access-loggers.js';
import type { Clock } from '../common/clock.js';
import type { ConnectionTls } from '../common/connection-tls.js';
import type { LimitShare } from '../common/limit-share.js';
import type { LoggerRegistry } from '../common/logger.js';
import type { ResponseFlag } from '../common/stream-info.js';
import type { TimeoutQueues } from '../common/timeout-queue.js';
import type { ProxyTlv } from './proxy-protocol/proxy-header.js';
import type { StatsScope } from '../stats/stat.js';
import type { ClusterManager } from '../upstream/cluster/cluster.js';
import type { StaticSecrets } from './tls/secrets.js';

/** Facts of an accepted connection; what filters found out about it stands at the end. */
export interface ConnectionInfo {
  readonly id: number;
  /** As the PROXY protocol says, where it is spoken; else that of the socket. `''` on a Unix socket. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly tls: boolean;
  /** Server name of the TLS handshake, where the listener has inspected it (`tls_inspector`); else `''`, as in Envoy. */
  readonly serverName: string;
  /** Negotiated protocol, `''` when none. */
  readonly alpn: string;
  /** Of the socket, whatever the PROXY protocol says; absent: it says nothing, so that it is `remoteAddress`. */
  readonly directRemoteAddress?: string | undefined;
  readonly directRemotePort?: number | undefined;
  /** Path of the Unix socket that the connection came in by: what is told instead of addresses; absent: none. */
  readonly pipePath?: string | undefined;
  /** Vectors of the PROXY protocol that go on to hosts (`pass_through_tlvs`). */
  readonly proxyTlvs?: readonly ProxyTlv[] | undefined;
  /** `CONNECTION_TERMINATION_DETAILS` of access logs; a filter that ends the connection says why. */
  terminationDetails?: string | undefined;
  /** Set by a read filter that ends the connection: what access logs show of it. */
  refusalFlag?: ResponseFlag | undefined;
  /** Octets that came and that no filter behind gets, because a read filter has refused the connection by them. */
  discardedOctets?: number | undefined;
  /** Set by filters: namespace -> fields; undefined until somebody does. */
  dynamicMetadata?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
  /** Of its handshake; undefined for plain text. */
  readonly ssl?: ConnectionTls | undefined;
}

/** A filter before the terminal one, shared by all connections of its chain. */
export interface ReadFilter {
  /**
   * Called once for each connection, in the order of the chain, before the terminal filter gets it. Whoever wants to
   * decide by the first octets listens for 'readable' (see `on-first-octets.ts`): nothing reads while somebody does.
   * @returns false when the filter ends the connection; nobody else gets it then
   */
  onNewConnection(socket: Duplex, info: ConnectionInfo): boolean;
  /** Ends connections that only this filter has still got. */
  close(): void;
}

/** Makes a filter from the canonical payload of its `typed_config`. @throws ConfigError */
export type ReadFilterFactory = (config: unknown, context: FactoryContext) => ReadFilter;

/** A terminal network filter of one filter chain, shared by all its connections. */
export interface NetworkFilter {
  /**
   * Takes over the socket (a `net.Socket` or a `tls.TLSSocket`), of which nothing has been read. A filter that listens
   * for 'data' within this call is sent it from then on; one that does so later calls `resume()` then. It owns the end of
   * the socket's life.
   */
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
  /** A read filter has ended a connection before this filter got it. Envoy's TCP proxy counts and logs it all the same. */
  onRefused?(info: ConnectionInfo): void;
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
  /** Whether requests cannot be sent to that cluster, since each of its connections tells of one client. */
  isForOctets?(name: string): boolean;
  /** Prefix of the listener's statistics, e.g. `listener.0.0.0.0_8080.`; ends with a dot. */
  readonly listenerStatPrefix: string;
  /** `zone` of its locality; absent: it has none. */
  readonly node: { readonly id: string; readonly cluster: string; readonly zone?: string };
  /** The listener is `traffic_direction: OUTBOUND`; absent: it is not. */
  readonly isOutbound?: boolean;
  /** Of the filter chain, `''` when it has none; absent in tests. */
  readonly filterChainName?: string;
  /** Of this program; absent in tests. */
  readonly version?: string;
  /** A number of the runtime layers; undefined when none has it. Absent: there are no layers. */
  runtimeNumber?(key: string): number | undefined;
  /** `static_resources.secrets` */
  readonly secrets?: StaticSecrets;
  /** Of limits that hold for all worker processes together. Default: all of them. */
  readonly shareOfLimit?: LimitShare;
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
