/**
 * What serves: listeners, clusters and what both need, without whoever decides when they change. A proxy of one process has
 * one; of several workers each has one, and their primary has one whose sockets it gives away.
 */
import { basename } from 'node:path';
import type { AccessLogFiles } from '../access-log/create-access-loggers.js';
import { createAccessLogFiles } from '../access-log/create-access-loggers.js';
import { systemClock } from '../common/clock.js';
import { createLoggerRegistry } from '../common/console-logger.js';
import type { Logger, LoggerRegistry } from '../common/logger.js';
import { messageOf, textOf } from '../common/message-fields.js';
import { TimeoutQueues } from '../common/timeout-queue.js';
import type { DrainListenersOptions } from '../admin/admin-host.js';
import type { LoadedConfig } from '../config/config-loader.js';
import { ConfigLoadError, loadConfig } from '../config/config-loader.js';
import { readRuntimeNumbers } from '../config/runtime-layers.js';
import { networkFilters, readFilters, supportedFields } from '../extensions.js';
import type { ListenerManager } from '../listener/listener-manager.js';
import { createListenerManager } from '../listener/listener-manager.js';
import { under } from '../network/config-path.js';
import { ConfigError } from '../network/filter.js';
import type { StatsStore } from '../stats/stats-store.js';
import { createStatsStore } from '../stats/stats-store.js';
import type { ReloadableClusterManager } from '../upstream/cluster-manager.js';
import { createClusterManager } from '../upstream/create-cluster-manager.js';
import type { OwnPlace } from '../upstream/own-place.js';
import { readOwnPlace } from '../upstream/own-place.js';
import { compileStatsConfig } from './compile-stats-config.js';
import { isInbound } from './create-admin-host.js';
import type { Generation } from './generation.js';
import { prepareGeneration } from './generation.js';
import type { LogOutput } from './log-output.js';
import { openLogOutput } from './log-output.js';
import type { ProcessPart } from './process-part.js';
import type { ServerOptions } from './server-options.js';
import type { TlsRotation } from './tls-rotation.js';
import { createTlsRotation } from './tls-rotation.js';

/** Envoy's `--drain-time-s`. */
const defaultDrainTimeS = 600;
/** Envoy's `--file-flush-interval-msec`. */
const defaultFlushIntervalMs = 10_000;
/** How often a drain looks whether requests are left, in milliseconds. */
const drainLookMs = 20;
/** Idle connections stay that long when a drain begins: a request may be on its way to one of them. Milliseconds. */
const idleGraceMs = 1000;

export class ServingCore {
  readonly clock = systemClock;
  readonly loggers: LoggerRegistry;
  /** The `main` logger. */
  readonly log: Logger;
  readonly stats: StatsStore = createStatsStore();
  readonly clusters: ReloadableClusterManager;
  readonly listeners: ListenerManager;
  /** Name of the configuration, for messages. */
  readonly name: string;
  /** `/healthcheck/fail` was asked for. */
  healthFailed = false;
  draining = false;
  private readonly options: ServerOptions;
  private readonly part: ProcessPart;
  private readonly output: LogOutput;
  private readonly timeouts = new TimeoutQueues(systemClock);
  private readonly accessLogFiles: AccessLogFiles;
  /** Where the configuration says that this proxy is; clusters ask for it when they are built. */
  private ownPlace: OwnPlace = { locality: undefined, cluster: undefined };
  private readonly tlsRotation: TlsRotation;

  /** @throws Error when the file of the log cannot be opened */
  constructor(options: ServerOptions, part: ProcessPart) {
    this.options = options;
    this.part = part;
    this.name = options.configPath === undefined ? '<yaml>' : basename(options.configPath);
    const { clock, stats } = this;
    const { writeLog } = part;
    this.output =
      writeLog === undefined ? openLogOutput(options) : { write: writeLog, reopen: () => undefined };
    this.loggers = createLoggerRegistry({
      level: options.logLevel ?? 'info',
      clock,
      write: (line) => this.output.write(line),
      ...(options.logFormat === undefined ? {} : { format: options.logFormat }),
      ...(options.componentLogLevels === undefined ? {} : { componentLevels: options.componentLogLevels }),
    });
    this.log = this.loggers.get('main');
    const flushIntervalMs = options.fileFlushIntervalMs ?? defaultFlushIntervalMs;
    this.accessLogFiles = createAccessLogFiles({ clock, stats, flushIntervalMs });
    const { createSocket, shareOfLimit, sharedFacts } = part;
    this.clusters = createClusterManager({
      clock,
      stats,
      removeStats: (isGone) => stats.remove(isGone),
      random: Math.random,
      loggers: this.loggers,
      accessLogFiles: this.accessLogFiles,
      ownLocality: () => this.ownPlace.locality,
      localCluster: () => this.ownPlace.cluster,
      ...(sharedFacts === undefined ? {} : { sharedFacts }),
      ...(shareOfLimit === undefined ? {} : { shareOfLimit }),
    });
    this.listeners = createListenerManager({
      clock,
      stats,
      log: this.loggers.get('config'),
      factories: { terminal: networkFilters, read: readFilters },
      drainTimeMs: this.drainTimeMs,
      workers: options.concurrency ?? 1,
      ...(createSocket === undefined ? {} : { createSocket }),
    });
    this.tlsRotation = createTlsRotation({ clock, log: this.loggers.get('config'), stats });
  }

