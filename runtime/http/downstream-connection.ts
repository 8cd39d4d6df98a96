/**
 * One client connection of a connection manager: its codec, its streams, and when it is to end.
 */
import type { Duplex } from 'node:stream';
import type { Clock } from '../common/clock.js';
import type { TimeoutOwner, TimeoutQueues } from '../common/timeout-queue.js';
import { Timeout } from '../common/timeout-queue.js';
import type { ConnectionInfo } from '../network/filter.js';
import type { ClusterManager } from '../upstream/cluster/cluster.js';
import { ActiveStream } from './active-stream.js';
import type { RequestDecoder, ResponseEncoder, ServerConnection } from './codec.js';
import type { ConnectionConfig, ConnectionManagerConfig } from './connection-manager-config.js';
import type { ConnectionManagerStats } from './connection-manager-stats.js';
import { createHttp1ServerConnection } from './http1/server-connection.js';
import type { PeerFacts } from './request-sanitizer.js';

// Kinds of time-outs.
const IDLE = 0;
const MAX_DURATION = 1;

/** What all connections of a manager share. `config` is replaced by a reload; streams take it once. */
export interface ManagerShared {
  config: ConnectionManagerConfig;
  readonly connectionConfig: ConnectionConfig;
  readonly clock: Clock;
  readonly timeouts: TimeoutQueues;
  readonly clusters: ClusterManager;
  readonly stats: ConnectionManagerStats;
  readonly date: () => string;
  /** Of [0, 1). */
  readonly random: () => number;
  isDraining(): boolean;
}

function addressText(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

export class DownstreamConnection implements TimeoutOwner {
  readonly shared: ManagerShared;
  readonly info: ConnectionInfo;
  readonly peer: PeerFacts;
  readonly remoteAddressText: string;
  readonly localAddressText: string;
  private readonly codec: ServerConnection;
  private readonly onClosed: (connection: DownstreamConnection) => void;
  private readonly startedAt: number;
  private readonly idleTimeout = new Timeout(this, IDLE);
  private readonly maxDuration = new Timeout(this, MAX_DURATION);
  private requests = 0;
  private draining = false;
  private closed = false;

  /** Takes over the socket. */
  constructor(
    socket: Duplex,
    info: ConnectionInfo,
    shared: ManagerShared,
    onClosed: (connection: DownstreamConnection) => void,
  ) {
    this.shared = shared;
    this.info = info;
    this.onClosed = onClosed;
    this.startedAt = shared.clock.now();
    const scheme = info.tls ? 'https' : 'http';
    this.peer = { remoteAddress: info.remoteAddress, localPort: info.localPort, scheme };
    this.remoteAddressText = addressText(info.remoteAddress, info.remotePort);
    this.localAddressText = addressText(info.localAddress, info.localPort);
    const { connectionConfig, stats } = shared;
    stats.cxTotal.inc();
    stats.cxActive.inc();
    stats.cxHttp1Total.inc();
    stats.cxHttp1Active.inc();
    if (info.tls) stats.cxSslTotal.inc();
    connectionConfig.connectionIdle?.add(this.idleTimeout);
    connectionConfig.maxConnectionDuration?.add(this.maxDuration);
    this.codec = createHttp1ServerConnection(
      socket,
      { ...connectionConfig.http1, scheme },
      {
        newStream: (encoder) => this.newStream(encoder),
        onClosed: () => this.closedByCodec(),
      },
    );
  }

  private newStream(encoder: ResponseEncoder): RequestDecoder {
    this.requests++;
    this.idleTimeout.clear();
    return new ActiveStream(this, this.shared.config, encoder);
  }

  /** Asked once per response: is it the last one of this connection? */
  closesAfterResponse(): boolean {
    if (this.draining || this.shared.isDraining()) return true;
    const { maxRequestsPerConnection } = this.shared.config;
    if (maxRequestsPerConnection === 0 || this.requests < maxRequestsPerConnection) return false;
    this.shared.stats.cxMaxRequestsReached.inc();
    return true;
  }

  onStreamEnd(): void {
    if (this.closed) return;
    const { connectionConfig, config } = this.shared;
    connectionConfig.connectionIdle?.add(this.idleTimeout);
    const { maxRequestsPerConnection } = config;
    // Nothing more is to come on it, so there is nothing to wait for.
    if (maxRequestsPerConnection > 0 && this.requests >= maxRequestsPerConnection) this.codec.close('flush');
  }

  onTimeout(kind: number): void {
    if (this.closed) return;
    if (kind === IDLE) {
      this.shared.stats.cxIdleTimeout.inc();
      this.codec.close('flush-and-delay');
    } else this.drain();
  }

  /** The next response is the last one; a connection without a request ends now. */
  drain(): void {
    this.draining = true;
    this.codec.shutdownNotice();
    if (this.codec.activeStreams === 0) this.codec.close('flush');
  }

  close(): void {
    this.codec.close('now');
  }

  private closedByCodec(): void {
    if (this.closed) return;
    this.closed = true;
    this.idleTimeout.clear();
    this.maxDuration.clear();
    const { clock, stats } = this.shared;
    stats.cxActive.dec();
    stats.cxHttp1Active.dec();
    stats.cxDestroy.inc();
    stats.cxLengthMs.record(Math.floor(clock.now() - this.startedAt));
    this.onClosed(this);
  }
}
