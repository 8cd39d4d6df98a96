/** What is known about a request, for tests of formatters and header mutations: a plain GET that went well. */
import type { ResponseFlag, StreamInfo } from '../../runtime/common/stream-info.js';

const noFlags: ReadonlySet<ResponseFlag> = new Set();

/** @param given what is to be different */
export function streamInfoOf(given: Partial<StreamInfo> = {}): StreamInfo {
  return {
    startTime: Date.UTC(2026, 0, 31, 12, 0, 0, 5),
    protocol: 'HTTP/1.1',
    method: 'GET',
    scheme: 'http',
    authority: 'example.com',
    path: '/a?b=c',
    originalPath: '/a?b=c',
    requestHeaders: ['host', 'example.com'],
    responseHeaders: [],
    responseTrailers: [],
    responseCode: 200,
    responseCodeDetails: 'via_upstream',
    flags: noFlags,
    bytesReceived: 0,
    bytesSent: 2,
    durationMs: 7.9,
    requestDurationMs: 0.2,
    responseDurationMs: 6.5,
    upstreamServiceTimeMs: 6,
    upstreamHost: '127.0.0.1:9000',
    upstreamCluster: 'web',
    upstreamLocalAddress: '127.0.0.1:41000',
    upstreamTransportFailureReason: undefined,
    upstreamRequestAttemptCount: 1,
    routeName: 'home',
    virtualHostName: 'all',
    downstreamDirectRemoteAddress: '127.0.0.1:40000',
    downstreamRemoteAddress: '10.0.0.1:0',
    downstreamLocalAddress: '127.0.0.1:8080',
    requestedServerName: '',
    connectionId: 3,
    dynamicMetadata: () => undefined,
    ...given,
  };
}
