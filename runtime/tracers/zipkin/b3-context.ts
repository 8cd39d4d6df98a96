/**
 * B3 propagation: the trace that a request belongs to, in one header (`b3`) or in several (`x-b3-*`).
 */
import type { HeaderList } from '../../common/header-list.js';
import { getHeader } from '../../common/header-list.js';

export interface SpanContext {
  /** 16 digits; `''`: the trace has an id of 64 bits. */
  readonly traceIdHigh: string;
  readonly traceId: string;
  readonly spanId: string;
  /** `''`: none. */
  readonly parentId: string;
  readonly sampled: boolean;
}

/** What a request brings. */
export interface ReceivedContext {
  /** undefined: the request does not say. */
  readonly sampled: boolean | undefined;
  /** undefined: there is no trace to go on with. */
  readonly context: SpanContext | undefined;
}

const zero = '0000000000000000';

/** 64 bits as 16 digits; undefined: no such number. */
function readId(text: string): string | undefined {
  const trimmed = text.trim();
  return /^[0-9a-f]{1,16}$/i.test(trimmed) ? trimmed.toLowerCase().padStart(16, '0') : undefined;
}

const noParent = (id: string): string => (id === zero ? '' : id);
const noHigh = (id: string): string => (id === zero ? '' : id);

/** @returns undefined: the header is no good */
function readSingle(b3: string): ReceivedContext | undefined {
  if (/^[01d]$/.test(b3)) return { sampled: b3 !== '0', context: undefined };
  const match = /^([0-9a-f]{16})?([0-9a-f]{16})-([0-9a-f]{16})(?:-([01d])(?:-([0-9a-f]{16}))?)?$/i.exec(b3);
  if (match === null) return undefined;
  const [, high = '', traceId = '', spanId = '', flag, parent = ''] = match;
  const sampled = flag === undefined ? undefined : flag !== '0';
  const context = {
    traceIdHigh: high === '' ? '' : noHigh(high.toLowerCase()),
    traceId: traceId.toLowerCase(),
    spanId: spanId.toLowerCase(),
    parentId: noParent(parent.toLowerCase()),
    sampled: sampled ?? false,
  };
  return { sampled, context };
}

function readSeveral(headers: HeaderList): ReceivedContext | undefined {
  const flag = getHeader(headers, 'x-b3-sampled');
  const sampled = flag === undefined ? undefined : flag === '1' || flag === 'true';
  const trace = getHeader(headers, 'x-b3-traceid');
  const span = getHeader(headers, 'x-b3-spanid');
  if (trace === undefined || span === undefined) return { sampled, context: undefined };
  const isLong = trace.length === 32;
  const high = isLong ? readId(trace.slice(0, 16)) : zero;
  const low = readId(isLong ? trace.slice(16) : trace);
  const spanId = readId(span);
  const parentText = getHeader(headers, 'x-b3-parentspanid') ?? '';
  const parentId = parentText === '' ? zero : readId(parentText);
  if (high === undefined || low === undefined || spanId === undefined || parentId === undefined)
    return undefined;
  const context = {
    traceIdHigh: noHigh(high),
    traceId: low,
    spanId,
    parentId: noParent(parentId),
    sampled: sampled ?? false,
  };
  return { sampled, context };
}

/** `traceparent`, for requests without B3 (`USE_B3_WITH_W3C_PROPAGATION`). */
function readTraceParent(headers: HeaderList): ReceivedContext | undefined {
  const text = getHeader(headers, 'traceparent');
  if (text === undefined) return { sampled: undefined, context: undefined };
  const match = /^00-([0-9a-f]{16})([0-9a-f]{16})-([0-9a-f]{16})-([0-9a-f]{2})$/i.exec(text);
  if (match === null) return undefined;
  const [, high = '', traceId = '', spanId = '', flags = ''] = match;
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  const context = { traceIdHigh: noHigh(high), traceId, spanId, parentId: '', sampled };
  return { sampled, context };
}

/**
 * @param withW3c `traceparent` counts where there is no B3
 * @returns undefined: what the request brings is no good
 */
export function readB3(headers: HeaderList, withW3c: boolean): ReceivedContext | undefined {
  const single = getHeader(headers, 'b3');
  if (single !== undefined) return readSingle(single);
  const several = readSeveral(headers);
  if (!withW3c || several === undefined || several.context !== undefined) return several;
  const w3c = readTraceParent(headers);
  return w3c?.context === undefined ? several : w3c;
}
