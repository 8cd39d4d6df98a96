/**
 * Server side of HTTP/1.1: owns the socket of one client, reads requests off it one after the other and writes the
 * responses. While a request is served the octets of the next ones are kept, up to the buffer limit, and nothing of them
 * is told.
 */
import type { Duplex } from 'node:stream';
import type { HeaderList } from '../../common/header-list.js';
import type {
  Protocol,
  ProtocolError,
  RequestDecoder,
  RequestHead,
  ResetReason,
  ResponseEncoder,
  ResponseHead,
  ServerConnection,
  ServerConnectionCallbacks,
} from '../codec.js';
import { WriteQueue, writeAfter } from '../write-queue.js';
import { BodyWriter } from './body-writer.js';
import { BAD_CHUNK, BODY_ENDED, ChunkedDecoder } from './chunked-decoder.js';
import { INCOMPLETE } from './field-scanner.js';
import type { Framing } from './framing.js';
import { BY_LENGTH, CHUNKED, hasToken, NO_BODY, parseContentLength, TUNNEL, UNTIL_CLOSE } from './framing.js';
import { HeadWriter } from './head-writer.js';
import type { Http1ServerOptions } from './http1-options.js';
import { KeptOctets } from './kept-octets.js';
import { CR, LF } from './octet-classes.js';
import { protocolErrors } from './protocol-errors.js';
import { fieldError, RequestParser } from './request-parser.js';
import { SocketCloser } from './socket-closer.js';
import { statusLine } from './status-text.js';
import { TRAILERS_TOO_LARGE, TrailerDecoder } from './trailer-decoder.js';

// What the next octet is.
const HEAD = 0;
const LENGTH_BODY = 1;
const CHUNKED_BODY = 2;
const TRAILERS = 3;
const TUNNEL_DATA = 4;
/** The request is read; its response is not written. */
const HELD = 5;
/** Nothing that comes counts any more. */
const CLOSING = 6;

const empty = Buffer.alloc(0);

/**
 * Takes over an accepted socket, paused or not, and starts to read in this turn. Beyond the contract of `codec.ts`:
 * - `host` is the first header of the list; when the list has none, the request had none (and `authority` is `''`).
 * - For an upgrade `connection` and `upgrade` stay in the list as the client spelled them; for all others they are gone.
 * - After `onProtocolError` a decoder that has not ended its response when the call returns is reset
 *   (`protocol error`), and the connection closes.
 * - `connection: close` is added to the response by itself when the client asked for it, when the request is not read to
 *   its end, after a protocol error and after `shutdownNotice`.
 *
 * @param socket a `net.Socket` or `tls.TLSSocket`; the connection owns its end of life
 */
export function createHttp1ServerConnection(
  socket: Duplex,
  options: Http1ServerOptions,
  callbacks: ServerConnectionCallbacks,
): ServerConnection {
  return new Http1ServerConnection(socket, options, callbacks);
}

class Http1ServerConnection implements ServerConnection {
  readonly protocol: Protocol = 'HTTP/1.1';
  readonly properties: Http1ServerOptions;
  private readonly socket: Duplex;
  private readonly callbacks: ServerConnectionCallbacks;
  private readonly parser: RequestParser;
  private readonly writer: HeadWriter;
  private readonly queue: WriteQueue;
  private readonly body: BodyWriter;
  private readonly closer: SocketCloser;
  private readonly kept = new KeptOctets();
  private readonly keptLimit: number;
  // Made with the first chunked request.
  private chunks: ChunkedDecoder | undefined = undefined;
  private trailers: TrailerDecoder | undefined = undefined;

  private state = HEAD;
  private stream: ServerStream | undefined = undefined;
  /** Octets of a body framed by length that are still to come. */
  private remaining = 0;
  /** A loop over octets is running further up the stack: it goes on by itself. */
  private processing = false;
  private draining = false;
  private readDisabled = false;
  private paused = false;
  private closed = false;

