/**
 * A running proxy: start, reload, drain, end.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { envoy_config_bootstrap_v3_Bootstrap as Bootstrap } from '../../dsl/api/generated/types.js';
import { createAccessLogFiles } from '../access-log/create-access-loggers.js';
import type { AdminHost } from '../admin/admin-host.js';
import type { AdminServer } from '../admin/admin-server.js';
import { createAdminServer } from '../admin/admin-server.js';
import { systemClock } from '../common/clock.js';
import { createLoggerRegistry } from '../common/console-logger.js';
import { messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import { TimeoutQueues } from '../common/timeout-queue.js';
import type { LoadedConfig } from '../config/config-loader.js';
import { loadConfig } from '../config/config-loader.js';
import type { ConfigWatcher } from '../config/config-watcher.js';
import { watchConfig } from '../config/config-watcher.js';
import { networkFilters, supportedFields } from '../extensions.js';
import type { ListenerManager } from '../listener/listener-manager.js';
import { createListenerManager } from '../listener/listener-manager.js';
import type { StatsStore } from '../stats/stats-store.js';
import { createStatsStore } from '../stats/stats-store.js';
import { clustersJson, clustersText } from '../upstream/cluster/describe-clusters.js';
import type { ReloadableClusterManager } from '../upstream/cluster-manager.js';
import { createClusterManager } from '../upstream/create-cluster-manager.js';
import type { Generation } from './generation.js';
import { prepareGeneration } from './generation.js';
import type { ServerOptions } from './server-options.js';

/** Clusters get this long to find their first hosts when the configuration is changed; then it comes into force. */
const reloadWarmingMs = 10_000;

export interface Server {
  /** Addresses of the listeners in the order of the configuration, with real ports. */
  listenerAddresses(): readonly string[];
  /** `ip:port` of the admin interface, undefined without one. */
  readonly adminAddress: string | undefined;
  /** Puts a configuration in force. @returns false when it was refused; the reason is logged */
  reload(text: string): Promise<boolean>;
  /** Stops to accept, lets requests end within the drain time, then ends. A second call ends at once. */
  drainAndShutdown(): Promise<void>;
  /** Ends at once. */
  shutdown(): Promise<void>;
  reopenLogs(): Promise<void>;
  /** The exit code, when all is over. */
  readonly closed: Promise<number>;
}

class RunningServer implements Server {
  readonly closed: Promise<number>;
  private readonly options: ServerOptions;
  private readonly clock = systemClock;
  private readonly loggers;
  private readonly stats: StatsStore = createStatsStore();
  private readonly timeouts = new TimeoutQueues(systemClock);
  private readonly accessLogFiles;
  private readonly clusters: ReloadableClusterManager;
  private readonly listeners: ListenerManager;
  private readonly startedAt = systemClock.now();
  private readonly name: string;
  private bootstrap: Bootstrap | undefined;
  private lastUpdatedMs = 0;
  private admin: AdminServer | undefined;
  private watcher: ConfigWatcher | undefined;
  private state: 'PRE_INITIALIZING' | 'LIVE' = 'PRE_INITIALIZING';
  private healthFailed = false;
  private draining = false;
  private over = false;
  private finish: (code: number) => void = () => undefined;

  constructor(options: ServerOptions) {
    this.options = options;
    this.name = options.configPath === undefined ? '<yaml>' : basename(options.configPath);
    this.closed = new Promise((done) => {
      this.finish = done;
    });
    const { clock, stats } = this;
    this.loggers = createLoggerRegistry({
      level: options.logLevel ?? 'info',
      clock,
      write: options.writeLog ?? ((line) => void process.stderr.write(line)),
      ...(options.componentLogLevels === undefined ? {} : { componentLevels: options.componentLogLevels }),
    });
    this.accessLogFiles = createAccessLogFiles({
      clock,
      stats,
      flushIntervalMs: options.fileFlushIntervalMs ?? 10_000,
    });
    this.clusters = createClusterManager({ clock, stats, random: Math.random });
    this.listeners = createListenerManager({
      clock,
      stats,
      factories: networkFilters,
      drainTimeMs: (options.drainTimeS ?? 600) * 1000,
    });
    stats.gauge('server.live').set(0);
    stats.gauge('server.concurrency').set(options.concurrency ?? 1);
  }

