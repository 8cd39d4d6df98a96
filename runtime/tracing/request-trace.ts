/**
 * The span of one request, from its route to its end, and those of the tries of its upstream.
 */
import { getHeader, removeHeader, replaceHeader } from '../common/header-list.js';
import type { HeaderList } from '../common/header-list.js';
import type { StreamInfo } from '../common/stream-info.js';
import type { HttpTracing, RouteDecorator, RouteTracing } from './http-tracing.js';
import type { Outcome } from './span-tags.js';
import { flagsText, logTimings, tagCustom, tagGrpcStatus, tagOutcome, tagRequest } from './span-tags.js';
import type { TraceReason } from './trace-reason.js';
import type { Span } from './tracer.js';

const decoratorHeader = 'x-envoy-decorator-operation';

/** Of a request whose trace context is no good: nothing is told of it. */
const nullSpan: Span = {
  traceId: '',
  spanId: '',
  setOperation: () => undefined,
  setTag: () => undefined,
  log: () => undefined,
  inject: () => undefined,
  spawnChild: () => nullSpan,
  finish: () => undefined,
};

/** What the route says. */
export interface TracedRoute {
  readonly tracing: RouteTracing | undefined;
  readonly decorator: RouteDecorator | undefined;
}

/** The cluster of a request, as spans tell of it. */
type TracedCluster = NonNullable<Outcome['cluster']>;

export class RequestTrace {
  readonly span: Span;
  private readonly tracing: HttpTracing;
  private readonly info: StreamInfo;
  private readonly route: TracedRoute | undefined;
  /** What the route calls the request, to be told to the other side. */
  private told = '';
  private hasFormat = false;

  /** @param headers of the request; changed: a name that the client asks for is taken out */
  constructor(
    tracing: HttpTracing,
    info: StreamInfo,
    headers: HeaderList,
    route: TracedRoute | undefined,
    reason: TraceReason,
  ) {
    const { isEgress, node, spawnsUpstreamSpan, tracer } = tracing;
    this.tracing = tracing;
    this.info = info;
    this.route = route;
    tracing.stats[reason].inc();
    const span = tracer.startSpan({
      operation: isEgress ? `egress ${info.authority}` : 'ingress',
      authority: info.authority,
      headers,
      startMs: info.startTime,
      isTraced: reason !== 'not_traceable',
      isEgress,
      spawnsUpstreamSpan,
    });
    this.span = span ?? nullSpan;
    this.span.setTag('node_id', node.id);
    this.span.setTag('zone', node.zone);
    this.name(headers);
  }

  /** A format goes before the route's decorator, and that before what the other side says. */
  private name(headers: HeaderList): void {
    const { info, route, span, tracing } = this;
    const format = route?.tracing?.operation ?? tracing.operation;
    if (format !== undefined) {
      this.hasFormat = true;
      const name = format(info);
      if (name !== '') span.setOperation(name);
      return;
    }
    const decorator = route?.decorator;
    if (decorator !== undefined && decorator.operation !== '') {
      span.setOperation(decorator.operation);
      if (decorator.propagates) this.told = decorator.operation;
    }
    if (tracing.isEgress) {
      if (this.told !== '') replaceHeader(headers, decoratorHeader, this.told);
      return;
    }
    const asked = getHeader(headers, decoratorHeader);
    if (asked === undefined) return;
    if (asked !== '') {
      span.setOperation(asked);
      this.told = '';
    }
    removeHeader(headers, decoratorHeader);
  }

  /** @param headers of the response, changed */
  onResponse(headers: HeaderList): void {
    if (this.hasFormat) return;
    if (!this.tracing.isEgress) {
      if (this.told !== '') replaceHeader(headers, decoratorHeader, this.told);
      return;
    }
    const asked = getHeader(headers, decoratorHeader);
    if (asked === undefined) return;
    if (asked !== '') this.span.setOperation(asked);
    removeHeader(headers, decoratorHeader);
  }

  /** For the upstream of a request whose tries have no span. */
  inject(headers: HeaderList): void {
    if (this.tracing.propagates) this.span.inject(headers);
  }

