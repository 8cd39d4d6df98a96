/**
 * Why a request is traced, and the place of that in `x-request-id`: one digit of a UUID, so that all proxies on the way
 * decide alike (`UuidRequestIdConfig.pack_trace_reason`).
 */
import { getHeader, replaceHeader } from '../common/header-list.js';
import type { HeaderList } from '../common/header-list.js';

export type TraceReason = 'not_traceable' | 'random_sampling' | 'service_forced' | 'client_enabled';

const uuidLength = 36;
/** Of the UUID's version, which is 4 in one that nobody has marked. */
const place = 14;

const digits: Readonly<Record<TraceReason, string>> = {
  not_traceable: '4',
  random_sampling: '9',
  service_forced: 'a',
  client_enabled: 'b',
};

/** What the id says. An id that is no UUID says nothing. */
export function traceReasonOf(id: string | undefined): TraceReason {
  if (id === undefined || id.length !== uuidLength) return 'not_traceable';
  switch (id[place]) {
    case '9':
      return 'random_sampling';
    case 'a':
      return 'service_forced';
    case 'b':
      return 'client_enabled';
    default:
      return 'not_traceable';
  }
}

/** Writes the reason into the request's id, when that is a UUID. */
export function writeTraceReason(headers: HeaderList, reason: TraceReason): void {
  const id = getHeader(headers, 'x-request-id');
  if (id === undefined || id.length !== uuidLength) return;
  replaceHeader(headers, 'x-request-id', id.slice(0, place) + digits[reason] + id.slice(place + 1));
}

/** The number by which samples are drawn, equal for all that see the same id; undefined: the id does not begin with one. */
export function sampleNumberOf(id: string | undefined): number | undefined {
  if (id === undefined || !/^[0-9a-f]{8}/i.test(id)) return undefined;
  return Number.parseInt(id.slice(0, 8), 16) % 10_000;
}
