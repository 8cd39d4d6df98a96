/**
 * The tags and events that Envoy gives to the spans of HTTP requests (`HttpTracerUtility`), by the same names.
 */
import { ipOf } from '../common/address-text.js';
import { getHeader } from '../common/header-list.js';
import type { StreamInfo } from '../common/stream-info.js';
import type { StreamTimings } from '../common/stream-timings.js';
import type { CustomTag } from './custom-tags.js';
import type { Span } from './tracer.js';

/** Statuses of gRPC that are the client's fault or nobody's: no error of the upstream. */
const harmless: ReadonlySet<number> = new Set([0, 1, 3, 5, 6, 7, 9, 10, 11, 16]);
const lastStatus = 16;

function tagHeader(span: Span, tag: string, headers: readonly string[], name: string): void {
  const value = getHeader(headers, name);
  if (value !== undefined) span.setTag(tag, value);
}

/** Scheme, host and path as the client asked for them. */
function urlOf({ authority, path, requestHeaders }: StreamInfo, maxPathLength: number): string {
  const asked = getHeader(requestHeaders, 'x-envoy-original-path') ?? path;
  const scheme = getHeader(requestHeaders, 'x-forwarded-proto') ?? '';
  return `${scheme}://${authority}${asked.slice(0, maxPathLength)}`;
}

function isGrpc(headers: readonly string[]): boolean {
  const type = getHeader(headers, 'content-type');
  return type === 'application/grpc' || type?.startsWith('application/grpc+') === true;
}

/** What the request itself has. */
export function tagRequest(span: Span, info: StreamInfo, maxPathLength: number): void {
  const { requestHeaders } = info;
  tagHeader(span, 'guid:x-request-id', requestHeaders, 'x-request-id');
  span.setTag('http.url', urlOf(info, maxPathLength));
  span.setTag('http.method', info.method);
  span.setTag('downstream_cluster', getHeader(requestHeaders, 'x-envoy-downstream-service-cluster') || '-');
  span.setTag('user_agent', getHeader(requestHeaders, 'user-agent') || '-');
  span.setTag('http.protocol', info.protocol);
  span.setTag('peer.address', ipOf(info.downstreamDirectRemoteAddress) ?? info.downstreamDirectRemoteAddress);
  tagHeader(span, 'guid:x-client-trace-id', requestHeaders, 'x-client-trace-id');
  if (!isGrpc(requestHeaders)) return;
  span.setTag('grpc.path', info.path);
  span.setTag('grpc.authority', info.authority);
  tagHeader(span, 'grpc.content_type', requestHeaders, 'content-type');
  tagHeader(span, 'grpc.timeout', requestHeaders, 'grpc-timeout');
}

/** `grpc-status` and `grpc-message` of a response's headers, or of its trailers. */
export function tagGrpcStatus(span: Span, headers: readonly string[]): void {
  tagHeader(span, 'grpc.status_code', headers, 'grpc-status');
  tagHeader(span, 'grpc.message', headers, 'grpc-message');
  const text = getHeader(headers, 'grpc-status');
  if (text === undefined || !/^\d{1,9}$/.test(text)) return;
  const status = Number(text);
  if (status <= lastStatus && !harmless.has(status)) span.setTag('error', 'true');
}

/** What a request and a try of the upstream have in common. */
export interface Outcome {
  /** 0: there was no response. */
  readonly status: number;
  /** As access logs show them, `-` when there is none. */
  readonly flags: string;
  /** undefined: none was chosen. */
  readonly cluster: { readonly name: string; readonly observabilityName: string } | undefined;
}

export function tagOutcome(span: Span, { cluster, flags, status }: Outcome): void {
  span.setTag('component', 'proxy');
  if (cluster !== undefined) {
    span.setTag('upstream_cluster', cluster.name);
    span.setTag('upstream_cluster.name', cluster.observabilityName);
  }
  span.setTag('http.status_code', String(status));
  span.setTag('response_flags', flags);
  if (status === 0 || status >= 500) span.setTag('error', 'true');
}

const events: readonly (readonly [keyof StreamTimings, string])[] = [
  ['lastDownstreamRx', 'last_downstream_rx_byte_received'],
  ['firstUpstreamTx', 'first_upstream_tx_byte_sent'],
  ['lastUpstreamTx', 'last_upstream_tx_byte_sent'],
  ['firstUpstreamRx', 'first_upstream_rx_byte_received'],
  ['lastUpstreamRx', 'last_upstream_rx_byte_received'],
  ['firstDownstreamTx', 'first_downstream_tx_byte_sent'],
  ['lastDownstreamTx', 'last_downstream_tx_byte_sent'],
];

/** `verbose`. @param startMs of the request, since the epoch */
export function logTimings(span: Span, startMs: number, timings: StreamTimings, ofUpstream: boolean): void {
  for (const [moment, event] of events) {
    const after = timings[moment];
    if (after === undefined || (ofUpstream && moment.includes('Downstream'))) continue;
    span.log(startMs + after, event);
  }
}

/** @param over those of the route, which go before those of the connection manager with the same names */
export function tagCustom(
  span: Span,
  info: StreamInfo,
  tags: ReadonlyMap<string, CustomTag>,
  over: ReadonlyMap<string, CustomTag> | undefined,
): void {
  for (const [name, tag] of tags) if (over?.has(name) !== true) tagOne(span, info, tag);
  if (over !== undefined) for (const tag of over.values()) tagOne(span, info, tag);
}

function tagOne(span: Span, info: StreamInfo, tag: CustomTag): void {
  const value = tag.value(info);
  if (value !== undefined && value !== '') span.setTag(tag.name, value);
}

/** As access logs show them. */
export function flagsText(flags: ReadonlySet<string>): string {
  return flags.size === 0 ? '-' : [...flags].join(',');
}
