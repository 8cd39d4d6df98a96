/**
 * The contract between a codec and who uses it, the same for HTTP/1 and HTTP/2 and after Envoy's own
 * (`envoy/http/codec.h`): a connection makes streams; of each stream one side decodes, the other side encodes.
 *
 *     socket -> ServerConnection -> RequestDecoder  (the connection manager's stream)
 *               ServerConnection <- ResponseEncoder
 *     router -> RequestEncoder   -> ClientConnection -> socket
 *               ResponseDecoder  <- ClientConnection
 *
 * Rules that all implementations keep:
 * - Calls are synchronous and never throw. A decoder may call back into its encoder from within a callback.
 * - A codec gives a `Buffer` that is the caller's to keep; an encoder keeps what it was given until it is written.
 * - What is encoded within one turn of the event loop leaves in one write per connection.
 * - After `onReset`, and after both directions have ended, a codec makes no further call for that stream.
 */
import type { HeaderList } from '../common/header-list.js';

export type Protocol = 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2';

/** Head of a request. Mutable: sanitising, header mutation and rewrites change it in place. */
export interface RequestHead {
  method: string;
  /** Path with query; `*` and the target of CONNECT as sent. An absolute-form target was split by the codec. */
  path: string;
  /** `http` or `https`: of the connection, or as the trusted peer said. */
  scheme: string;
  /** Value of `host` (`:authority`). Change it by `setAuthority`, which keeps the list alike. */
  authority: string;
  /**
   * All headers in wire order, but `host` first as Envoy writes it (absent when the request has none); names lower case.
   * No connection-specific header is left, unless an upgrade is asked for: then `connection` and `upgrade` are.
   */
  headers: HeaderList;
  /** Lower-case token of `upgrade` when `connection` named it; `''` when no upgrade is asked for. */
  upgrade: string;
  readonly protocol: Protocol;
}

/** Head of a response, also of an informational one. */
export interface ResponseHead {
  status: number;
  headers: HeaderList;
  /** The upstream said `connection: close`, or is HTTP/1.0: told for statistics, the codec acts on it itself. */
  readonly protocol: Protocol;
}

/** Why a stream ended before its time, in Envoy's words (`%RESPONSE_CODE_DETAILS%` has them with underscores). */
export type ResetReason =
  | 'local reset'
  | 'remote reset'
  | 'remote refused stream reset'
  | 'connection termination'
  | 'protocol error'
  | 'http1 premature upstream half close';

/** A message that the codec refuses, with the answer that Envoy gives (`reference`: Envoy 1.40, measured). */
export interface ProtocolError {
  /** 400, 426, 431, 501. */
  readonly status: number;
  /** `Bad Request`, `Upgrade Required`, ...; may be empty. */
  readonly body: string;
  /** `http1.codec_error`, `http1.headers_too_large`, `low_version`, ... */
  readonly details: string;
}

/** What both directions of a stream have in common: flow control by watermarks. */
export interface StreamCallbacks {
  /** The encoder's own buffer is above its high watermark: the source should stop. */
  onAboveWriteBufferHighWatermark(): void;
  /** It is below the low watermark again. */
  onBelowWriteBufferLowWatermark(): void;
  /**
   * The stream is gone and nothing more comes for it.
   * @param details of a response: what the socket or TLS said; of a request: the codec's `%RESPONSE_CODE_DETAILS%`; `''`
   *   when there is nothing to say
   */
  onReset(reason: ResetReason, details: string): void;
}

/** Takes a request apart. Called in order: headers, data*, [trailers]; `endStream` is true on the last call. */
export interface RequestDecoder extends StreamCallbacks {
  onHeaders(head: RequestHead, endStream: boolean): void;
  onData(data: Buffer, endStream: boolean): void;
  onTrailers(trailers: HeaderList): void;
  /**
   * Instead of the rest of the request. The decoder answers by its encoder before it returns (otherwise the stream is
   * reset), then the connection closes (HTTP/1).
   */
  onProtocolError(error: ProtocolError): void;
}

