/**
 * `envoy.tracers.opentelemetry`, over HTTP or gRPC.
 */
import type { HeaderList } from '../../common/header-list.js';
import { setHeader } from '../../common/header-list.js';
import type { Fields } from '../../common/message-fields.js';
import {
  durationOf,
  messageOf,
  messagesOf,
  numberOf,
  textOf,
  typeNameOf,
} from '../../common/message-fields.js';
import type { SupportedFields } from '../../config/supported-fields.js';
import { under } from '../../network/config-path.js';
import { ConfigError } from '../../network/filter.js';
import type { Span, SpanStart, Tracer, TracerContext, TracerFactory } from '../../tracing/tracer.js';
import { createGrpcService } from '../../upstream/grpc-service.js';
import { CollectorClient, headersToAdd, splitUri } from '../collector.js';
import { randomId } from '../random-id.js';
import { bufferSettings, SpanBuffer } from '../span-buffer.js';
import type { OtlpSpan } from './otlp-messages.js';
import { exportRequest, rejectedSpans } from './otlp-messages.js';
import { readTraceParent } from './trace-parent.js';

const message = 'envoy.config.trace.v3.OpenTelemetryConfig';
const prefix = 'tracing.opentelemetry.';
const exportMethod = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const environmentDetector =
  'envoy.extensions.tracers.opentelemetry.resource_detectors.v3.EnvironmentResourceDetectorConfig';
const staticDetector =
  'envoy.extensions.tracers.opentelemetry.resource_detectors.v3.StaticConfigResourceDetectorConfig';
const alwaysOn = 'envoy.extensions.tracers.opentelemetry.samplers.v3.AlwaysOnSamplerConfig';
const defaultServiceName = 'unknown_service:envoy';
const defaultCacheSize = 1024;

interface TracerOptions {
  /** A sampler (which takes everything) decides, in the place of the trace of the client. */
  readonly hasSampler: boolean;
  readonly report: (span: OtlpSpan) => void;
}

/** `grpc-status` of calls that the server has failed: the semantic conventions' list. */
const serverFaults: ReadonlySet<string> = new Set(['2', '4', '12', '13', '14', '15']);

class OpenTelemetrySpan implements Span {
  readonly traceId: string;
  readonly spanId: string;
  private readonly options: TracerOptions;
  private readonly parentId: string;
  private readonly isParentRemote: boolean;
  private readonly traceState: string;
  private readonly sampled: boolean;
  private readonly kind: OtlpSpan['kind'];
  private readonly startMs: number;
  private name: string;
  private status: OtlpSpan['status'] = undefined;
  private isOver = false;
  private readonly attributes = new Map<string, string>();
  private readonly events: { atMs: number; name: string }[] = [];

  constructor(
    options: TracerOptions,
    facts: Pick<
      OtlpSpan,
      'traceId' | 'parentId' | 'isParentRemote' | 'traceState' | 'kind' | 'startMs' | 'name'
    > & { readonly sampled: boolean },
  ) {
    this.options = options;
    this.traceId = facts.traceId;
    this.spanId = randomId();
    this.parentId = facts.parentId;
    this.isParentRemote = facts.isParentRemote;
    this.traceState = facts.traceState;
    this.sampled = facts.sampled;
    this.kind = facts.kind;
    this.startMs = facts.startMs;
    this.name = facts.name;
  }

  setOperation(name: string): void {
    this.name = name;
  }

  setTag(name: string, value: string): void {
    if (!this.sampled || name === '') return;
    this.attributes.set(name, value);
    // Of a client's span everything that failed is an error, of a server's what it has failed itself.
    if (name === 'http.status_code') {
      if (Number(value) >= (this.kind === 'CLIENT' ? 400 : 500)) this.status = 'error';
    } else if (name === 'grpc.status_code') {
      const isError = this.kind === 'CLIENT' ? /^0*[1-9]\d*$/.test(value) : serverFaults.has(value);
      this.status = isError ? 'error' : (this.status ?? 'unset');
    }
  }

