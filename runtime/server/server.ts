/**
 * A running proxy: start, reload, drain, end.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { AccessLogFiles } from '../access-log/create-access-loggers.js';
import { createAccessLogFiles } from '../access-log/create-access-loggers.js';
import type { ConfigurationInForce, DrainListenersOptions, ServerState } from '../admin/admin-host.js';
import type { AdminServer } from '../admin/admin-server.js';
import { createAdminServer } from '../admin/admin-server.js';
import { systemClock } from '../common/clock.js';
import { createLoggerRegistry } from '../common/console-logger.js';
import type { Logger, LoggerRegistry } from '../common/logger.js';
import { durationOf, messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import { TimeoutQueues } from '../common/timeout-queue.js';
import type { LoadedConfig } from '../config/config-loader.js';
import { ConfigLoadError, loadConfig } from '../config/config-loader.js';
import { readRuntimeNumbers } from '../config/runtime-layers.js';
import type { ConfigWatcher } from '../config/config-watcher.js';
import { diskFile, watchConfig } from '../config/config-watcher.js';
import { networkFilters, readFilters, supportedFields } from '../extensions.js';
import type { ListenerManager } from '../listener/listener-manager.js';
import { createListenerManager } from '../listener/listener-manager.js';
import { under } from '../network/config-path.js';
import { ConfigError } from '../network/filter.js';
import type { StatsFlusher } from '../stats/stats-sink.js';
import { startFlushing } from '../stats/stats-sink.js';
import type { StatsStore } from '../stats/stats-store.js';
import { createStatsStore } from '../stats/stats-store.js';
import type { ReloadableClusterManager } from '../upstream/cluster-manager.js';
import type { OwnPlace } from '../upstream/own-place.js';
import { readOwnPlace } from '../upstream/own-place.js';
import { createClusterManager } from '../upstream/create-cluster-manager.js';
import { compileStatsConfig } from './compile-stats-config.js';
import { createStatsSinks } from './create-stats-sinks.js';
import { createAdminHost, isInbound, refreshServerStats } from './create-admin-host.js';
import type { Generation } from './generation.js';
import { prepareGeneration } from './generation.js';
import type { HotReload } from './hot-reload.js';
import { createHotReload } from './hot-reload.js';
import type { LogOutput } from './log-output.js';
import { openLogOutput } from './log-output.js';
import type { ServerOptions } from './server-options.js';
import type { ServerStats } from './server-stats.js';
import { createServerStats } from './server-stats.js';
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

export interface Server {
  /** Addresses of the listeners in the order of the configuration, with real ports; the first one of each. */
  listenerAddresses(): readonly string[];
  /** `ip:port` of the admin interface, undefined without one. */
  readonly adminAddress: string | undefined;
  /** Puts a configuration in force. @returns false when it was refused; the reason is logged */
  reload(text: string): Promise<boolean>;
  /** Stops to accept, lets requests end within the drain time, then ends. A second call ends at once. */
  drainAndShutdown(): Promise<void>;
  /** Ends at once. */
  shutdown(): Promise<void>;
  /** Ends after a fault of the program itself: tells it in the log, the exit code is 1. */
  crash(error: Error): Promise<void>;
  /** Opens the files of the access logs and of the application log again. */
  reopenLogs(): void;
  /** The `main` logger. */
  readonly log: Logger;
  /** The exit code, when all is over. */
  readonly closed: Promise<number>;
}