  constructor(socket: Duplex, options: Http1ServerOptions, callbacks: ServerConnectionCallbacks) {
    this.socket = socket;
    this.properties = options;
    this.callbacks = callbacks;
    this.parser = new RequestParser(options);
    this.writer = new HeadWriter(options.properCaseWords);
    this.queue = new WriteQueue(socket, options.bufferLimitBytes, {
      onAboveHighWatermark: () => this.stream?.decoder.onAboveWriteBufferHighWatermark(),
      onBelowLowWatermark: () => this.stream?.decoder.onBelowWriteBufferLowWatermark(),
    });
    this.body = new BodyWriter(this.queue);
    this.closer = new SocketCloser(socket, this.queue, options.clock, options.delayedCloseTimeoutMs);
    // Without a limit for buffers, what a client sends ahead still has one.
    this.keptLimit = options.bufferLimitBytes === 0 ? 1024 * 1024 : options.bufferLimitBytes;
    const read = (chunk: Buffer) => this.onOctets(chunk);
    socket.on('data', (chunk: Buffer) => writeAfter(read, chunk));
    socket.on('end', () => this.onPeerEnd());
    // The reason does not matter to the client's side of a proxy; `close` follows.
    socket.on('error', () => {});
    socket.on('close', () => this.finish());
    socket.resume();
  }

  get activeStreams(): number {
    return this.stream === undefined ? 0 : 1;
  }

  shutdownNotice(): void {
    this.draining = true;
  }

  goAway(): void {}

  close(how: 'now' | 'flush' | 'flush-and-delay'): void {
    if (this.closed) return;
    this.state = CLOSING;
    this.kept.clear();
    if (how === 'now') {
      this.closer.now();
      this.finish();
    } else if (how === 'flush') this.closer.flush();
    else this.closer.flushAndDelay();
  }

  // ---- reading

  private onOctets(chunk: Buffer): void {
    if (this.state === CLOSING) return;
    let bytes = chunk;
    if (this.kept.length > 0) {
      this.kept.add(chunk);
      if (!this.isWorthParsing(chunk)) {
        this.adjustReading();
        return;
      }
      bytes = this.kept.take();
    }
    this.process(bytes);
  }

  /** Only a line end can complete a head or show a mistake in it, so a drip of octets is not parsed again and again. */
  private isWorthParsing(chunk: Buffer): boolean {
    if (this.state !== HEAD) return false;
    return this.kept.length > this.properties.maxRequestHeadersBytes || chunk.includes(LF);
  }

  /** Uses up octets, message after message, as far as may be. */
  private process(bytes: Buffer): void {
    this.processing = true;
    let at = 0;
    while (at < bytes.length && this.state !== CLOSING) {
      if (this.state === HELD) {
        this.kept.add(at === 0 ? bytes : bytes.subarray(at));
        break;
      }
      at = this.step(bytes, at);
    }
    this.processing = false;
    this.adjustReading();
  }

  /** @returns the position of the first octet that was not used */
  private step(bytes: Buffer, at: number): number {
    switch (this.state) {
      case HEAD:
        return this.readHead(bytes, at);
      case LENGTH_BODY:
        return this.readLengthBody(bytes, at);
      case CHUNKED_BODY:
        return this.readChunks(bytes, at);
      case TRAILERS:
        return this.readTrailers(bytes, at);
      default:
        return this.readTunnel(bytes, at);
    }
  }

  private readHead(bytes: Buffer, from: number): number {
    let at = from;
    // Empty lines before a request line are skipped (RFC 9112 section 2.2).
    if (this.stream === undefined) while (bytes[at] === CR || bytes[at] === LF) at++;
    if (at >= bytes.length) return at;
    const stream = this.stream ?? this.openStream();
    if (this.state === CLOSING) return bytes.length;
    const { parser } = this;
    const end = parser.parse(bytes, at);
    if (end === INCOMPLETE) {
      this.kept.add(at === 0 ? bytes : bytes.subarray(at));
      return bytes.length;
    }
    if (end < 0) {
      stream.bytesReceived += bytes.length - at;
      this.refuse(stream, parser.error ?? protocolErrors.codecError);
      return bytes.length;
    }
    stream.bytesReceived += end - at;
    this.dispatch(stream, parser.head as RequestHead, parser.framing);
    return end;
  }

