/**
 * The pool of HTTP connections to one host. The connection that was used last is used next, so that surplus ones become idle
 * and end; one of HTTP/2 takes streams until it has as many as the host allows. What it counts, and when, is as measured on
 * Envoy 1.40.
 */
import type { NetConnectOpts, Socket } from 'node:net';
import { connect } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { nextConnectionId } from '../../common/connection-id.js';
import type { Clock, Timer } from '../../common/clock.js';
import type { ConnectionTls } from '../../common/connection-tls.js';
import type { ClientConnection, ClientConnectionCallbacks, ResponseDecoder } from '../../http/codec.js';
import { createHttp1ClientConnection } from '../../http/http1/client-connection.js';
import type { Http1ClientOptions } from '../../http/http1/http1-options.js';
import { createHttp2ClientConnection } from '../../http/http2/client-connection.js';
import type { Http2Options } from '../../http/http2/http2-options.js';
import type { ResourceUsage } from '../cluster/circuit-breaker.js';
import type { CircuitBreakerLimits, ClusterStats } from '../cluster/cluster.js';
import type { RequestedNames, UpstreamTls } from '../cluster/upstream-tls.js';
import type { Host } from '../host/host.js';
import type {
  ConnectionPool,
  PendingStream,
  PoolCallbacks,
  PoolFailureReason,
  UpstreamConnectionInfo,
} from './connection-pool.js';
import { transportFailure } from './transport-failure.js';

/** What all pools of a cluster and a priority share. */
export interface PoolOptions {
  readonly clock: Clock;
  readonly stats: ClusterStats;
  readonly limits: CircuitBreakerLimits;
  readonly usage: ResourceUsage;
  /** `auto`: what the host agrees to by ALPN; without TLS or an answer HTTP/1.1. */
  readonly protocol: 'http1' | 'http2' | 'auto';
  readonly http1: Http1ClientOptions;
  readonly http2: Http2Options;
  readonly tls: UpstreamTls | undefined;
  /** What the requests of this pool ask of its handshakes. */
  readonly names?: RequestedNames;
  /** `upstream_bind_config`: where connections come from; undefined: the system decides. */
  readonly source: { readonly ip: string; readonly port: number } | undefined;
  readonly connectTimeoutMs: number;
  /** 0 = none. */
  readonly idleTimeoutMs: number;
  /** `max_connection_duration`: no new stream after it. 0 = without limit. */
  readonly maxConnectionDurationMs: number;
  /** 0 = without limit. */
  readonly maxRequestsPerConnection: number;
  /** Of TCP, before the first probe. 0 = no probes. */
  readonly keepaliveTimeMs: number;
}

export interface HostPool extends ConnectionPool {
  /** The host's newer snapshot: new connections go to its address, those that exist stay. */
  moveTo(host: Host): void;
  /** No connection, nobody waiting. */
  readonly isEmpty: boolean;
}

/** By ALPN, when the configuration says nothing. */
const offered: Readonly<Record<PoolOptions['protocol'], readonly string[]>> = {
  http1: ['http/1.1'],
  http2: ['h2'],
  auto: ['h2', 'http/1.1'],
};

class PooledConnection {
  readonly socket: Socket;
  readonly startedAt: number;
  codec: ClientConnection | undefined = undefined;
  info: UpstreamConnectionInfo | undefined = undefined;
  /** Ends the attempt to connect, later the connection's life. */
  timer: Timer | undefined = undefined;
  connected = false;
  activeStreams = 0;
  /** It is in the list of those that take streams. */
  isReady = false;
  requests = 0;
  idleSince = 0;
  /** No new streams. */
  leaving = false;
  closed = false;
  timedOut = false;
  /** We have begun to close it: what the peer does then is its answer. */
  endedByUs = false;
  error: NodeJS.ErrnoException | undefined = undefined;
  bytesRead = 0;
  bytesWritten = 0;

  constructor(socket: Socket, startedAt: number) {
    this.socket = socket;
    this.startedAt = startedAt;
  }
}

/** A stream that waits for its connection. */
class Waiting implements PendingStream {
  readonly pool: HttpHostPool;
  readonly decoder: ResponseDecoder;
  readonly callbacks: PoolCallbacks;

