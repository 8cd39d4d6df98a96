/**
 * `GrpcHealthCheck`: asks `grpc.health.v1.Health/Check`. Only an answer of status OK that says SERVING is good; a server
 * that does not know the service, or the method, fails.
 */
import type { HeaderList } from '../../common/header-list.js';
import { getHeader } from '../../common/header-list.js';
import type { RequestHead, ResponseHead } from '../../http/codec.js';
import type { HeaderMutation } from '../../route/route-table.js';
import type { Host } from '../host/host.js';
import { checkStreamInfo } from './check-stream-info.js';
import type { ExchangeOptions } from './exchange-probe.js';
import { ExchangeProbe } from './exchange-probe.js';
import { healthCheckRequest, readGrpcFrames, SERVING, servingStatus } from './grpc-health-message.js';
import type { ProbeCallbacks } from './health-checker.js';

export interface GrpcCheckOptions extends ExchangeOptions {
  readonly scheme: 'http' | 'https';
  /** Of a host without a name of its own for checks. */
  readonly authority: string;
  /** `''`: the server as a whole. */
  readonly serviceName: string;
  /** `initial_metadata` */
  readonly requestHeaders: HeaderMutation | undefined;
  readonly timeoutMs: number;
  /** Milliseconds since the epoch, for headers that tell it. */
  readonly wallTime: () => number;
}

/** gRPC has eight digits for a time-out. */
const largestTimeout = 99_999_999;

/** `grpc-timeout`, in the finest unit that it fits in. */
export function grpcTimeout(timeoutMs: number): string {
  let value = Math.floor(timeoutMs);
  for (const [unit, perUnit] of [
    ['m', 1000],
    ['S', 60],
    ['M', 60],
  ] as const) {
    if (value <= largestTimeout) return `${value}${unit}`;
    value = Math.floor(value / perUnit);
  }
  return `${Math.min(value, largestTimeout)}H`;
}

/** An answer has a few octets; who announces more than this is not waited for. */
const messageLimit = 64 * 1024;

/** `application/grpc`, alone or with what follows a plus or a semicolon. */
const grpcContentType = /^application\/grpc(?:$|[+;])/;

export class GrpcProbe extends ExchangeProbe {
  private readonly grpc: GrpcCheckOptions;
  private readonly message: Buffer;
  private unread: Buffer = Buffer.alloc(0);
  private serving: number | undefined = undefined;

  constructor(host: () => Host, callbacks: ProbeCallbacks, options: GrpcCheckOptions) {
    super(host, callbacks, options);
    this.grpc = options;
    this.message = healthCheckRequest(options.serviceName);
  }

  protected forget(): void {
    this.unread = Buffer.alloc(0);
    this.serving = undefined;
  }

  protected request(host: Host): { head: RequestHead; body: Buffer } {
    const { requestHeaders, scheme, timeoutMs, wallTime } = this.grpc;
    const authority = host.healthCheck.hostname || this.grpc.authority;
    const headers: HeaderList = ['host', authority, 'te', 'trailers', 'content-type', 'application/grpc'];
    headers.push('user-agent', 'Envoy/HC');
    requestHeaders?.(headers, checkStreamInfo(host, 'HTTP/2', headers, wallTime()));
    headers.push('grpc-timeout', grpcTimeout(timeoutMs));
    const path = '/grpc.health.v1.Health/Check';
    const head: RequestHead = {
      method: 'POST',
      path,
      scheme,
      authority,
      headers,
      upgrade: '',
      protocol: 'HTTP/2',
    };
    return { head, body: this.message };
  }

  onHeaders({ headers, status }: ResponseHead, endStream: boolean): void {
    if (!this.isWaiting) return;
    const isGrpc = grpcContentType.test(getHeader(headers, 'content-type') ?? '');
    if (endStream) this.end(status === 200 || getHeader(headers, 'grpc-status') !== undefined, headers);
    else if (status !== 200 || !isGrpc) this.failed(false);
  }

  onData(data: Buffer, endStream: boolean): void {
    if (!this.isWaiting) return;
    // The status is in the trailers: without them there is none.
    if (endStream) {
      this.failed(true);
      return;
    }
    const { hasFlags, messages, rest } = readGrpcFrames(Buffer.concat([this.unread, data]));
    this.unread = rest;
    if (rest.length > messageLimit) {
      this.failed(false);
      return;
    }
    for (const message of messages) {
      if (message.length === 0) continue;
      const status = servingStatus(message);
      // One question has one answer.
      if (this.serving !== undefined || hasFlags || status === undefined) {
        this.failed(false);
        return;
      }
      this.serving = status;
    }
  }

  onTrailers(trailers: HeaderList): void {
    if (this.isWaiting) this.end(true, trailers);
  }

  private end(mayBeGood: boolean, statusFrom: HeaderList): void {
    const isGood = mayBeGood && getHeader(statusFrom, 'grpc-status') === '0' && this.serving === SERVING;
    if (isGood) this.finish(true, () => this.callbacks.onSuccess(false));
    else this.failed(true);
  }

  private failed(isWhole: boolean): void {
    this.finish(isWhole, () => this.callbacks.onFailure('ACTIVE', false, 0));
  }
}
