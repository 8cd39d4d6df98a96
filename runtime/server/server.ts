/**
 * A running proxy: start, reload, drain, end.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type {
  AdminHost,
  ConfigurationInForce,
  DrainListenersOptions,
  ServerState,
} from '../admin/admin-host.js';
import type { AdminServer } from '../admin/admin-server.js';
import { createAdminServer } from '../admin/admin-server.js';
import { systemClock } from '../common/clock.js';
import type { Logger } from '../common/logger.js';
import { durationOf, messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import { DynamicResources } from '../subscription/dynamic-resources.js';
import type { ResourceDraft } from '../subscription/dynamic-resources.js';
import type { LoadedConfig } from '../config/config-loader.js';
import { ConfigLoadError } from '../config/config-loader.js';
import { ConfigError } from '../network/filter.js';
import type { ConfigWatcher } from '../config/config-watcher.js';
import { diskFile, watchConfig } from '../config/config-watcher.js';
import { supportedFields } from '../extensions.js';
import type { StatsFlusher } from '../stats/stats-sink.js';
import { startFlushing } from '../stats/stats-sink.js';
import { createAdminHost, refreshServerStats } from './create-admin-host.js';
import { createStatsSinks } from './create-stats-sinks.js';
import type { Generation } from './generation.js';
import type { HotReload } from './hot-reload.js';
import { createHotReload } from './hot-reload.js';
import { servesAlone } from './process-part.js';
import type { ServerOptions } from './server-options.js';
import type { ServerStats } from './server-stats.js';
import { createServerStats } from './server-stats.js';
import { ConfigHistory } from './config-history.js';
import { ServingCore } from './serving-core.js';
import { applyRuntime } from '../layered-runtime/apply-runtime.js';
import type { PreparedRuntime } from '../layered-runtime/layered-runtime.js';
import { LayeredRuntime } from '../layered-runtime/layered-runtime.js';
import { WorkerPool } from './workers/worker-pool.js';

export interface Server {
  /** Addresses of the listeners in the order of the configuration, with real ports; the first one of each. */
  listenerAddresses(): readonly string[];
  /** `ip:port` of the admin interface, undefined without one. */
  readonly adminAddress: string | undefined;
  /** The configuration in force, canonical; undefined before the first one is. */
  readonly bootstrap: unknown;
  /** Puts a configuration in force. @returns false when it was refused; the reason is logged */
  reload(text: string): Promise<boolean>;
  /** Reads its file again, also when it looks unchanged. @returns false when it was refused, or there is no file */
  reloadFile(): Promise<boolean>;
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
  private readonly core: ServingCore;
  /** undefined: this process serves. */
  private readonly workers: WorkerPool | undefined;
  private readonly serverStats: ServerStats;
  private readonly hotReload: HotReload;
  /** What the configuration takes from other files. */
  private readonly dynamic: DynamicResources;
  private readonly runtime: LayeredRuntime;
  /** The configuration in force as it was written. */
  private written: Generation['bootstrap'] | undefined = undefined;
  private readonly history: ConfigHistory | undefined;
  private inForce: ConfigurationInForce | undefined = undefined;
  /** With what came from files in its place. */
  private composed: Generation['bootstrap'] | undefined = undefined;
  private admin: AdminServer | undefined = undefined;
  private watcher: ConfigWatcher | undefined = undefined;
  private flusher: StatsFlusher | undefined = undefined;
  private state: ServerState = 'PRE_INITIALIZING';
  private over = false;
  /** A proxy without listeners lives, too. */
  private readonly alive = setInterval(() => undefined, 2 ** 30);
  private finish: (code: number) => void = () => undefined;

  constructor(options: ServerOptions) {
    this.options = options;
    this.closed = new Promise((done) => {
      this.finish = done;
    });
    this.history = options.rollback === true ? new ConfigHistory() : undefined;
    const concurrency = options.mode === 'validate' ? 1 : (options.concurrency ?? 1);
    this.workers = concurrency > 1 ? new WorkerPool(concurrency, options, this.clock) : undefined;
    this.core = new ServingCore(options, this.workers?.part ?? servesAlone(options.environment));
    const { clock } = this;
    const { loggers, name, stats } = this.core;
    this.log = this.core.log;
    this.serverStats = createServerStats(options, stats, clock, this.startedAt);
    this.dynamic = new DynamicResources({
      clock,
      log: loggers.get('config'),
      stats,
      supported: supportedFields,
      watch: options.watch !== false,
      onChange: (file, resources) => this.changeResources(file, resources),
    });
    this.runtime = new LayeredRuntime({
      clock,
      log: loggers.get('runtime'),
      stats,
      serviceCluster: options.serviceCluster ?? '',
      watch: options.watch !== false,
      onChange: async () => void (await this.changeRuntime(new Map())),
    });
    this.hotReload = createHotReload({
      name,
      clock,
      log: loggers.get('config'),
      stats,
      prepare: (text) => this.prepare(this.dynamic.draft(this.core.load(text)), text),
      inForce: (generation) => this.setInForce(generation),
      isEnding: () => this.core.draining || this.over,
    });
  }

  /** One file of resources has another text. */
  private changeResources(file: string, text: string): Promise<void> {
    const { dynamic } = this;
    return this.hotReload.exclusive(async (swap) => {
      if (this.core.draining || this.over) return;
      const draft = dynamic.draftOf(file, text);
      const refusal = dynamic.refusalOf(draft);
      if (refusal !== undefined) {
        dynamic.refuse(draft, refusal);
      } else if (dynamic.changesNothing(draft)) {
        dynamic.accept(draft);
      } else {
        try {
          const changes = await swap(() => this.prepare(draft, ''));
          if (changes === undefined) return;
          this.core.loggers.get('config').info(`resources of '${file}' are in force`);
          for (const line of changes) this.core.loggers.get('config').info(line);
        } catch (error) {
          dynamic.refuse(draft, error as Error);
        }
      }
    });
  }

  /** Values of the layered runtime have changed. @returns why nothing came into force */
  private async changeRuntime(changes: ReadonlyMap<string, string>): Promise<string | undefined> {
    let refusal: string | undefined;
    await this.hotReload.exclusive(async (swap) => {
      if (this.core.draining || this.over) return;
      try {
        await swap(() => this.prepare(this.dynamic.redraft(), '', changes));
      } catch (error) {
        refusal = (error as Error).message;
        this.core.loggers
          .get('runtime')
          .error(`runtime values refused, those before stay in force: ${refusal}`);
      }
    });
    return refusal;
  }

  private get currentState(): ServerState {
    return this.core.draining || this.core.healthFailed ? 'DRAINING' : this.state;
  }

  /**
   * What a draft takes from files for the first time, and cannot be served, is left out.
   * @param text of the configuration, for workers, which read no other file
   * @throws ConfigLoadError
   */
  private prepare(
    draft: ResourceDraft,
    text: string,
    overrides: ReadonlyMap<string, string> = new Map(),
  ): Generation {
    const runtime = this.prepareRuntime(draft.written, overrides);
    for (;;) {
      const { config: plain } = draft.composition;
      const bootstrap = applyRuntime(plain.bootstrap, runtime.snapshot);
      const config = { ...plain, bootstrap };
      try {
        const generation = this.core.prepare(config);
        const isAsWritten = bootstrap === draft.written.bootstrap && text !== '';
        const composed = isAsWritten ? text : JSON.stringify(bootstrap);
        const whole = this.workers?.around(generation, composed) ?? generation;
        return {
          ...whole,
          commit: () => {
            const lines = whole.commit();
            this.written = draft.written.bootstrap;
            if (text !== '') this.history?.add(text, this.clock.wallTime());
            this.runtime.accept(runtime, overrides);
            this.dynamic.accept(draft);
            return lines;
          },
        };
      } catch (error) {
        if (!draft.leaveOut(error)) throw error;
      }
    }
  }

  /** @throws ConfigLoadError */
  private prepareRuntime(written: LoadedConfig, overrides: ReadonlyMap<string, string>): PreparedRuntime {
    try {
      return this.runtime.prepare(written.bootstrap.layered_runtime, overrides);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new ConfigLoadError([written.describe(error.path, error.message)], error.path);
    }
  }

  /** @throws Error with everything that is wrong, or with the address that cannot be had */
  async start(text: string): Promise<void> {
    const { core, options } = this;
    this.log.info(`initializing epoch ${options.restartEpoch ?? 0} (envoy3 ${options.version ?? ''})`);
    const config = core.load(text);
    this.tellWhatIsLoaded(config);
    core.configureStats(config);
    this.startFlushing(config);
    const draft = this.dynamic.draft(config);
    let generation = this.prepare(draft, text);
    if (options.mode === 'validate') {
      generation.discard();
      return;
    }
    try {
      this.workers?.start(core);
      await this.startAdmin(config);
      this.log.info('starting main dispatch loop');
      this.state = 'INITIALIZING';
      await this.unlessAborted(generation.warmed);
      core.loggers.get('upstream').info('cm init: all clusters initialized');
      this.log.info('all clusters initialized. initializing init manager');
      for (let isBound = false; !isBound; ) {
        try {
          await generation.bind();
          isBound = true;
        } catch (error) {
          // Listeners of a file that cannot have their address do not keep the others from starting.
          if (!draft.leaveOut(error)) throw error;
          generation.discard();
          generation = this.prepare(draft, text);
        }
      }
    } catch (error) {
      generation.discard();
      throw error;
    }
    const lines = generation.commit();
    this.setInForce(generation);
    for (const line of lines) core.loggers.get('config').info(line);
    core.loggers.get('config').info('all dependencies initialized. starting workers');
    this.state = 'LIVE';
    this.serverStats.recordStart(this.clock.now() - this.startedAt);
    this.watch(text);
    options.onPhase?.('ready');
  }

  private tellWhatIsLoaded({ bootstrap }: LoadedConfig): void {
    const log = this.core.loggers.get('config');
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
    this.core.followFiles();
    const before = this.composed;
    this.composed = bootstrap;
    this.inForce = { bootstrap: this.written ?? bootstrap, lastUpdatedMs: this.clock.wallTime() };
    if (before === undefined) return;
    // What only a start reads.
    for (const part of ['admin', 'node', 'stats_config', 'stats_sinks'] as const) {
      if (JSON.stringify(bootstrap[part]) === JSON.stringify(before[part])) continue;
      this.log.warning(`a change of '${part}' needs a restart; everything else is in force`);
    }
  }

  /** @throws ConfigLoadError */
  private startFlushing(config: LoadedConfig): void {
    const { bootstrap } = config;
    const { listeners, log, stats } = this.core;
    this.core.atPath(config, 'stats_sinks', () => {
      const sinks = createStatsSinks(bootstrap.stats_sinks, stats.extractTags, log);
      const intervalMs = durationOf(bootstrap.stats_flush_interval, 5000);
      this.flusher = startFlushing(stats, sinks, this.clock, intervalMs, () =>
        refreshServerStats(this.serverStats, listeners, this.currentState),
      );
    });
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
    const { clock, options, serverStats, workers } = this;
    const { clusters, listeners, loggers, stats } = this.core;
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
        configuration: () => {
          const { inForce } = this;
          const dynamic = this.dynamic.dump();
          return inForce === undefined || dynamic === undefined ? inForce : { ...inForce, dynamic };
        },
        runtime: () => this.runtime.snapshot,
        modifyRuntime: async (changes) =>
          this.runtime.hasAdminLayer ? this.changeRuntime(changes) : 'No admin layer specified',
        ...(this.history === undefined ? {} : { history: this.wayBack(this.history) }),
        quit: () => void this.shutdown(),
        healthcheckFail: () => this.setHealthFailed(true),
        healthcheckOk: () => this.setHealthFailed(false),
        drainListeners: (how) => this.drainListeners(how),
        reopenLogs: () => this.reopenLogs(),
        ...(workers === undefined
          ? {}
          : { gather: () => workers.gather(), changed: () => workers.tellLogLevels() }),
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

  private wayBack(history: ConfigHistory): NonNullable<AdminHost['history']> {
    return {
      all: () => history.all(),
      rollback: async (generation) => {
        const target = history.find(generation);
        if (target === undefined) return 'there is no configuration to go back to';
        if (!(await history.goBackTo(target, (text) => this.reload(text)))) {
          return 'the configuration was refused, see the log';
        }
        this.log.warning(
          `configuration ${target.generation} is in force again; the next change of the file, or a restart, takes what the file has`,
        );
        return undefined;
      },
    };
  }

  private setHealthFailed(failed: boolean): void {
    this.core.healthFailed = failed;
    this.workers?.act({ kind: 'fail health checks', failed });
  }

  private drainListeners(how: DrainListenersOptions): void {
    this.core.drainListeners(how);
    this.workers?.act({ kind: 'drain listeners', how });
  }

  get adminAddress(): string | undefined {
    return this.admin?.addressText;
  }

  get bootstrap(): unknown {
    return this.composed;
  }

  listenerAddresses(): readonly string[] {
    return this.core.listeners.all().map(({ addressTexts: [first = ''] }) => first);
  }

  async reload(text: string): Promise<boolean> {
    this.options.onPhase?.('reloading');
    const isInForce = await this.hotReload.reload(text);
    this.options.onPhase?.('ready');
    return isInForce;
  }

  async reloadFile(): Promise<boolean> {
    const { configPath } = this.options;
    if (configPath === undefined) return false;
    try {
      return await this.reload(readFileSync(configPath, 'utf8'));
    } catch (error) {
      this.log.error(
        `configuration cannot be read, the one before stays in force: ${(error as Error).message}`,
      );
      return false;
    }
  }

  reopenLogs(): void {
    this.core.reopenLogs();
    this.workers?.act({ kind: 'reopen logs' });
  }

  async drainAndShutdown(): Promise<void> {
    if (this.core.draining) return this.shutdown();
    this.options.onPhase?.('stopping');
    this.log.info('draining: no new connections, requests under way end');
    this.watcher?.close();
    this.dynamic.close();
    this.runtime.close();
    await Promise.all([this.core.drain(() => this.over), this.workers?.end(true)]);
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
    this.core.draining = true;
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
    this.dynamic.close();
    this.runtime.close();
    await this.workers?.end(false);
    this.flusher?.close();
    await this.core.release();
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
