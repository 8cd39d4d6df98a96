/**
 * What formatters in header values may ask of a request that is never sent: what the client's side says is known,
 * what an upstream or a clock would say is absent.
 */
import type { HeaderList } from '../../runtime/common/header-list.js';
import type { ResponseFlag, StreamInfo } from '../../runtime/common/stream-info.js';

const noFlags: ReadonlySet<ResponseFlag> = new Set();

/** The parts of a `StreamInfo` that a route test knows. */
export type KnownStream = Pick<
  StreamInfo,
  | 'method'
  | 'scheme'
  | 'authority'
  | 'path'
  | 'originalPath'
  | 'requestHeaders'
  | 'routeName'
  | 'virtualHostName'
  | 'upstreamCluster'
  | 'downstreamRemoteAddress'
  | 'downstreamLocalAddress'
  | 'requestedServerName'
>;

/** All else has the value of the first moment of a request. */
export function simulatedStream(known: KnownStream): StreamInfo {
  const none: HeaderList = [];
  return {
    startTime: 0,
    protocol: 'HTTP/1.1',
    responseHeaders: none,
    responseTrailers: none,
    responseCode: 0,
    responseCodeDetails: '',
    flags: noFlags,
    bytesReceived: 0,
    bytesSent: 0,
    durationMs: undefined,
    requestDurationMs: undefined,
    responseDurationMs: undefined,
    upstreamServiceTimeMs: undefined,
    upstreamHost: undefined,
    upstreamLocalAddress: undefined,
    upstreamTransportFailureReason: undefined,
    upstreamRequestAttemptCount: 1,
    downstreamDirectRemoteAddress: known.downstreamRemoteAddress,
    connectionId: 1,
    dynamicMetadata: () => undefined,
    ...known,
  };
}
