/**
 * One client connection of a connection manager: its codec, its streams, and when it is to end.
 *
 * Ending goes as in Envoy: *open* -> *draining* (responses say `connection: close`, HTTP/2 has sent a first GOAWAY; after
 * `drain_timeout` it closes even when nothing more comes) -> *closing* (no further request is served; it closes with the end
 * of the last stream).
 */
import type { Duplex } from 'node:stream';
import type { Clock } from '../common/clock.js';
import type { TimeoutOwner, TimeoutQueues } from '../common/timeout-queue.js';
import { Timeout } from '../common/timeout-queue.js';
import type { ConnectionInfo } from '../network/filter.js';
import type { ClusterManager } from '../upstream/cluster/cluster.js';
import { ActiveStream } from './active-stream.js';
import type {
  RequestDecoder,
  ResponseEncoder,
  ServerConnection,
  ServerConnectionCallbacks,
} from './codec.js';
import type { ConnectionConfig, ConnectionManagerConfig } from './connection-manager-config.js';
import { ConnectionState } from './connection-state.js';
import type { ConnectionManagerStats } from './connection-manager-stats.js';
import { createHttp1ServerConnection } from './http1/server-connection.js';
import { createHttp2ServerConnection } from './http2/server-connection.js';
import { onFirstOctets } from './protocol-detector.js';
import type { PeerFacts } from './request-sanitizer.js';

// Kinds of time-outs.
const IDLE = 0;
const MAX_DURATION = 1;
const DRAIN = 2;

// States.
const OPEN = 0;
const DRAINING = 1;
const CLOSING = 2;

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
  onConnectionClosed(connection: DownstreamConnection): void;
}

