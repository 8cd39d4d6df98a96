/**
 * Connections to hosts without a codec. What is counted, and when, is as measured on Envoy 1.40, whose TCP pool makes a
 * connection for each request and lets it go with it.
 */
import type { NetConnectOpts, Socket } from 'node:net';
import { connect } from 'node:net';
import type { Timer } from '../../common/clock.js';
import type { ConnectionTls } from '../../common/connection-tls.js';
import { endConnection } from '../../network/end-connection.js';
import { copyOctets } from '../../network/octet-buffers.js';
import type { Host } from '../host/host.js';
import type { PoolFailureReason } from './connection-pool.js';
import type { PoolOptions } from './host-pool.js';
import type { DownstreamAddresses, TcpConnection, TcpConnectionUser, TcpConnector } from './tcp-connector.js';
import { transportFailure } from './transport-failure.js';

/** What all connections of a cluster share. */
export interface TcpConnectorOptions
  extends Pick<
    PoolOptions,
    'clock' | 'stats' | 'limits' | 'usage' | 'tls' | 'connectTimeoutMs' | 'keepaliveTimeMs'
  > {
  /** `per_connection_buffer_limit_bytes` of the cluster. */
  readonly bufferLimitBytes: number;
  /** What a connection begins with, before TLS; undefined for nothing. */
  readonly preface: ((downstream: DownstreamAddresses) => Buffer) | undefined;
}

