/**
 * `HttpHealthCheck`: a request whose status, payload and headers say how the host is.
 */
import type { HeaderList } from '../../common/header-list.js';
import { getHeader } from '../../common/header-list.js';
import type { StreamInfo } from '../../common/stream-info.js';
import type { Protocol, RequestHead, ResponseHead } from '../../http/codec.js';
import type { HeaderMutation } from '../../route/route-table.js';
import type { Host } from '../host/host.js';
import { checkStreamInfo } from './check-stream-info.js';
import type { ExchangeOptions } from './exchange-probe.js';
import { ExchangeProbe } from './exchange-probe.js';
import type { ProbeCallbacks } from './health-checker.js';
import { containsInOrder } from './payload.js';
import type { StatusRanges } from './status-ranges.js';

export interface HttpCheckOptions extends ExchangeOptions {
  readonly protocol: Protocol;
  readonly scheme: 'http' | 'https';
  readonly method: string;
  readonly path: string;
  /** Of a host without a name of its own for checks. */
  readonly authority: string;
  readonly requestHeaders: HeaderMutation | undefined;
  readonly send: Buffer | undefined;
  readonly receive: readonly Buffer[];
  /** Octets of the body that are looked at; 0: all of it. */
  readonly responseBufferSize: number;
  readonly isExpected: StatusRanges;
  readonly isRetriable: StatusRanges;
  /** Of `x-envoy-upstream-healthchecked-cluster`; undefined: it is not looked at. */
  readonly serviceName: ((name: string) => boolean) | undefined;
  readonly onServiceNameVerified: () => void;
  /** Milliseconds since the epoch, for headers that tell it. */
  readonly wallTime: () => number;
}

export class HttpProbe extends ExchangeProbe {
  private readonly http: HttpCheckOptions;
  private response: ResponseHead | undefined = undefined;
  private body: Buffer[] = [];
  private bodyLength = 0;

  constructor(host: () => Host, callbacks: ProbeCallbacks, options: HttpCheckOptions) {
    super(host, callbacks, options);
    this.http = options;
  }

  protected forget(): void {
    this.response = undefined;
    this.body = [];
    this.bodyLength = 0;
  }

  protected request(host: Host): { head: RequestHead; body: Buffer | undefined } {
    const { method, path, protocol, requestHeaders, scheme, send, wallTime } = this.http;
    const authority = host.healthCheck.hostname || this.http.authority;
    const headers: HeaderList = ['host', authority, 'user-agent', 'Envoy/HC'];
    const info: StreamInfo = checkStreamInfo(host, protocol, headers, wallTime());
    requestHeaders?.(headers, info);
    if (send !== undefined) headers.push('content-length', String(send.length));
    return { head: { method, path, scheme, authority, headers, upgrade: '', protocol }, body: send };
  }

  onHeaders(head: ResponseHead, endStream: boolean): void {
    if (!this.isWaiting) return;
    this.response = head;
    if (endStream) this.judge();
  }

  onData(data: Buffer, endStream: boolean): void {
    if (!this.isWaiting) return;
    const { receive, responseBufferSize } = this.http;
    const room = responseBufferSize === 0 ? data.length : responseBufferSize - this.bodyLength;
    if (receive.length > 0 && room > 0) {
      this.body.push(data.subarray(0, room));
      this.bodyLength += Math.min(room, data.length);
    }
    if (endStream) this.judge();
  }

  onTrailers(): void {
    if (this.isWaiting) this.judge();
  }

  private judge(): void {
    this.finish(true, () => this.tell(this.response as ResponseHead));
  }

  private tell(response: ResponseHead): void {
    const { headers, status } = response;
    const { callbacks } = this;
    const verdict = this.verdictOf(response);
    if (verdict === 'good') {
      callbacks.onSuccess(getHeader(headers, 'x-envoy-degraded') !== undefined);
      return;
    }
    const excludes = getHeader(headers, 'x-envoy-immediate-health-check-fail') !== undefined;
    // Who answers for another service does not speak for this one.
    if (excludes && verdict !== 'another service') callbacks.onImmediateFail();
    callbacks.onFailure('ACTIVE', verdict === 'retriable', status);
  }

  private verdictOf({ headers, status }: ResponseHead): 'good' | 'bad' | 'retriable' | 'another service' {
    const { isExpected, isRetriable, onServiceNameVerified, receive, serviceName } = this.http;
    if (receive.length > 0 && !containsInOrder(Buffer.concat(this.body), receive)) return 'bad';
    if (!isExpected(status)) return isRetriable(status) ? 'retriable' : 'bad';
    if (serviceName === undefined) return 'good';
    onServiceNameVerified();
    const name = getHeader(headers, 'x-envoy-upstream-healthchecked-cluster') ?? '';
    return serviceName(name) ? 'good' : 'another service';
  }
}