  /**
   * The span of a try; undefined: tries have none, and the request's own is told to the upstream.
   * @param attempt 1 for the first. @param always `start_child_span` of the router
   */
  startUpstream(cluster: TracedCluster, attempt: number, always: boolean): UpstreamTrace | undefined {
    const { info, route, span, tracing } = this;
    if (!tracing.spawnsUpstreamSpan && !always) return undefined;
    const format = route?.tracing?.upstreamOperation ?? tracing.upstreamOperation;
    const name = format?.(info) || `router ${cluster.observabilityName} egress`;
    const child = span.spawnChild(name, nowOf(info));
    if (attempt > 1) child.setTag('retry.count', String(attempt - 1));
    return new UpstreamTrace(child, tracing, info, cluster, route);
  }

  finish(cluster: TracedCluster | undefined): void {
    const { info, route, span, tracing } = this;
    if (span === nullSpan) return;
    tagRequest(span, info, tracing.maxPathLength);
    span.setTag('request_size', String(info.bytesReceived));
    span.setTag('response_size', String(info.bytesSent));
    tagOutcome(span, { status: info.responseCode, flags: flagsText(info.flags), cluster });
    tagGrpcStatus(span, info.responseHeaders);
    tagGrpcStatus(span, info.responseTrailers);
    if (tracing.verbose && info.timings !== undefined) {
      logTimings(span, info.startTime, info.timings, false);
    }
    tagCustom(span, info, tracing.tags, route?.tracing?.tags);
    span.finish(nowOf(info));
  }
}

function nowOf(info: StreamInfo): number {
  return info.startTime + (info.durationMs ?? 0);
}

/** One try of the upstream. Made by the router, and over when its response is, or when the try is given up. */
export class UpstreamTrace {
  private readonly span: Span;
  private readonly tracing: HttpTracing;
  private readonly info: StreamInfo;
  private readonly cluster: TracedCluster;
  private readonly route: TracedRoute | undefined;
  private readonly flags = new Set<string>();
  private status = 0;
  private protocol = '-';
  private isOver = false;

  constructor(
    span: Span,
    tracing: HttpTracing,
    info: StreamInfo,
    cluster: TracedCluster,
    route: TracedRoute | undefined,
  ) {
    this.span = span;
    this.tracing = tracing;
    this.info = info;
    this.cluster = cluster;
    this.route = route;
  }

  /** @param headers of the request that goes out */
  onReady(headers: HeaderList, protocol: string): void {
    this.protocol = protocol;
    if (this.tracing.propagates) this.span.inject(headers);
  }

  onResponse(status: number, headers: HeaderList): void {
    this.status = status;
    tagGrpcStatus(this.span, headers);
  }

  onTrailers(trailers: HeaderList): void {
    tagGrpcStatus(this.span, trailers);
  }

  /** @param flag as access logs show it */
  addFlag(flag: string): void {
    this.flags.add(flag);
  }

  /** @param flag of the response, as access logs show it. @param reason Envoy's word for it */
  onReset(flag: string, reason: string): void {
    this.flags.add(flag);
    this.span.setTag('error', 'true');
    this.span.setTag('error.reason', reason);
  }

  /** @param address of the host, `''` when there is none. @param isCancelled we have given it up ourselves */
  finish(address: string, isCancelled: boolean): void {
    if (this.isOver) return;
    this.isOver = true;
    const { cluster, flags, info, route, span, status, tracing } = this;
    if (isCancelled) span.setTag('canceled', 'true');
    span.setTag('http.protocol', this.protocol);
    if (address !== '') {
      span.setTag('upstream_address', address);
      span.setTag('peer.address', address);
    }
    tagOutcome(span, { status, flags: flagsText(flags), cluster });
    if (tracing.verbose && info.timings !== undefined) {
      logTimings(span, info.startTime, info.timings, true);
    }
    tagCustom(span, info, tracing.tags, route?.tracing?.tags);
    span.finish(nowOf(info));
  }
}
