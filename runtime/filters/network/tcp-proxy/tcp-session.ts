/**
 * One client connection of the TCP proxy and its connection to a host: octets both ways, each half closed for itself,
 * neither side read faster than the other one takes it. What is counted and logged is as measured on Envoy 1.40.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '../../../common/clock.js';
import type { ConnectionTls } from '../../../common/connection-tls.js';
import type { ConnectionInfo } from '../../../network/filter.js';
import { copyOctets } from '../../../network/octet-buffers.js';
import { readInto } from '../../../network/read-into.js';
import { endConnection } from '../../../network/end-connection.js';
import type { Cluster, ClusterManager } from '../../../upstream/cluster/cluster.js';
import type { PoolFailureReason } from '../../../upstream/connection-pool/connection-pool.js';
import type { TcpConnection, TcpConnectionUser } from '../../../upstream/connection-pool/tcp-connector.js';
import type { Host } from '../../../upstream/host/host.js';
import { xxHash64 } from '../../../common/xx-hash-64.js';
import type { TcpProxyConfig } from './tcp-proxy-config.js';
import type { TcpProxyStats } from './tcp-proxy-stats.js';
import { TcpStreamInfo } from './tcp-stream-info.js';

/** What all connections of a proxy share. */
export interface TcpProxyShared {
  readonly clock: Clock;
  readonly clusters: ClusterManager;
  readonly stats: TcpProxyStats;
  /** Of [0, 1). */
  readonly random: () => number;
  isDraining(): boolean;
  /** Neither the client's connection nor the host's is left. */
  onGone(session: TcpSession): void;
}

export class TcpSession implements TcpConnectionUser {
  private readonly socket: Duplex;
  private readonly info: ConnectionInfo;
  private readonly config: TcpProxyConfig;
  private readonly shared: TcpProxyShared;
  private readonly log: TcpStreamInfo;
  private readonly startedAt: number;
  private upstream: TcpConnection | undefined = undefined;
  private connected = false;
  private isReading = false;
  private clientReset = false;
  /** The client's connection is over. */
  private closed = false;
  private cluster: Cluster | undefined = undefined;
  /** It is being connected to, or it is connected. */
  private host: Host | undefined = undefined;
  private early: Buffer[] = [];
  private earlyOctets = 0;
  private earlyEnd = false;
  /** Of the monotonic clock; one number written per message is cheaper than one timer set anew. */
  private lastActivity: number;
  private idleTimer: Timer | undefined = undefined;
  private durationTimer: Timer | undefined = undefined;
  private logTimer: Timer | undefined = undefined;
  private retryTimer: Timer | undefined = undefined;

