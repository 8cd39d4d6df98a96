/** A network filter chain on loopback with a clock, statistics and a log that the test owns. */
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { readMessage } from '../../../../dsl/api/read-message.js';
import type {
  ConnectionInfo,
  FactoryContext,
  NetworkFilter,
  ReadFilter,
} from '../../../../runtime/network/filter.js';
import { createStatsStore } from '../../../../runtime/stats/stats-store.js';
import { TimeoutQueues } from '../../../../runtime/common/timeout-queue.js';
import { createClusterManager } from '../../../../runtime/upstream/create-cluster-manager.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { assignment, clusterConfig, statValue } from '../../upstream/fixtures.js';

type Json = Readonly<Record<string, unknown>>;

/** A message as the reader hands it out; anything that it finds wrong fails the test. */
export function canonical(type: string, fields: Json): unknown {
  const { issues, value } = readMessage(type, fields);
  if (issues.length > 0) throw new Error(JSON.stringify(issues));
  return value;
}

/** One end of a connection: what came, and how it ended. */
export class Peer {
  readonly socket: Socket;
  received = '';
  ended: 'no' | 'end' | 'reset' = 'no';
  private readonly waiting: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
      this.wake();
    });
    socket.on('end', () => {
      this.ended = 'end';
      this.wake();
    });
    socket.on('error', () => {
      this.ended = 'reset';
      this.wake();
    });
  }

  private wake(): void {
    for (const go of this.waiting.splice(0)) go();
  }

  async until(test: (peer: Peer) => boolean): Promise<void> {
    while (!test(this)) await new Promise<void>((done) => this.waiting.push(done));
  }

  has(text: string): Promise<void> {
    return this.until(({ received }) => received === text);
  }

  get over(): Promise<void> {
    return this.until(({ ended }) => ended !== 'no');
  }
}

export class NetworkRig {
  readonly clock = new FakeClock();
  readonly stats = createStatsStore();
  readonly clusters = createClusterManager({ clock: this.clock, stats: this.stats, random: () => 0 });
  readonly log: string[] = [];
  readonly hosts: Peer[] = [];
  random = 0;
  draining = false;
  closed = false;
  filter: NetworkFilter | undefined = undefined;
  readFilters: readonly ReadFilter[] = [];
  /** What is known of connections to come, besides their addresses. */
  info: Partial<ConnectionInfo> = {};
  infos: ConnectionInfo[] = [];
  private readonly host: Server;
  private readonly listener: Server;
  private readonly hostWaiting: (() => void)[] = [];
  private readonly clients: Peer[] = [];

  private constructor() {
    this.host = createServer({ allowHalfOpen: true }, (socket) => {
      this.hosts.push(new Peer(socket));
      for (const go of this.hostWaiting.splice(0)) go();
    });
    this.listener = createServer({ allowHalfOpen: true }, (socket) => {
      const info: ConnectionInfo = {
        id: 1,
        remoteAddress: socket.remoteAddress ?? '',
        remotePort: socket.remotePort ?? 0,
        localAddress: socket.localAddress ?? '',
        localPort: socket.localPort ?? 0,
        tls: false,
        serverName: '',
        alpn: '',
        ...this.info,
      };
      this.infos.push(info);
      for (const one of this.readFilters) if (!one.onNewConnection(socket, info)) return;
      this.filter?.onConnection(socket, info);
    });
  }

  /** @param cluster fields of the cluster `c`, whose host is the rig's */
  static async start(cluster: Json = {}): Promise<NetworkRig> {
    const rig = new NetworkRig();
    rig.host.listen(0, '127.0.0.1');
    rig.listener.listen(0, '127.0.0.1');
    await Promise.all([once(rig.host, 'listening'), once(rig.listener, 'listening')]);
    const { port } = rig.host.address() as AddressInfo;
    const load_assignment = assignment(['127.0.0.1', port]);
    const config = clusterConfig({ name: 'c', type: 'STATIC', load_assignment, ...cluster });
    rig.clusters.prepare([config]).commit();
    return rig;
  }

  get context(): FactoryContext {
    const logs = this.log;
    return {
      clock: this.clock,
      loggers: { get: () => ({}) } as unknown as FactoryContext['loggers'],
      stats: this.stats,
      clusters: this.clusters,
      timeouts: new TimeoutQueues(this.clock),
      accessLogFiles: {
        open: () => ({ write: (line: string) => void logs.push(line) }),
      } as unknown as FactoryContext['accessLogFiles'],
      random: () => this.random,
      bufferLimitBytes: 1024 * 1024,
      hasCluster: () => true,
      listenerStatPrefix: 'listener.l.',
      node: { id: '', cluster: '' },
      isDraining: () => this.draining,
    };
  }

  /** A client, connected. */
  async connect(): Promise<Peer> {
    const { port } = this.listener.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const peer = new Peer(socket);
    this.clients.push(peer);
    await once(socket, 'connect');
    return peer;
  }

  /** The host's side of the connection of that number, when our side of it knows as well. */
  async hostPeer(at = 0): Promise<Peer> {
    while (this.hosts.length <= at) await new Promise<void>((done) => this.hostWaiting.push(done));
    await this.eventually(() => this.value('cluster.c.upstream_rq_total') > at);
    return this.hosts[at] as Peer;
  }

  /** The host's port answers nobody from now on. */
  async stopHost(): Promise<void> {
    this.host.close();
    await once(this.host, 'close');
  }

  value(name: string): number {
    return statValue(this.stats, name);
  }

  /** Waits, turn by turn, for something that the machine does on its own. */
  async eventually(test: () => boolean): Promise<void> {
    while (!test() && !this.closed) await new Promise((done) => setImmediate(done));
  }

  close(): void {
    this.filter?.close();
    for (const one of this.readFilters) one.close();
    this.clusters.close();
    this.host.close();
    this.listener.close();
    for (const { socket } of [...this.hosts, ...this.clients]) socket.destroy();
  }
}

/** Runs `use` with a rig, which is closed afterwards. */
export async function withRig(use: (rig: NetworkRig) => Promise<void>, cluster: Json = {}): Promise<void> {
  const rig = await NetworkRig.start(cluster);
  // What never comes fails the test instead of holding up all others.
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    limit = setTimeout(() => fail(new Error('the test waits for something that does not come')), 8000);
  });
  try {
    await Promise.race([use(rig), late]);
  } finally {
    clearTimeout(limit);
    rig.closed = true;
    rig.close();
  }
}