  log(atMs: number, event: string): void {
    if (this.sampled) this.events.push({ atMs, name: event });
  }

  inject(headers: HeaderList): void {
    setHeader(headers, 'traceparent', `00-${this.traceId}-${this.spanId}-0${this.sampled ? 1 : 0}`);
    setHeader(headers, 'tracestate', this.traceState);
  }

  spawnChild(operation: string, startMs: number): Span {
    const { options, sampled, spanId, traceId, traceState } = this;
    return new OpenTelemetrySpan(options, {
      traceId,
      parentId: spanId,
      isParentRemote: false,
      traceState,
      kind: 'CLIENT',
      startMs,
      name: operation,
      sampled,
    });
  }

  finish(endMs: number): void {
    if (this.isOver) return;
    this.isOver = true;
    if (!this.sampled) return;
    const { attributes, events, isParentRemote, kind, name, status } = this;
    const { parentId, spanId, startMs, traceId, traceState } = this;
    this.options.report({
      attributes,
      endMs,
      events,
      isParentRemote,
      kind,
      name,
      status,
      parentId,
      spanId,
      startMs,
      traceId,
      traceState,
    });
  }
}

class OpenTelemetryTracer implements Tracer {
  private readonly options: TracerOptions;

  constructor(options: TracerOptions) {
    this.options = options;
  }

  startSpan(start: SpanStart): Span | undefined {
    const { options } = this;
    const parent = readTraceParent(start.headers);
    if (parent === undefined) return undefined;
    const kind = start.isEgress && !start.spawnsUpstreamSpan ? 'CLIENT' : 'SERVER';
    return new OpenTelemetrySpan(options, {
      traceId: parent?.traceId ?? randomId() + randomId(),
      parentId: parent?.spanId ?? '',
      isParentRemote: parent !== null,
      traceState: parent?.traceState ?? '',
      kind,
      startMs: start.startMs,
      name: start.operation,
      // A sampler is only asked for what the connection manager would trace.
      sampled: options.hasSampler ? start.isTraced : (parent?.sampled ?? start.isTraced),
    });
  }
}

/** `OTEL_RESOURCE_ATTRIBUTES` of the environment: `key=value,key=value`. @throws ConfigError */
function environmentAttributes(): [string, string][] {
  const text = process.env.OTEL_RESOURCE_ATTRIBUTES ?? '';
  if (text === '') return [];
  return text.split(',').map((pair) => {
    const parts = pair.split('=');
    if (parts.length !== 2) {
      throw new ConfigError(
        `The OpenTelemetry environment resource detector has an invalid pair in OTEL_RESOURCE_ATTRIBUTES: ${pair}`,
      );
    }
    return [parts[0] ?? '', parts[1] ?? ''];
  });
}

function detect(detector: Fields): [string, string][] {
  switch (typeNameOf(detector.typed_config)) {
    case environmentDetector:
      return environmentAttributes();
    case staticDetector:
      return Object.entries(messageOf(messageOf(detector.typed_config).attributes)).map(([name, value]) => [
        name,
        textOf(value),
      ]);
    default:
      throw new ConfigError('this resource detector needs real Envoy', ['typed_config'], true);
  }
}

/** Attributes of this proxy. @throws ConfigError with the path inside the message */
function resourceOf(config: Fields, version: string): ReadonlyMap<string, string> {
  const resource = new Map<string, string>();
  if (config.set_service_name_resource_attribute !== false) {
    resource.set('service.name', textOf(config.service_name) || defaultServiceName);
  }
  if (config.set_telemetry_sdk_resource_attributes !== false) {
    resource.set('telemetry.sdk.language', 'javascript');
    resource.set('telemetry.sdk.name', 'envoy');
    resource.set('telemetry.sdk.version', version);
  }
  for (const [index, detector] of messagesOf(config.resource_detectors).entries()) {
    for (const [name, value] of under(() => detect(detector), 'resource_detectors', index)) {
      resource.set(name, value);
    }
  }
  return resource;
}