  private openStream(): ServerStream {
    const stream = new ServerStream(this);
    this.stream = stream;
    this.readDisabled = false;
    stream.decoder = this.callbacks.newStream(stream);
    return stream;
  }

  private dispatch(stream: ServerStream, head: RequestHead, framing: Framing): void {
    stream.isHead = head.method === 'HEAD';
    stream.isConnect = head.method === 'CONNECT';
    stream.isHttp10 = head.protocol === 'HTTP/1.0';
    stream.isUpgrade = head.upgrade !== '';
    stream.wantsClose = this.parser.wantsClose;
    switch (framing) {
      case NO_BODY:
        this.state = HELD;
        stream.requestEnded = true;
        break;
      case BY_LENGTH:
        this.state = LENGTH_BODY;
        this.remaining = this.parser.contentLength;
        break;
      case CHUNKED:
        this.state = CHUNKED_BODY;
        this.chunks ??= new ChunkedDecoder();
        this.chunks.reset();
        break;
      default:
        this.state = TUNNEL_DATA;
    }
    stream.decoder.onHeaders(head, framing === NO_BODY);
  }

  private readLengthBody(bytes: Buffer, at: number): number {
    const stream = this.stream as ServerStream;
    const end = Math.min(bytes.length, at + this.remaining);
    this.remaining -= end - at;
    stream.bytesReceived += end - at;
    const isLast = this.remaining === 0;
    if (isLast) this.requestEnds(stream);
    stream.decoder.onData(bytes.subarray(at, end), isLast);
    return end;
  }

  private readChunks(bytes: Buffer, at: number): number {
    const stream = this.stream as ServerStream;
    const chunks = this.chunks as ChunkedDecoder;
    const result = chunks.decode(bytes, at);
    stream.bytesReceived += chunks.end - at;
    if (result === BODY_ENDED) {
      this.state = TRAILERS;
      return this.afterLastChunk(stream, bytes, chunks.end, chunks.data);
    }
    if (chunks.data !== undefined) stream.decoder.onData(chunks.data, false);
    if (result === BAD_CHUNK && this.stream === stream) this.refuse(stream, protocolErrors.codecError);
    return result === BAD_CHUNK ? bytes.length : chunks.end;
  }

  /** The usual end is an empty trailer section in the same read: then the last data carries the end of the stream. */
  private afterLastChunk(stream: ServerStream, bytes: Buffer, at: number, data: Buffer | undefined): number {
    if (bytes[at] === CR && bytes[at + 1] === LF) {
      stream.bytesReceived += 2;
      this.requestEnds(stream);
      stream.decoder.onData(data ?? empty, true);
      return at + 2;
    }
    if (data !== undefined) stream.decoder.onData(data, false);
    return at;
  }

  private readTrailers(bytes: Buffer, at: number): number {
    const stream = this.stream as ServerStream;
    const { maxRequestHeadersBytes, maxHeadersCount, enableTrailers } = this.properties;
    this.trailers ??= new TrailerDecoder('request', maxRequestHeadersBytes, maxHeadersCount, enableTrailers);
    const end = this.trailers.decode(bytes, at);
    stream.bytesReceived += (end < 0 ? bytes.length : end) - at;
    if (end === INCOMPLETE) return bytes.length;
    if (end < 0) {
      this.refuse(stream, end === TRAILERS_TOO_LARGE ? protocolErrors.headersTooLarge : fieldError(end));
      return bytes.length;
    }
    const { trailers } = this.trailers;
    this.requestEnds(stream);
    if (trailers.length > 0) stream.decoder.onTrailers(trailers);
    else stream.decoder.onData(empty, true);
    return end;
  }

  private readTunnel(bytes: Buffer, at: number): number {
    const stream = this.stream as ServerStream;
    stream.bytesReceived += bytes.length - at;
    stream.decoder.onData(at === 0 ? bytes : bytes.subarray(at), false);
    return bytes.length;
  }

  /** Before the last call of the decoder, which may answer from within. */
  private requestEnds(stream: ServerStream): void {
    stream.requestEnded = true;
    this.state = HELD;
  }

