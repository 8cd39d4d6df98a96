/**
 * W3C Trace Context: `traceparent` and `tracestate`, as far as Envoy's OpenTelemetry tracer reads them.
 */
import type { HeaderList } from '../../common/header-list.js';
import { getHeader, joinHeader } from '../../common/header-list.js';

export interface ParentContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
  readonly traceState: string;
}

const allZero = /^0+$/;

/** @returns undefined: there is a `traceparent`, and it is no good; null: there is none */
export function readTraceParent(headers: HeaderList): ParentContext | null | undefined {
  const text = getHeader(headers, 'traceparent');
  if (text === undefined) return null;
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/i.exec(text);
  if (match === null) return undefined;
  const [, , traceId = '', spanId = '', flags = ''] = match.map((part) => part.toLowerCase());
  if (allZero.test(traceId) || allZero.test(spanId)) return undefined;
  return {
    traceId,
    spanId,
    sampled: (Number.parseInt(flags, 16) & 1) === 1,
    traceState: joinHeader(headers, 'tracestate') ?? '',
  };
}