  constructor(pool: HttpHostPool, decoder: ResponseDecoder, callbacks: PoolCallbacks) {
    this.pool = pool;
    this.decoder = decoder;
    this.callbacks = callbacks;
  }

  cancel(): void {
    this.pool.cancel(this);
  }
}

function ownAddress({ localAddress, localPort }: Socket): string {
  if (localAddress === undefined) return '';
  return localAddress.includes(':') ? `[${localAddress}]:${localPort}` : `${localAddress}:${localPort}`;
}

/** All upstream sockets read into this: what was read is copied out before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Without `onread` Node allocates 64 KiB for every read and gives most of it back, which costs more than a request's
 * copy. Measured: 1 to 1.5 us less per small request.
 */
function connectPlain(
  target: { readonly host: string; readonly port: number } | { readonly path: string },
): Socket {
  const socket: Socket = connect({
    ...target,
    onread: {
      buffer: readBuffer,
      callback(octets: number) {
        socket.emit('data', Buffer.from(readBuffer.subarray(0, octets)));
        return true;
      },
    },
  } as NetConnectOpts);
  return socket;
}

class HttpHostPool implements HostPool {
  private current: Host;
  private readonly options: PoolOptions;
  private readonly onEmpty: ((pool: HostPool) => void) | undefined;
  /** Connections that take another stream. */
  private readonly ready: PooledConnection[] = [];
  private readonly all = new Set<PooledConnection>();
  private waiting: Waiting[] = [];
  private connecting = 0;
  private draining = false;
  private sweep: Timer | undefined = undefined;

  constructor(host: Host, options: PoolOptions, onEmpty: ((pool: HostPool) => void) | undefined) {
    this.current = host;
    this.options = options;
    this.onEmpty = onEmpty;
  }

  get host(): Host {
    return this.current;
  }

  get isEmpty(): boolean {
    return this.all.size === 0 && this.waiting.length === 0;
  }

  moveTo(host: Host): void {
    this.current = host;
  }

  newStream(decoder: ResponseDecoder, callbacks: PoolCallbacks): PendingStream | undefined {
    const { limits, stats, usage } = this.options;
    const connection = this.ready[this.ready.length - 1];
    if (connection !== undefined) {
      this.attach(connection, decoder, callbacks);
      return undefined;
    }
    if (usage.pendingRequests >= limits.maxPendingRequests) {
      stats.upstreamRqPendingOverflow.inc();
      callbacks.onPoolFailure('overflow', '');
      return undefined;
    }
    const waiting = new Waiting(this, decoder, callbacks);
    this.waiting.push(waiting);
    usage.pendingRequests++;
    stats.upstreamRqPendingTotal.inc();
    stats.upstreamRqPendingActive.inc();
    this.host.stats.rqPendingActive++;
    this.connectForWaiting();
    return waiting;
  }

  /** The connection that is on its way for it goes on, for the next one, as in Envoy. */
  cancel(waiting: Waiting): void {
    const at = this.waiting.indexOf(waiting);
    if (at < 0) return;
    this.waiting.splice(at, 1);
    this.leaveQueue();
    this.options.stats.upstreamRqCancelled.inc();
    this.tellIfEmpty();
  }

  drain(): void {
    this.draining = true;
    this.sweep?.cancel();
    this.sweep = undefined;
    for (const connection of [...this.ready]) this.retire(connection);
    this.tellIfEmpty();
  }

  close(): void {
    this.draining = true;
    this.sweep?.cancel();
    this.sweep = undefined;
    this.failWaiting('local connection failure', '');
    for (const connection of [...this.all]) {
      connection.endedByUs = true;
      if (connection.codec === undefined) connection.socket.destroy();
      else connection.codec.close('now');
    }
  }

  private tellIfEmpty(): void {
    if (this.draining && this.isEmpty) this.onEmpty?.(this);
  }

  private leaveQueue(): void {
    this.options.usage.pendingRequests--;
    this.options.stats.upstreamRqPendingActive.dec();
    this.host.stats.rqPendingActive--;
  }

