/**
 * `envoy.service.auth.v3.CheckRequest`: what a service over gRPC gets to know of a request.
 */
import { splitAddress } from './split-address.js';
import type { ConnectionTls } from '../../../common/connection-tls.js';
import { joinHeader } from '../../../common/header-list.js';
import { ProtobufWriter } from '../../../common/protobuf.js';
import type { RequestHead } from '../../../http/codec.js';
import type { AuthorizationQuestion } from './authorization-service.js';

type NameTest = (name: string) => boolean;

export interface CheckRequestOptions {
  /** Of [0, 1). */
  readonly random: () => number;
  /** undefined: all. */
  readonly allowsHeader: NameTest | undefined;
  readonly disallowsHeader: NameTest;
  readonly includesCertificate: boolean;
  readonly includesTlsSession: boolean;
  /** Headers as a list, octets as they are, in the place of the map. */
  readonly rawHeaders: boolean;
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

function writeMap(writer: ProtobufWriter, field: number, entries: Iterable<readonly [string, string]>): void {
  for (const [key, value] of entries) {
    writer.octets(field, new ProtobufWriter().octets(1, latin1(key)).octets(2, latin1(value)).finish());
  }
}

/** `google.protobuf.Timestamp`. @param milliseconds since the epoch, with fractions */
function writeTimestamp(milliseconds: number): Buffer {
  const seconds = Math.floor(milliseconds / 1000);
  const nanos = Math.round((milliseconds - seconds * 1000) * 1_000_000);
  return new ProtobufWriter().number(1, seconds).number(2, nanos).finish();
}

/** `envoy.config.core.v3.Address`. @param text `ip:port`, or the path of a socket */
function writeAddress(text: string): Buffer {
  const address = splitAddress(text);
  if (address === undefined) {
    return new ProtobufWriter().octets(2, new ProtobufWriter().text(1, text).finish()).finish();
  }
  const socket = new ProtobufWriter().text(2, address.ip).number(3, address.port).finish();
  return new ProtobufWriter().octets(1, socket).finish();
}

/** Name of a certificate: its first URI, else its first DNS name, else its subject. */
function principalOf(certificate: ConnectionTls['local']): string {
  if (certificate === undefined) return '';
  const named = (kind: 'URI' | 'DNS'): string | undefined =>
    certificate.alternateNames.find((one) => one.kind === kind)?.value;
  return named('URI') ?? named('DNS') ?? certificate.subject;
}

function writePeer(
  address: string,
  service: string,
  certificate: ConnectionTls['local'],
  includesCertificate: boolean,
): Buffer {
  return new ProtobufWriter()
    .octets(1, writeAddress(address))
    .text(2, service)
    .text(4, principalOf(certificate))
    .text(5, includesCertificate && certificate !== undefined ? encodeURIComponent(certificate.pem) : '')
    .finish();
}

/** All headers that the service may see, those of one name joined, and what HTTP/2 has in the place of the request line. */
function headersOf(
  { authority, headers, method, path, scheme }: RequestHead,
  { allowsHeader, disallowsHeader, rawHeaders }: CheckRequestOptions,
): [string, string][] {
  const isSent: NameTest = (name) => allowsHeader?.(name) !== false && !disallowsHeader(name);
  const all: [string, string][] = [
    [':authority', authority],
    [':path', path],
    [':method', method],
    [':scheme', scheme],
  ];
  const seen = new Set(['host']);
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    if (name === 'host' || name === 'x-envoy-auth-partial-body') continue;
    if (rawHeaders) all.push([name, headers[at + 1] as string]);
    else if (!seen.has(name)) all.push([name, joinHeader(headers, name) ?? '']);
    seen.add(name);
  }
  return all.filter(([name]) => isSent(name));
}

/** A number of 64 bits, for the service to tell requests apart; it is in no header. */
function streamId(random: () => number): string {
  const half = (): bigint => BigInt(Math.floor(random() * 2 ** 32));
  return String(half() * 2n ** 32n + half());
}

function writeHttp(question: AuthorizationQuestion, options: CheckRequestOptions): Buffer {
  const { body, bodyAsOctets, callbacks, hasBody, head, isPartial } = question;
  const http = new ProtobufWriter().text(1, streamId(options.random)).text(2, head.method);
  const headers = headersOf(head, options);
  if (hasBody) headers.push(['x-envoy-auth-partial-body', String(isPartial)]);
  if (!options.rawHeaders) writeMap(http, 3, headers);
  http
    .octets(4, latin1(head.path))
    .octets(5, latin1(head.authority))
    .text(6, head.scheme)
    .number(9, callbacks.info.bytesReceived)
    .text(10, callbacks.info.protocol);
  if (hasBody) http.octets(bodyAsOctets ? 12 : 11, bodyAsOctets ? body : Buffer.from(body.toString('utf8')));
  if (options.rawHeaders) {
    const list = new ProtobufWriter();
    for (const [name, value] of headers) {
      list.octets(1, new ProtobufWriter().octets(1, latin1(name)).octets(3, latin1(value)).finish());
    }
    http.octets(13, list.finish());
  }
  return http.finish();
}

export function writeCheckRequest(question: AuthorizationQuestion, options: CheckRequestOptions): Buffer {
  const { callbacks, contextExtensions, head } = question;
  const { info } = callbacks;
  const tls = info.downstreamTls;
  const service = joinHeader(head.headers, 'x-envoy-downstream-service-cluster') ?? '';
  const includes = options.includesCertificate;
  const request = new ProtobufWriter()
    .octets(1, writeTimestamp(info.startTime))
    .octets(2, writeHttp(question, options))
    .finish();
  const context = new ProtobufWriter()
    .octets(1, writePeer(info.downstreamDirectRemoteAddress, service, tls?.peerChain[0], includes))
    .octets(2, writePeer(info.downstreamLocalAddress, '', tls?.local, false))
    .octets(4, request);
  writeMap(context, 10, contextExtensions);
  context.octets(11, Buffer.alloc(0));
  const serverName = callbacks.connection.info.serverName;
  // Without a server name the message is empty, and there.
  if (options.includesTlsSession && tls !== undefined) {
    context.octets(12, new ProtobufWriter().text(1, serverName).finish());
  }
  context.octets(13, Buffer.alloc(0));
  return new ProtobufWriter().octets(1, context.finish()).finish();
}