  get drainTimeMs(): number {
    return (this.options.drainTimeS ?? defaultDrainTimeS) * 1000;
  }

  /** @throws ConfigLoadError with everything that is wrong */
  load(text: string): LoadedConfig {
    return loadConfig(text, this.name, supportedFields);
  }

  /** @throws ConfigLoadError with the position of what is wrong; nothing was changed then */
  prepare(config: LoadedConfig): Generation {
    const { accessLogFiles, clock, clusters, loggers, options, stats, timeouts } = this;
    const { shareOfLimit, workerIndex } = this.part;
    const node = messageOf(config.bootstrap.node);
    this.ownPlace = readOwnPlace(config.bootstrap, (name) => this.clusters.get(name)?.hostSet);
    return prepareGeneration(config, clusters, this.listeners, {
      clock,
      loggers,
      stats,
      clusters,
      timeouts,
      accessLogFiles,
      random: Math.random,
      node: {
        id: textOf(node.id, options.serviceNode ?? ''),
        cluster: textOf(node.cluster, options.serviceCluster ?? ''),
        zone: textOf(messageOf(node.locality).zone),
      },
      version: options.version ?? 'unknown',
      runtimeNumber: readRuntimeNumbers(config.bootstrap),
      isDraining: () => this.draining || this.healthFailed,
      ...(shareOfLimit === undefined ? {} : { shareOfLimit }),
      ...(workerIndex === undefined ? {} : { workerIndex }),
    });
  }

  /** `stats_config` is read at the start only. @throws ConfigLoadError */
  configureStats(config: LoadedConfig): void {
    this.atPath(config, 'stats_config', () => {
      const { extractTags, isRejected } = compileStatsConfig(config.bootstrap.stats_config);
      this.stats.extractTags = extractTags;
      if (isRejected !== undefined) this.stats.reject(isRejected);
    });
  }

  /** @throws ConfigLoadError with the position of what `read` refuses */
  atPath(config: LoadedConfig, field: string, read: () => void): void {
    try {
      under(read, field);
    } catch (error) {
      if (error instanceof ConfigError)
        throw new ConfigLoadError([config.describe(error.path, error.message)]);
      throw error;
    }
  }

  /** Certificates of what is in force now are made anew when their files change. */
  followFiles(): void {
    if (this.options.watch === false) return;
    this.tlsRotation.follow([...this.listeners.rotatingTls(), ...this.clusters.rotatingTls()]);
  }

  drainListeners({ graceful, inboundOnly, skipExit }: DrainListenersOptions): void {
    const which = inboundOnly ? isInbound : () => true;
    this.listeners.askToClose(which);
    if (!graceful) this.listeners.stopListening(which);
    else if (!skipExit) this.clock.setTimer(this.drainTimeMs, () => this.listeners.stopListening(which));
  }

  /** Writes a line of the log that another process has made. */
  write(line: string): void {
    this.output.write(line);
  }

  reopenLogs(): void {
    this.accessLogFiles.reopen();
    this.output.reopen();
  }

  /**
   * Accepts nothing more and waits until all connections have ended, at most for the drain time.
   * @param isOver the wait ends when it says so
   */
  async drain(isOver: () => boolean): Promise<void> {
    this.draining = true;
    this.listeners.stopListening();
    const { clock } = this;
    const startedAt = clock.now();
    const spent = (): number => clock.now() - startedAt;
    while (!isOver() && this.listeners.activeConnections > 0 && spent() < this.drainTimeMs) {
      if (spent() >= idleGraceMs) this.listeners.closeIdle();
      await new Promise<void>((done) => clock.setTimer(drainLookMs, done));
    }
  }

  /** Gives back all that keeps the process alive. */
  async release(): Promise<void> {
    this.tlsRotation.close();
    this.listeners.close();
    this.clusters.close();
    await this.accessLogFiles.flush();
  }
}