/** Puts a response together. */
export interface ResponseEncoder {
  /** 100, 102, 103. */
  encode1xx(head: ResponseHead): void;
  /**
   * The codec decides the framing: `content-length` in the list is kept, else HTTP/1.1 is chunked and HTTP/1.0 is
   * delimited by the close. `connection: close` in the list closes the connection after the response.
   */
  encodeHeaders(status: number, headers: HeaderList, endStream: boolean): void;
  encodeData(data: Buffer, endStream: boolean): void;
  encodeTrailers(trailers: HeaderList): void;
  /** Cuts the stream: HTTP/1 closes the connection, HTTP/2 sends RST_STREAM. */
  resetStream(reason: ResetReason): void;
  /** Stops and goes on with reading the request's body (backpressure); calls are not counted. */
  setReadDisabled(disabled: boolean): void;
  /** Octets of this response written to the socket so far, heads included. */
  readonly bytesSent: number;
  /** Octets of this request read so far, heads included. */
  readonly bytesReceived: number;
}

export interface ResponseDecoder extends StreamCallbacks {
  on1xx(head: ResponseHead): void;
  onHeaders(head: ResponseHead, endStream: boolean): void;
  onData(data: Buffer, endStream: boolean): void;
  onTrailers(trailers: HeaderList): void;
}

export interface RequestEncoder {
  /** Framing as for responses; a request without body that is not GET, HEAD, DELETE, TRACE or CONNECT gets `content-length: 0`. */
  encodeHeaders(head: RequestHead, endStream: boolean): void;
  encodeData(data: Buffer, endStream: boolean): void;
  encodeTrailers(trailers: HeaderList): void;
  resetStream(reason: ResetReason): void;
  /** Stops and goes on with reading the response (backpressure). */
  setReadDisabled(disabled: boolean): void;
}

/** What a server codec asks of the connection manager. */
export interface ServerConnectionCallbacks {
  /** The first octet of a request was read. */
  newStream(encoder: ResponseEncoder): RequestDecoder;
  /** HTTP/2: the client resets its streams so often that the connection is closed (CVE-2023-44487). */
  onPrematureResets(): void;
  /** The connection is closed and all its streams were reset; called once. */
  onClosed(): void;
}

export interface ServerConnection {
  readonly protocol: Protocol;
  /** Streams that have not ended. */
  readonly activeStreams: number;
  /** HTTP/2: GOAWAY with the highest id, so that no stream on its way is lost. HTTP/1: its next response says `connection: close`. */
  shutdownNotice(): void;
  /** HTTP/2: GOAWAY with the last stream that is served; later ones are not answered. HTTP/1: nothing. */
  goAway(): void;
  /**
   * `now` drops what is buffered; `flush` ends after it; `flush-and-delay` waits `delayed_close_timeout` for the peer
   * to close first, so that it can read the answer (a RST would destroy it).
   */
  close(how: 'now' | 'flush' | 'flush-and-delay'): void;
}

/** What a client codec tells the pool that owns it. */
export interface ClientConnectionCallbacks {
  /** A stream has ended well and the connection takes another one. */
  onStreamSlotFree(connection: ClientConnection): void;
  /** HTTP/2: our side has reset a stream whose request had begun (`RequestEncoder.resetStream`). */
  onStreamReset?(connection: ClientConnection): void;
  /** No new streams on it: `connection: close`, GOAWAY, `max_requests_per_connection`. Streams under way go on. */
  onGoAway(connection: ClientConnection): void;
  /**
   * Closed, all streams were reset; called once.
   * @param streamsCut streams that had not ended, those included that our side has reset
   */
  onClosed(connection: ClientConnection, streamsCut: number): void;
}

export interface ClientConnection {
  readonly protocol: Protocol;
  readonly activeStreams: number;
  /** Streams that the peer allows at once; 1 for HTTP/1. */
  readonly maxStreams: number;
  newStream(decoder: ResponseDecoder): RequestEncoder;
  close(how: 'now' | 'flush'): void;
}

/** Replaces the authority, and `host` in the list at its place. */
export function setAuthority(head: RequestHead, authority: string): void {
  head.authority = authority;
  const { headers } = head;
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] !== 'host') continue;
    headers[at + 1] = authority;
    return;
  }
  headers.unshift('host', authority);
}
