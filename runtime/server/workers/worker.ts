/**
 * A worker: it serves what its primary tells it to, and decides nothing.
 */
import { shareOfLimit } from '../../common/limit-share.js';
import type { LogLevel } from '../../common/logger.js';
import { clusterOfFact, ReplicatedFacts } from '../../common/shared-facts.js';
import type { ListenerAddress } from '../../listener/listener-address.js';
import { ListenerSocket } from '../../listener/listener-socket.js';
import { deriveTicketKeysFrom } from '../../network/tls/session-tickets.js';
import { StatsReporter } from '../../stats/stats-transfer.js';
import { HostReporter } from '../../upstream/host/host-stats-transfer.js';
import { createStatsSinks } from '../create-stats-sinks.js';
import type { Generation } from '../generation.js';
import { ServingCore } from '../serving-core.js';
import type {
  FromWorker,
  PrepareConfiguration,
  StartWorker,
  ToWorker,
  WorkerAction,
} from './worker-messages.js';

/** How often a worker reports without being asked, in milliseconds: what is lost when it is killed. */
const reportIntervalMs = 1000;

export interface WorkerTransport {
  send(message: FromWorker): void;
  /** The worker has nothing left to do. */
  end(): void;
}

export class Worker {
  private readonly transport: WorkerTransport;
  private readonly facts: ReplicatedFacts;
  /** Not used yet. */
  private readonly handles = new Map<number, object>();
  private plan: PrepareConfiguration['sockets'] = [];
  private core: ServingCore | undefined = undefined;
  private stats: StatsReporter | undefined = undefined;
  private readonly hosts = new HostReporter();
  private generation: Generation | undefined = undefined;
  private isFirst = true;
  private over = false;

  constructor(transport: WorkerTransport) {
    this.transport = transport;
    this.facts = new ReplicatedFacts(true, (key, fact) => transport.send({ kind: 'fact', key, fact }));
  }

  /** @param handle of a socket that comes with the message */
  receive(message: ToWorker, handle?: unknown): void {
    switch (message.kind) {
      case 'start':
        this.start(message);
        break;
      case 'socket':
        this.handles.set(message.id, handle as object);
        break;
      case 'take back socket':
        this.takeBack(message.id);
        break;
      case 'fact':
        this.facts.receive(message.key, message.fact);
        break;
      case 'prepare':
        void this.prepare(message);
        break;
      case 'commit':
        this.commit();
        break;
      case 'discard':
        this.generation?.discard();
        this.generation = undefined;
        break;
      case 'report':
        this.report(message.turn);
        break;
      default:
        this.act(message);
    }
  }

  private act(action: WorkerAction): void {
    const { core } = this;
    switch (action.kind) {
      case 'reopen logs':
        core?.reopenLogs();
        break;
      case 'fail health checks':
        if (core !== undefined) core.healthFailed = action.failed;
        break;
      case 'drain listeners':
        core?.drainListeners(action.how);
        break;
      case 'log levels':
        this.setLogLevels(action.levels);
        break;
      case 'drain and end':
        void this.drainAndEnd();
        break;
      case 'end':
        void this.end();
        break;
    }
  }

  private setLogLevels(levels: readonly (readonly [string, LogLevel])[]): void {
    for (const [name, level] of levels) {
      const logger = this.core?.loggers.get(name);
      if (logger !== undefined) logger.level = level;
    }
  }

  private start({ facts, index, options, ticketSeed, workers }: StartWorker): void {
    deriveTicketKeysFrom(Buffer.from(ticketSeed));
    for (const [key, fact] of facts) this.facts.receive(key, fact);
    this.core = new ServingCore(options, {
      sharedFacts: this.facts,
      shareOfLimit: shareOfLimit(index, workers),
      workerIndex: index,
      createSocket: (address, socketOptions, at) =>
        new ListenerSocket(address, { ...socketOptions, handle: this.handleFor(address, at) }),
      writeLog: (line) => this.transport.send({ kind: 'log', line }),
    });
    // What every process would say is said by the primary.
    for (const name of ['config', 'main', 'upstream']) this.quieten(name);
    this.stats = new StatsReporter(this.core.stats);
    const { clock } = this.core;
    const again = (): void => {
      if (this.over) return;
      this.report(0);
      clock.setTimer(reportIntervalMs, again);
    };
    clock.setTimer(reportIntervalMs, again);
    this.transport.send({ kind: 'ready' });
  }

  private quieten(name: string): void {
    const logger = this.core?.loggers.get(name);
    if (logger?.level === 'info') logger.level = 'warning';
  }

  /** @throws Error when the primary has not sent it */
  private handleFor(address: ListenerAddress, [listener, at]: readonly [number, number]): object {
    const id = this.plan[listener]?.[at] ?? 0;
    const handle = this.handles.get(id);
    if (handle === undefined) throw new Error(`no socket for ${JSON.stringify(address)}`);
    this.handles.delete(id);
    return listenable(handle);
  }

  private takeBack(id: number): void {
    const handle = this.handles.get(id) as { close?(): void } | undefined;
    this.handles.delete(id);
    handle?.close?.();
  }

  private async prepare({ sockets, text, turn }: PrepareConfiguration): Promise<void> {
    const { core } = this;
    if (core === undefined) return;
    try {
      this.plan = sockets;
      const config = core.load(text);
      if (this.isFirst) {
        core.configureStats(config);
        core.atPath(config, 'stats_sinks', () => {
          const sinks = createStatsSinks(config.bootstrap.stats_sinks, core.stats.extractTags, core.log);
          // The rest is sent by the primary, which knows the sums.
          core.stats.onHistogramValue =
            sinks.length === 0
              ? undefined
              : (histogram, value) => {
                  for (const sink of sinks) sink.onHistogramValue(histogram, value);
                };
        });
        this.isFirst = false;
      }
      const generation = core.prepare(config);
      this.generation = generation;
      await generation.warmed;
      await generation.bind();
      this.transport.send({ kind: 'prepared', turn });
    } catch (error) {
      this.generation?.discard();
      this.generation = undefined;
      this.transport.send({ kind: 'refused', turn, message: (error as Error).message });
    }
  }

  private commit(): void {
    this.generation?.commit();
    this.generation = undefined;
    const names = new Set(this.core?.clusters.all().map(({ name }) => name));
    this.facts.forget((key) => !names.has(clusterOfFact(key)));
    this.core?.followFiles();
  }

  private report(turn: number): void {
    const { core, stats } = this;
    if (core === undefined || stats === undefined) return;
    const connections = core.listeners.activeConnections;
    const hosts = this.hosts.take(core.clusters);
    this.transport.send({ kind: 'report', turn, stats: stats.take(), hosts, connections });
  }

  private async drainAndEnd(): Promise<void> {
    await this.core?.drain(() => this.over);
    await this.end();
  }

  /** Gives back everything. */
  async end(): Promise<void> {
    if (this.over) return;
    this.over = true;
    await this.core?.release();
    this.report(0);
    this.transport.end();
  }
}

/** They must outlive the servers that listen on their file descriptors: who is collected closes what it has. */
const keptPipes: object[] = [];

/** `Server.listen` takes a handle of TCP; of a Unix socket it takes the file descriptor. */
function listenable(handle: object): object {
  if ('getsockname' in handle) return handle;
  keptPipes.push(handle);
  return { fd: (handle as { fd: number }).fd };
}