/** The path on a Unix socket. */
function addressText(ip: string, port: number, pipePath?: string): string {
  if (ip === '' && pipePath !== undefined) return pipePath;
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

export class DownstreamConnection implements ServerConnectionCallbacks, TimeoutOwner {
  readonly shared: ManagerShared;
  readonly info: ConnectionInfo;
  readonly peer: PeerFacts;
  readonly streamConnection: ConnectionState;
  readonly localAddressText: string;
  readonly directRemoteAddressText: string;
  isHttp2 = false;
  private readonly socket: Duplex;
  /** undefined until the protocol is known: from ALPN, the configuration, or the first octets. */
  private codec: ServerConnection | undefined = undefined;
  private readonly startedAt: number;
  private readonly idleTimeout = new Timeout(this, IDLE);
  private maxDuration: Timeout | undefined = undefined;
  private drainTimeout: Timeout | undefined = undefined;
  private requests = 0;
  private activeStreams = 0;
  private state = OPEN;
  /** `max_requests_per_connection` is reached. */
  private hasServedAll = false;
  /** The end was our doing. */
  private endsLocally = false;
  private closed = false;

  /** Takes over the socket. */
  constructor(socket: Duplex, info: ConnectionInfo, shared: ManagerShared) {
    this.shared = shared;
    this.info = info;
    this.streamConnection = new ConnectionState(info);
    this.startedAt = shared.clock.now();
    const remoteAddressText = addressText(info.remoteAddress, info.remotePort, info.pipePath);
    const { directRemoteAddress, directRemotePort = 0 } = info;
    this.directRemoteAddressText =
      directRemoteAddress === undefined
        ? remoteAddressText
        : addressText(directRemoteAddress, directRemotePort);
    this.peer = {
      remoteAddress: info.remoteAddress,
      remoteAddressText,
      localPort: info.localPort,
      scheme: info.tls ? 'https' : 'http',
      ssl: info.ssl,
    };
    this.localAddressText = addressText(info.localAddress, info.localPort, info.pipePath);
    const { connectionConfig, stats } = shared;
    stats.cxTotal.inc();
    stats.cxActive.inc();
    if (info.tls) {
      stats.cxSslTotal.inc();
      stats.cxSslActive.inc();
    }
    connectionConfig.connectionIdle?.add(this.idleTimeout);
    if (connectionConfig.maxConnectionDuration !== undefined) {
      this.maxDuration = new Timeout(this, MAX_DURATION);
      connectionConfig.maxConnectionDuration.add(this.maxDuration);
    }
    this.socket = socket;
    const { codecType } = connectionConfig;
    if (codecType !== 'AUTO') this.createCodec(codecType === 'HTTP2');
    // What was agreed upon holds, whatever is sent then.
    else if (info.alpn !== '') this.createCodec(info.alpn === 'h2');
    else {
      const onClosed = () => this.onClosed();
      socket.on('error', () => {});
      socket.once('close', onClosed);
      onFirstOctets(socket, (isHttp2) => {
        socket.off('close', onClosed);
        this.createCodec(isHttp2);
      });
    }
  }

  private createCodec(isHttp2: boolean): void {
    const { connectionConfig, stats } = this.shared;
    const { tls } = this.info;
    this.isHttp2 = isHttp2;
    (isHttp2 ? stats.cxHttp2Total : stats.cxHttp1Total).inc();
    (isHttp2 ? stats.cxHttp2Active : stats.cxHttp1Active).inc();
    const { http1, http1OverTls, http2, http2OverTls } = connectionConfig;
    this.codec = isHttp2
      ? createHttp2ServerConnection(this.socket, tls ? http2OverTls : http2, this)
      : createHttp1ServerConnection(this.socket, tls ? http1OverTls : http1, this);
  }

  // ---- ServerConnectionCallbacks

  newStream(encoder: ResponseEncoder): RequestDecoder {
    const { config, stats } = this.shared;
    this.requests++;
    this.activeStreams++;
    this.idleTimeout.clear();
    const limit = config.maxRequestsPerConnection;
    if (limit > 0 && this.requests >= limit && this.state === OPEN) {
      stats.cxMaxRequestsReached.inc();
      if (this.isHttp2) this.startDrain();
      else {
        this.state = CLOSING;
        this.hasServedAll = true;
      }
    }
    return new ActiveStream(this, config, encoder);
  }

  onPrematureResets(): void {
    this.shared.stats.rqTooManyPrematureResets.inc();
    this.endsLocally = true;
  }

  onClosed(): void {
    if (this.closed) return;
    this.closed = true;
    this.idleTimeout.clear();
    this.maxDuration?.clear();
    this.drainTimeout?.clear();
    const { clock, stats } = this.shared;
    stats.cxActive.dec();
    if (this.codec !== undefined) (this.isHttp2 ? stats.cxHttp2Active : stats.cxHttp1Active).dec();
    if (this.info.tls) stats.cxSslActive.dec();
    stats.cxDestroy.inc();
    if (this.endsLocally) stats.cxDestroyLocal.inc();
    else stats.cxDestroyRemote.inc();
    stats.cxLengthMs.record(Math.floor(clock.now() - this.startedAt));
    this.shared.onConnectionClosed(this);
  }

  // ---- of its streams

  /**
   * Asked once per response, before its head is written: does the connection end with it?
   * @param requestEnded the request is read to its end; what is left of it would be read as the next one
   */
  closesAfterResponse(requestEnded: boolean): boolean {
    const { shared } = this;
    if (this.state === OPEN && shared.isDraining()) {
      this.startDrain();
      shared.stats.cxDrainClose.inc();
    }
    if (!requestEnded) {
      if (!this.isHttp2) this.state = CLOSING;
      shared.stats.rqResponseBeforeRqComplete.inc();
    }
    if (this.state === OPEN || this.isHttp2) return false;
    this.endsLocally = true;
    return true;
  }

  /** HTTP/1: the response is to be the last one. */
  closeAfterStream(): void {
    if (!this.isHttp2) this.state = CLOSING;
  }

  /** HTTP/1: the codec cuts the connection with the stream. */
  onStreamReset(): void {
    if (this.isHttp2) return;
    this.endsLocally = true;
    this.state = CLOSING;
  }

  /**
   * @param byPeer it ended because the connection did
   * @param requestEnded the request was read to its end
   */
  onStreamEnd(byPeer: boolean, requestEnded: boolean): void {
    this.activeStreams--;
    if (byPeer) {
      const { stats } = this.shared;
      stats.cxDestroyActiveRq.inc();
      if (this.endsLocally) stats.cxDestroyLocalActiveRq.inc();
      else stats.cxDestroyRemoteActiveRq.inc();
    }
    if (this.closed || byPeer) return;
    // Nothing more is to come that a close could destroy, so there is nothing to wait for.
    if (this.hasServedAll && requestEnded) this.closeNow('flush');
    else if (this.activeStreams === 0) {
      if (this.isHttp2 && this.state === CLOSING) this.closeNow('flush-and-delay');
      else this.shared.connectionConfig.connectionIdle?.add(this.idleTimeout);
    }
  }

  // ---- its end

  onTimeout(kind: number): void {
    if (this.closed) return;
    const { stats } = this.shared;
    switch (kind) {
      case IDLE:
        stats.cxIdleTimeout.inc();
        if (this.state === OPEN) this.startDrain();
        break;
      case MAX_DURATION:
        stats.cxMaxDurationReached.inc();
        if (this.state === OPEN) this.startDrain();
        break;
      default:
        this.state = CLOSING;
        this.codec?.goAway();
        if (this.activeStreams === 0) this.closeNow('flush-and-delay');
    }
  }

  /** The next response is the last one; a connection without a request ends now, of HTTP/2 after `drain_timeout`. */
  drain(): void {
    if (this.closed) return;
    if (this.state === OPEN) this.startDrain();
    if (this.activeStreams === 0 && !this.isHttp2) this.closeNow('flush');
  }

  close(): void {
    if (!this.closed) this.closeNow('now');
  }

  /** Envoy leaves an idle client the `drain_timeout` to send what may be on its way already. */
  private startDrain(): void {
    this.state = DRAINING;
    this.codec?.shutdownNotice();
    this.drainTimeout = new Timeout(this, DRAIN);
    const { drain } = this.shared.connectionConfig;
    if (drain === undefined) this.onTimeout(DRAIN);
    else drain.add(this.drainTimeout);
  }

  private closeNow(how: 'now' | 'flush' | 'flush-and-delay'): void {
    this.endsLocally = true;
    this.state = CLOSING;
    if (this.codec === undefined) this.socket.destroy();
    else this.codec.close(how);
  }
}
