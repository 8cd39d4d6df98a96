/**
 * What the connection manager does to the headers of every request before routing: who the client is, which internal
 * headers it may send, and the request id (`ConnectionManagerUtility::mutateRequestHeaders`).
 *
 * One pass finds the few headers that matter here; most requests have none of them, and then all that is left to do is to
 * append.
 */
import { isIP } from 'node:net';
import type { ConnectionTls } from '../common/connection-tls.js';
import type { HeaderList } from '../common/header-list.js';
import { getHeader, replaceHeader } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import { ownAddress } from '../common/own-address.js';
import { compileCidrList } from '../network/cidr.js';
import { writeTraceReason } from '../tracing/trace-reason.js';
import { clientCertificateHeader } from './client-certificate-header.js';
import type { RequestHead } from './codec.js';
import { newRequestId } from './request-id.js';

/** Headers by which callers inside the mesh steer the router; strangers must not. */
const internalHeaders = [
  'x-envoy-retriable-status-codes',
  'x-envoy-retriable-header-names',
  'x-envoy-retry-on',
  'x-envoy-retry-grpc-on',
  'x-envoy-max-retries',
  'x-envoy-upstream-alt-stat-name',
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-upstream-rq-timeout-alt-response',
  'x-envoy-expected-rq-timeout-ms',
  'x-envoy-force-trace',
  'x-envoy-ip-tags',
  'x-envoy-original-url',
  'x-envoy-hedge-on-per-try-timeout',
] as const;

/** Those that an edge proxy sets itself. */
const edgeHeaders = [
  'x-envoy-decorator-operation',
  'x-envoy-downstream-service-cluster',
  'x-envoy-downstream-service-node',
  'x-envoy-original-path',
  'x-envoy-original-host',
] as const;

// What the pass does with a header of that name.
const NOTHING = 0;
const FORWARDED_FOR = 1;
const FORWARDED_PROTO = 2;
const FORWARDED_PORT = 3;
const REQUEST_ID = 4;
/** Has to be looked at again once it is known who the client is. */
const DOUBTFUL = 5;

const meanings: ReadonlyMap<string, number> = new Map([
  ['x-forwarded-for', FORWARDED_FOR],
  ['x-forwarded-proto', FORWARDED_PROTO],
  ['x-forwarded-port', FORWARDED_PORT],
  ['x-request-id', REQUEST_ID],
  ['x-envoy-internal', DOUBTFUL],
  ['x-forwarded-client-cert', DOUBTFUL],
  ['referer', DOUBTFUL],
  ...internalHeaders.map((name): [string, number] => [name, DOUBTFUL]),
  ...edgeHeaders.map((name): [string, number] => [name, DOUBTFUL]),
]);

const internal: ReadonlySet<string> = new Set(internalHeaders);
const edge: ReadonlySet<string> = new Set(edgeHeaders);

/** First letters of all names above: nothing else needs a look into the map. */
const X = 120;
const R = 114;

const isLoopback = (ip: string): boolean => ip.startsWith('127.') || ip === '::1';

/** What does not change during a connection. */
export interface PeerFacts {
  readonly remoteAddress: string;
  /** `ip:port`, `[ip]:port`. */
  readonly remoteAddressText: string;
  readonly localPort: number;
  readonly scheme: 'http' | 'https';
  /** Undefined for plain text. */
  readonly ssl?: ConnectionTls | undefined;
}

/** What is found out about one request beside its headers; the stream itself. */
export interface RequestFacts {
  /** The client as far as it is believed: `ip:port`, with port 0 when it was told by a header. */
  downstreamRemoteAddress: string;
  isInternalRequest: boolean;
}

/** Changes the head in place and writes what it has found into `facts`. */
export type RequestSanitizer = (head: RequestHead, peer: PeerFacts, facts: RequestFacts) => void;

/** The address that is `hops` from the end of x-forwarded-for, undefined when there is no such IP address. */
function forwardedAddress(forwardedFor: string, hops: number): string | undefined {
  let end = forwardedFor.length;
  for (let skipped = 0; skipped < hops; skipped++) {
    end = forwardedFor.lastIndexOf(',', end - 1);
    if (end < 0) return undefined;
  }
  const address = forwardedFor.slice(end === 0 ? 0 : forwardedFor.lastIndexOf(',', end - 1) + 1, end).trim();
  return isIP(address) === 0 ? undefined : address;
}

function withPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** Garbage that Envoy drops: an URL in http(s) with user info, a fragment or what no URL has. All else passes, as there. */
function badReferer(value: string): boolean {
  if (!value.includes('://')) return false;
  return !/^[a-z][a-z0-9+.-]*:\/\/[^\s@#^<>"]+$/i.test(value);
}

/**
 * @param manager the `HttpConnectionManager`
 * @param node `node.cluster` and `node.id` of the bootstrap
 * @param own what stands in x-forwarded-for for a peer on a loopback address; default: the first other address of this machine
 */
export function createRequestSanitizer(
  manager: Fields,
  node: { readonly id: string; readonly cluster: string },
  own: string = ownAddress(),
): RequestSanitizer {
  const useRemoteAddress = manager.use_remote_address === true;
  const hops = numberOf(manager.xff_num_trusted_hops, 0);
  const skipXffAppend = manager.skip_xff_append === true;
  const generateId = manager.generate_request_id !== false;
  const preserveId = manager.preserve_external_request_id === true;
  const packsTraceReason =
    messageOf(messageOf(manager.request_id_extension).typed_config).pack_trace_reason !== false;
  const addUserAgent = manager.add_user_agent === true && node.cluster !== '';
  const appendPort = manager.append_x_forwarded_port === true;
  const via = textOf(manager.via);
  const clientCertificate = clientCertificateHeader(manager);
  const ranges = messagesOf(messageOf(manager.internal_address_config).cidr_ranges);
  const isInternalIp = ranges.length === 0 ? undefined : compileCidrList(ranges);
  const schemeToOverwrite = textOf(messageOf(manager.scheme_header_transformation).scheme_to_overwrite);
  const trustsProto = !useRemoteAddress || hops > 0;

  function clean(headers: HeaderList, isInternal: boolean, isEdge: boolean, forwardsCert: boolean): void {
    let kept = 0;
    for (let at = 0; at < headers.length; at += 2) {
      const name = headers[at] as string;
      const drop =
        name === 'x-envoy-internal' ||
        (!isInternal && internal.has(name)) ||
        (isEdge && edge.has(name)) ||
        (name === 'x-forwarded-client-cert' && !forwardsCert) ||
        (name === 'referer' && badReferer(headers[at + 1] as string));
      if (drop) continue;
      headers[kept] = name;
      headers[kept + 1] = headers[at + 1] as string;
      kept += 2;
    }
    headers.length = kept;
  }

  return (head, peer, facts) => {
    const { headers } = head;
    let forwardedFor = -1;
    let proto = -1;
    let port = -1;
    let requestId = -1;
    let isDoubtful = false;
    for (let at = 0; at < headers.length; at += 2) {
      const name = headers[at] as string;
      const first = name.charCodeAt(0);
      if (first !== X && first !== R) continue;
      switch (meanings.get(name) ?? NOTHING) {
        case FORWARDED_FOR:
          forwardedFor = at;
          break;
        case FORWARDED_PROTO:
          proto = at;
          break;
        case FORWARDED_PORT:
          port = at;
          break;
        case REQUEST_ID:
          requestId = at;
          break;
        case DOUBTFUL:
          isDoubtful = true;
          break;
      }
    }

    // ---- who the client is
    const chain = forwardedFor < 0 ? undefined : (headers[forwardedFor + 1] as string);
    let address: string | undefined;
    // Only an address that nobody in between can have invented counts as internal.
    let isSingle: boolean;
    if (useRemoteAddress) {
      isSingle = chain === undefined;
      if (chain !== undefined && hops > 0) address = forwardedAddress(chain, hops - 1);
    } else {
      isSingle = chain !== undefined && !chain.includes(',');
      if (chain !== undefined) address = forwardedAddress(chain, hops);
    }
    facts.downstreamRemoteAddress = address === undefined ? peer.remoteAddressText : withPort(address, 0);
    const client = address ?? peer.remoteAddress;
    const isInternal =
      isInternalIp !== undefined &&
      isSingle &&
      (address !== undefined || useRemoteAddress) &&
      isInternalIp(client);
    facts.isInternalRequest = isInternal;
    const isEdge = useRemoteAddress && !isInternal;

    // ---- in place, before positions change
    if (proto >= 0 && !trustsProto) headers[proto + 1] = peer.scheme;
    if (port >= 0 && appendPort && !trustsProto) headers[port + 1] = String(peer.localPort);
    if (useRemoteAddress && !skipXffAppend) {
      const hop = isLoopback(peer.remoteAddress) ? own : peer.remoteAddress;
      if (chain === undefined) headers.push('x-forwarded-for', hop);
      else headers[forwardedFor + 1] = chain === '' ? hop : `${chain},${hop}`;
    }
    if (requestId >= 0 && generateId && ((isEdge && !preserveId) || headers[requestId + 1] === '')) {
      headers[requestId + 1] = newRequestId();
    } else if (requestId >= 0 && isEdge && preserveId && packsTraceReason) {
      // An id from outside stays, but what it says of tracing does not count.
      writeTraceReason(headers, 'not_traceable');
    }
    let scheme: string = peer.scheme;
    if (proto < 0) headers.push('x-forwarded-proto', schemeToOverwrite === '' ? scheme : schemeToOverwrite);
    else if (schemeToOverwrite !== '') headers[proto + 1] = schemeToOverwrite;
    else scheme = headers[proto + 1] as string;
    if (schemeToOverwrite !== '') scheme = schemeToOverwrite;
    // Over HTTP/2 the client says it.
    if (head.protocol !== 'HTTP/2' || schemeToOverwrite !== '') {
      head.scheme = scheme === 'https' || scheme === 'http' ? scheme : peer.scheme;
    }
    if (isDoubtful) clean(headers, isInternal, isEdge, clientCertificate.isForwarded(peer.ssl));

    // ---- what Envoy appends, in its order
    if (appendPort && port < 0) headers.push('x-forwarded-port', String(peer.localPort));
    if (isInternal) headers.push('x-envoy-internal', 'true');
    if (addUserAgent) writeUserAgent(headers, node);
    if (via !== '') appendVia(headers, via);
    if (isEdge) replaceHeader(headers, 'x-envoy-external-address', client);
    if (generateId && requestId < 0) headers.push('x-request-id', newRequestId());
    if (peer.ssl !== undefined) clientCertificate.write(headers, peer.ssl);
  };
}

function writeUserAgent(headers: HeaderList, node: { readonly id: string; readonly cluster: string }): void {
  replaceHeader(headers, 'x-envoy-downstream-service-cluster', node.cluster);
  const userAgent = getHeader(headers, 'user-agent');
  if (userAgent === undefined || userAgent === '') replaceHeader(headers, 'user-agent', node.cluster);
  if (node.id !== '') replaceHeader(headers, 'x-envoy-downstream-service-node', node.id);
}

/** `via` of the configuration behind what there is (`Utility::appendVia`). */
export function appendVia(headers: HeaderList, via: string): void {
  const before = getHeader(headers, 'via');
  if (before === undefined) headers.push('via', via);
  else replaceHeader(headers, 'via', `${before}, ${via}`);
}
