/**
 * A copy of a request for a cluster that is tried out (`request_mirror_policies`): sent while the request itself is read, and
 * its answer is thrown away. It is a request from inside: `x-envoy-internal`, and this machine in `x-forwarded-for`.
 */
import { networkInterfaces } from 'node:os';
import type { HeaderList } from '../../../common/header-list.js';
import { getHeader, replaceHeader } from '../../../common/header-list.js';
import type { TimeoutOwner } from '../../../common/timeout-queue.js';
import { Timeout } from '../../../common/timeout-queue.js';
import type { RequestHead, ResetReason, ResponseHead } from '../../../http/codec.js';
import { setAuthority } from '../../../http/codec.js';
import type { HttpFilterContext } from '../../../http/filter.js';
import type { MirrorPolicy } from '../../../route/route-table.js';
import type { Cluster, RoutingPriority } from '../../../upstream/cluster/cluster.js';
import type { PoolFailureReason } from '../../../upstream/connection-pool/connection-pool.js';
import { isCanary } from './retry-state.js';
import type { UpstreamRequestOwner } from './upstream-request.js';
import { UpstreamRequest } from './upstream-request.js';

/** `a.example:80` -> `a.example-shadow:80`. */
function shadowHost(authority: string): string {
  const colon = authority.lastIndexOf(':');
  return colon < 0 || authority.lastIndexOf(']') > colon
    ? `${authority}-shadow`
    : `${authority.slice(0, colon)}-shadow${authority.slice(colon)}`;
}

let found: string | undefined;

/** The first address of this machine that others can reach, as Envoy finds its own. */
function ownAddress(): string {
  found ??=
    Object.values(networkInterfaces())
      .flat()
      .find((one) => one !== undefined && !one.internal && one.family === 'IPv4')?.address ?? '127.0.0.1';
  return found;
}

function copyOf(head: RequestHead, { appendsSuffix, hostRewrite }: MirrorPolicy): RequestHead {
  const copy: RequestHead = { ...head, headers: [...head.headers] };
  const { headers } = copy;
  if (hostRewrite !== '') setAuthority(copy, hostRewrite);
  else if (appendsSuffix) setAuthority(copy, shadowHost(copy.authority));
  replaceHeader(headers, 'x-envoy-internal', 'true');
  const forwarded = getHeader(headers, 'x-forwarded-for');
  replaceHeader(
    headers,
    'x-forwarded-for',
    forwarded === undefined ? ownAddress() : `${forwarded},${ownAddress()}`,
  );
  return copy;
}

export class MirrorRequest implements UpstreamRequestOwner, TimeoutOwner {
  private readonly head: RequestHead;
  private readonly cluster: Cluster;
  private readonly timeoutMs: number;
  private readonly context: HttpFilterContext;
  private upstream: UpstreamRequest | undefined = undefined;
  private body: Buffer[] = [];
  private bodyLength = 0;
  private trailers: HeaderList | undefined = undefined;
  private readonly priority: RoutingPriority;
  private ended = false;
  private endedAt = 0;
  private timeout: Timeout | undefined = undefined;

  /**
   * @param head of the request as it is sent on
   * @param timeoutMs of the answer, from the end of the request on; 0 = none
   */
  constructor(
    head: RequestHead,
    policy: MirrorPolicy,
    cluster: Cluster,
    priority: RoutingPriority,
    timeoutMs: number,
    context: HttpFilterContext,
  ) {
    this.head = copyOf(head, policy);
    this.cluster = cluster;
    this.timeoutMs = timeoutMs;
    this.context = context;
    this.priority = priority;
  }

  /** @param endStream the request has no body */
  start(endStream: boolean): void {
    const { cluster } = this;
    this.ended = endStream;
    const host = cluster.loadBalancer.chooseHost(undefined);
    if (host === undefined) {
      cluster.stats.upstreamCxNoneHealthy.inc();
      cluster.stats.countResponse(503, true);
      return;
    }
    this.upstream = new UpstreamRequest(this, host);
    const names = cluster.namesOf?.(this.head);
    this.upstream.start(cluster.pool(host, this.priority, this.head.protocol, names));
    if (endStream) this.endRequest();
  }

