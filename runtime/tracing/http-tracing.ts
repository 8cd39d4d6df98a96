/**
 * `tracing` of a connection manager, compiled: which requests are traced, and what their spans are to tell.
 */
import { compileHeaderFormat } from '../access-log/formatter.js';
import type { Fraction } from '../common/fractional-percent.js';
import { fractionOf, isDrawn } from '../common/fractional-percent.js';
import { getHeader } from '../common/header-list.js';
import type { HeaderList } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, numberOf, textOf } from '../common/message-fields.js';
import type { StreamInfo } from '../common/stream-info.js';
import { under } from '../network/config-path.js';
import type { Counter, StatsScope } from '../stats/stat.js';
import type { CustomTag } from './custom-tags.js';
import { compileCustomTags } from './custom-tags.js';
import type { TraceReason } from './trace-reason.js';
import { sampleNumberOf, traceReasonOf, writeTraceReason } from './trace-reason.js';
import type { Tracer } from './tracer.js';

/** Name of a span, made of the request. */
export type OperationFormat = (info: StreamInfo) => string;

/** Parts of the requests; undefined in those of a route: as the connection manager says. */
interface Sampling {
  /** Of those with `x-client-trace-id`. */
  readonly client: Fraction | undefined;
  /** Of those that nobody has asked to trace. */
  readonly random: Fraction | undefined;
  /** Of all that would be traced. */
  readonly overall: Fraction | undefined;
}

/** `tracing` of a route. */
export interface RouteTracing {
  readonly sampling: Sampling;
  readonly tags: ReadonlyMap<string, CustomTag>;
  readonly operation: OperationFormat | undefined;
  readonly upstreamOperation: OperationFormat | undefined;
}

/** `decorator` of a route: the name of its spans. */
export interface RouteDecorator {
  readonly operation: string;
  /** Whether the other side is told. */
  readonly propagates: boolean;
}

const defaultMaxPathLength = 256;

/** @returns undefined for an empty format: the span keeps its name */
function compileOperation(format: unknown): OperationFormat | undefined {
  const text = textOf(format);
  if (text === '') return undefined;
  const compiled = compileHeaderFormat(text);
  return typeof compiled === 'string' ? () => compiled : compiled;
}

function optionalFraction(given: unknown): Fraction | undefined {
  return given === undefined ? undefined : fractionOf(given);
}

/** @param given the `tracing` of a route. @throws ConfigError with the path inside it */
export function compileRouteTracing(given: unknown): RouteTracing | undefined {
  if (given === undefined) return undefined;
  const config = messageOf(given);
  return {
    sampling: {
      client: optionalFraction(config.client_sampling),
      random: optionalFraction(config.random_sampling),
      overall: optionalFraction(config.overall_sampling),
    },
    tags: under(() => compileCustomTags(config.custom_tags), 'custom_tags'),
    operation: under(() => compileOperation(config.operation), 'operation'),
    upstreamOperation: under(() => compileOperation(config.upstream_operation), 'upstream_operation'),
  };
}

/** @param given the `decorator` of a route */
export function compileDecorator(given: unknown): RouteDecorator | undefined {
  if (given === undefined) return undefined;
  const { operation, propagate } = messageOf(given);
  return { operation: textOf(operation), propagates: propagate !== false };
}

/** `http.<prefix>.tracing.*`. */
type TracingStats = Readonly<Record<TraceReason, Counter>>;

/** They are there without tracing, too. @param prefix `http.<stat_prefix>.` */
export function createTracingStats(prefix: string, scope: StatsScope): TracingStats {
  const counter = (name: string): Counter => scope.counter(`${prefix}tracing.${name}`);
  counter('health_check');
  return {
    not_traceable: counter('not_traceable'),
    random_sampling: counter('random_sampling'),
    service_forced: counter('service_forced'),
    client_enabled: counter('client_enabled'),
  };
}