  private failWaiting(reason: PoolFailureReason, transportFailureReason: string): void {
    const failed = this.waiting;
    this.waiting = [];
    // All of them leave the queue first: who is told may come back at once with another try.
    for (let at = 0; at < failed.length; at++) this.leaveQueue();
    for (const { callbacks } of failed) {
      this.options.stats.upstreamRqPendingFailureEject.inc();
      callbacks.onPoolFailure(reason, transportFailureReason);
    }
  }

  /** As many connections on their way as the streams that wait need. The first connection of a pool is always allowed, as in Envoy. */
  private connectForWaiting(): void {
    const { limits, stats, usage } = this.options;
    const { http2, protocol } = this.options;
    // What a connection on its way will take; of an unknown protocol, as little as may be.
    const capacity = protocol === 'http2' ? http2.maxConcurrentStreams : 1;
    while (this.connecting * capacity < this.waiting.length) {
      const isFull =
        usage.connections >= limits.maxConnections ||
        this.host.stats.cxActive >= limits.maxConnectionsPerHost;
      if (isFull) {
        stats.upstreamCxOverflow.inc();
        if (this.all.size > 0) return;
      }
      this.connect();
    }
  }

  // ---- making connections

  private connect(): void {
    const { clock, connectTimeoutMs, keepaliveTimeMs, names, protocol, source, stats, tls, usage } =
      this.options;
    const { address, hostname } = this.host;
    const from = source === undefined ? {} : { localAddress: source.ip, localPort: source.port };
    const target =
      address.kind === 'ip' ? { host: address.ip, port: address.port, ...from } : { path: address.path };
    const socket: Socket =
      tls === undefined
        ? connectPlain(target)
        : tls.connect(target, { ...names, hostname, protocols: offered[protocol] }, (facts) =>
            this.onConnected(connection, facts),
          );
    socket.setNoDelay(true);
    if (keepaliveTimeMs > 0) socket.setKeepAlive(true, keepaliveTimeMs);
    const connection = new PooledConnection(socket, clock.now());
    this.all.add(connection);
    this.connecting++;
    usage.connections++;
    stats.upstreamCxTotal.inc();
    if (protocol === 'http1') stats.upstreamCxHttp1Total.inc();
    else if (protocol === 'http2') stats.upstreamCxHttp2Total.inc();
    stats.upstreamCxActive.inc();
    this.host.stats.cxTotal++;
    this.host.stats.cxActive++;
    // It covers the TLS handshake as well.
    connection.timer = clock.setTimer(connectTimeoutMs, () => {
      connection.timedOut = true;
      stats.upstreamCxConnectTimeout.inc();
      socket.destroy();
      // Not later, in `close`: a client should not wait longer than the limit says.
      this.connectFailed(connection);
    });
    socket.on('error', (error) => {
      connection.error = error;
    });
    socket.once('connect', () => {
      connection.connected = true;
      if (tls === undefined) this.onConnected(connection, undefined);
    });
    socket.once('close', () => this.connectFailed(connection));
  }

  private onConnected(connection: PooledConnection, facts: ConnectionTls | undefined): void {
    if (connection.closed) return;
    const { clock, http1, http2, maxConnectionDurationMs, protocol, stats } = this.options;
    const { socket } = connection;
    connection.timer?.cancel();
    connection.timer = undefined;
    this.connecting--;
    stats.upstreamCxConnectMs.record(Math.floor(clock.now() - connection.startedAt));
    const isHttp2 =
      protocol === 'http2' || (protocol === 'auto' && (socket as TLSSocket).alpnProtocol === 'h2');
    connection.info = {
      localAddress: ownAddress(socket),
      tls: facts,
      protocol: isHttp2 ? 'HTTP/2' : 'HTTP/1.1',
      id: nextConnectionId(),
    };
    if (protocol === 'auto') (isHttp2 ? stats.upstreamCxHttp2Total : stats.upstreamCxHttp1Total).inc();
    const callbacks: ClientConnectionCallbacks = {
      onStreamSlotFree: () => this.onSlotFree(connection),
      onStreamReset: () => stats.upstreamRqTxReset.inc(),
      onGoAway: () => this.onGoAway(connection),
      onClosed: (_codec, streamsCut) => this.onClosed(connection, streamsCut > 0),
    };
    connection.codec = isHttp2
      ? createHttp2ClientConnection(socket, http2, callbacks)
      : createHttp1ClientConnection(socket, http1, callbacks);
    if (maxConnectionDurationMs > 0) {
      connection.timer = clock.setTimer(maxConnectionDurationMs, () => {
        connection.timer = undefined;
        stats.upstreamCxMaxDurationReached.inc();
        this.retire(connection);
      });
    }
    this.onFree(connection);
  }

