/**
 * The workers of a proxy, on the side of the primary, which has the configuration, the names, the health checks, the admin
 * interface and the listening sockets, and serves no connection itself.
 *
 * A change is prepared in every worker before any of them has it in force. A worker that dies takes its own connections
 * with it; the one that takes its place gets sockets, facts and configuration from the primary.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../common/clock.js';
import type { Logger } from '../../common/logger.js';
import { clusterOfFact, ReplicatedFacts } from '../../common/shared-facts.js';
import { StatsCollector } from '../../stats/stats-transfer.js';
import { HostCollector } from '../../upstream/host/host-stats-transfer.js';
import type { Generation } from '../generation.js';
import { inheritedSockets, takeInherited } from '../inherited-sockets.js';
import type { ProcessPart } from '../process-part.js';
import type { ServerOptions } from '../server-options.js';
import type { ServingCore } from '../serving-core.js';
import type { SocketOwner } from './shared-socket.js';
import { SharedSocket } from './shared-socket.js';
import type { FromWorker, SentOptions, ToWorker, WorkerAction } from './worker-messages.js';
import { WorkerProcess } from './worker-process.js';

/** A worker that dies young is not put in the place of at once: milliseconds, doubled each time up to the last one. */
const restartDelaysMs = { first: 100, last: 5000 };
/** A worker that lived that long did not die of its start. */
const youngMs = 10_000;
/** A worker that does not answer in that time is left out of what is shown. */
const reportTimeoutMs = 1000;

interface InForce {
  readonly text: string;
  readonly sockets: readonly (readonly number[])[];
}

export class WorkerPool implements SocketOwner {
  /** What the core of the primary is made with. */
  readonly part: ProcessPart;
  private readonly clock: Clock;
  private readonly size: number;
  private readonly options: SentOptions;
  private readonly ticketSeed = randomBytes(48);
  private readonly facts: ReplicatedFacts;
  /** Facts that hold as long as the worker lives that has found them. */
  private readonly owners = new Map<string, WorkerProcess>();
  private readonly sockets = new Map<number, SharedSocket>();
  private readonly workers = new Set<WorkerProcess>();
  private core: ServingCore | undefined = undefined;
  private stats: StatsCollector | undefined = undefined;
  private hosts: HostCollector | undefined = undefined;
  private inForce: InForce | undefined = undefined;
  /** A change on its way: who comes meanwhile waits for its end. */
  private turn: Promise<void> = Promise.resolve();
  private endTurn: () => void = () => undefined;
  private lastSocket = 0;
  private lastWorker = 0;
  private lastLevels = '';
  private healthFailed = false;
  private restarts = 0;
  private ending = false;

  constructor(
    size: number,
    { environment, onPhase: _onPhase, signal: _signal, writeLog: _writeLog, ...options }: ServerOptions,
    clock: Clock,
  ) {
    this.size = size;
    this.options = options;
    this.clock = clock;
    const inherited = inheritedSockets(environment ?? {});
    this.facts = new ReplicatedFacts(false, (key, fact) => this.sendAll({ kind: 'fact', key, fact }));
    this.part = {
      sharedFacts: this.facts,
      createSocket: (address) =>
        new SharedSocket(address, ++this.lastSocket, this, takeInherited(inherited, address)),
    };
  }

  /** Starts the workers. @param core what they report to */
  start(core: ServingCore): void {
    this.core = core;
    this.stats = new StatsCollector(core.stats);
    this.hosts = new HostCollector(core.clusters);
    for (let index = 0; index < this.size; index++) this.spawn(index);
  }

  private get log(): Logger | undefined {
    return this.core?.log;
  }

  private spawn(index: number): void {
    const worker = new WorkerProcess(++this.lastWorker, index, this.clock.now(), {
      onMessage: (from, message) => this.onMessage(from, message),
      onExit: (from, how) => this.onExit(from, how),
    });
    this.workers.add(worker);
    worker.send({
      kind: 'start',
      options: this.options,
      index,
      workers: this.size,
      ticketSeed: this.ticketSeed,
      facts: [...this.facts.entries()],
    });
    for (const socket of this.sockets.values()) this.giveTo(worker, socket);
    void this.bringUp(worker);
  }

  /** Gives the configuration in force to a worker that has none. */
  private async bringUp(worker: WorkerProcess): Promise<void> {
    await worker.ready;
    await this.turn;
    const { inForce } = this;
    if (inForce === undefined || worker.serves || worker.isGone) return;
    const refusal = await worker.prepare(inForce.text, inForce.sockets);
    if (refusal !== undefined) {
      this.log?.error(`worker ${worker.index} refuses the configuration in force: ${refusal}`);
      worker.kill();
      return;
    }
    // What came into force meanwhile was given to it as to all others.
    if (this.inForce !== inForce || worker.serves) return;
    worker.commit();
    if (this.healthFailed) worker.send({ kind: 'fail health checks', failed: true });
    this.log?.info(`worker ${worker.index} serves again (process ${worker.pid})`);
  }

  private onMessage(worker: WorkerProcess, message: FromWorker): void {
    if (message.kind === 'log') this.core?.write(message.line);
    if (message.kind === 'report') {
      this.stats?.receive(worker.id, message.stats);
      this.hosts?.receive(worker.id, message.hosts);
      worker.connections = message.connections;
    }
    if (message.kind !== 'fact') return;
    const { fact, key } = message;
    if (fact === undefined) this.owners.delete(key);
    else this.owners.set(key, worker);
    this.facts.receive(key, fact);
    this.sendAll(message, worker);
  }

