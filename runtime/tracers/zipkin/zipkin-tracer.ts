/**
 * `envoy.tracers.zipkin`.
 */
import type { HeaderList } from '../../common/header-list.js';
import { setHeader } from '../../common/header-list.js';
import type { Fields } from '../../common/message-fields.js';
import { durationOf, messageOf, textOf } from '../../common/message-fields.js';
import { toOctets } from '../../common/octet-text.js';
import { ownAddress } from '../../common/own-address.js';
import type { SupportedFields } from '../../config/supported-fields.js';
import { onlyValues } from '../../config/supported-fields.js';
import { ConfigError } from '../../network/filter.js';
import type { Span, SpanStart, Tracer, TracerContext, TracerFactory } from '../../tracing/tracer.js';
import type { Collector } from '../collector.js';
import { CollectorClient, headersToAdd, splitUri } from '../collector.js';
import { randomId } from '../random-id.js';
import { bufferSettings, SpanBuffer } from '../span-buffer.js';
import type { SpanContext } from './b3-context.js';
import { readB3 } from './b3-context.js';
import type { ZipkinSpan } from './zipkin-span.js';
import { zipkinJson, zipkinMessage } from './zipkin-span.js';

const message = 'envoy.config.trace.v3.ZipkinConfig';
const prefix = 'tracing.zipkin.';

/** What a collector answers when it has taken a report. */
const accepted = 202;
/** A collector's own time-out, unless a runtime key says otherwise. */
const requestTimeoutMs = 5000;

interface ZipkinOptions {
  readonly longTraceIds: boolean;
  readonly sharesSpans: boolean;
  readonly withW3c: boolean;
  readonly serviceName: string;
  readonly ipv4: string;
  readonly report: (span: ZipkinSpan) => void;
}

const microseconds = (ms: number): number => Math.round(ms * 1000);

class ZipkinTracedSpan implements Span {
  /** Envoy's Zipkin tracer tells none to access logs. */
  readonly spanId = '';
  private readonly options: ZipkinOptions;
  private readonly context: SpanContext;
  private readonly kind: ZipkinSpan['kind'];
  private readonly shared: boolean;
  /** The request came with the single header, and goes on with it. */
  private readonly isSingle: boolean;
  /** The listener is inbound and tries are no hop of their own: they write into the span of the request. */
  private readonly sharesWithTries: boolean;
  private readonly startMs: number;
  private name: string;
  private readonly tags = new Map<string, string>();
  private readonly annotations: { timestamp: number; value: string }[] = [];
  private isOver = false;

  constructor(
    options: ZipkinOptions,
    context: SpanContext,
    facts: {
      readonly name: string;
      readonly kind: ZipkinSpan['kind'];
      readonly shared: boolean;
      readonly isSingle: boolean;
      readonly sharesWithTries: boolean;
      readonly startMs: number;
    },
  ) {
    this.options = options;
    this.context = context;
    this.name = facts.name;
    this.kind = facts.kind;
    this.shared = facts.shared;
    this.isSingle = facts.isSingle;
    this.sharesWithTries = facts.sharesWithTries;
    this.startMs = facts.startMs;
  }

  get traceId(): string {
    return this.context.traceIdHigh + this.context.traceId;
  }

  setOperation(name: string): void {
    this.name = name;
  }

  setTag(name: string, value: string): void {
    if (this.context.sampled) this.tags.set(name, value);
  }

  log(atMs: number, event: string): void {
    if (this.context.sampled) this.annotations.push({ timestamp: microseconds(atMs), value: event });
  }

  inject(headers: HeaderList): void {
    const { context, traceId } = this;
    const flag = context.sampled ? '1' : '0';
    if (this.isSingle) {
      const parent = context.parentId === '' ? '' : `-${context.parentId}`;
      setHeader(headers, 'b3', `${traceId}-${context.spanId}-${flag}${parent}`);
    } else {
      setHeader(headers, 'x-b3-traceid', traceId);
      setHeader(headers, 'x-b3-spanid', context.spanId);
      if (context.parentId !== '') setHeader(headers, 'x-b3-parentspanid', context.parentId);
      setHeader(headers, 'x-b3-sampled', flag);
    }
    if (this.options.withW3c) {
      setHeader(headers, 'traceparent', `00-${traceId.padStart(32, '0')}-${context.spanId}-0${flag}`);
    }
  }

  spawnChild(operation: string, startMs: number): Span {
    const { context, isSingle, options, sharesWithTries } = this;
    if (sharesWithTries) {
      const facts = {
        name: operation,
        kind: 'SERVER',
        shared: true,
        isSingle,
        sharesWithTries,
        startMs,
      } as const;
      return new ZipkinTracedSpan(options, context, facts);
    }
    return new ZipkinTracedSpan(
      options,
      { ...context, spanId: randomId(), parentId: context.spanId },
      { name: operation, kind: 'CLIENT', shared: false, isSingle, sharesWithTries, startMs },
    );
  }