  /** Does nothing for a connection that was made, or whose failure was told already. */
  private connectFailed(connection: PooledConnection): void {
    if (connection.closed || connection.codec !== undefined) return;
    const { stats } = this.options;
    const { connected, endedByUs, error, timedOut } = connection;
    this.connecting--;
    stats.upstreamCxConnectFail.inc();
    this.host.stats.cxConnectFail++;
    if (timedOut || endedByUs) stats.upstreamCxDestroyLocal.inc();
    else stats.upstreamCxDestroyRemote.inc();
    this.forget(connection);
    if (timedOut) this.failWaiting('connection timeout', '');
    else {
      const text = transportFailure(error, this.host.address, connected);
      this.failWaiting('remote connection failure', text);
    }
    this.tellIfEmpty();
  }

  // ---- streams

  /** @returns false when the cluster has as many requests under way as it may; the failure was told then */
  private attach(connection: PooledConnection, decoder: ResponseDecoder, callbacks: PoolCallbacks): boolean {
    const { limits, maxRequestsPerConnection, stats, usage } = this.options;
    if (usage.requests >= limits.maxRequests) {
      stats.upstreamRqActiveOverflow.inc();
      callbacks.onPoolFailure('overflow', '');
      return false;
    }
    const codec = connection.codec as ClientConnection;
    connection.activeStreams++;
    connection.requests++;
    if (maxRequestsPerConnection > 0 && connection.requests >= maxRequestsPerConnection) {
      this.stopUsing(connection);
      stats.upstreamCxMaxRequests.inc();
    } else if (connection.activeStreams >= codec.maxStreams) this.takeOut(connection);
    usage.requests++;
    stats.upstreamRqTotal.inc();
    stats.upstreamRqActive.inc();
    this.host.stats.rqTotal++;
    this.host.stats.rqActive++;
    callbacks.onPoolReady(codec.newStream(decoder), connection.info as UpstreamConnectionInfo);
    return true;
  }

  /** @param active streams that have not ended */
  private release(connection: PooledConnection, active: number): void {
    this.countOctets(connection);
    for (; connection.activeStreams > active; connection.activeStreams--) {
      this.options.usage.requests--;
      this.options.stats.upstreamRqActive.dec();
      this.host.stats.rqActive--;
    }
  }

  private countOctets(connection: PooledConnection): void {
    const { socket } = connection;
    const { bytesRead, bytesWritten } = socket;
    this.options.stats.upstreamCxRxBytesTotal.add(bytesRead - connection.bytesRead);
    this.options.stats.upstreamCxTxBytesTotal.add(bytesWritten - connection.bytesWritten);
    connection.bytesRead = bytesRead;
    connection.bytesWritten = bytesWritten;
  }

  /** Streams have ended, or the host allows more of them. */
  private onSlotFree(connection: PooledConnection): void {
    if (connection.codec === undefined || connection.closed) return;
    this.release(connection, connection.codec.activeStreams);
    if (!connection.leaving) this.onFree(connection);
    else if (connection.activeStreams === 0) this.leave(connection);
  }

  /** A connection takes streams: those that wait longest, then what comes. */
  private onFree(connection: PooledConnection): void {
    const codec = connection.codec as ClientConnection;
    while (this.waiting.length > 0 && !connection.leaving && connection.activeStreams < codec.maxStreams) {
      const next = this.waiting.shift() as Waiting;
      this.leaveQueue();
      this.attach(connection, next.decoder, next.callbacks);
    }
    if (this.draining) {
      this.retire(connection);
      return;
    }
    if (connection.leaving || connection.closed) return;
    if (connection.activeStreams === 0) {
      connection.idleSince = this.options.clock.now();
      if (this.sweep === undefined) this.armSweep();
    }
    if (connection.activeStreams >= codec.maxStreams || connection.isReady) return;
    connection.isReady = true;
    this.ready.push(connection);
  }