/** All upstream sockets read into this: what was read is copied out before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

function ownAddress({ localAddress, localPort }: Socket): string {
  if (localAddress === undefined) return '';
  return localAddress.includes(':') ? `[${localAddress}]:${localPort}` : `${localAddress}:${localPort}`;
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

class UpstreamTcpConnection implements TcpConnection {
  private readonly socket: Socket;
  private readonly host: Host;
  private readonly options: TcpConnectorOptions;
  private readonly startedAt: number;
  private user: TcpConnectionUser | undefined;
  private timer: Timer | undefined;
  private state = CONNECTING;
  /** The TCP connection is there; the TLS handshake may not be over. */
  private connected = false;
  private timedOut = false;
  private prefaceOctets = 0;
  private closedByUs = false;
  private endedByUs = false;
  private endedByHost = false;
  /** Both halves are closed; whoever did so last has ended the connection, as Envoy counts. */
  private lastEndByHost: boolean | undefined = undefined;
  private error: NodeJS.ErrnoException | undefined = undefined;
  private onGone: (() => void) | undefined = undefined;

  constructor(
    host: Host,
    options: TcpConnectorOptions,
    user: TcpConnectionUser,
    downstream: DownstreamAddresses,
  ) {
    const { clock, connectTimeoutMs, stats, usage } = options;
    this.host = host;
    this.options = options;
    this.user = user;
    this.startedAt = clock.now();
    usage.connections++;
    usage.pendingRequests++;
    stats.upstreamCxTotal.inc();
    stats.upstreamCxActive.inc();
    stats.upstreamRqPendingTotal.inc();
    stats.upstreamRqPendingActive.inc();
    host.stats.cxTotal++;
    host.stats.cxActive++;
    host.stats.rqPendingActive++;
    this.socket = this.connect(downstream);
    // It covers the TLS handshake as well.
    this.timer = clock.setTimer(connectTimeoutMs, () => {
      this.timedOut = true;
      stats.upstreamCxConnectTimeout.inc();
      this.socket.destroy();
      // Not later, in `close`: a client should not wait longer than the limit says.
      this.connectFailed();
    });
  }

  private connect(downstream: DownstreamAddresses): Socket {
    const { keepaliveTimeMs, preface, tls } = this.options;
    const { address, hostname } = this.host;
    const target = address.kind === 'ip' ? { host: address.ip, port: address.port } : { path: address.path };
    const first = preface?.(downstream);
    const plain =
      tls === undefined || first !== undefined ? this.connectPlain(target, tls === undefined) : undefined;
    if (first !== undefined) {
      this.prefaceOctets = first.length;
      plain?.write(first);
    }
    const overTls = { allowHalfOpen: true, ...(plain === undefined ? target : { socket: plain }) };
    // Octets without a codec are of no protocol.
    const handshake = { hostname, protocols: [] };
    const socket =
      tls === undefined
        ? (plain as Socket)
        : tls.connect(overTls, handshake, (facts) => this.onConnected(facts));
    for (const one of plain === undefined || plain === socket ? [socket] : [plain, socket]) {
      one.on('error', (error) => {
        this.error ??= error;
      });
    }
    (plain ?? socket).setNoDelay(true);
    if (keepaliveTimeMs > 0) (plain ?? socket).setKeepAlive(true, keepaliveTimeMs);
    (plain ?? socket).once('connect', () => {
      this.connected = true;
      if (tls === undefined) this.onConnected(undefined);
    });
    if (tls !== undefined) socket.on('data', (chunk: Buffer) => this.onOctets(chunk, undefined));
    socket.on('end', () => {
      this.endedByHost = true;
      if (this.endedByUs) this.lastEndByHost = true;
      this.user?.onEnd();
    });
    socket.on('drain', () => this.user?.onDrain());
    socket.once('close', () => this.onClose());
    return socket;
  }

  /**
   * With `onread` Node does not allocate 64 KiB for every read only to give most of it back, and no event is emitted.
   * @param isRead false when TLS reads from it
   */
  private connectPlain(target: object, isRead: boolean): Socket {
    const onread = {
      buffer: readBuffer,
      callback: (octets: number): boolean => {
        this.onRead(readBuffer.subarray(0, octets));
        return true;
      },
    };
    return connect({ ...target, allowHalfOpen: true, ...(isRead ? { onread } : {}) } as NetConnectOpts);
  }

  private onRead(read: Buffer): void {
    const { octets, release } = copyOctets(read);
    this.onOctets(octets, release);
  }

  private onOctets(octets: Buffer, release: (() => void) | undefined): void {
    this.options.stats.upstreamCxRxBytesTotal.add(octets.length);
    this.user?.onOctets(octets, release);
  }

  private leaveQueue(): void {
    const { stats, usage } = this.options;
    usage.pendingRequests--;
    stats.upstreamRqPendingActive.dec();
    this.host.stats.rqPendingActive--;
  }

  private onConnected(facts: ConnectionTls | undefined): void {
    if (this.state !== CONNECTING) return;
    const { clock, stats, usage } = this.options;
    this.state = OPEN;
    this.timer?.cancel();
    this.leaveQueue();
    usage.requests++;
    stats.upstreamCxConnectMs.record(Math.floor(clock.now() - this.startedAt));
    stats.upstreamRqTotal.inc();
    stats.upstreamCxTxBytesTotal.add(this.prefaceOctets);
    stats.upstreamRqActive.inc();
    this.host.stats.rqTotal++;
    this.host.stats.rqActive++;
    this.user?.onConnected(ownAddress(this.socket), facts);
  }

  /** Does nothing for a connection that was made, or whose failure was told already. */
  private connectFailed(): void {
    if (this.state !== CONNECTING) return;
    const { stats } = this.options;
    const { user } = this;
    this.leaveQueue();
    if (!this.closedByUs) {
      stats.upstreamCxConnectFail.inc();
      this.host.stats.cxConnectFail++;
    }
    const reason: PoolFailureReason = this.timedOut
      ? 'connection timeout'
      : this.closedByUs
        ? 'local connection failure'
        : 'remote connection failure';
    (reason === 'remote connection failure'
      ? stats.upstreamCxDestroyRemote
      : stats.upstreamCxDestroyLocal
    ).inc();
    this.forget();
    if (user === undefined) return;
    stats.upstreamRqPendingFailureEject.inc();
    const text = this.timedOut ? '' : transportFailure(this.error, this.host.address, this.connected);
    user.onConnectFailed(reason, text);
  }

  private onClose(): void {
    if (this.state === CONNECTING) this.connectFailed();
    if (this.state === CLOSED) return;
    this.tellGone(!this.closedByUs);
  }

  /** Of a connection that was there. */
  private tellGone(cutByPeer: boolean): void {
    const byPeer = this.lastEndByHost ?? cutByPeer;
    const { stats, usage } = this.options;
    const { onGone, user } = this;
    usage.requests--;
    stats.upstreamRqActive.dec();
    this.host.stats.rqActive--;
    (byPeer ? stats.upstreamCxDestroyRemote : stats.upstreamCxDestroyLocal).inc();
    stats.upstreamCxDestroyWithActiveRq.inc();
    (byPeer ? stats.upstreamCxDestroyRemoteWithActiveRq : stats.upstreamCxDestroyLocalWithActiveRq).inc();
    stats.upstreamRqPerCx.record(1);
    this.forget();
    onGone?.();
    user?.onClosed(this.error !== undefined);
  }

  private forget(): void {
    const { clock, stats, usage } = this.options;
    this.state = CLOSED;
    this.user = undefined;
    this.timer?.cancel();
    usage.connections--;
    stats.upstreamCxActive.dec();
    stats.upstreamCxDestroy.inc();
    stats.upstreamCxLengthMs.record(Math.floor(clock.now() - this.startedAt));
    this.host.stats.cxActive--;
  }

  // ---- TcpConnection

  write(octets: Buffer, written?: () => void): boolean {
    this.options.stats.upstreamCxTxBytesTotal.add(octets.length);
    const isFree = written === undefined ? this.socket.write(octets) : this.socket.write(octets, written);
    return isFree || this.socket.writableLength <= this.options.bufferLimitBytes;
  }

  end(): void {
    this.endedByUs = true;
    if (this.endedByHost) this.lastEndByHost = false;
    this.socket.end();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  get bufferedOctets(): number {
    return this.socket.writableLength;
  }

  close(how: 'now' | 'flush' | 'reset', done?: () => void): void {
    const { socket, state } = this;
    if (state === CLOSED) {
      done?.();
      return;
    }
    this.closedByUs = true;
    this.user = undefined;
    if (state === CONNECTING) {
      // Nobody waits for it any more.
      this.options.stats.upstreamRqCancelled.inc();
      socket.destroy();
      this.connectFailed();
      done?.();
      return;
    }
    this.onGone = done ?? this.onGone;
    if (how === 'flush' && socket.writableLength > 0) {
      socket.destroySoon();
      // Octets that nobody reads any more must not hold back the end.
      socket.resume();
      return;
    }
    if (how === 'reset') endConnection(socket, 'reset');
    else socket.destroy();
    this.tellGone(false);
  }
}

export function createTcpConnector(options: TcpConnectorOptions): TcpConnector {
  return {
    connect: (host, user, downstream) => new UpstreamTcpConnection(host, options, user, downstream),
  };
}
