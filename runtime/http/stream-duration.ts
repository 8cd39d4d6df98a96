/**
 * How long a stream may take: the route's `max_stream_duration`, which may follow the `grpc-timeout` that the client sent, or
 * else the connection manager's (`ConnectionManagerImpl::ActiveStream::refreshDurationTimeout`).
 */
import { getHeader, replaceHeader } from '../common/header-list.js';
import type { RouteToCluster } from '../route/route-table.js';
import type { RequestHead } from './codec.js';
import { isGrpcContentType } from './local-reply.js';

/** Milliseconds of each unit of `grpc-timeout` (gRPC over HTTP/2, "Requests"). */
const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** @returns milliseconds, rounded up; undefined when it is none */
export function parseGrpcTimeout(text: string | undefined): number | undefined {
  const match = text === undefined ? null : /^(\d{1,8})([HMSmun])$/.exec(text);
  return match === null ? undefined : Math.ceil(Number(match[1]) * (units[match[2] as string] as number));
}

/** As Envoy writes it: in the finest unit that eight digits hold. */
export function formatGrpcTimeout(ms: number): string {
  if (ms < 1e8) return `${ms}m`;
  if (ms / 1000 < 1e8) return `${Math.ceil(ms / 1000)}S`;
  return ms / 60_000 < 1e8 ? `${Math.ceil(ms / 60_000)}M` : `${Math.ceil(ms / 3_600_000)}H`;
}

/**
 * Changes `grpc-timeout` to what is left for the upstream.
 * @returns milliseconds; 0 = at once, undefined = without limit
 */
export function takeStreamDuration(
  { maxStreamDuration }: RouteToCluster,
  head: RequestHead,
  ofManagerMs: number | undefined,
): number | undefined {
  if (maxStreamDuration === undefined) return ofManagerMs;
  const { grpcMaxMs, grpcOffsetMs, maxMs } = maxStreamDuration;
  const asked =
    grpcMaxMs === undefined ? undefined : parseGrpcTimeout(getHeader(head.headers, 'grpc-timeout'));
  let ms: number | undefined;
  if (asked === undefined) ms = maxMs === undefined ? ofManagerMs : maxMs === 0 ? undefined : maxMs;
  else {
    ms = grpcMaxMs === undefined || grpcMaxMs === 0 ? asked : Math.min(asked, grpcMaxMs);
    if (ms !== 0) ms = Math.max(0, ms - grpcOffsetMs);
  }
  if (ms !== undefined && isGrpcContentType(getHeader(head.headers, 'content-type'))) {
    replaceHeader(head.headers, 'grpc-timeout', formatGrpcTimeout(ms));
  }
  return ms;
}
