/**
 * A connection manager with the real codecs and the real router between sockets that no network is behind: tests push octets
 * as client and as upstream, own the clock, and read what was written to either side.
 */
import type { AccessLogFiles } from '../../../runtime/access-log/create-access-loggers.js';
import { TimeoutQueues } from '../../../runtime/common/timeout-queue.js';
import { routerFilterFactory } from '../../../runtime/filters/http/router/router-filter.js';
import { createHttpConnectionManagerFactory } from '../../../runtime/filters/network/http-connection-manager.js';
import type { ClientConnection } from '../../../runtime/http/codec.js';
import type { HttpFilterFactory } from '../../../runtime/http/filter.js';
import { createHttp1ClientConnection } from '../../../runtime/http/http1/client-connection.js';
import { http1ClientDefaults } from '../../../runtime/http/http1/http1-options.js';
import type { FactoryContext, NetworkFilter } from '../../../runtime/network/filter.js';
import type { TracerFactory } from '../../../runtime/tracing/tracer.js';
import type { StatsStore } from '../../../runtime/stats/stats-store.js';
import { createStatsStore } from '../../../runtime/stats/stats-store.js';
import { createClusterStats } from '../../../runtime/upstream/cluster/create-cluster-stats.js';
import type { Cluster } from '../../../runtime/upstream/cluster/cluster.js';
import type {
  ConnectionPool,
  PoolCallbacks,
  PoolFailureReason,
} from '../../../runtime/upstream/connection-pool/connection-pool.js';
import type { Host } from '../../../runtime/upstream/host/host.js';
import { HostHealth } from '../../../runtime/upstream/host/host-health.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeSocket, settle } from './http1/fake-socket.js';

const routerType = 'envoy.extensions.filters.http.router.v3.Router';
const router = { name: 'router', typed_config: { '@type': `type.googleapis.com/${routerType}` } };

export const everythingToCluster = {
  virtual_hosts: [
    { name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'c' } }] },
  ],
};

/** One route for all, to the cluster `c`. */
export function oneRoute(action: object, more: object = {}): object {
  return {
    virtual_hosts: [
      {
        name: 'v',
        domains: ['*'],
        routes: [{ name: 'r', match: { prefix: '/' }, route: { cluster: 'c', ...action }, ...more }],
      },
    ],
  };
}

export interface RigOptions {
  /** Further filters by the last part of their type: `test.Name`. */
  readonly filters?: Readonly<Record<string, HttpFilterFactory>>;
  readonly bufferLimitBytes?: number;
  readonly random?: () => number;
  /** By the full name of their message. */
  readonly tracers?: ReadonlyMap<string, TracerFactory>;
  /** Default: there are no values. */
  readonly runtimeNumber?: (key: string) => number | undefined;
}

/** What the pool does with the next streams. `wait` keeps them until `connect()`. */
export type PoolMode = 'connect' | 'wait' | PoolFailureReason;

export class ManagerRig {
  readonly clock = new FakeClock();
  readonly stats: StatsStore = createStatsStore();
  /** Sockets of the upstream connections, oldest first. */
  readonly upstreams: FakeSocket[] = [];
  readonly logLines: string[] = [];
  readonly filter: NetworkFilter;
  readonly context: FactoryContext;
  readonly cluster: Cluster;
  poolMode: PoolMode = 'connect';
  hasHosts = true;
  draining = false;
  cancelled = 0;
  private waiting: { decoder: Parameters<ConnectionPool['newStream']>[0]; callbacks: PoolCallbacks }[] = [];
  private idle: ClientConnection[] = [];
  private nextId = 1;

  /** @param manager fields of the HTTP connection manager; `route_config` defaults to everything to the cluster `c` */
  constructor(manager: object = {}, options: RigOptions = {}) {
    this.cluster = this.makeCluster();
    const accessLogFiles: AccessLogFiles = {
      open: () => ({
        write: (line: string) => void this.logLines.push(line.trimEnd()),
        flush: async () => undefined,
        reopen: () => undefined,
      }),
      flush: async () => undefined,
      reopen: () => undefined,
    } as AccessLogFiles;
    this.context = {
      clock: this.clock,
      loggers: undefined as never,
      stats: this.stats,
      clusters: { get: (name) => (name === 'c' ? this.cluster : undefined), all: () => [this.cluster] },
      timeouts: new TimeoutQueues(this.clock),
      accessLogFiles,
      random: options.random ?? (() => 0.5),
      bufferLimitBytes: options.bufferLimitBytes ?? 1024 * 1024,
      hasCluster: () => true,
      listenerStatPrefix: 'listener.l.',
      node: { id: 'node', cluster: 'cluster' },
      isDraining: () => this.draining,
      ...(options.runtimeNumber === undefined ? {} : { runtimeNumber: options.runtimeNumber }),
    };
    const factories = new Map<string, HttpFilterFactory>([
      [routerType, routerFilterFactory],
      ...Object.entries(options.filters ?? {}),
    ]);
    const factory = createHttpConnectionManagerFactory(factories, options.tracers);
    this.filter = factory(ManagerRig.config(manager), this.context);
  }

