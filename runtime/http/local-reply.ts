/**
 * Answers that the proxy makes itself, in Envoy's shape: `content-length`, `content-type`, and for gRPC clients a status
 * in the headers of a 200.
 */
import type { HeaderList } from '../common/header-list.js';

/** Envoy's mapping of HTTP codes (`Grpc::Utility::httpToGrpcStatus`). */
const grpcStatuses: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};

/** `grpc-message`: percent-encoded outside of printable ASCII, and the percent sign itself (gRPC over HTTP/2). */
function grpcMessage(text: string): string {
  return Buffer.from(text, 'utf8')
    .toString('latin1')
    .replace(
      /[^\x20-\x24\x26-\x7e]/g,
      (octet) => `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
}

export function isGrpcContentType(contentType: string | undefined): boolean {
  return contentType === 'application/grpc' || contentType?.startsWith('application/grpc+') === true;
}

export interface LocalReply {
  readonly status: number;
  readonly headers: HeaderList;
  /** Empty for a gRPC client and when there is none. */
  readonly body: string;
}

/**
 * @param grpc the client speaks gRPC
 * @param more headers before those of the body, such as `location`
 */
export function localReply(status: number, body: string, grpc: boolean, more: HeaderList = []): LocalReply {
  if (grpc) {
    const headers = [
      ...more,
      'content-type',
      'application/grpc',
      'grpc-status',
      String(grpcStatuses[status] ?? 2),
    ];
    if (body !== '') headers.push('grpc-message', grpcMessage(body));
    return { status: 200, headers, body: '' };
  }
  if (body === '') return { status, headers: [...more], body };
  const length = String(Buffer.byteLength(body));
  return { status, headers: [...more, 'content-length', length, 'content-type', 'text/plain'], body };
}