  private refuse(stream: ServerStream, error: ProtocolError): void {
    stream.refused = true;
    this.state = CLOSING;
    stream.decoder.onProtocolError(error);
    if (this.stream !== stream) return;
    this.stream = undefined;
    stream.gone = true;
    stream.decoder.onReset('protocol error', '');
    this.closer.flushAndDelay();
  }

  /** Pauses the socket while nobody takes what comes, goes on afterwards. */
  private adjustReading(): void {
    const requestEnded = this.stream?.requestEnded === true;
    const pause =
      this.state !== CLOSING &&
      ((this.readDisabled && !requestEnded) || (this.state === HELD && this.kept.length > this.keptLimit));
    if (pause === this.paused) return;
    this.paused = pause;
    if (pause) this.socket.pause();
    else this.socket.resume();
  }

  /** Envoy gives no half-open connections to HTTP/1: a FIN ends all that is under way. */
  private onPeerEnd(): void {
    if (this.closed) return;
    this.queue.flush();
    this.closer.now();
    this.finish();
  }

  /** The socket is closed, whoever did it. */
  private finish(): void {
    if (this.closed) return;
    this.closed = true;
    this.state = CLOSING;
    this.kept.clear();
    this.closer.stop();
    const { stream } = this;
    this.stream = undefined;
    if (stream !== undefined) {
      stream.gone = true;
      stream.decoder.onReset('connection termination', '');
    }
    this.callbacks.onClosed();
  }

  // ---- writing; called by the streams, which have checked that they are the current one

  write1xx(stream: ServerStream, head: ResponseHead): void {
    // HTTP/1.0 knows no informational responses (RFC 9110 section 15.2).
    if (stream.isHttp10) return;
    this.send(
      stream,
      `${statusLine(head.status, false)}${this.writer.fields(head.headers, false, true)}\r\n\r\n`,
    );
  }

  writeHead(stream: ServerStream, status: number, headers: HeaderList, endStream: boolean): void {
    const { writer } = this;
    stream.isTunnel =
      !endStream &&
      ((status === 101 && stream.isUpgrade) || (stream.isConnect && status >= 200 && status < 300));
    const bodiless = status < 200 || status === 204;
    let fields = writer.fields(headers, status === 101, bodiless);
    let length = writer.contentLength === '' ? -1 : parseContentLength(writer.contentLength);
    if (length < 0 && writer.contentLength !== '') {
      fields = writer.fields(headers, status === 101, true);
      length = -1;
    }
    if (!stream.requestEnded && !stream.isTunnel) stream.mustClose = true;
    if (this.draining || stream.refused || hasToken(writer.connection, 'close')) stream.mustClose = true;
    const framing = this.responseFraming(stream, status, length, endStream);
    // A body without length ends with the connection.
    if (framing === UNTIL_CLOSE) stream.wantsClose = true;
    let text = statusLine(status, stream.isHttp10) + fields;
    if (!stream.isTunnel) {
      if (stream.mustClose || stream.wantsClose) text += writer.line('connection', 'close');
      else if (stream.isHttp10) text += writer.line('connection', 'keep-alive');
      if (framing === CHUNKED || this.saysChunked(stream, status, length)) {
        text += writer.line('transfer-encoding', 'chunked');
      } else if (framing === NO_BODY && length < 0 && !bodiless && status !== 304 && !stream.isHead) {
        text += writer.line('content-length', '0');
      }
    }
    stream.framing = framing;
    this.body.begin(framing, length);
    this.send(stream, `${text}\r\n\r\n`);
    if (endStream) this.responseEnds(stream);
  }

  private responseFraming(stream: ServerStream, status: number, length: number, endStream: boolean): Framing {
    if (stream.isTunnel) return TUNNEL;
    if (stream.isHead || status < 200 || status === 204 || status === 304) return NO_BODY;
    if (length >= 0) return BY_LENGTH;
    if (endStream) return NO_BODY;
    return stream.isHttp10 ? UNTIL_CLOSE : CHUNKED;
  }

