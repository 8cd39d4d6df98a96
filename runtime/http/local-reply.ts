/**
 * Answers that the proxy makes itself, in Envoy's shape (`Utility::prepareLocalReply`): `content-length`, `content-type`, and
 * for gRPC clients a status in the headers of a 200.
 */
import type { HeaderList } from '../common/header-list.js';
import { getHeader, removeHeader, replaceHeader, setHeader } from '../common/header-list.js';

/** Envoy's mapping of HTTP codes (`Grpc::Utility::httpToGrpcStatus`); all others are 2, UNKNOWN. */
const grpcStatuses: Readonly<Record<number, string>> = {
  400: '13',
  401: '16',
  403: '7',
  404: '12',
  429: '14',
  502: '14',
  503: '14',
  504: '14',
};

/** `grpc-message`: percent-encoded outside of printable ASCII, and the percent sign itself (gRPC over HTTP/2). */
export function grpcMessage(octets: Buffer): string {
  return octets
    .toString('latin1')
    .replace(
      /[^\x20-\x24\x26-\x7e]/g,
      (octet) => `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
}

/** The status for gRPC clients of an HTTP status. */
export function grpcStatusOfHttp(status: number): string {
  return grpcStatuses[status] ?? '2';
}

/** Envoy's test of a gRPC request: `application/grpc` or `application/grpc+...`; not grpc-web. */
export function isGrpcContentType(contentType: string | undefined): boolean {
  return contentType === 'application/grpc' || contentType?.startsWith('application/grpc+') === true;
}

/**
 * Headers of a local reply that give a gRPC client a status of their own, in the place of that of the HTTP status.
 * @param requestHeaders of the request: other clients get none
 */
export function grpcReplyHeaders(requestHeaders: readonly string[], status: number): HeaderList {
  if (!isGrpcContentType(getHeader(requestHeaders, 'content-type'))) return [];
  return ['content-type', 'application/grpc', 'grpc-status', String(status)];
}

/**
 * The answer for a gRPC client: always a 200.
 * @param headers changed in place
 * @param isHead no `grpc-message` then, as in Envoy
 */
export function writeGrpcReply(headers: HeaderList, status: number, body: Buffer, isHead: boolean): void {
  replaceHeader(headers, 'content-type', 'application/grpc');
  if (getHeader(headers, 'grpc-status') === undefined) headers.push('grpc-status', grpcStatusOfHttp(status));
  if (body.length > 0 && !isHead) setHeader(headers, 'grpc-message', grpcMessage(body));
  removeHeader(headers, 'content-length');
}

/**
 * The headers that describe the body of a plain answer. A `content-type` that a route's mutation has set stays.
 * @param headers changed in place
 * @param length in octets
 */
export function writePlainReply(headers: HeaderList, length: number, contentType = 'text/plain'): void {
  if (length === 0) {
    removeHeader(headers, 'content-length');
    removeHeader(headers, 'content-type');
    return;
  }
  replaceHeader(headers, 'content-length', String(length));
  if (getHeader(headers, 'content-type') === undefined) headers.push('content-type', contentType);
}
