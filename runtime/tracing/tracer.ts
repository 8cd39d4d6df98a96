/**
 * The contract of tracing: a tracer starts a span for each request that is looked at, spans have children for tries of the
 * upstream, and tell of themselves to a collector when they end (`envoy/tracing/trace_driver.h`).
 *
 * Nothing here is made for a connection manager without `tracing`.
 */
import type { Clock } from '../common/clock.js';
import type { HeaderList } from '../common/header-list.js';
import type { StatsScope } from '../stats/stat.js';
import type { ClusterManager } from '../upstream/cluster/cluster.js';

/** One piece of work: a request, or a try of its upstream. Calls after `finish` do nothing. */
export interface Span {
  /** For access logs: lower-case hexadecimal digits; `''` where the tracer tells none. */
  readonly traceId: string;
  readonly spanId: string;
  setOperation(name: string): void;
  /** @param value octets, as all texts of a request are. A tag that is set again has the last value. */
  setTag(name: string, value: string): void;
  /** Something that happened meanwhile. @param atMs milliseconds since the epoch, with fractions */
  log(atMs: number, event: string): void;
  /** Writes into a request what the next hop needs to go on with the trace. */
  inject(headers: HeaderList): void;
  spawnChild(operation: string, startMs: number): Span;
  finish(endMs: number): void;
}

/** A request whose span is to start. */
export interface SpanStart {
  readonly operation: string;
  /** The host that the client asked for. */
  readonly authority: string;
  readonly headers: HeaderList;
  /** Milliseconds since the epoch, with fractions. */
  readonly startMs: number;
  /** What the connection manager has decided; the trace that a client belongs to may decide otherwise. */
  readonly isTraced: boolean;
  /** The listener is `OUTBOUND`. */
  readonly isEgress: boolean;
  /** Tries of the upstream have spans of their own, so that this one is always the server's. */
  readonly spawnsUpstreamSpan: boolean;
}

export interface Tracer {
  /** @returns undefined when the client's trace context is no good: then there is no span, and its headers stay */
  startSpan(start: SpanStart): Span | undefined;
}

/** What tracers may use. Each connection manager has a tracer of its own; a tracer that nobody uses any more needs no end. */
export interface TracerContext {
  readonly clock: Clock;
  readonly stats: StatsScope;
  readonly clusters: ClusterManager;
  readonly node: { readonly id: string; readonly cluster: string };
  /** Whether the configuration that is being built has a cluster of that name. */
  hasCluster(name: string): boolean;
  /** Of this program, told to collectors. */
  readonly version: string;
  /** A number of the runtime layers; undefined when none has it. */
  runtimeNumber(key: string): number | undefined;
}

/** Makes a tracer from the canonical payload of `tracing.provider.typed_config`. @throws ConfigError */
export type TracerFactory = (config: unknown, context: TracerContext) => Tracer;
