/**
 * The status of a gRPC call, as the access log tells it: from the trailers, the headers, or the HTTP status.
 */
import { getHeader } from '../common/header-list.js';
import type { StreamInfo } from '../common/stream-info.js';

const names =
  'OK Canceled Unknown InvalidArgument DeadlineExceeded NotFound AlreadyExists PermissionDenied ResourceExhausted ' +
  'FailedPrecondition Aborted OutOfRange Unimplemented Internal Unavailable DataLoss Unauthenticated';
const camelNames = names.split(' ');
const snakeNames = camelNames.map((name) => name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase());

/** The gRPC specification's table of HTTP statuses (`http-grpc-status-mapping.md`). */
const fromHttp: ReadonlyMap<number, number> = new Map([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [429, 14],
  [502, 14],
  [503, 14],
  [504, 14],
]);

/** `UNKNOWN` where the table has none. */
export function grpcStatusOfHttp(code: number): number {
  return fromHttp.get(code) ?? 2;
}

/** undefined when the request was no gRPC call. */
export function grpcStatusOf(info: StreamInfo): number | undefined {
  const type = getHeader(info.requestHeaders, 'content-type');
  if (type?.startsWith('application/grpc') !== true || (type.length > 16 && type[16] !== '+'))
    return undefined;
  const text =
    getHeader(info.responseTrailers, 'grpc-status') ?? getHeader(info.responseHeaders, 'grpc-status');
  if (text === undefined) return info.responseCode === 0 ? undefined : grpcStatusOfHttp(info.responseCode);
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** `NotFound`, or `NOT_FOUND`; the number of a status that has no name. */
export function grpcStatusName(status: number, snake: boolean): string {
  return (snake ? snakeNames : camelNames)[status] ?? String(status);
}
