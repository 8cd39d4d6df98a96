/**
 * One small HTTP request of our own to a host of a cluster, for filters that ask a service: sent, answered and forgotten.
 */
import type { Clock, Timer } from '../common/clock.js';
import type { HeaderList } from '../common/header-list.js';
import { replaceHeader } from '../common/header-list.js';
import type {
  RequestEncoder,
  RequestHead,
  ResetReason,
  ResponseDecoder,
  ResponseHead,
} from '../http/codec.js';
import type { Cluster } from './cluster/cluster.js';
import type { PendingStream, PoolCallbacks } from './connection-pool/connection-pool.js';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Buffer;
}

/** A longer answer is none. In octets. */
const maxAnswerBytes = 1024 * 1024;

export class AsyncHttpCall implements ResponseDecoder, PoolCallbacks {
  private readonly cluster: Cluster;
  private readonly head: RequestHead;
  private readonly body: Buffer;
  private readonly done: (answer: HttpAnswer | undefined) => void;
  private encoder: RequestEncoder | undefined = undefined;
  private pending: PendingStream | undefined = undefined;
  private timer: Timer | undefined = undefined;
  private answer: ResponseHead | undefined = undefined;
  private parts: Buffer[] = [];
  private length = 0;
  private over = false;
  private clock: Clock | undefined = undefined;
  private startedAt = 0;

  /**
   * @param body empty: the request has none
   * @param done called once, unless cancelled; undefined: no host, no connection, no answer in time, or no good one
   */
  constructor(
    cluster: Cluster,
    head: RequestHead,
    body: Buffer,
    done: (answer: HttpAnswer | undefined) => void,
  ) {
    this.cluster = cluster;
    this.head = head;
    this.body = body;
    this.done = done;
  }

  /**
   * Says in the request that it is our own, as Envoy's do.
   * @param timeoutMs 0: none
   * @param forwardedFor becomes `x-forwarded-for`; absent: there is none
   */
  start(clock: Clock, timeoutMs: number, forwardedFor?: string): void {
    const { cluster } = this;
    this.clock = clock;
    this.startedAt = clock.now();
    this.head.headers.push('x-envoy-internal', 'true');
    if (forwardedFor !== undefined) this.head.headers.push('x-forwarded-for', forwardedFor);
    if (timeoutMs > 0) this.head.headers.push('x-envoy-expected-rq-timeout-ms', String(timeoutMs));
    const host = cluster.loadBalancer.chooseHost(undefined);
    if (host === undefined) {
      cluster.stats.upstreamCxNoneHealthy.inc();
      this.finish(undefined);
      return;
    }
    if (timeoutMs > 0) {
      this.timer = clock.setTimer(timeoutMs, () => {
        cluster.stats.upstreamRqTimeout.inc();
        this.cut();
        this.finish(undefined);
      });
    }
    const pending = cluster.pool(host).newStream(this, this);
    if (!this.over && this.encoder === undefined) this.pending = pending;
    else if (this.encoder === undefined) pending?.cancel();
  }

  /** Nobody waits any more. */
  cancel(): void {
    if (this.over) return;
    this.over = true;
    this.timer?.cancel();
    this.cut();
  }

  onPoolReady(encoder: RequestEncoder): void {
    this.encoder = encoder;
    if (this.over) {
      encoder.resetStream('local reset');
      return;
    }
    const hasBody = this.body.length > 0;
    encoder.encodeHeaders(this.head, !hasBody);
    if (hasBody) encoder.encodeData(this.body, true);
  }

  onPoolFailure(): void {
    this.finish(undefined);
  }

  on1xx(): void {
    // Of no interest.
  }

  onHeaders(head: ResponseHead, endStream: boolean): void {
    this.answer = head;
    if (endStream) this.complete();
  }

  onData(data: Buffer, endStream: boolean): void {
    if (this.over) return;
    this.length += data.length;
    if (this.length > maxAnswerBytes) {
      this.cut();
      this.finish(undefined);
      return;
    }
    this.parts.push(data);
    if (endStream) this.complete();
  }

  onTrailers(): void {
    this.complete();
  }

  onReset(_reason: ResetReason): void {
    this.encoder = undefined;
    this.finish(undefined);
  }

  onAboveWriteBufferHighWatermark(): void {
    // All of the request was given at once.
  }

  onBelowWriteBufferLowWatermark(): void {
    // Nothing waits for it.
  }

  private complete(): void {
    const { answer, cluster } = this;
    this.encoder = undefined;
    if (answer === undefined) return;
    if (this.over) return;
    cluster.stats.countResponse(answer.status, true);
    const since = Math.floor((this.clock?.now() ?? 0) - this.startedAt);
    replaceHeader(answer.headers, 'x-envoy-upstream-service-time', String(since));
    this.finish({ status: answer.status, headers: answer.headers, body: Buffer.concat(this.parts) });
  }

  private cut(): void {
    if (this.encoder !== undefined) this.encoder.resetStream('local reset');
    else this.pending?.cancel();
    this.encoder = undefined;
  }

  private finish(answer: HttpAnswer | undefined): void {
    if (this.over) return;
    this.over = true;
    this.timer?.cancel();
    this.done(answer);
  }
}