  /** As Envoy answers HEAD when the length is not known. */
  private saysChunked(stream: ServerStream, status: number, length: number): boolean {
    return (
      stream.isHead && length < 0 && !stream.isHttp10 && status >= 200 && status !== 204 && status !== 304
    );
  }

  writeData(stream: ServerStream, data: Buffer, endStream: boolean): void {
    const { body } = this;
    const before = body.octets;
    const fits = body.data(data, endStream);
    stream.bytesSent += body.octets - before;
    if (!fits && stream.framing !== NO_BODY) stream.mustClose = true;
    if (endStream) this.responseEnds(stream);
  }

  writeTrailers(stream: ServerStream, trailers: HeaderList): void {
    const { body } = this;
    const before = body.octets;
    body.trailers(trailers, this.writer, this.properties.enableTrailers);
    stream.bytesSent += body.octets - before;
    this.responseEnds(stream);
  }

  reset(stream: ServerStream): void {
    this.stream = undefined;
    stream.gone = true;
    this.state = CLOSING;
    this.kept.clear();
    // The close would look like the end of such a body, so it must not be a clean one.
    if (stream.responseStarted && stream.framing === UNTIL_CLOSE) this.closer.abort();
    else this.closer.flush();
  }

  setReadDisabled(disabled: boolean): void {
    this.readDisabled = disabled;
    if (!this.processing) this.adjustReading();
  }

  private send(stream: ServerStream, text: string): void {
    stream.bytesSent += text.length;
    this.queue.writeText(text);
  }

  private responseEnds(stream: ServerStream): void {
    stream.gone = true;
    this.stream = undefined;
    this.readDisabled = false;
    const { isShort } = this.body;
    if (isShort || stream.mustClose || stream.wantsClose || !stream.requestEnded) {
      this.state = CLOSING;
      this.kept.clear();
      // When the client wants the close and has sent all, nothing can get lost by it.
      const atOnce =
        isShort || stream.isTunnel || (stream.wantsClose && stream.requestEnded && !stream.refused);
      if (atOnce) this.closer.flush();
      else this.closer.flushAndDelay();
      return;
    }
    this.state = HEAD;
    if (this.processing) return;
    // Not within the call that ended the response: its upstream connection is free for the next request after it.
    if (this.kept.length > 0) process.nextTick(() => this.readKept());
    else this.adjustReading();
  }

  private readKept(): void {
    if (this.state === HEAD && this.kept.length > 0) this.process(this.kept.take());
  }
}

/** One request and its response: the face of the connection to the connection manager. */
class ServerStream implements ResponseEncoder {
  private readonly connection: Http1ServerConnection;
  decoder!: RequestDecoder;
  bytesSent = 0;
  bytesReceived = 0;
  requestEnded = false;
  responseStarted = false;
  isHead = false;
  isConnect = false;
  isHttp10 = false;
  isUpgrade = false;
  isTunnel = false;
  /** The request was not understood. */
  refused = false;
  /** The client asked for the close, or the response cannot end otherwise. */
  wantsClose = false;
  /** We ask for the close. */
  mustClose = false;
  framing: Framing = NO_BODY;
  /** Ended or reset: further calls do nothing. */
  gone = false;

  constructor(connection: Http1ServerConnection) {
    this.connection = connection;
  }

  encode1xx(head: ResponseHead): void {
    if (!this.gone && !this.responseStarted) this.connection.write1xx(this, head);
  }

  encodeHeaders(status: number, headers: HeaderList, endStream: boolean): void {
    if (this.gone || this.responseStarted) return;
    this.responseStarted = true;
    this.connection.writeHead(this, status, headers, endStream);
  }

  encodeData(data: Buffer, endStream: boolean): void {
    if (!this.gone && this.responseStarted) this.connection.writeData(this, data, endStream);
  }

  encodeTrailers(trailers: HeaderList): void {
    if (!this.gone && this.responseStarted) this.connection.writeTrailers(this, trailers);
  }

  resetStream(_reason: ResetReason): void {
    if (!this.gone) this.connection.reset(this);
  }

  setReadDisabled(disabled: boolean): void {
    if (!this.gone) this.connection.setReadDisabled(disabled);
  }
}