export interface HttpTracing {
  readonly tracer: Tracer;
  readonly isEgress: boolean;
  readonly spawnsUpstreamSpan: boolean;
  readonly verbose: boolean;
  /** False with `no_context_propagation`. */
  readonly propagates: boolean;
  readonly maxPathLength: number;
  readonly tags: ReadonlyMap<string, CustomTag>;
  readonly operation: OperationFormat | undefined;
  readonly upstreamOperation: OperationFormat | undefined;
  readonly node: { readonly id: string; readonly zone: string };
  /** Decides, and writes the decision into the id of the request. */
  decide(headers: HeaderList, route: RouteTracing | undefined): TraceReason;
  /** Of what was decided. */
  readonly stats: TracingStats;
}

/** A `Percent` as parts of so many: what is smaller is cut off, as Envoy does. */
function percent(given: unknown, denominator: number, round: (value: number) => number): Fraction {
  const value = given === undefined ? 100 : numberOf(messageOf(given).value, 0);
  return { numerator: round((value / 100) * denominator), denominator };
}

/** What a runtime key says of a percentage: whole hundredths. */
function overridden(value: number | undefined, configured: Fraction): Fraction {
  return value === undefined ? configured : { numerator: value, denominator: 100 };
}

/** What the rules need besides the message. */
export interface HttpTracingContext {
  readonly isEgress: boolean;
  readonly random: () => number;
  readonly node: { readonly id: string; readonly zone: string };
  readonly stats: StatsScope;
  readonly statPrefix: string;
  /** `UuidRequestIdConfig`: whether decisions are kept in the request's id, and whether the id decides. */
  readonly packsReason: boolean;
  readonly samplesById: boolean;
  runtimeNumber(key: string): number | undefined;
}

/** @param config the `Tracing` of a connection manager. @throws ConfigError with the path inside it */
export function compileHttpTracing(config: Fields, tracer: Tracer, context: HttpTracingContext): HttpTracing {
  const { isEgress, node, packsReason, random, samplesById } = context;
  const runtime = {
    client: context.runtimeNumber('tracing.client_enabled'),
    random: context.runtimeNumber('tracing.random_sampling'),
    overall: context.runtimeNumber('tracing.global_enabled'),
  };
  const own = {
    client: percent(config.client_sampling, 100, Math.floor),
    random: percent(config.random_sampling, 10_000, Math.round),
    overall: percent(config.overall_sampling, 10_000, Math.round),
  };
  const hits = ({ denominator, numerator }: Fraction, number: number): boolean =>
    number % denominator < numerator;
  const spawnsUpstreamSpan = messageOf(config.spawn_upstream_span).value ?? config.spawn_upstream_span;

  function choose(
    headers: HeaderList,
    before: TraceReason,
    number: number,
    sampling?: Sampling,
  ): TraceReason {
    let reason = before;
    if (reason === 'not_traceable') {
      const client = overridden(runtime.client, sampling?.client ?? own.client);
      if (getHeader(headers, 'x-client-trace-id') !== undefined && isDrawn(client, random()))
        reason = 'client_enabled';
      else if (getHeader(headers, 'x-envoy-force-trace') !== undefined) reason = 'service_forced';
      else if (hits(overridden(runtime.random, sampling?.random ?? own.random), number))
        reason = 'random_sampling';
    }
    const overall = overridden(runtime.overall, sampling?.overall ?? own.overall);
    return reason !== 'not_traceable' && !hits(overall, number) ? 'not_traceable' : reason;
  }

  return {
    tracer,
    isEgress,
    node,
    spawnsUpstreamSpan: spawnsUpstreamSpan === true,
    verbose: config.verbose === true,
    propagates: config.no_context_propagation !== true,
    maxPathLength: numberOf(config.max_path_tag_length, defaultMaxPathLength),
    tags: under(() => compileCustomTags(config.custom_tags), 'custom_tags'),
    operation: under(() => compileOperation(config.operation), 'operation'),
    upstreamOperation: under(() => compileOperation(config.upstream_operation), 'upstream_operation'),
    stats: createTracingStats(context.statPrefix, context.stats),
    decide(headers, route) {
      if (!samplesById) return 'random_sampling';
      const id = getHeader(headers, 'x-request-id');
      const number = sampleNumberOf(id);
      if (number === undefined) return 'not_traceable';
      const before = packsReason ? traceReasonOf(id) : 'not_traceable';
      const reason = choose(headers, before, number, route?.sampling);
      if (packsReason && reason !== before) writeTraceReason(headers, reason);
      return reason;
    },
  };
}
