/**
 * What the connection manager does to the headers of every request before routing: who the client is, which internal
 * headers it may send, and the request id (`ConnectionManagerUtility::mutateRequestHeaders`).
 */
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { HeaderList } from '../common/header-list.js';
import { getHeader, joinHeader, replaceHeader } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import { compileCidrList } from './cidr.js';
import type { RequestHead } from './codec.js';
import { newRequestId } from './request-id.js';

/** Headers by which callers inside the mesh steer the router; strangers must not. */
const internalHeaders: ReadonlySet<string> = new Set([
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
]);

/** Those that an edge proxy sets itself. */
const edgeHeaders = [
  'x-envoy-decorator-operation',
  'x-envoy-downstream-service-cluster',
  'x-envoy-downstream-service-node',
  'x-envoy-original-path',
] as const;

/** Envoy writes its own address into x-forwarded-for when the peer is a loopback address. */
function ownAddress(): string {
  for (const list of Object.values(networkInterfaces())) {
    for (const { address, family, internal } of list ?? [])
      if (family === 'IPv4' && !internal) return address;
  }
  return '127.0.0.1';
}

const isLoopback = (ip: string): boolean => ip.startsWith('127.') || ip === '::1';

/** What does not change during a connection. */
export interface PeerFacts {
  readonly remoteAddress: string;
  readonly localPort: number;
  readonly scheme: 'http' | 'https';
}

export interface SanitizedRequest {
  /** The client as far as it is believed: an IP, and a port when it is the connection's own. */
  readonly clientAddress: string;
  readonly fromConnection: boolean;
}

export type RequestSanitizer = (head: RequestHead, peer: PeerFacts) => SanitizedRequest;

/** The address that is `hops` from the end of x-forwarded-for. */
function forwardedAddress(
  forwardedFor: string | undefined,
  hops: number,
): { address: string; single: boolean } | undefined {
  if (forwardedFor === undefined) return undefined;
  const parts = forwardedFor.split(',').map((part) => part.trim());
  const address = parts.at(-1 - hops);
  return address === undefined || isIP(address) === 0 ? undefined : { address, single: parts.length === 1 };
}

/** Garbage that Envoy drops: no absolute URL in http(s), or with user info or a fragment. Plain words pass, as there. */
function badReferer(value: string): boolean {
  if (!value.includes('://')) return false;
  return !/^https?:\/\/[^\s@#^<>"]+$/i.test(value);
}

function hasInternalHeader(headers: HeaderList): boolean {
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    if (name.startsWith('x-envoy-') || name === 'x-forwarded-client-cert' || name === 'referer') return true;
  }
  return false;
}

/** @param manager the `HttpConnectionManager`. @param node `node.cluster` and `node.id` of the bootstrap */
export function createRequestSanitizer(
  manager: Fields,
  node: { readonly id: string; readonly cluster: string },
): RequestSanitizer {
  const useRemoteAddress = manager.use_remote_address === true;
  const hops = numberOf(manager.xff_num_trusted_hops, 0);
  const skipXffAppend = manager.skip_xff_append === true;
  const generateId = manager.generate_request_id !== false;
  const preserveId = manager.preserve_external_request_id === true;
  const addUserAgent = manager.add_user_agent === true;
  const appendPort = manager.append_x_forwarded_port === true;
  const via = textOf(manager.via);
  const forwardClientCert = textOf(manager.forward_client_cert_details, 'SANITIZE') === 'ALWAYS_FORWARD_ONLY';
  const internal = messageOf(manager.internal_address_config);
  const isInternalIp = compileCidrList(messagesOf(internal.cidr_ranges));
  const own = ownAddress();

  /** @returns whether internal headers may stay */
  function clean(headers: HeaderList, isInternal: boolean, isEdge: boolean): void {
    if (!hasInternalHeader(headers)) return;
    let kept = 0;
    for (let at = 0; at < headers.length; at += 2) {
      const name = headers[at] as string;
      const drop =
        (!isInternal && (internalHeaders.has(name) || name === 'x-envoy-internal')) ||
        (isEdge && (edgeHeaders as readonly string[]).includes(name)) ||
        (name === 'x-forwarded-client-cert' && !forwardClientCert) ||
        (name === 'referer' && badReferer(headers[at + 1] as string));
      if (drop) continue;
      headers[kept] = name;
      headers[kept + 1] = headers[at + 1] as string;
      kept += 2;
    }
    headers.length = kept;
  }

  return (head, peer) => {
    const { headers } = head;
    const forwardedFor = joinHeader(headers, 'x-forwarded-for');
    let clientAddress = peer.remoteAddress;
    let fromConnection = true;
    let single = forwardedFor === undefined;
    if (useRemoteAddress) {
      if (hops > 0) {
        const trusted = forwardedAddress(forwardedFor, hops - 1);
        if (trusted !== undefined) {
          clientAddress = trusted.address;
          fromConnection = false;
        }
      }
      if (!skipXffAppend) {
        const address = isLoopback(peer.remoteAddress) ? own : peer.remoteAddress;
        if (forwardedFor === undefined) headers.push('x-forwarded-for', address);
        else replaceHeader(headers, 'x-forwarded-for', `${forwardedFor},${address}`);
      }
    } else {
      const trusted = forwardedAddress(forwardedFor, hops);
      if (trusted !== undefined) {
        clientAddress = trusted.address;
        fromConnection = false;
        single = trusted.single;
      }
    }
    const isInternal = single && isInternalIp(clientAddress);
    const isEdge = useRemoteAddress && !isInternal;
    clean(headers, isInternal, isEdge);
    const proto = getHeader(headers, 'x-forwarded-proto');
    if (proto === undefined) headers.push('x-forwarded-proto', peer.scheme);
    else if (useRemoteAddress && hops === 0) replaceHeader(headers, 'x-forwarded-proto', peer.scheme);
    if (appendPort) {
      const port = String(peer.localPort);
      if (getHeader(headers, 'x-forwarded-port') === undefined) headers.push('x-forwarded-port', port);
      else if (useRemoteAddress && hops === 0) replaceHeader(headers, 'x-forwarded-port', port);
    }
    const scheme = getHeader(headers, 'x-forwarded-proto');
    head.scheme = scheme === 'https' || scheme === 'http' ? scheme : peer.scheme;
    if (addUserAgent) {
      if (node.cluster !== '') replaceHeader(headers, 'x-envoy-downstream-service-cluster', node.cluster);
      if (node.id !== '') replaceHeader(headers, 'x-envoy-downstream-service-node', node.id);
      if (getHeader(headers, 'user-agent') === undefined) headers.push('user-agent', node.cluster);
    }
    if (isInternal) replaceHeader(headers, 'x-envoy-internal', 'true');
    else if (isEdge) replaceHeader(headers, 'x-envoy-external-address', clientAddress);
    if (via !== '') {
      const before = joinHeader(headers, 'via');
      replaceHeader(headers, 'via', before === undefined ? via : `${before}, ${via}`);
    }
    if (generateId) {
      const id = getHeader(headers, 'x-request-id');
      if (id === undefined) headers.push('x-request-id', newRequestId());
      else if (isEdge && !preserveId) replaceHeader(headers, 'x-request-id', newRequestId());
    }
    return { clientAddress, fromConnection };
  };
}
