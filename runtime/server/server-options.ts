import type { LogLevel } from '../common/logger.js';

export type ServerPhase = 'reloading' | 'ready' | 'stopping';

/** What `createServer` takes: Envoy's command line, as far as it has a meaning here. */
export interface ServerOptions {
  /** Path of the bootstrap; watched unless `watch` is false. */
  readonly configPath?: string;
  /** The bootstrap as text, instead of a path. */
  readonly configYaml?: string;
  /** Default `info`. */
  readonly logLevel?: LogLevel;
  /** Levels of single loggers. */
  readonly componentLogLevels?: ReadonlyMap<string, LogLevel>;
  /** Envoy's `--log-format`; default `[%Y-%m-%d %T.%e][%t][%l][%n] %v`. */
  readonly logFormat?: string;
  /** File of the application log, opened again by `reopenLogs`. Default: `writeLog`. */
  readonly logPath?: string;
  /** Takes the lines of the log; default: standard error. */
  readonly writeLog?: (line: string) => void;
  /** Processes that serve. Default 1: this one. With more of them, this one leads and the others serve. */
  readonly concurrency?: number;
  /** Seconds that connections have to end. Default 600. */
  readonly drainTimeS?: number;
  /** `node.id`, `node.cluster` and `node.locality.zone`, where the bootstrap has none. */
  readonly serviceNode?: string;
  readonly serviceCluster?: string;
  readonly serviceZone?: string;
  /** Shown by `/server_info` and `server.hot_restart_epoch`; there is no hot restart here. Default 0. */
  readonly restartEpoch?: number;
  /** Milliseconds between the writes of access logs. Default 10,000. */
  readonly fileFlushIntervalMs?: number;
  /** A file that the address of the admin interface is written to, once it is known. */
  readonly adminAddressPath?: string;
  /** Default true. */
  readonly watch?: boolean;
  /** The last five configurations are kept, and `POST /config/rollback` goes back to them. Default false. */
  readonly rollback?: boolean;
  /** `validate`: builds everything, binds nothing. Default `serve`. */
  readonly mode?: 'serve' | 'validate';
  /** Told when a change of the configuration begins, when the proxy serves (again), and when it begins to end. */
  readonly onPhase?: (phase: ServerPhase) => void;
  /** Environment of the process, in which a service manager passes sockets (`LISTEN_FDS`). Default: none are taken. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Version of the package, for `/server_info`. */
  readonly version?: string;
  /** Ends a start that still waits for clusters to find their hosts: `createServer` then rejects with the reason. */
  readonly signal?: AbortSignal;
}
