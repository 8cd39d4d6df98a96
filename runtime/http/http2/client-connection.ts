/**
 * Client side of HTTP/2: owns the socket of one upstream connection and carries many requests of the router at once.
 */
import type { Duplex } from 'node:stream';
import type { HeaderList } from '../../common/header-list.js';
import type {
  ClientConnection,
  ClientConnectionCallbacks,
  RequestEncoder,
  RequestHead,
  ResetReason,
  ResponseDecoder,
} from '../codec.js';
import { INTERNAL_ERROR, PROTOCOL_ERROR, REFUSED_STREAM } from './frame.js';
import { requestBlock, trailersBlock } from './head-block.js';
import type { HeaderField } from './header-field.js';
import { DECODED } from './hpack-decoder.js';
import { Http2Connection } from './http2-connection.js';
import type { Http2Options } from './http2-options.js';
import type { BodyDecoder } from './http2-stream.js';
import { Http2Stream } from './http2-stream.js';
import { readResponseHead } from './response-head.js';

/** Ids above it are not used: the connection is left before they run out. */
const lastUsableId = 2 ** 31 - 1;
/** More informational responses to one request are refused: each costs work and none ends it. */
const maxInformational = 100;

/**
 * Takes over a connected socket and owns its end of life. Beyond the contract of `codec.ts`:
 * - A request for an upgrade is written as extended CONNECT; 200 is told as 101 (RFC 8441).
 * - `resetStream` resets the stream only, with INTERNAL_ERROR as Envoy does; the decoder that it belongs to is not called back.
 */
export function createHttp2ClientConnection(
  socket: Duplex,
  options: Http2Options,
  callbacks: ClientConnectionCallbacks,
): ClientConnection {
  return new Http2ClientConnection(socket, options, callbacks);
}

class Http2ClientConnection extends Http2Connection implements ClientConnection {
  private readonly callbacks: ClientConnectionCallbacks;
  private nextId = 1;
  /** Streams that have no id yet. */
  private starting = 0;
  private leaving = false;
  private idleSince: number;

  constructor(socket: Duplex, options: Http2Options, callbacks: ClientConnectionCallbacks) {
    super(socket, options, false);
    this.callbacks = callbacks;
    this.idleSince = options.clock.now();
  }

  get maxStreams(): number {
    return Math.min(this.options.maxConcurrentStreams, this.peerMaxStreams);
  }

  override get activeStreams(): number {
    return this.streams.size + this.starting;
  }

  protected isPeerStream(id: number): boolean {
    return (id & 1) === 0;
  }

  protected isUsed(id: number): boolean {
    return id < this.nextId;
  }

  newStream(decoder: ResponseDecoder): RequestEncoder {
    const stream = new ClientStream(this, decoder);
    if (this.closing || this.leaving) {
      stream.gone = true;
      decoder.onReset('connection termination', '');
      return stream;
    }
    this.starting++;
    return stream;
  }

  /** Ids rise in the order of the heads (RFC 9113 section 5.1.1). */
  open(stream: ClientStream, head: RequestHead): string | undefined {
    this.starting--;
    if (this.closing) {
      stream.tellReset('connection termination', '');
      return undefined;
    }
    const { clock, keepaliveIdleMs } = this.options;
    if (keepaliveIdleMs > 0 && this.streams.size === 0 && clock.now() - this.idleSince > keepaliveIdleMs) {
      this.sendKeepalive();
    }
    stream.id = this.nextId;
    this.nextId += 2;
    this.adopt(stream);
    if (this.queue.isAboveHighWatermark) stream.onConnectionWatermark(true);
    const block = requestBlock(this.encoder, head);
    if (this.nextId > lastUsableId) this.leave();
    return block;
  }

  /** Our side wants nothing more of a stream. */
  abort(stream: ClientStream): void {
    this.sendReset(stream, INTERNAL_ERROR);
    this.callbacks.onStreamReset?.(this);
    this.endStream(stream);
  }

  /** A stream that was never opened. */
  abandon(): void {
    this.starting--;
    this.afterStream();
  }

  protected onHead(id: number, fields: HeaderField[], result: number, endStream: boolean): void {
    const stream = this.streams.get(id) as ClientStream | undefined;
    if (stream === undefined) {
      this.connectionError(PROTOCOL_ERROR, 'http2.protocol_error');
      return;
    }
    if (result !== DECODED) {
      this.headTooLarge(stream);
      return;
    }
    const response = readResponseHead(fields);
    if (response === undefined) {
      this.malformed(stream, '');
      return;
    }
    stream.begin(response, endStream);
  }