type Send = (request: Buffer, spans: number) => void;

function httpSender(config: Fields, context: TracerContext): Send {
  const service = messageOf(config.http_service);
  const uri = messageOf(service.http_uri);
  const cluster = textOf(uri.cluster);
  if (!context.hasCluster(cluster)) {
    throw new ConfigError(`unknown cluster '${cluster}' of the trace collector`, [
      'http_service',
      'http_uri',
      'cluster',
    ]);
  }
  const { timeout } = uri;
  const collector = {
    cluster,
    ...splitUri(textOf(uri.uri), cluster),
    headers: headersToAdd(service),
    timeoutMs: durationOf(timeout, 0),
  };
  const client = new CollectorClient(collector, context);
  const headers = [
    'content-type',
    'application/x-protobuf',
    'user-agent',
    `OTel-OTLP-Exporter-Envoy/${context.version}`,
  ];
  return (request) => client.send([...headers], request, () => undefined);
}

/** Without a time-out of its own a call is given up after so long, in milliseconds: Envoy's waits for ever. */
const longestCallMs = 60_000;

function grpcSender(config: Fields, context: TracerContext): Send {
  const service = under(() => createGrpcService(config.grpc_service, context), 'grpc_service');
  const timeoutMs = durationOf(messageOf(config.grpc_service).timeout, longestCallMs) || longestCallMs;
  const log = context.stats.counter(`${prefix}spans_dropped`);
  return (request) => {
    service.call(exportMethod, request, timeoutMs, (answer) => {
      if (answer !== undefined) log.add(rejectedSpans(answer));
    });
  };
}

/** `envoy.config.trace.v3.OpenTelemetryConfig`. */
export const openTelemetryTracerFactory: TracerFactory = (given, context) => {
  const config = messageOf(given);
  if (config.grpc_service !== undefined && config.http_service !== undefined) {
    throw new ConfigError(
      'OpenTelemetry Tracer cannot have both gRPC and HTTP exporters configured. OpenTelemetry tracer will be disabled.',
    );
  }
  const sampler = messageOf(config.sampler);
  if (config.sampler !== undefined && typeNameOf(sampler.typed_config) !== alwaysOn) {
    throw new ConfigError('this sampler needs real Envoy', ['sampler', 'typed_config'], true);
  }
  const { clock, stats, version } = context;
  const counters = {
    sent: stats.counter(`${prefix}spans_sent`),
    dropped: stats.counter(`${prefix}spans_dropped`),
    timerFlushed: stats.counter(`${prefix}timer_flushed`),
  };
  const send =
    config.http_service !== undefined
      ? httpSender(config, context)
      : config.grpc_service !== undefined
        ? grpcSender(config, context)
        : undefined;
  const write = exportRequest({
    resource: resourceOf(config, version),
    scope: config.set_instrumentation_scope === false ? undefined : { name: 'envoy', version },
  });
  const buffer = new SpanBuffer<OtlpSpan>({
    ...bufferSettings(prefix, context),
    clock,
    maxSpans: numberOf(config.max_cache_size, defaultCacheSize),
    timerFlushed: counters.timerFlushed,
    dropped: counters.dropped,
    send(spans) {
      counters.sent.add(spans.length);
      send?.(write(spans), spans.length);
    },
  });
  return new OpenTelemetryTracer({
    hasSampler: config.sampler !== undefined,
    report: (span) => buffer.add(span),
  });
};

export const openTelemetrySupportedFields: SupportedFields = {
  [message]: {
    grpc_service: true,
    http_service: true,
    service_name: true,
    resource_detectors: true,
    sampler: true,
    max_cache_size: true,
    set_telemetry_sdk_resource_attributes: true,
    set_service_name_resource_attribute: true,
    set_instrumentation_scope: true,
  },
  [environmentDetector]: {},
  [staticDetector]: { attributes: true },
  [alwaysOn]: {},
  'envoy.config.core.v3.TypedExtensionConfig': { name: true, typed_config: true },
};