  /** The whole message. */
  static config(manager: object): object {
    const log = {
      name: 'log',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
        path: '/log',
        log_format: {
          text_format_source: {
            inline_string:
              '%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% rx=%BYTES_RECEIVED% tx=%BYTES_SENT%\n',
          },
        },
      },
    };
    return {
      stat_prefix: 'p',
      generate_request_id: false,
      route_config: everythingToCluster,
      http_filters: [router],
      access_log: [log],
      ...manager,
    };
  }

  /** Stream filters by name, then the router. */
  static filters(...names: string[]): object[] {
    return [
      ...names.map((name) => ({ name, typed_config: { '@type': `type.googleapis.com/${name}` } })),
      router,
    ];
  }

  /** A client connection. */
  connect(): FakeSocket {
    const socket = new FakeSocket();
    this.filter.onConnection(socket, {
      id: this.nextId++,
      remoteAddress: '10.0.0.1',
      remotePort: 5000,
      localAddress: '10.0.0.2',
      localPort: 80,
      tls: false,
      serverName: '',
      alpn: '',
    });
    return socket;
  }

  /** Sends one request on a new connection and lets the turn end. */
  async request(octets: string): Promise<FakeSocket> {
    const socket = this.connect();
    socket.receive(octets);
    await settle();
    return socket;
  }

  /** The upstream socket of that number, which must exist. */
  upstream(at = 0): FakeSocket {
    const socket = this.upstreams[at];
    if (socket === undefined) throw new Error(`there is no upstream connection ${at}`);
    return socket;
  }

  async answer(octets: string, at = 0): Promise<void> {
    this.upstream(at).receive(octets);
    await settle();
  }

  /** Time passes, and the turn ends. */
  async pass(milliseconds: number): Promise<void> {
    this.clock.advance(milliseconds);
    await settle();
  }

  /** Lets the streams that wait have their connections. */
  connectWaiting(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const { callbacks, decoder } of waiting) this.attach(decoder, callbacks);
  }

  counter(name: string): number {
    return this.stats.counters().find((one) => one.name === name)?.value ?? Number.NaN;
  }

  gauge(name: string): number {
    return this.stats.gauges().find((one) => one.name === name)?.value ?? Number.NaN;
  }

  private makeCluster(): Cluster {
    const host = {
      address: { kind: 'ip', ip: '10.9.9.9', port: 80 },
      addressText: '10.9.9.9:80',
      hostname: 'h.example',
      stats: { rqSuccess: 0, rqError: 0, rqTimeout: 0 },
      health: new HostHealth(),
    } as unknown as Host;
    const limits = { maxConnections: 1024, maxPendingRequests: 1024, maxRequests: 1024, maxRetries: 3 };
    const usage = { connections: 0, pendingRequests: 0, requests: 0, retries: 0 };
    const pool: ConnectionPool = {
      host,
      newStream: (decoder, callbacks) => this.newStream(decoder, callbacks),
      drain: () => undefined,
      close: () => undefined,
    };
    return {
      name: 'c',
      loadBalancer: { chooseHost: () => (this.hasHosts ? host : undefined) },
      stats: createClusterStats('cluster.c.', this.stats),
      limits,
      usage,
      resources: () => ({ limits, usage, canRetry: usage.retries < limits.maxRetries }),
      pool: () => pool,
    } as unknown as Cluster;
  }

  private newStream(...[decoder, callbacks]: Parameters<ConnectionPool['newStream']>) {
    const mode = this.poolMode;
    if (mode === 'connect') {
      this.attach(decoder, callbacks);
      return undefined;
    }
    if (mode !== 'wait') {
      callbacks.onPoolFailure(mode, mode === 'overflow' ? '' : 'reason');
      return undefined;
    }
    const waiting = { decoder, callbacks };
    this.waiting.push(waiting);
    return {
      cancel: () => {
        this.waiting = this.waiting.filter((one) => one !== waiting);
        this.cancelled++;
      },
    };
  }

  private attach(...[decoder, callbacks]: Parameters<ConnectionPool['newStream']>): void {
    const connection = this.idle.pop() ?? this.openUpstream();
    callbacks.onPoolReady(connection.newStream(decoder), { localAddress: '10.0.0.2:6000' });
  }

  private openUpstream(): ClientConnection {
    const socket = new FakeSocket();
    this.upstreams.push(socket);
    const gone = (connection: ClientConnection): void => {
      this.idle = this.idle.filter((one) => one !== connection);
    };
    return createHttp1ClientConnection(
      socket,
      { ...http1ClientDefaults, clock: this.clock },
      { onStreamSlotFree: (one) => void this.idle.push(one), onGoAway: gone, onClosed: gone },
    );
  }
}

/** Head and body of an answer without `date`, which the fake clock makes anyway. */
export function withoutDate(octets: string): string {
  return octets.replace(/date: [^\r]*\r\n/g, '');
}