  sendData(data: Buffer, endStream: boolean): void {
    if (this.upstream === undefined) return;
    const { encoder } = this.upstream;
    if (encoder !== undefined) encoder.encodeData(data, endStream);
    else {
      this.body.push(data);
      this.bodyLength += data.length;
      this.ended = endStream;
      const { bufferLimitBytes } = this.context;
      if (bufferLimitBytes > 0 && this.bodyLength > bufferLimitBytes) this.abandon();
    }
    if (endStream) this.endRequest();
  }

  sendTrailers(trailers: HeaderList): void {
    if (this.upstream === undefined) return;
    this.trailers = [...trailers];
    this.ended = true;
    this.upstream.encoder?.encodeTrailers(this.trailers);
    this.endRequest();
  }

  /** The client has gone before its request was whole. */
  cancel(): void {
    this.finish()?.stop();
  }

  onTimeout(): void {
    const upstream = this.finish();
    if (upstream === undefined) return;
    this.cluster.stats.upstreamRqTimeout.inc();
    upstream.host.stats.rqTimeout++;
    this.charge(upstream, 504);
    upstream.stop();
  }

  onUpstreamReady(request: UpstreamRequest): void {
    const { body, ended, trailers } = this;
    const encoder = request.encoder as NonNullable<UpstreamRequest['encoder']>;
    encoder.encodeHeaders(this.head, ended && body.length === 0 && trailers === undefined);
    this.body = [];
    for (const [at, data] of body.entries()) {
      encoder.encodeData(data, ended && trailers === undefined && at === body.length - 1);
    }
    if (trailers !== undefined) encoder.encodeTrailers(trailers);
  }

  onUpstream1xx(): void {}

  onUpstreamHeaders({ host }: UpstreamRequest, { status }: ResponseHead, endStream: boolean): void {
    if (status >= 500) host.stats.rqError++;
    else host.stats.rqSuccess++;
    this.cluster.stats.countResponse(status, true, host.zone, isCanary(host));
    if (endStream) this.complete();
  }

  onUpstreamData(_data: Buffer, endStream: boolean): void {
    if (endStream) this.complete();
  }

  onUpstreamTrailers(): void {
    this.complete();
  }

  onUpstreamReset(request: UpstreamRequest, reason: ResetReason | PoolFailureReason): void {
    if (this.finish() !== undefined) this.charge(request, reason === 'protocol error' ? 502 : 503);
  }

  /** A copy must not make the client wait, nor fill the memory: it ends. */
  onUpstreamAboveWatermark(): void {
    if (!this.ended) this.abandon();
  }

  onUpstreamBelowWatermark(): void {}

  private endRequest(): void {
    this.ended = true;
    if (this.upstream === undefined) return;
    this.endedAt = this.context.clock.now();
    const queue = this.context.timeouts.get(this.timeoutMs);
    if (queue === undefined) return;
    this.timeout = new Timeout(this, 0);
    queue.add(this.timeout);
  }

  private abandon(): void {
    this.cluster.stats.retryOrShadowAbandoned.inc();
    this.cancel();
  }

  private charge({ host }: UpstreamRequest, status: number): void {
    host.stats.rqError++;
    this.cluster.stats.countResponse(status, true, host.zone, isCanary(host));
  }

  private complete(): void {
    const upstream = this.finish();
    if (this.ended) {
      const ms = Math.floor(this.context.clock.now() - this.endedAt);
      this.cluster.stats.recordResponseTime(ms, true, upstream?.host.zone ?? '', false);
    } else upstream?.encoder?.resetStream('local reset');
  }

  /** @returns the request, when it was not over */
  private finish(): UpstreamRequest | undefined {
    const { upstream } = this;
    this.upstream = undefined;
    this.body = [];
    this.timeout?.clear();
    return upstream;
  }
}