class RunningServer implements Server {
  readonly closed: Promise<number>;
  readonly log: Logger;
  private readonly options: ServerOptions;
  private readonly clock = systemClock;
  private readonly startedAt = systemClock.now();
  private readonly output: LogOutput;
  private readonly loggers: LoggerRegistry;
  private readonly stats: StatsStore = createStatsStore();
  private readonly serverStats: ServerStats;
  private readonly timeouts = new TimeoutQueues(systemClock);
  private readonly accessLogFiles: AccessLogFiles;
  private readonly clusters: ReloadableClusterManager;
  /** Where the configuration says that this proxy is; clusters ask for it when they are built. */
  private ownPlace: OwnPlace = { locality: undefined, cluster: undefined };
  private readonly listeners: ListenerManager;
  private readonly hotReload: HotReload;
  private readonly tlsRotation: TlsRotation;
  /** Name of the configuration, for messages. */
  private readonly name: string;
  private inForce: ConfigurationInForce | undefined = undefined;
  private admin: AdminServer | undefined = undefined;
  private watcher: ConfigWatcher | undefined = undefined;
  private flusher: StatsFlusher | undefined = undefined;
  private state: ServerState = 'PRE_INITIALIZING';
  private healthFailed = false;
  private draining = false;
  private over = false;
  /** A proxy without listeners lives, too. */
  private readonly alive = setInterval(() => undefined, 2 ** 30);
  private finish: (code: number) => void = () => undefined;

  constructor(options: ServerOptions) {
    this.options = options;
    this.name = options.configPath === undefined ? '<yaml>' : basename(options.configPath);
    this.closed = new Promise((done) => {
      this.finish = done;
    });
    const { clock, stats } = this;
    this.output = openLogOutput(options);
    this.loggers = createLoggerRegistry({
      level: options.logLevel ?? 'info',
      clock,
      write: (line) => this.output.write(line),
      ...(options.logFormat === undefined ? {} : { format: options.logFormat }),
      ...(options.componentLogLevels === undefined ? {} : { componentLevels: options.componentLogLevels }),
    });
    this.log = this.loggers.get('main');
    this.serverStats = createServerStats(options, stats, clock, this.startedAt);
    const flushIntervalMs = options.fileFlushIntervalMs ?? defaultFlushIntervalMs;
    this.accessLogFiles = createAccessLogFiles({ clock, stats, flushIntervalMs });
    this.clusters = createClusterManager({
      clock,
      stats,
      random: Math.random,
      loggers: this.loggers,
      accessLogFiles: this.accessLogFiles,
      ownLocality: () => this.ownPlace.locality,
      localCluster: () => this.ownPlace.cluster,
    });
    this.listeners = createListenerManager({
      clock,
      stats,
      log: this.loggers.get('config'),
      factories: { terminal: networkFilters, read: readFilters },
      drainTimeMs: this.drainTimeMs,
    });
    this.tlsRotation = createTlsRotation({ clock, log: this.loggers.get('config'), stats });
    this.hotReload = createHotReload({
      name: this.name,
      clock,
      log: this.loggers.get('config'),
      stats,
      load: (text) => this.load(text),
      prepare: (config) => this.prepare(config),
      inForce: (generation) => this.setInForce(generation),
      isEnding: () => this.draining || this.over,
    });
  }

  private get currentState(): ServerState {
    return this.draining || this.healthFailed ? 'DRAINING' : this.state;
  }

  private get drainTimeMs(): number {
    return (this.options.drainTimeS ?? defaultDrainTimeS) * 1000;
  }

  private load(text: string): LoadedConfig {
    return loadConfig(text, this.name, supportedFields);
  }