  finish(endMs: number): void {
    if (this.isOver) return;
    this.isOver = true;
    const { annotations, context, kind, name, options, shared, startMs, tags } = this;
    if (!context.sampled) return;
    annotations.push({ timestamp: microseconds(endMs), value: kind === 'CLIENT' ? 'cr' : 'ss' });
    const timestamp = microseconds(startMs);
    options.report({
      traceId: this.traceId,
      id: context.spanId,
      parentId: context.parentId,
      kind,
      name,
      timestamp,
      duration: Math.max(1, microseconds(endMs) - timestamp),
      serviceName: options.serviceName,
      ipv4: options.ipv4,
      shared,
      tags,
      annotations,
    });
  }
}

class ZipkinTracer implements Tracer {
  private readonly options: ZipkinOptions;

  constructor(options: ZipkinOptions) {
    this.options = options;
  }

  startSpan(start: SpanStart): Span | undefined {
    const { options } = this;
    const received = readB3(start.headers, options.withW3c);
    if (received === undefined) return undefined;
    const isClient = start.isEgress && !start.spawnsUpstreamSpan;
    const before = received.context;
    const sampled = received.sampled ?? start.isTraced;
    // Both ends of a call may write into one span, which is the caller's.
    const joins = before !== undefined && !isClient && options.sharesSpans;
    const spanId = joins ? before.spanId : randomId();
    const context: SpanContext = {
      traceIdHigh: before?.traceIdHigh ?? (options.longTraceIds ? randomId() : ''),
      traceId: before?.traceId ?? spanId,
      spanId,
      parentId: joins ? before.parentId : (before?.spanId ?? ''),
      sampled,
    };
    return new ZipkinTracedSpan(options, context, {
      name: start.authority,
      kind: isClient ? 'CLIENT' : 'SERVER',
      shared: !isClient && options.sharesSpans,
      isSingle: isSingleFormat(start.headers),
      sharesWithTries: options.sharesSpans && !start.isEgress && !start.spawnsUpstreamSpan,
      startMs: start.startMs,
    });
  }
}

function isSingleFormat(headers: HeaderList): boolean {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === 'b3') return true;
  return false;
}

function compileCollector(config: Fields, context: TracerContext): Collector {
  const timeoutMs = context.runtimeNumber(`${prefix}request_timeout`) ?? requestTimeoutMs;
  if (config.collector_service !== undefined) {
    const service = messageOf(config.collector_service);
    const uri = messageOf(service.http_uri);
    const cluster = textOf(uri.cluster);
    return {
      cluster,
      ...splitUri(textOf(uri.uri), cluster),
      headers: headersToAdd(service),
      timeoutMs: durationOf(uri.timeout, timeoutMs),
    };
  }
  const cluster = textOf(config.collector_cluster);
  if (cluster === '') {
    throw new ConfigError('Either collector_cluster or collector_service must be specified');
  }
  const path = textOf(config.collector_endpoint);
  if (path === '') {
    throw new ConfigError('collector_endpoint must be specified when using collector_cluster');
  }
  return { cluster, authority: textOf(config.collector_hostname) || cluster, path, headers: [], timeoutMs };
}

/** `envoy.config.trace.v3.ZipkinConfig`. */
export const zipkinTracerFactory: TracerFactory = (given, context) => {
  const config = messageOf(given);
  const collector = compileCollector(config, context);
  if (!context.hasCluster(collector.cluster)) {
    throw new ConfigError(`envoy.tracers.zipkin: unknown cluster '${collector.cluster}'`);
  }
  const { clock, node, stats } = context;
  const counter = (name: string) => stats.counter(prefix + name);
  const counters = {
    spansSent: counter('spans_sent'),
    timerFlushed: counter('timer_flushed'),
    skipped: counter('reports_skipped_no_cluster'),
    sent: counter('reports_sent'),
    dropped: counter('reports_dropped'),
    failed: counter('reports_failed'),
  };
  const isProto = config.collector_endpoint_version === 'HTTP_PROTO';
  const type = isProto ? 'application/x-protobuf' : 'application/json';
  const client = new CollectorClient(collector, context);
  const buffer = new SpanBuffer<ZipkinSpan>({
    ...bufferSettings(prefix, context),
    clock,
    maxSpans: Number.POSITIVE_INFINITY,
    timerFlushed: counters.timerFlushed,
    dropped: undefined,
    send(spans) {
      counters.spansSent.add(spans.length);
      const body = isProto ? zipkinMessage(spans) : zipkinJson(spans);
      client.send(['content-type', type], body, (status) => {
        if (status === undefined) counters.skipped.inc();
        else if (status === 0) counters.failed.inc();
        else if (status === accepted) counters.sent.inc();
        else counters.dropped.inc();
      });
    },
  });
  return new ZipkinTracer({
    longTraceIds: config.trace_id_128bit === true,
    sharesSpans: config.shared_span_context !== false,
    withW3c: config.trace_context_option === 'USE_B3_WITH_W3C_PROPAGATION',
    serviceName: toOctets(node.cluster),
    ipv4: ownAddress(),
    report: (span) => buffer.add(span),
  });
};

export const zipkinSupportedFields: SupportedFields = {
  [message]: {
    collector_cluster: true,
    collector_endpoint: true,
    trace_id_128bit: true,
    shared_span_context: true,
    collector_endpoint_version: onlyValues('HTTP_JSON', 'HTTP_PROTO'),
    collector_hostname: true,
    trace_context_option: true,
    collector_service: true,
  },
  'envoy.config.core.v3.HttpService': { http_uri: true, request_headers_to_add: true },
};