  private get log() {
    return this.loggers.get('main');
  }

  private load(text: string): LoadedConfig {
    return loadConfig(text, this.name, supportedFields);
  }

  private prepare(config: LoadedConfig): Generation {
    const { accessLogFiles, clock, clusters, loggers, options, stats, timeouts } = this;
    const node = messageOf(config.bootstrap.node);
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
      },
      isDraining: () => this.draining || this.healthFailed,
    });
  }

  /** @throws Error with everything that is wrong */
  async start(text: string): Promise<void> {
    const { log, options } = this;
    log.info(`initializing epoch 0 (envoy3 ${options.version ?? ''})`);
    const config = this.load(text);
    const resources = messageOf(config.bootstrap.static_resources);
    log.info(`loading ${messagesOf(resources.clusters).length} cluster(s)`);
    log.info(`loading ${messagesOf(resources.listeners).length} listener(s)`);
    const generation = this.prepare(config);
    if (options.mode === 'validate') {
      generation.discard();
      return;
    }
    try {
      await this.startAdmin(config);
      log.info('starting main dispatch loop');
      await generation.warmed;
      log.info('cm init: all clusters initialized');
      log.info('all clusters initialized. initializing init manager');
      await generation.bind();
    } catch (error) {
      generation.discard();
      await this.admin?.close();
      throw error;
    }
    generation.commit();
    this.inForce(config.bootstrap);
    for (const listener of this.listeners.all()) {
      log.info(`listener '${listener.name}' listens on ${listener.addressText}`);
    }
    log.info('all dependencies initialized. starting workers');
    this.state = 'LIVE';
    this.stats.gauge('server.live').set(1);
    if (options.configPath !== undefined && options.watch !== false) {
      this.watcher = watchConfig({
        path: options.configPath,
        clock: this.clock,
        initial: text,
        onChange: async (next) => void (await this.reload(next)),
      });
    }
  }

  private inForce(bootstrap: Bootstrap): void {
    this.bootstrap = bootstrap;
    this.lastUpdatedMs = this.clock.wallTime();
  }

  private async startAdmin(config: LoadedConfig): Promise<void> {
    const address = messageOf(messageOf(config.bootstrap.admin).address);
    const socket = messageOf(address.socket_address);
    if (config.bootstrap.admin === undefined || Object.keys(address).length === 0) return;
    const where =
      address.pipe !== undefined
        ? { path: textOf(messageOf(address.pipe).path) }
        : { ip: textOf(socket.address), port: numberOf(socket.port_value, 0) };
    this.admin = await createAdminServer(this.adminHost(), { address: where, clock: this.clock });
    this.log.info(`admin address: ${this.admin.addressText}`);
  }

  get adminAddress(): string | undefined {
    return this.admin?.addressText;
  }

  listenerAddresses(): readonly string[] {
    return this.listeners.all().map((listener) => listener.addressText);
  }

  async reload(text: string): Promise<boolean> {
    const { log, stats } = this;
    if (this.draining || this.over) return false;
    stats.counter('envoy3.config.reload_attempt').inc();
    let generation: Generation | undefined;
    try {
      const config = this.load(text);
      generation = this.prepare(config);
      await Promise.race([
        generation.warmed,
        new Promise<void>((done) => this.clock.setTimer(reloadWarmingMs, done)),
      ]);
      await generation.bind();
      if (this.draining || this.over) {
        generation.discard();
        return false;
      }
      const changes = generation.commit();
      this.reportFixedParts(config.bootstrap);
      this.inForce(config.bootstrap);
      stats.counter('envoy3.config.reload_success').inc();
      stats.gauge('envoy3.config.generation').inc();
      log.info(`configuration '${this.name}' is in force`);
      for (const line of changes) log.info(line);
      return true;
    } catch (error) {
      generation?.discard();
      stats.counter('envoy3.config.reload_rejected').inc();
      log.error(`configuration refused, the one before stays in force: ${(error as Error).message}`);
      return false;
    }
  }

  /** What only a start reads. */
  private reportFixedParts(next: Bootstrap): void {
    for (const part of ['admin', 'node'] as const) {
      if (JSON.stringify(next[part]) === JSON.stringify(this.bootstrap?.[part])) continue;
      this.log.warning(`a change of '${part}' needs a restart; everything else is in force`);
    }
  }

  async reopenLogs(): Promise<void> {
    this.log.info('caught SIGUSR1. Reopening access logs.');
    this.accessLogFiles.reopen();
  }

  async drainAndShutdown(): Promise<void> {
    if (this.draining) return this.shutdown();
    this.draining = true;
    this.log.info('draining: no new connections, requests under way end');
    this.watcher?.close();
    this.listeners.stopListening();
    this.listeners.drain();
    const deadline = this.clock.now() + (this.options.drainTimeS ?? 600) * 1000;
    await new Promise<void>((done) => {
      const look = (): void => {
        if (this.over || this.listeners.activeConnections === 0 || this.clock.now() >= deadline) done();
        else setTimeout(look, 20);
      };
      look();
    });
    return this.shutdown();
  }

  async shutdown(): Promise<void> {
    if (this.over) return;
    this.over = true;
    this.draining = true;
    this.log.info('shutting down server instance');
    this.watcher?.close();
    this.listeners.close();
    this.clusters.close();
    await this.accessLogFiles.flush();
    await this.admin?.close();
    this.log.info('exiting');
    this.finish(0);
  }

  private adminHost(): AdminHost {
    const { clusters, listeners, loggers, options, stats } = this;
    const uptime = () => Math.floor((this.clock.now() - this.startedAt) / 1000);
    return {
      stats,
      loggers,
      facts: {
        version: options.version ?? '',
        startedAtMs: this.startedAt,
        commandLineOptions: {
          concurrency: options.concurrency ?? 1,
          config_path: options.configPath ?? '',
          config_yaml: options.configYaml ?? '',
          log_level: options.logLevel ?? 'info',
          service_cluster: options.serviceCluster ?? '',
          service_node: options.serviceNode ?? '',
          drain_time: `${options.drainTimeS ?? 600}s`,
          file_flush_interval: `${(options.fileFlushIntervalMs ?? 10_000) / 1000}s`,
          mode: 'Serve',
        },
      },
      state: () => (this.draining || this.healthFailed ? 'DRAINING' : this.state),
      configuration: () =>
        this.bootstrap === undefined
          ? undefined
          : { bootstrap: this.bootstrap, lastUpdatedMs: this.lastUpdatedMs },
      listeners: () => listeners.all().map((one) => ({ name: one.name, addresses: [one.addressText] })),
      clustersText: (matches) => clustersText(clusters, matches),
      clustersJson: (matches) => clustersJson(clusters, matches),
      certificates: () =>
        listeners
          .all()
          .flatMap(({ chain: { tls } }) =>
            tls === undefined ? [] : [{ trustedAuthorities: tls.trusted, certificates: tls.certificates }],
          ),
      refreshStats() {
        stats.gauge('server.uptime').set(uptime());
        stats.gauge('server.memory_allocated').set(process.memoryUsage().heapUsed);
        stats.gauge('server.memory_heap_size').set(process.memoryUsage().heapTotal);
        stats.gauge('server.state').set(0);
      },
      quit: () => void this.shutdown(),
      healthcheckFail: () => {
        this.healthFailed = true;
      },
      healthcheckOk: () => {
        this.healthFailed = false;
      },
      drainListeners: ({ graceful }) => {
        listeners.drain();
        if (!graceful) listeners.stopListening();
      },
      reopenLogs: () => this.accessLogFiles.reopen(),
    };
  }
}

/**
 * Starts a proxy. Resolves when it serves.
 * @throws Error with everything that is wrong with the configuration, or with the address that cannot be had
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  let text = options.configYaml;
  if (options.configPath !== undefined) {
    try {
      text = readFileSync(options.configPath, 'utf8');
    } catch (error) {
      throw new Error(`Invalid path: ${options.configPath} (${(error as Error).message})`);
    }
  }
  if (text === undefined) throw new Error('At least one of configPath or configYaml is needed');
  const server = new RunningServer(options);
  await server.start(text);
  return server;
}
