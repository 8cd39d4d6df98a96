/**
 * The contract between the admin server and the server that it reports on. Every method is called at the moment of a
 * request and answers with what is in force then, so that a reload needs no word to the admin server.
 */
import type { envoy_config_bootstrap_v3_Bootstrap as Bootstrap } from '../../dsl/api/generated/types.js';
import type { LoggerRegistry } from '../common/logger.js';
import type { RuntimeSnapshot } from '../layered-runtime/layered-runtime.js';
import type { PastConfig } from '../server/config-history.js';
import type { StatsStore } from '../stats/stats-store.js';
import type { DynamicDump } from '../subscription/dynamic-dump.js';

/** `envoy.admin.v3.ServerInfo.State`. */
export type ServerState = 'LIVE' | 'DRAINING' | 'PRE_INITIALIZING' | 'INITIALIZING';

/** One active listener, for `/listeners`. */
export interface ListenerStatus {
  readonly name: string;
  /** The address it is bound to and the additional ones, with the real port: `127.0.0.1:80`, `[::1]:80`, a pipe's path. */
  readonly addresses: readonly string[];
}

/** What `/config_dump` shows. */
export interface ConfigurationInForce {
  /** The canonical bootstrap. Secrets need no care: the dump redacts them. */
  readonly bootstrap: Bootstrap;
  /** Wall-clock milliseconds since the epoch at which it came into force. */
  readonly lastUpdatedMs: number;
  /** What came from files; absent: nothing did. */
  readonly dynamic?: DynamicDump;
}

/** What does not change while the process lives; shown by `/server_info`. */
export interface ServerFacts {
  /** Version of the envoy3 package, e.g. `0.1.0`. */
  readonly version: string;
  /** Monotonic milliseconds (`Clock.now`) at which the server started. */
  readonly startedAtMs: number;
  /**
   * The command line in the field names of `envoy.admin.v3.CommandLineOptions` (`concurrency`, `config_path`,
   * `drain_time: '600s'`, `mode: 'Serve'`, ...). What is absent is shown with Envoy's default.
   */
  readonly commandLineOptions: Readonly<Record<string, unknown>>;
}

/** One certificate or authority of a TLS context, for `/certs`. */
export interface CertificateStatus {
  /** File it was read from, or `<inline>`. */
  readonly path: string;
  /** PEM or DER of the certificate, or of the first certificate of a chain; undefined when this side has none. */
  readonly certificate: string | Buffer;
  /** Of the OCSP response that goes with it, in milliseconds since the epoch; infinite for one that holds for ever. */
  readonly ocsp?: { readonly validFrom: number; readonly expiresAt: number } | undefined;
}

/** The certificates of one TLS context. */
export interface TlsContextCertificates {
  readonly trustedAuthorities: readonly CertificateStatus[];
  readonly certificates: readonly CertificateStatus[];
}

/** What the server gives to its admin server. */
export interface AdminHost {
  readonly stats: StatsStore;
  readonly loggers: LoggerRegistry;
  readonly facts: ServerFacts;
  state(): ServerState;
  /** The configuration in force, undefined before the first one is. */
  configuration(): ConfigurationInForce | undefined;
  /** The layered runtime in force. */
  runtime(): RuntimeSnapshot;
  /** Changes values of its admin layer; '' takes one back. @returns why nothing was changed */
  modifyRuntime(changes: ReadonlyMap<string, string>): Promise<string | undefined>;
  /** Absent: there is no way back. */
  readonly history?: {
    /** Oldest first; the last one is in force. */
    all(): readonly PastConfig[];
    /** @param generation default: the one before. @returns why it was not put in force */
    rollback(generation: number | undefined): Promise<string | undefined>;
  };
  /** Active listeners in the order of the configuration. Draining ones are not among them. */
  listeners(): readonly ListenerStatus[];
  /** Text of `/clusters`. @param matches only the clusters whose name it accepts */
  clustersText(matches: (name: string) => boolean): string;
  /** The value of `/clusters?format=json` (`envoy.admin.v3.Clusters`). @param matches as above */
  clustersJson(matches: (name: string) => boolean): unknown;
  certificates(): readonly TlsContextCertificates[];
  /** Brings what is shown up to date with worker processes, where there are some. Awaited before each answer. */
  gather?(): Promise<void>;
  /** Called when an endpoint that changes something has. */
  changed?(): void;
  /** Called before statistics are shown: the place to set gauges such as `server.uptime` and `server.memory_allocated`. */
  refreshStats(): void;
  /** `/quitquitquit`: begins the end of the process; the answer is on its way already. */
  quit(): void;
  /** From now on health checks of load balancers fail and connections are drained; the state is `DRAINING`. */
  healthcheckFail(): void;
  healthcheckOk(): void;
  /** `/drain_listeners`. */
  drainListeners(options: DrainListenersOptions): void;
  /** `/reopen_logs`: the access logs (and the application log, when it goes to a file) open their files again. */
  reopenLogs(): void;
}

export interface DrainListenersOptions {
  /** Go on accepting for the drain time and ask connections to close meanwhile; without it listeners close at once. */
  readonly graceful: boolean;
  /** Drain the connections and keep the listeners open for good; `graceful` has no effect then. */
  readonly skipExit: boolean;
  /** Only listeners with `traffic_direction: INBOUND`. */
  readonly inboundOnly: boolean;
}