  constructor(socket: Duplex, info: ConnectionInfo, config: TcpProxyConfig, shared: TcpProxyShared) {
    const { clock, stats } = shared;
    this.socket = socket;
    this.info = info;
    this.config = config;
    this.shared = shared;
    this.log = new TcpStreamInfo(info, clock);
    this.startedAt = clock.now();
    this.lastActivity = this.startedAt;
    stats.cxTotal.inc();
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      this.clientReset = code === 'ECONNRESET';
    });
    // It comes before anybody reads, when the client sends nothing else.
    socket.on('end', this.onClientEnd);
    socket.once('close', () => this.onClientClosed());
  }

  /** Looks for a host. Not in the constructor: a failure ends the session at once. */
  start(): void {
    const { config } = this;
    this.log.isStarted = true;
    if (config.maxDurationMs > 0) {
      const longer = 1 + (this.shared.random() * config.maxDurationJitterPercent) / 100;
      this.durationTimer = this.shared.clock.setTimer(config.maxDurationMs * longer, () => {
        this.log.flags.add('DT');
        this.shared.stats.maxDuration.inc();
        this.closeClient();
      });
    }
    this.armLogTimer();
    if (config.idleTimeoutMs > 0) this.armIdleTimer(config.idleTimeoutMs);
    if (config.logsStart) this.writeLog('TcpConnectionStart');
    if (config.maxEarlyDataBytes !== undefined) this.readClient();
    if (!config.waitsForData) this.attempt();
  }

  // ---- the connection to a host

  private attempt(): void {
    const name = this.config.chooseCluster();
    const cluster = this.shared.clusters.get(name);
    if (cluster === undefined) {
      this.shared.stats.cxNoRoute.inc();
      this.log.flags.add('NC');
      this.closeClient();
      return;
    }
    this.cluster = cluster;
    this.log.upstreamCluster = cluster.observabilityName;
    const { limits, stats, usage } = cluster;
    if (usage.connections >= limits.maxConnections) {
      this.log.flags.add('UO');
      stats.upstreamCxOverflow.inc();
      this.closeClient();
      return;
    }
    const host = cluster.loadBalancer.chooseHost(this);
    if (host === undefined) {
      this.log.flags.add('UH');
      stats.upstreamCxNoneHealthy.inc();
      this.closeClient();
      return;
    }
    this.connect(cluster, host);
  }

  private connect(cluster: Cluster, host: Host): void {
    const { limits, stats, usage } = cluster;
    this.log.upstreamRequestAttemptCount++;
    this.log.upstreamHost = undefined;
    if (usage.pendingRequests >= limits.maxPendingRequests) {
      stats.upstreamRqPendingOverflow.inc();
      this.connectAgain();
      return;
    }
    this.host = host;
    this.upstream = cluster.tcp.connect(host, this, this.info);
  }

  onConnectFailed(reason: PoolFailureReason, transportFailureReason: string): void {
    this.upstream = undefined;
    this.log.upstreamHost = this.host?.addressText;
    this.log.upstreamTransportFailureReason = transportFailureReason;
    if (reason !== 'local connection failure') this.log.flags.add('UF');
    this.connectAgain();
  }

  private connectAgain(): void {
    const { backoff, maxConnectAttempts } = this.config;
    if (this.closed) return;
    const attempts = this.log.upstreamRequestAttemptCount;
    if (attempts >= maxConnectAttempts) {
      this.log.flags.add('URX');
      this.cluster?.stats.upstreamCxConnectAttemptsExceeded.inc();
      this.closeClient();
      return;
    }
    const bound = backoff === undefined ? 0 : Math.min(backoff.maxMs, backoff.baseMs * 2 ** (attempts - 1));
    this.retryTimer = this.shared.clock.setTimer(Math.floor(this.shared.random() * bound), () =>
      this.attempt(),
    );
  }

  onConnected(localAddress: string, tls: ConnectionTls | undefined): void {
    this.connected = true;
    this.log.upstreamHost = this.host?.addressText;
    this.log.upstreamRemoteAddress = this.host?.addressText;
    this.log.upstreamLocalAddress = localAddress;
    this.log.upstreamTls = tls;
    this.lastActivity = this.shared.clock.now();
    if (this.config.logsConnected) this.writeLog('TcpUpstreamConnected');
    const { early, upstream } = this;
    this.early = [];
    for (const chunk of early) upstream?.write(chunk);
    if (this.earlyEnd) upstream?.end();
    this.readClient();
    if (this.isReading) this.socket.resume();
  }

  // ---- octets of the client

  private readClient(): void {
    if (this.isReading || this.closed) return;
    this.isReading = true;
    const onRead = (read: Buffer): void => {
      const { octets, release } = copyOctets(read);
      this.onClientOctets(octets, release);
    };
    const onChunk = (chunk: Buffer): void => this.onClientOctets(chunk, undefined);
    if (!readInto(this.socket, onRead, onChunk)) this.socket.on('data', onChunk);
    this.socket.on('drain', this.onClientDrain);
    // A 'readable' listener of a read filter still decides about the first octets.
    this.socket.resume();
  }

  private onClientOctets(chunk: Buffer, release: (() => void) | undefined): void {
    const { log, shared, upstream } = this;
    log.bytesReceived += chunk.length;
    shared.stats.cxRxBytesTotal.add(chunk.length);
    this.lastActivity = shared.clock.now();
    if (!this.connected) this.keepEarly(chunk);
    else if (upstream !== undefined && !upstream.write(chunk, release)) {
      this.socket.pause();
      shared.stats.pausedReading.inc();
    }
    if (this.config.closesOnDrain) this.closeIfDraining();
  }

  private keepEarly(chunk: Buffer): void {
    this.early.push(chunk);
    this.earlyOctets += chunk.length;
    this.shared.stats.earlyData.inc();
    if (this.earlyOctets >= (this.config.maxEarlyDataBytes ?? 0)) this.socket.pause();
    if (this.config.waitsForData && this.early.length === 1) this.attempt();
  }

  private readonly onClientEnd = (): void => {
    if (this.connected) this.upstream?.end();
    else {
      this.earlyEnd = true;
      if (this.config.maxEarlyDataBytes !== undefined) this.shared.stats.earlyData.inc();
    }
  };

  private readonly onClientDrain = (): void => {
    this.lastActivity = this.shared.clock.now();
    if (!this.isUpstreamPaused) return;
    this.isUpstreamPaused = false;
    this.cluster?.stats.upstreamFlowControlResumedReadingTotal.inc();
    this.upstream?.resume();
  };

  private onClientClosed(): void {
    this.closed = true;
    const { discardedOctets = 0 } = this.info;
    this.log.bytesReceived += discardedOctets;
    this.shared.stats.cxRxBytesTotal.add(discardedOctets);
    this.retryTimer?.cancel();
    this.durationTimer?.cancel();
    this.logTimer?.cancel();
    const { upstream } = this;
    if (upstream === undefined) {
      this.finish();
      return;
    }
    if (!this.connected || upstream.bufferedOctets === 0) {
      this.upstream = undefined;
      upstream.close(this.clientReset ? 'reset' : 'now');
      this.finish();
      return;
    }
    // What the client has sent still leaves, as long as it moves.
    const { stats } = this.shared;
    this.writeLog('TcpConnectionEnd');
    stats.upstreamFlushTotal.inc();
    stats.upstreamFlushActive.inc();
    upstream.close('flush', () => {
      stats.upstreamFlushActive.dec();
      this.idleTimer?.cancel();
      this.shared.onGone(this);
    });
  }

  // ---- octets of the host

  private isUpstreamPaused = false;

  onOctets(octets: Buffer, release: (() => void) | undefined): void {
    const { config, log, shared, socket } = this;
    log.bytesSent += octets.length;
    shared.stats.cxTxBytesTotal.add(octets.length);
    this.lastActivity = shared.clock.now();
    const isFree = release === undefined ? socket.write(octets) : socket.write(octets, release);
    if (!isFree && socket.writableLength > config.bufferLimitBytes) {
      this.isUpstreamPaused = true;
      this.cluster?.stats.upstreamFlowControlPausedReadingTotal.inc();
      this.upstream?.pause();
    }
    if (config.closesOnDrain) this.closeIfDraining();
  }

  onEnd(): void {
    this.socket.end();
  }

  onDrain(): void {
    this.lastActivity = this.shared.clock.now();
    if (!this.socket.isPaused() || this.closed) return;
    this.shared.stats.resumedReading.inc();
    this.socket.resume();
  }

  onClosed(byReset: boolean): void {
    this.upstream = undefined;
    if (this.closed) return;
    if (byReset) {
      this.log.flags.add('UR');
      endConnection(this.socket, 'reset');
    } else (this.socket as Socket).destroySoon();
  }

  // ---- the end

  private closeIfDraining(): void {
    if (this.closed || !this.shared.isDraining()) return;
    this.shared.stats.drainClose.inc();
    (this.socket as Socket).destroySoon();
  }

  private armIdleTimer(delayMs: number): void {
    this.idleTimer = this.shared.clock.setTimer(delayMs, () => {
      const { idleTimeoutMs } = this.config;
      const left = this.lastActivity + idleTimeoutMs - this.shared.clock.now();
      if (left > 0) {
        this.armIdleTimer(left);
        return;
      }
      this.shared.stats.idleTimeout.inc();
      if (this.closed) this.upstream?.close('now');
      else this.closeClient();
    });
  }

  /** Closes the client's connection without waiting for anything. */
  private closeClient(): void {
    const { upstream } = this;
    this.upstream = undefined;
    upstream?.close('now');
    endConnection(this.socket, 'now');
  }

  close(): void {
    this.closeClient();
  }

  private finish(): void {
    this.idleTimer?.cancel();
    this.writeLog('TcpConnectionEnd');
    this.shared.onGone(this);
  }

  private armLogTimer(): void {
    const { logIntervalMs } = this.config;
    if (logIntervalMs === 0) return;
    this.logTimer = this.shared.clock.setTimer(logIntervalMs, () => {
      this.writeLog('TcpPeriodic');
      this.armLogTimer();
    });
  }

  private writeLog(type: string): void {
    const { log, shared } = this;
    log.accessLogType = type;
    log.durationMs = shared.clock.now() - this.startedAt;
    for (const logger of this.config.accessLoggers) logger.log(log);
  }

  // ---- LoadBalancerContext

  get hash(): undefined {
    return undefined;
  }

  computeHash(): bigint | undefined {
    const { hashesSourceIp } = this.config;
    const { remoteAddress } = this.info;
    return hashesSourceIp && remoteAddress !== '' ? xxHash64(remoteAddress) : undefined;
  }

  /** A policy of the balancer's own looks at requests, and there is none. */
  hashBy(): bigint | undefined {
    return undefined;
  }

  readonly metadataCriteria = undefined;
  readonly hostSelectionRetryCount = 0;

  shouldSelectAnotherHost(): boolean {
    return false;
  }

  adjustPriorityLoads<T>(loads: T): T {
    return loads;
  }
}