  private prepare(config: LoadedConfig): Generation {
    const { accessLogFiles, clock, clusters, loggers, options, stats, timeouts } = this;
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
    });
  }

  /** @throws Error with everything that is wrong, or with the address that cannot be had */
  async start(text: string): Promise<void> {
    const { options } = this;
    this.log.info(`initializing epoch ${options.restartEpoch ?? 0} (envoy3 ${options.version ?? ''})`);
    const config = this.load(text);
    this.tellWhatIsLoaded(config);
    this.configureStats(config);
    const generation = this.prepare(config);
    if (options.mode === 'validate') {
      generation.discard();
      return;
    }
    try {
      await this.startAdmin(config);
      this.log.info('starting main dispatch loop');
      this.state = 'INITIALIZING';
      await this.unlessAborted(generation.warmed);
      this.loggers.get('upstream').info('cm init: all clusters initialized');
      this.log.info('all clusters initialized. initializing init manager');
      await generation.bind();
    } catch (error) {
      generation.discard();
      throw error;
    }
    const lines = generation.commit();
    this.setInForce(generation);
    for (const line of lines) this.loggers.get('config').info(line);
    this.loggers.get('config').info('all dependencies initialized. starting workers');
    this.state = 'LIVE';
    this.serverStats.recordStart(this.clock.now() - this.startedAt);
    this.watch(text);
  }

  private tellWhatIsLoaded({ bootstrap }: LoadedConfig): void {
    const log = this.loggers.get('config');
    const { clusters, listeners, secrets } = messageOf(bootstrap.static_resources);
    log.info(`loading ${messagesOf(secrets).length} static secret(s)`);
    log.info(`loading ${messagesOf(clusters).length} cluster(s)`);
    log.info(`loading ${messagesOf(listeners).length} listener(s)`);
  }

  private unlessAborted(promise: Promise<void>): Promise<void> {
    const { signal } = this.options;
    if (signal === undefined) return promise;
    return new Promise((done, fail) => {
      const abort = (): void => fail(signal.reason as Error);
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
      void promise.then(() => {
        signal.removeEventListener('abort', abort);
        done();
      });
    });
  }

  private watch(text: string): void {
    const { configPath, watch } = this.options;
    if (configPath === undefined || watch === false) return;
    this.watcher = watchConfig({
      file: diskFile(configPath),
      clock: this.clock,
      initial: text,
      onChange: async (next) => void (await this.reload(next)),
    });
  }

  private setInForce({ bootstrap }: Generation): void {
    if (this.options.watch !== false) {
      this.tlsRotation.follow([...this.listeners.rotatingTls(), ...this.clusters.rotatingTls()]);
    }
    const before = this.inForce?.bootstrap;
    this.inForce = { bootstrap, lastUpdatedMs: this.clock.wallTime() };
    if (before === undefined) return;
    // What only a start reads.
    for (const part of ['admin', 'node', 'stats_config', 'stats_sinks'] as const) {
      if (JSON.stringify(bootstrap[part]) === JSON.stringify(before[part])) continue;
      this.log.warning(`a change of '${part}' needs a restart; everything else is in force`);
    }
  }

  /** @throws ConfigLoadError */
  private configureStats(config: LoadedConfig): void {
    const { bootstrap } = config;
    const { clock, loggers, stats } = this;
    try {
      const { extractTags, isRejected } = under(
        () => compileStatsConfig(bootstrap.stats_config),
        'stats_config',
      );
      stats.extractTags = extractTags;
      if (isRejected !== undefined) stats.reject(isRejected);
      const sinks = under(
        () => createStatsSinks(bootstrap.stats_sinks, extractTags, loggers.get('main')),
        'stats_sinks',
      );
      const intervalMs = durationOf(bootstrap.stats_flush_interval, 5000);
      this.flusher = startFlushing(stats, sinks, clock, intervalMs, () =>
        refreshServerStats(this.serverStats, this.listeners, this.currentState),
      );
    } catch (error) {
      if (error instanceof ConfigError)
        throw new ConfigLoadError([config.describe(error.path, error.message)]);
      throw error;
    }
  }

  private async startAdmin({ bootstrap }: LoadedConfig): Promise<void> {
    const { pipe, socket_address } = messageOf(messageOf(bootstrap.admin).address);
    if (pipe === undefined && socket_address === undefined) {
      this.log.warning('No admin address given, so no admin HTTP server started.');
      return;
    }
    if (
      messagesOf(bootstrap.admin?.access_log).length > 0 ||
      bootstrap.admin?.access_log_path !== undefined
    ) {
      this.log.warning('no access log is written for the admin interface');
    }
    const socket = messageOf(socket_address);
    const address =
      pipe === undefined
        ? { ip: textOf(socket.address), port: numberOf(socket.port_value, 0) }
        : { path: textOf(messageOf(pipe).path) };
    const { clock, clusters, listeners, loggers, options, serverStats, stats } = this;
    const host = createAdminHost({
      options,
      startedAtMs: this.startedAt,
      stats,
      serverStats,
      loggers,
      listeners,
      clusters,
      actions: {
        state: () => this.currentState,
        configuration: () => this.inForce,
        quit: () => void this.shutdown(),
        healthcheckFail: () => this.setHealthFailed(true),
        healthcheckOk: () => this.setHealthFailed(false),
        drainListeners: (how) => this.drainListeners(how),
        reopenLogs: () => this.reopenLogs(),
      },
    });
    this.admin = await createAdminServer(host, { address, clock, allowPaths: bootstrap.admin?.allow_paths });
    loggers.get('admin').info(`admin address: ${this.admin.addressText}`);
    if (options.adminAddressPath !== undefined) {
      try {
        writeFileSync(options.adminAddressPath, this.admin.addressText);
      } catch (error) {
        this.log.critical(`cannot open admin address output file: ${(error as Error).message}`);
      }
    }
  }

  private setHealthFailed(failed: boolean): void {
    this.healthFailed = failed;
  }

  private drainListeners({ graceful, inboundOnly, skipExit }: DrainListenersOptions): void {
    const which = inboundOnly ? isInbound : () => true;
    this.listeners.askToClose(which);
    if (!graceful) this.listeners.stopListening(which);
    else if (!skipExit) this.clock.setTimer(this.drainTimeMs, () => this.listeners.stopListening(which));
  }

  get adminAddress(): string | undefined {
    return this.admin?.addressText;
  }

  listenerAddresses(): readonly string[] {
    return this.listeners.all().map(({ addressTexts: [first = ''] }) => first);
  }

  reload(text: string): Promise<boolean> {
    return this.hotReload.reload(text);
  }

  reopenLogs(): void {
    this.accessLogFiles.reopen();
    this.output.reopen();
  }

  async drainAndShutdown(): Promise<void> {
    if (this.draining) return this.shutdown();
    this.draining = true;
    this.log.info('draining: no new connections, requests under way end');
    this.watcher?.close();
    this.listeners.stopListening();
    const { clock } = this;
    const startedAt = clock.now();
    const spent = (): number => clock.now() - startedAt;
    while (!this.over && this.listeners.activeConnections > 0 && spent() < this.drainTimeMs) {
      if (spent() >= idleGraceMs) this.listeners.closeIdle();
      await new Promise<void>((done) => clock.setTimer(drainLookMs, done));
    }
    return this.shutdown();
  }

  shutdown(): Promise<void> {
    return this.end(0);
  }

  crash(error: Error): Promise<void> {
    this.log.critical(`unexpected fault, ending: ${error.stack ?? error.message}`);
    return this.end(1);
  }

  private async end(code: number): Promise<void> {
    if (this.over) return;
    this.over = true;
    this.draining = true;
    this.log.info('shutting down server instance');
    await this.release();
    this.log.info('main dispatch loop exited');
    this.log.info('exiting');
    this.finish(code);
  }

  /** Gives back all that keeps the process alive. */
  async release(): Promise<void> {
    clearInterval(this.alive);
    this.watcher?.close();
    this.tlsRotation.close();
    this.listeners.close();
    this.clusters.close();
    this.flusher?.close();
    await this.accessLogFiles.flush();
    await this.admin?.close();
  }
}

/** @throws Error in Envoy's words */
function readBootstrap({ configPath, configYaml }: ServerOptions): string {
  if (configPath === undefined) {
    if (configYaml === undefined) throw new Error('At least one of configPath or configYaml is needed');
    return configYaml;
  }
  try {
    return readFileSync(configPath, 'utf8');
  } catch (error) {
    throw new Error(`Invalid path: ${configPath} (${(error as Error).message})`);
  }
}

/**
 * Starts a proxy. Resolves when it serves.
 * @throws Error with everything that is wrong with the configuration, or with the address that cannot be had
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const text = readBootstrap(options);
  const server = new RunningServer(options);
  try {
    await server.start(text);
  } catch (error) {
    await server.release();
    throw error;
  }
  return server;
}
