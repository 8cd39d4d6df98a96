/**
 * `opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest`, and of its answer what tells how much was taken.
 */
import { protobufFields, ProtobufError, ProtobufWriter } from '../../common/protobuf.js';

export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** `''`: none. */
  readonly parentId: string;
  readonly traceState: string;
  /** Octets, as all texts of spans. */
  readonly name: string;
  readonly kind: 'CLIENT' | 'SERVER';
  /** Milliseconds since the epoch, with fractions. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: ReadonlyMap<string, string>;
  readonly events: readonly { readonly atMs: number; readonly name: string }[];
  /** undefined: the span has none. */
  readonly status: 'unset' | 'error' | undefined;
  readonly isParentRemote: boolean;
}

/** `SPAN_KIND_SERVER`, `SPAN_KIND_CLIENT`. */
const kinds = { SERVER: 2, CLIENT: 3 } as const;
/** `STATUS_CODE_ERROR`. */
const error = 2;
/** Flags of the trace, and whether it is known that the parent is elsewhere, and whether it is. */
const SAMPLED = 0x1;
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

const nanoseconds = (ms: number): bigint => BigInt(Math.round(ms * 1000)) * 1000n;
const octets = (text: string): Buffer => Buffer.from(text, 'latin1');

function keyValue(key: Buffer, value: Buffer): Buffer {
  return new ProtobufWriter()
    .octets(1, key)
    .octets(2, new ProtobufWriter().octets(1, value).finish())
    .finish();
}

function spanMessage(span: OtlpSpan): Buffer {
  const message = new ProtobufWriter()
    .octets(1, Buffer.from(span.traceId, 'hex'))
    .octets(2, Buffer.from(span.spanId, 'hex'));
  if (span.traceState !== '') message.octets(3, octets(span.traceState));
  if (span.parentId !== '') message.octets(4, Buffer.from(span.parentId, 'hex'));
  message
    .octets(5, octets(span.name))
    .number(6, kinds[span.kind])
    .fixed64(7, nanoseconds(span.startMs))
    .fixed64(8, nanoseconds(span.endMs));
  for (const [name, value] of span.attributes) message.octets(9, keyValue(octets(name), octets(value)));
  for (const { atMs, name } of span.events) {
    const event = new ProtobufWriter().fixed64(1, nanoseconds(atMs)).octets(2, octets(name));
    message.octets(11, event.finish());
  }
  if (span.status !== undefined) {
    message.octets(15, new ProtobufWriter().number(3, span.status === 'error' ? error : 0).finish());
  }
  const flags = SAMPLED | HAS_IS_REMOTE | (span.isParentRemote ? IS_REMOTE : 0);
  return message.fixed32(16, flags).finish();
}

export interface ExportFacts {
  /** Attributes of whom the spans come from. */
  readonly resource: ReadonlyMap<string, string>;
  /** `InstrumentationScope`; undefined: none is told. */
  readonly scope: { readonly name: string; readonly version: string } | undefined;
}

/** The part of a request that is the same for all. */
export function exportRequest({ resource, scope }: ExportFacts): (spans: readonly OtlpSpan[]) => Buffer {
  const attributes = new ProtobufWriter();
  for (const [name, value] of resource) {
    attributes.octets(1, keyValue(Buffer.from(name, 'utf8'), Buffer.from(value, 'utf8')));
  }
  const resourceMessage = attributes.finish();
  const scopeMessage =
    scope === undefined
      ? undefined
      : new ProtobufWriter().text(1, scope.name).text(2, scope.version).finish();
  return (spans) => {
    const scoped = new ProtobufWriter();
    if (scopeMessage !== undefined) scoped.octets(1, scopeMessage);
    for (const span of spans) scoped.octets(2, spanMessage(span));
    const resourceSpans = new ProtobufWriter().octets(1, resourceMessage).octets(2, scoped.finish());
    return new ProtobufWriter().octets(1, resourceSpans.finish()).finish();
  };
}

/** `ExportTraceServiceResponse.partial_success.rejected_spans`; 0 also where the answer is no message. */
export function rejectedSpans(answer: Buffer): number {
  try {
    for (const part of protobufFields(answer)) {
      if (part.field !== 1) continue;
      for (const { field, number } of protobufFields(part.octets)) if (field === 1) return number;
    }
  } catch (fault) {
    if (!(fault instanceof ProtobufError)) throw fault;
  }
  return 0;
}