  /** It takes no stream now. */
  private takeOut(connection: PooledConnection): void {
    if (!connection.isReady) return;
    connection.isReady = false;
    // Nearly always it is the last one.
    const { ready } = this;
    if (ready[ready.length - 1] === connection) ready.pop();
    else ready.splice(ready.indexOf(connection), 1);
  }

  // ---- the end of connections

  /** The peer takes no more requests on it; it closes after those under way. */
  private onGoAway(connection: PooledConnection): void {
    const { codec } = connection;
    if (codec !== undefined && (codec.activeStreams > 0 || codec.protocol === 'HTTP/2')) {
      this.options.stats.upstreamCxCloseNotify.inc();
    }
    this.stopUsing(connection);
  }

  private stopUsing(connection: PooledConnection): void {
    connection.leaving = true;
    this.takeOut(connection);
  }

  /** No new streams; it ends with the last one. */
  private retire(connection: PooledConnection): void {
    this.stopUsing(connection);
    if (connection.activeStreams === 0) this.leave(connection);
  }

  private leave(connection: PooledConnection): void {
    this.stopUsing(connection);
    connection.endedByUs = true;
    connection.codec?.close('flush');
  }

  private onClosed(connection: PooledConnection, isCut: boolean): void {
    if (connection.closed) return;
    const { stats } = this.options;
    const { socket } = connection;
    this.release(connection, 0);
    this.stopUsing(connection);
    connection.timer?.cancel();
    const byPeer = !connection.endedByUs && (socket.readableEnded || connection.error !== undefined);
    (byPeer ? stats.upstreamCxDestroyRemote : stats.upstreamCxDestroyLocal).inc();
    if (isCut) {
      stats.upstreamCxDestroyWithActiveRq.inc();
      (byPeer ? stats.upstreamCxDestroyRemoteWithActiveRq : stats.upstreamCxDestroyLocalWithActiveRq).inc();
    }
    stats.upstreamRqPerCx.record(connection.requests);
    this.forget(connection);
    if (this.waiting.length > 0) this.connectForWaiting();
    this.tellIfEmpty();
  }

  private forget(connection: PooledConnection): void {
    const { clock, stats, usage } = this.options;
    connection.closed = true;
    connection.timer?.cancel();
    this.all.delete(connection);
    usage.connections--;
    stats.upstreamCxActive.dec();
    stats.upstreamCxDestroy.inc();
    stats.upstreamCxLengthMs.record(Math.floor(clock.now() - connection.startedAt));
    this.host.stats.cxActive--;
  }

  /** One timer for all idle connections: a timer for each of them would be set anew with every request. */
  private armSweep(): void {
    const { clock, idleTimeoutMs } = this.options;
    if (idleTimeoutMs === 0) return;
    let oldest = clock.now();
    for (const { activeStreams, idleSince } of this.ready) {
      if (activeStreams === 0) oldest = Math.min(oldest, idleSince);
    }
    const delayMs = Math.max(1, oldest + idleTimeoutMs - clock.now());
    this.sweep = clock.setTimer(delayMs, () => {
      this.sweep = undefined;
      const now = clock.now();
      for (const connection of [...this.ready]) {
        if (connection.activeStreams > 0 || now - connection.idleSince < idleTimeoutMs) continue;
        this.options.stats.upstreamCxIdleTimeout.inc();
        this.leave(connection);
      }
      if (this.ready.some(({ activeStreams }) => activeStreams === 0)) this.armSweep();
    });
  }
}

/** @param onEmpty called when a draining pool has nothing left; perhaps more than once */
export function createHostPool(
  host: Host,
  options: PoolOptions,
  onEmpty?: (pool: HostPool) => void,
): HostPool {
  return new HttpHostPool(host, options, onEmpty);
}
