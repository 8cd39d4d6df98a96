/**
 * Server side of HTTP/2: owns the socket of one client; requests become streams of the connection manager.
 */
import type { Duplex } from 'node:stream';
import type { HeaderList } from '../../common/header-list.js';
import type {
  RequestDecoder,
  ResetReason,
  ResponseEncoder,
  ResponseHead,
  ServerConnection,
  ServerConnectionCallbacks,
} from '../codec.js';
import {
  ENHANCE_YOUR_CALM,
  CONNECT_ERROR,
  INTERNAL_ERROR,
  maxWindow,
  NO_ERROR,
  PROTOCOL_ERROR,
  REFUSED_STREAM,
} from './frame.js';
import { responseBlock, trailersBlock } from './head-block.js';
import type { HeaderField } from './header-field.js';
import { DECODED, TOO_MANY } from './hpack-decoder.js';
import { Http2Connection } from './http2-connection.js';
import type { Http2Options } from './http2-options.js';
import type { BodyDecoder } from './http2-stream.js';
import { Http2Stream } from './http2-stream.js';
import { readRequestHead, underscore } from './request-head.js';

/**
 * Streams that the client may reset before their time until it counts as an attack: more than half of the streams, once
 * there were so many (`overload.premature_reset_total_stream_count`).
 */
const prematureResetStreams = 500;
/** A stream that lived as long was not reset before its time, in milliseconds. */
const prematureLifetimeMs = 1000;

/**
 * Takes over an accepted socket, paused or not. Beyond the contract of `codec.ts`:
 * - An extended CONNECT is told as an upgrade of HTTP/1 is (`GET` with `connection` and `upgrade`); 101 is written as 200.
 * - A malformed request closes the connection after GOAWAY; its stream is told `protocol error` with Envoy's details.
 * - A response that ends before its request is followed by RST_STREAM with NO_ERROR; one that is cut, by INTERNAL_ERROR, that
 *   of a CONNECT by CONNECT_ERROR.
 */
export function createHttp2ServerConnection(
  socket: Duplex,
  options: Http2Options,
  callbacks: ServerConnectionCallbacks,
): ServerConnection {
  return new Http2ServerConnection(socket, options, callbacks);
}

class Http2ServerConnection extends Http2Connection implements ServerConnection {
  private readonly callbacks: ServerConnectionCallbacks;
  /** Streams above it are not served any more; the client opens them elsewhere. */
  private lastServed = maxWindow;
  private answeredEarly: ServerStream[] = [];
  private closedStreams = 0;
  private prematureResets = 0;

  constructor(socket: Duplex, options: Http2Options, callbacks: ServerConnectionCallbacks) {
    super(socket, options, true);
    this.callbacks = callbacks;
  }

  protected isPeerStream(id: number): boolean {
    return (id & 1) === 1;
  }

  protected isUsed(): boolean {
    return false;
  }

  shutdownNotice(): void {
    if (!this.closing) this.sendGoAway(maxWindow, NO_ERROR);
  }

  goAway(): void {
    if (this.closing || this.lastServed !== maxWindow) return;
    this.lastServed = this.lastPeerStream;
    this.sendGoAway(this.lastPeerStream, NO_ERROR);
  }

  protected onHead(id: number, fields: HeaderField[], result: number, endStream: boolean): void {
    if (id > this.lastServed) return;
    const stream = new ServerStream(this, id, this.options.clock.now());
    this.adopt(stream);
    if (this.activeStreams > this.options.maxConcurrentStreams) {
      // Nobody has heard of it, so nobody needs to be told.
      this.stats.streamRefusedErrors.inc();
      this.sendReset(stream, REFUSED_STREAM);
      return;
    }
    stream.headSeen = true;
    stream.octetsReceived += 9;
    stream.decoder = this.callbacks.newStream(stream);
    if (this.queue.isAboveHighWatermark) stream.onConnectionWatermark(true);
    if (stream.gone) return;
    if (result !== DECODED) {
      this.headTooLarge(stream, result);
      return;
    }
    const request = readRequestHead(fields, this.options);
    if (typeof request === 'string') {
      this.refuse(stream, request);
      return;
    }
    if (request.dropped > 0) this.stats.droppedHeadersWithUnderscores.add(request.dropped);
    stream.begin(request.head, request.contentLength, endStream);
  }

  private refuse(stream: ServerStream, details: string): void {
    if (details !== underscore) {
      this.malformed(stream, details);
      return;
    }
    this.stats.requestsRejectedWithUnderscores.inc();
    this.streamError(stream, INTERNAL_ERROR, 'remote reset', details);
  }

  protected headTooLarge(stream: Http2Stream, result: number): void {
    this.stats.headerOverflow.inc();
    const details = result === TOO_MANY ? 'http2.too_many_headers' : 'http2.header_list_size_too_large';
    this.streamError(stream, INTERNAL_ERROR, 'remote reset', details);
  }

