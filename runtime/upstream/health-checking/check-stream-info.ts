/**
 * What the formatters of `request_headers_to_add` know of a health check: hardly anything, for there is no client.
 */
import type { HeaderList } from '../../common/header-list.js';
import type { ResponseFlag, StreamInfo } from '../../common/stream-info.js';
import type { Host } from '../host/host.js';

const noFlags: ReadonlySet<ResponseFlag> = new Set();

/** Envoy gives a check this address for both of its missing ends. */
const nowhere = '127.0.0.1:0';

const nothing = {
  method: '',
  scheme: '',
  authority: '',
  path: '',
  originalPath: '',
  responseHeaders: [],
  responseTrailers: [],
  responseCode: 0,
  responseCodeDetails: '',
  flags: noFlags,
  bytesReceived: 0,
  bytesSent: 0,
  durationMs: undefined,
  requestDurationMs: undefined,
  responseDurationMs: undefined,
  upstreamServiceTimeMs: undefined,
  upstreamCluster: undefined,
  upstreamLocalAddress: undefined,
  upstreamTransportFailureReason: undefined,
  upstreamRequestAttemptCount: 0,
  routeName: undefined,
  virtualHostName: undefined,
  downstreamDirectRemoteAddress: nowhere,
  downstreamRemoteAddress: nowhere,
  downstreamLocalAddress: nowhere,
  requestedServerName: '',
  connectionId: 0,
  dynamicMetadata: () => undefined,
} as const;

/** @param wallTime milliseconds since the epoch */
export function checkStreamInfo(
  host: Host,
  protocol: string,
  requestHeaders: HeaderList,
  wallTime: number,
): StreamInfo {
  return {
    ...nothing,
    responseHeaders: [],
    responseTrailers: [],
    startTime: wallTime,
    protocol,
    requestHeaders,
    upstreamHost: host.addressText,
  };
}
