/**
 * What access logs read of a connection of the TCP proxy: the fields of a request that a connection has, the others
 * absent.
 */
import { randomUUID } from 'node:crypto';
import type { ConnectionTls } from '../../../common/connection-tls.js';
import type { ResponseFlag, StreamInfo } from '../../../common/stream-info.js';
import type { Clock } from '../../../common/clock.js';
import type { ConnectionInfo } from '../../../network/filter.js';

/** `ip:port`, `[ip]:port`; the path on a Unix socket. */
function addressText(ip: string, port: number, { pipePath = '' }: ConnectionInfo): string {
  if (ip === '') return pipePath;
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

export class TcpStreamInfo implements StreamInfo {
  readonly startTime: number;
  readonly protocol = '';
  readonly method = '';
  readonly scheme = '';
  readonly authority = '';
  readonly path = '';
  readonly originalPath = '';
  readonly requestHeaders = [];
  readonly responseHeaders = [];
  readonly responseTrailers = [];
  readonly responseCode = 0;
  readonly responseCodeDetails = '';
  readonly flags = new Set<ResponseFlag>();
  bytesReceived = 0;
  bytesSent = 0;
  durationMs: number | undefined = undefined;
  readonly requestDurationMs = undefined;
  readonly responseDurationMs = undefined;
  readonly upstreamServiceTimeMs = undefined;
  upstreamHost: string | undefined = undefined;
  /** Only of a connection that is there. */
  upstreamRemoteAddress: string | undefined = undefined;
  upstreamCluster: string | undefined = undefined;
  upstreamLocalAddress: string | undefined = undefined;
  upstreamTls: ConnectionTls | undefined = undefined;
  upstreamTransportFailureReason: string | undefined = undefined;
  upstreamRequestAttemptCount = 0;
  readonly routeName = undefined;
  readonly virtualHostName = undefined;
  accessLogType = 'TcpConnectionEnd';
  /** The filter has got the connection. */
  isStarted = false;
  private id: string | undefined = undefined;
  private readonly info: ConnectionInfo;

  constructor(info: ConnectionInfo, clock: Clock) {
    this.info = info;
    this.startTime = clock.wallTime();
  }

  get downstreamDirectRemoteAddress(): string {
    const { directRemoteAddress, directRemotePort, remoteAddress, remotePort } = this.info;
    return addressText(directRemoteAddress ?? remoteAddress, directRemotePort ?? remotePort, this.info);
  }

  get downstreamRemoteAddress(): string {
    return addressText(this.info.remoteAddress, this.info.remotePort, this.info);
  }

  get downstreamLocalAddress(): string {
    return addressText(this.info.localAddress, this.info.localPort, this.info);
  }

  get requestedServerName(): string {
    return this.info.serverName;
  }

  get downstreamTls(): ConnectionTls | undefined {
    return this.info.ssl;
  }

  get connectionId(): number {
    return this.info.id;
  }

  /** Made when a log asks for it. */
  get streamId(): string | undefined {
    if (this.isStarted) this.id ??= randomUUID();
    return this.id;
  }

  get connectionTerminationDetails(): string | undefined {
    return this.info.terminationDetails;
  }

  dynamicMetadata(filter: string, path: readonly string[]): unknown {
    let value: unknown = this.info.dynamicMetadata?.[filter];
    for (const step of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
      value = (value as Record<string, unknown>)[step];
    }
    return value;
  }
}