  protected onPeerReset(stream: Http2Stream, errorCode: number): void {
    this.closedStreams++;
    const server = stream as ServerStream;
    if (this.options.clock.now() - server.startedAt < prematureLifetimeMs) this.prematureResets++;
    server.tellReset(
      'remote reset',
      errorCode === REFUSED_STREAM ? 'http2.remote_refuse' : 'http2.remote_reset',
    );
    // Envoy's rule (`maybeDrainDueToPrematureResets`): surely more than half of the first 500, or more than half of all.
    const { closedStreams, prematureResets } = this;
    const isAttack =
      closedStreams < prematureResetStreams
        ? prematureResets * 2 > prematureResetStreams
        : prematureResets * 2 > closedStreams;
    if (!isAttack) return;
    this.callbacks.onPrematureResets();
    this.connectionError(ENHANCE_YOUR_CALM, 'http2.too_many_premature_resets');
  }

  override endStream(stream: Http2Stream): void {
    this.closedStreams++;
    super.endStream(stream);
  }

  /** Ends a stream whose request is not wanted any more, once what was read with it is looked at. */
  afterRead(stream: ServerStream): void {
    if (this.isReading) this.answeredEarly.push(stream);
    else stream.refuseRest();
  }

  protected override onReadEnd(): void {
    if (this.answeredEarly.length === 0) return;
    const streams = this.answeredEarly;
    this.answeredEarly = [];
    for (const stream of streams) stream.refuseRest();
  }

  protected override onTrailersCame(): void {
    this.stats.trailers.inc();
  }

  protected onGoAway(): void {
    // The client opens no more streams; those under way go on.
  }

  protected onGone(): void {
    this.callbacks.onClosed();
  }

  responseBlock(status: number, headers: HeaderList): string {
    return responseBlock(this.encoder, status, headers);
  }

  trailersBlock(trailers: HeaderList): string {
    return trailersBlock(this.encoder, trailers);
  }
}

class ServerStream extends Http2Stream implements ResponseEncoder {
  decoder!: RequestDecoder;
  readonly startedAt: number;
  private readonly server: Http2ServerConnection;
  private responseStarted = false;
  private isUpgrade = false;
  /** Of CONNECT, extended or not. */
  private isTunnel = false;

  constructor(connection: Http2ServerConnection, id: number, startedAt: number) {
    super(connection, id);
    this.server = connection;
    this.startedAt = startedAt;
  }

  protected get body(): BodyDecoder {
    return this.decoder;
  }

  get bytesSent(): number {
    return this.octetsSent;
  }

  get bytesReceived(): number {
    return this.octetsReceived;
  }

  begin(head: Parameters<RequestDecoder['onHeaders']>[0], contentLength: number, endStream: boolean): void {
    this.isUpgrade = head.upgrade !== '';
    this.isTunnel = this.isUpgrade || head.method === 'CONNECT';
    this.expected = contentLength;
    this.remoteEnded = endStream;
    if (endStream && contentLength > 0) {
      this.onLengthMismatch();
      return;
    }
    this.decoder.onHeaders(head, endStream);
    if (endStream) this.remoteIsDone();
  }

  protected onLengthMismatch(): void {
    this.server.streamError(this, PROTOCOL_ERROR, 'protocol error', 'http2.remote_reset');
  }

  /** The rest of the request is of no use (RFC 9113 section 8.1), unless its end has come in the same read. */
  protected override onLocalEndFirst(): void {
    this.server.afterRead(this);
  }

  /** Called when the read is over. */
  refuseRest(): void {
    if (this.gone) return;
    this.server.sendReset(this, NO_ERROR);
    this.server.endStream(this);
  }

  protected trailerBlock(trailers: HeaderList): string {
    return this.server.trailersBlock(trailers);
  }

  encode1xx(head: ResponseHead): void {
    if (this.gone || this.responseStarted) return;
    this.writeHead(this.server.responseBlock(head.status, head.headers), false);
  }

  encodeHeaders(status: number, headers: HeaderList, endStream: boolean): void {
    if (this.gone || this.responseStarted) return;
    this.responseStarted = true;
    const code = status === 101 && this.isUpgrade ? 200 : status;
    this.writeHead(this.server.responseBlock(code, headers), endStream);
  }

  encodeData(data: Buffer, endStream: boolean): void {
    if (!this.gone && this.responseStarted && !this.localEnded) this.writeData(data, endStream);
  }

  encodeTrailers(trailers: HeaderList): void {
    if (!this.gone && this.responseStarted && !this.localEnded) this.writeTrailers(trailers);
  }

  resetStream(_reason: ResetReason): void {
    if (this.gone) return;
    this.server.sendReset(this, this.isTunnel ? CONNECT_ERROR : INTERNAL_ERROR);
    this.server.endStream(this);
  }
}