  tooManyInformational(stream: ClientStream): void {
    this.malformed(stream, '');
  }

  protected headTooLarge(stream: Http2Stream): void {
    this.stats.headerOverflow.inc();
    this.streamError(stream, INTERNAL_ERROR, 'remote reset', '');
  }

  protected onPeerReset(stream: Http2Stream, errorCode: number): void {
    stream.tellReset(errorCode === REFUSED_STREAM ? 'remote refused stream reset' : 'remote reset', '');
  }

  protected onGoAway(lastStream: number): void {
    this.leave();
    for (const stream of [...this.streams.values()]) {
      if (stream.id <= lastStream) continue;
      // The peer has not looked at it, so it may be tried elsewhere.
      this.forget(stream);
      stream.tellReset('remote refused stream reset', '');
    }
    this.afterStream();
  }

  protected override onPeerMaxStreams(): void {
    this.callbacks.onStreamSlotFree(this);
  }

  protected override afterStream(): void {
    if (this.closed) return;
    if (this.streams.size === 0) this.idleSince = this.options.clock.now();
    this.callbacks.onStreamSlotFree(this);
  }

  private leave(): void {
    if (this.leaving) return;
    this.leaving = true;
    this.callbacks.onGoAway(this);
  }

  protected onGone(streamsCut: number): void {
    this.callbacks.onClosed(this, streamsCut);
  }

  trailersBlock(trailers: HeaderList): string {
    return trailersBlock(this.encoder, trailers);
  }
}

class ClientStream extends Http2Stream implements RequestEncoder {
  private readonly client: Http2ClientConnection;
  private readonly decoder: ResponseDecoder;
  private requestStarted = false;
  private upgrade = '';
  private isHead = false;
  private informational = 0;

  constructor(connection: Http2ClientConnection, decoder: ResponseDecoder) {
    super(connection, 0);
    this.client = connection;
    this.decoder = decoder;
  }

  protected get body(): BodyDecoder {
    return this.decoder;
  }

  begin(response: NonNullable<ReturnType<typeof readResponseHead>>, endStream: boolean): void {
    const { contentLength, head } = response;
    const { headers, status } = head;
    if (status < 200) {
      // 101 does not exist in HTTP/2 (RFC 9113 section 8.6).
      if (status === 101 || endStream || ++this.informational > maxInformational) {
        this.client.tooManyInformational(this);
      } else this.decoder.on1xx(head);
      return;
    }
    this.headSeen = true;
    this.remoteEnded = endStream;
    const isBodiless = this.isHead || status === 204 || status === 304;
    this.expected = isBodiless ? 0 : contentLength;
    if (this.upgrade !== '' && status === 200 && !endStream) {
      head.status = 101;
      headers.push('upgrade', this.upgrade, 'connection', 'upgrade');
      this.expected = -1;
    }
    if (endStream && contentLength > 0 && !isBodiless) {
      this.onLengthMismatch();
      return;
    }
    this.decoder.onHeaders(head, endStream);
    if (endStream) this.remoteIsDone();
  }

  protected onLengthMismatch(): void {
    this.client.streamError(this, PROTOCOL_ERROR, 'protocol error', '');
  }

  /** The response is complete without the rest of the request. */
  protected override onRemoteEndFirst(): void {
    this.client.sendReset(this, INTERNAL_ERROR);
    this.client.endStream(this);
  }

  protected trailerBlock(trailers: HeaderList): string {
    return this.client.trailersBlock(trailers);
  }

  encodeHeaders(head: RequestHead, endStream: boolean): void {
    if (this.gone || this.requestStarted) return;
    this.requestStarted = true;
    this.isHead = head.method === 'HEAD';
    this.upgrade = head.method === 'CONNECT' ? '' : head.upgrade;
    const block = this.client.open(this, head);
    if (block !== undefined) this.writeHead(block, endStream);
  }

  encodeData(data: Buffer, endStream: boolean): void {
    if (!this.gone && this.requestStarted && !this.localEnded) this.writeData(data, endStream);
  }

  encodeTrailers(trailers: HeaderList): void {
    if (!this.gone && this.requestStarted && !this.localEnded) this.writeTrailers(trailers);
  }

  resetStream(_reason: ResetReason): void {
    if (this.gone) return;
    this.gone = true;
    if (!this.requestStarted) {
      this.client.abandon();
      return;
    }
    this.client.abort(this);
  }
}