  private onExit(worker: WorkerProcess, how: string): void {
    this.workers.delete(worker);
    this.stats?.forget(worker.id);
    this.hosts?.forget(worker.id);
    for (const [key, owner] of this.owners) {
      if (owner !== worker) continue;
      this.owners.delete(key);
      this.facts.receive(key, undefined);
      this.sendAll({ kind: 'fact', key, fact: undefined });
    }
    if (this.ending || worker.ending) return;
    const isYoung = this.clock.now() - worker.startedAt < youngMs;
    this.restarts = isYoung ? this.restarts + 1 : 0;
    const delayMs = isYoung
      ? Math.min(restartDelaysMs.first * 2 ** (this.restarts - 1), restartDelaysMs.last)
      : 0;
    this.log?.error(
      `worker ${worker.index} (process ${worker.pid}) ended by ${how}: its connections are lost, another one takes its place`,
    );
    this.core?.stats.counter('envoy3.workers.restarts').inc();
    this.clock.setTimer(delayMs, () => {
      if (!this.ending) this.spawn(worker.index);
    });
  }

  private sendAll(message: ToWorker, except?: WorkerProcess): void {
    for (const worker of this.workers) if (worker !== except) worker.send(message);
  }

  // ---- listening sockets

  private giveTo(worker: WorkerProcess, { handle, id }: SharedSocket): void {
    if (handle !== undefined) worker.give({ kind: 'socket', id }, handle);
  }

  give(socket: SharedSocket): void {
    this.sockets.set(socket.id, socket);
    for (const worker of this.workers) this.giveTo(worker, socket);
  }

  takeBack(socket: SharedSocket): void {
    this.sockets.delete(socket.id);
    this.sendAll({ kind: 'take back socket', id: socket.id });
  }

  // ---- configurations

  /** The generation of the primary together with those of all workers. @param text that it was read from */
  around(generation: Generation, text: string): Generation {
    let sockets: InForce['sockets'] = [];
    const end = (): void => this.endTurn();
    return {
      ...generation,
      bind: async () => {
        await generation.bind();
        sockets = generation
          .sockets()
          .map((ofListener) => ofListener.map((socket) => (socket as SharedSocket).id));
        this.turn = new Promise((done) => {
          this.endTurn = done;
        });
        await this.prepareAll(text, sockets);
      },
      commit: () => {
        const isFirst = this.inForce === undefined;
        this.inForce = { text, sockets };
        const lines = generation.commit();
        for (const worker of this.workers) worker.commit();
        const names = new Set(this.core?.clusters.all().map(({ name }) => name));
        this.facts.forget((key) => !names.has(clusterOfFact(key)));
        end();
        const pids = [...this.workers].map(({ pid }) => pid);
        return isFirst ? [...lines, `${pids.length} workers serve: processes ${pids.join(', ')}`] : lines;
      },
      discard: () => {
        for (const worker of this.workers) worker.discard();
        generation.discard();
        end();
      },
    };
  }

  /** @throws Error with what the first worker says that refuses it */
  private async prepareAll(text: string, sockets: InForce['sockets']): Promise<void> {
    const refusals = await Promise.all(
      [...this.workers].map(async (worker) => {
        await worker.ready;
        return worker.prepare(text, sockets);
      }),
    );
    const refusal = refusals.find((one) => one !== undefined);
    if (refusal !== undefined) throw new Error(refusal);
  }

  // ---- what the server asks for

  /** Brings statistics up to date. */
  async gather(): Promise<void> {
    const all = Promise.all(
      [...this.workers].filter(({ serves }) => serves).map((worker) => worker.report()),
    );
    await new Promise<void>((done) => {
      const timer = this.clock.setTimer(reportTimeoutMs, done);
      void all.then(() => {
        timer.cancel();
        done();
      });
    });
  }

  get activeConnections(): number {
    let sum = 0;
    for (const { connections } of this.workers) sum += connections;
    return sum;
  }

  act(action: WorkerAction): void {
    if (action.kind === 'fail health checks') this.healthFailed = action.failed;
    this.sendAll(action);
  }

  /** Levels of loggers may have changed. */
  tellLogLevels(): void {
    const levels = this.core?.loggers.all().map(({ level, name }) => [name, level] as const) ?? [];
    const text = levels.join();
    if (text === this.lastLevels) return;
    this.lastLevels = text;
    this.act({ kind: 'log levels', levels });
  }

  /** Ends all workers. @param gracefully they wait for their connections */
  async end(gracefully: boolean): Promise<void> {
    this.ending = true;
    for (const worker of this.workers) {
      worker.ending = true;
      worker.send({ kind: gracefully ? 'drain and end' : 'end' });
    }
    await Promise.all([...this.workers].map((worker) => this.endOf(worker, gracefully)));
  }

  /** One that hangs is not waited for. */
  private async endOf(worker: WorkerProcess, gracefully: boolean): Promise<void> {
    const drainMs = gracefully ? (this.core?.drainTimeMs ?? 0) : 0;
    const timer = this.clock.setTimer(drainMs + 2000, () => worker.kill());
    await worker.exited;
    timer.cancel();
  }
}
