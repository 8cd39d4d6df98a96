/**
 * Client side of HTTP/1.1: owns the socket of one upstream connection, writes requests on it one after the other and
 * reads the responses.
 */
import type { Duplex } from 'node:stream';
import type { HeaderList } from '../../common/header-list.js';
import type {
  ClientConnection,
  ClientConnectionCallbacks,
  Protocol,
  RequestEncoder,
  RequestHead,
  ResetReason,
  ResponseDecoder,
  ResponseHead,
} from '../codec.js';
import { WriteQueue, writeAfter } from '../write-queue.js';
import { BodyWriter } from './body-writer.js';
import { BAD_CHUNK, BODY_ENDED, ChunkedDecoder } from './chunked-decoder.js';
import { INCOMPLETE } from './field-scanner.js';
import type { Framing } from './framing.js';
import { BY_LENGTH, CHUNKED, NO_BODY, parseContentLength, TUNNEL, UNTIL_CLOSE } from './framing.js';
import { HeadWriter } from './head-writer.js';
import type { Http1ClientOptions } from './http1-options.js';
import { KeptOctets } from './kept-octets.js';
import { CR, LF } from './octet-classes.js';
import { ResponseParser } from './response-parser.js';
import { SocketCloser } from './socket-closer.js';
import { TrailerDecoder } from './trailer-decoder.js';

// What the next octet is.
const HEAD = 0;
const LENGTH_BODY = 1;
const CHUNKED_BODY = 2;
const TRAILERS = 3;
/** Everything up to the close is the body, or a tunnel. */
const RAW = 4;
const CLOSED = 5;

/** More informational responses to one request are refused: each costs work and none ends it. */
const maxInformational = 100;

const empty = Buffer.alloc(0);

/** Methods whose requests have no body unless they announce one, so no `content-length: 0` either (as Envoy). */
const bodilessMethods = new Set(['GET', 'HEAD', 'DELETE', 'TRACE', 'CONNECT']);
const badTarget = /[^\x21-\x7e\x80-\xff]/;
const badMethod = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;

/**
 * Takes over a connected socket (a `net.Socket` or `tls.TLSSocket`) and owns its end of life. Beyond the contract of
 * `codec.ts`:
 * - What is encoded behind an upgrade request or CONNECT is held until the upstream has agreed (101, or 2xx), so it can
 *   never be read as a request; it counts for the watermarks.
 * - When a response ends before its request, the connection closes: later calls of that encoder do nothing.
 * - Octets that nobody asked for close the connection, also when it is idle.
 * - `resetStream` closes the connection; the decoder that it belongs to is not called back.
 */
export function createHttp1ClientConnection(
  socket: Duplex,
  options: Http1ClientOptions,
  callbacks: ClientConnectionCallbacks,
): ClientConnection {
  return new Http1ClientConnection(socket, options, callbacks);
}

class Http1ClientConnection implements ClientConnection {
  readonly protocol: Protocol = 'HTTP/1.1';
  readonly maxStreams = 1;
  private readonly options: Http1ClientOptions;
  private readonly socket: Duplex;
  private readonly callbacks: ClientConnectionCallbacks;
  private readonly parser: ResponseParser;
  private readonly writer: HeadWriter;
  private readonly queue: WriteQueue;
  private readonly body: BodyWriter;
  private readonly closer: SocketCloser;
  private readonly kept = new KeptOctets();
  private chunks: ChunkedDecoder | undefined = undefined;
  private trailers: TrailerDecoder | undefined = undefined;

  private state = HEAD;
  private stream: ClientStream | undefined = undefined;
  private remaining = 0;
  private informational = 0;
  /** The upstream, or the pool, wants no further stream here. */
  private leaving = false;
  private paused = false;
  private closed = false;
  /** Our side has reset the stream that was under way. */
  private streamsCut = 0;

  constructor(socket: Duplex, options: Http1ClientOptions, callbacks: ClientConnectionCallbacks) {
    this.socket = socket;
    this.options = options;
    this.callbacks = callbacks;
    this.parser = new ResponseParser(options);
    this.writer = new HeadWriter(options.properCaseWords);
    this.queue = new WriteQueue(socket, options.bufferLimitBytes, {
      onAboveHighWatermark: () => this.stream?.decoder.onAboveWriteBufferHighWatermark(),
      onBelowLowWatermark: () => this.stream?.decoder.onBelowWriteBufferLowWatermark(),
    });
    this.body = new BodyWriter(this.queue);
    this.closer = new SocketCloser(socket, this.queue, options.clock, 1000);
    const read = (chunk: Buffer) => this.onOctets(chunk);
    socket.on('data', (chunk: Buffer) => writeAfter(read, chunk));
    socket.on('end', () => this.onPeerEnd());
    socket.on('error', () => {});
    socket.on('close', () => this.finish('connection termination'));
    socket.resume();
  }

  get activeStreams(): number {
    return this.stream === undefined ? 0 : 1;
  }

  newStream(decoder: ResponseDecoder): RequestEncoder {
    const stream = new ClientStream(this, decoder);
    // The pool asks for one stream at a time; anything else, and a connection that has just gone, is reset at once.
    if (this.closed || this.leaving || this.stream !== undefined) {
      stream.gone = true;
      decoder.onReset('connection termination', '');
      return stream;
    }
    this.stream = stream;
    this.informational = 0;
    return stream;
  }

  close(how: 'now' | 'flush'): void {
    if (this.closed) return;
    if (how === 'flush' && this.stream === undefined) {
      this.leaving = true;
      this.closer.flush();
      return;
    }
    this.shut('connection termination');
  }

  /** Closes at once. @param reason told to the stream that is under way */
  private shut(reason: ResetReason): void {
    if (this.closed) return;
    this.closer.now();
    this.finish(reason);
  }

  private finish(reason: ResetReason): void {
    if (this.closed) return;
    this.closed = true;
    this.state = CLOSED;
    this.kept.clear();
    this.closer.stop();
    const { stream } = this;
    this.stream = undefined;
    if (stream !== undefined) {
      stream.gone = true;
      stream.decoder.onReset(reason, '');
    }
    this.callbacks.onClosed(this, stream === undefined ? this.streamsCut : 1);
  }

  // ---- reading

  private onOctets(chunk: Buffer): void {
    if (this.state === CLOSED) return;
    let bytes = chunk;
    if (this.kept.length > 0) {
      this.kept.add(chunk);
      if (this.kept.length <= this.options.maxResponseHeadersBytes && !chunk.includes(LF)) return;
      bytes = this.kept.take();
    }
    let at = 0;
    while (at < bytes.length && this.state !== CLOSED) {
      // Nobody asked: the connection cannot be trusted any more.
      if (this.stream === undefined) {
        this.shut('protocol error');
        return;
      }
      at = this.step(this.stream, bytes, at);
    }
  }

  private step(stream: ClientStream, bytes: Buffer, at: number): number {
    switch (this.state) {
      case HEAD:
        return this.readHead(stream, bytes, at);
      case LENGTH_BODY:
        return this.readLengthBody(stream, bytes, at);
      case CHUNKED_BODY:
        return this.readChunks(stream, bytes, at);
      case TRAILERS:
        return this.readTrailers(stream, bytes, at);
      default:
        stream.decoder.onData(at === 0 ? bytes : bytes.subarray(at), false);
        return bytes.length;
    }
  }

  private readHead(stream: ClientStream, bytes: Buffer, at: number): number {
    const { parser } = this;
    const end = parser.parse(bytes, at, stream.method, stream.isUpgrade);
    if (end === INCOMPLETE) {
      this.kept.add(at === 0 ? bytes : bytes.subarray(at));
      return bytes.length;
    }
    if (end < 0) {
      this.shut('protocol error');
      return bytes.length;
    }
    const head = parser.head as ResponseHead;
    if (head.status < 200 && head.status !== 101) {
      if (++this.informational > maxInformational) this.shut('protocol error');
      else stream.decoder.on1xx(head);
      return end;
    }
    this.dispatch(stream, head, bytes.length > end);
    return end;
  }

  private dispatch(stream: ClientStream, head: ResponseHead, hasMore: boolean): void {
    const { parser } = this;
    const { framing } = parser;
    // Also when the response comes before the end of its request: the rest of it would be read as another one.
    if (parser.closes || framing === UNTIL_CLOSE || framing === TUNNEL) this.leave();
    if (this.closed) return;
    switch (framing) {
      case NO_BODY:
        stream.decoder.onHeaders(head, true);
        this.streamEnds(stream, hasMore);
        return;
      case BY_LENGTH:
        this.state = LENGTH_BODY;
        this.remaining = parser.contentLength;
        break;
      case CHUNKED:
        this.state = CHUNKED_BODY;
        this.chunks ??= new ChunkedDecoder();
        this.chunks.reset();
        break;
      default:
        this.state = RAW;
    }
    stream.decoder.onHeaders(head, false);
    if (framing === TUNNEL && this.stream === stream) this.release(stream);
  }

  private readLengthBody(stream: ClientStream, bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.remaining);
    this.remaining -= end - at;
    const isLast = this.remaining === 0;
    stream.decoder.onData(bytes.subarray(at, end), isLast);
    if (isLast) this.streamEnds(stream, bytes.length > end);
    return end;
  }

  private readChunks(stream: ClientStream, bytes: Buffer, at: number): number {
    const chunks = this.chunks as ChunkedDecoder;
    const result = chunks.decode(bytes, at);
    const { data, end } = chunks;
    if (result === BODY_ENDED) {
      this.state = TRAILERS;
      // The usual end is an empty trailer section in the same read: then the last data carries the end of the stream.
      if (bytes[end] === CR && bytes[end + 1] === LF) {
        stream.decoder.onData(data ?? empty, true);
        this.streamEnds(stream, bytes.length > end + 2);
        return end + 2;
      }
    }
    if (data !== undefined) stream.decoder.onData(data, false);
    if (result === BAD_CHUNK) {
      if (this.stream === stream) this.shut('protocol error');
      return bytes.length;
    }
    return end;
  }

  private readTrailers(stream: ClientStream, bytes: Buffer, at: number): number {
    const { maxResponseHeadersBytes, maxHeadersCount, enableTrailers } = this.options;
    this.trailers ??= new TrailerDecoder(
      'response',
      maxResponseHeadersBytes,
      maxHeadersCount,
      enableTrailers,
    );
    const end = this.trailers.decode(bytes, at);
    if (end === INCOMPLETE) return bytes.length;
    if (end < 0) {
      this.shut('protocol error');
      return bytes.length;
    }
    const { trailers } = this.trailers;
    if (trailers.length > 0) stream.decoder.onTrailers(trailers);
    else stream.decoder.onData(empty, true);
    this.streamEnds(stream, bytes.length > end);
    return end;
  }

  /** After the decoder's last call. @param hasMore octets follow that belong to nothing */
  private streamEnds(stream: ClientStream, hasMore: boolean): void {
    if (this.stream !== stream) return;
    const reusable = stream.requestEnded && !hasMore && !this.leaving && !this.body.isShort;
    this.stream = undefined;
    stream.gone = true;
    this.state = HEAD;
    if (!reusable) {
      this.leave();
      this.shut('local reset');
      return;
    }
    if (this.paused) this.setReadDisabled(false);
    this.callbacks.onStreamSlotFree(this);
  }

  private leave(): void {
    if (this.leaving) return;
    this.leaving = true;
    this.callbacks.onGoAway(this);
  }

  private onPeerEnd(): void {
    if (this.closed) return;
    const { stream } = this;
    if (stream !== undefined && this.state === RAW) {
      stream.decoder.onData(empty, true);
      this.streamEnds(stream, false);
      return;
    }
    // Nothing of a response: the upstream went away (and a retry may help). In the middle of one: it broke the protocol.
    const nothingRead = this.state === HEAD && this.kept.length === 0;
    this.shut(nothingRead ? 'connection termination' : 'protocol error');
  }

  // ---- writing; called by the streams, which have checked that they are the current one

  writeHead(stream: ClientStream, head: RequestHead, endStream: boolean): void {
    const { writer } = this;
    stream.method = head.method;
    stream.isUpgrade = head.upgrade !== '';
    const isConnect = head.method === 'CONNECT';
    const upgrading = stream.isUpgrade && !isConnect;
    let fields = writer.fields(head.headers, upgrading, false);
    let length = writer.contentLength === '' ? -1 : parseContentLength(writer.contentLength);
    if ((length < 0 || isConnect) && writer.contentLength !== '') {
      fields = writer.fields(head.headers, upgrading, true);
      length = -1;
    }
    let text = `${requestLine(head)}${fields}`;
    if (upgrading && writer.connection === '') {
      text += writer.line('connection', 'upgrade') + writer.line('upgrade', head.upgrade);
    }
    let framing: Framing = NO_BODY;
    if (upgrading || isConnect) {
      framing = TUNNEL;
      stream.isHolding = true;
    } else if (length >= 0) framing = BY_LENGTH;
    else if (!endStream) {
      framing = CHUNKED;
      text += writer.line('transfer-encoding', 'chunked');
    } else if (!bodilessMethods.has(head.method)) text += writer.line('content-length', '0');
    this.body.begin(framing, length);
    this.queue.writeText(`${text}\r\n\r\n`);
    stream.requestEnded = endStream;
  }

  writeData(stream: ClientStream, data: Buffer, endStream: boolean): void {
    if (stream.isHolding) {
      this.hold(stream, data);
      return;
    }
    // More than announced is never written, but then the two sides disagree: this connection is not used again.
    if (!this.body.data(data, endStream)) this.leave();
    if (endStream) stream.requestEnded = true;
  }

  writeTrailers(stream: ClientStream, trailers: HeaderList): void {
    this.body.trailers(trailers, this.writer, this.options.enableTrailers);
    stream.requestEnded = true;
  }

  /** Keeps what is sent before the upstream has agreed to be no HTTP server any more. */
  private hold(stream: ClientStream, data: Buffer): void {
    if (data.length === 0) return;
    stream.held.add(data);
    const limit = this.options.bufferLimitBytes;
    if (limit > 0 && stream.held.length > limit && !stream.isHeldAbove) {
      stream.isHeldAbove = true;
      stream.decoder.onAboveWriteBufferHighWatermark();
    }
  }

  private release(stream: ClientStream): void {
    stream.isHolding = false;
    if (stream.held.length > 0) this.body.data(stream.held.take(), false);
    if (stream.isHeldAbove) {
      stream.isHeldAbove = false;
      stream.decoder.onBelowWriteBufferLowWatermark();
    }
  }

  /** The router has lost interest; what is under way on the connection makes it useless for others. */
  reset(stream: ClientStream): void {
    stream.gone = true;
    this.stream = undefined;
    this.streamsCut = 1;
    this.shut('local reset');
  }

  setReadDisabled(disabled: boolean): void {
    if (disabled === this.paused) return;
    this.paused = disabled;
    if (disabled) this.socket.pause();
    else this.socket.resume();
  }
}

/** `GET /path HTTP/1.1`. A rewrite may have put anything into the target: what cannot stand there is percent-encoded. */
function requestLine(head: RequestHead): string {
  const { method, path } = head;
  const target = badTarget.test(path) ? encodeTarget(path) : path;
  return `${badMethod.test(method) ? method.replace(new RegExp(badMethod, 'g'), '') : method} ${target} HTTP/1.1`;
}

function encodeTarget(path: string): string {
  return Buffer.from(path, /[^\x00-\xff]/.test(path) ? 'utf8' : 'latin1')
    .toString('latin1')
    .replace(
      /[^\x21-\x7e\x80-\xff]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
}

/** One request and its response: the face of the connection to the router. */
class ClientStream implements RequestEncoder {
  private readonly connection: Http1ClientConnection;
  readonly decoder: ResponseDecoder;
  method = '';
  isUpgrade = false;
  requestStarted = false;
  requestEnded = false;
  /** Before the upstream's agreement to an upgrade or CONNECT. */
  isHolding = false;
  readonly held: KeptOctets = new KeptOctets();
  isHeldAbove = false;
  /** Ended or reset: further calls do nothing. */
  gone = false;

  constructor(connection: Http1ClientConnection, decoder: ResponseDecoder) {
    this.connection = connection;
    this.decoder = decoder;
  }

  encodeHeaders(head: RequestHead, endStream: boolean): void {
    if (this.gone || this.requestStarted) return;
    this.requestStarted = true;
    this.connection.writeHead(this, head, endStream);
  }

  encodeData(data: Buffer, endStream: boolean): void {
    if (!this.gone && this.requestStarted && !this.requestEnded)
      this.connection.writeData(this, data, endStream);
  }

  encodeTrailers(trailers: HeaderList): void {
    if (!this.gone && this.requestStarted && !this.requestEnded)
      this.connection.writeTrailers(this, trailers);
  }

  resetStream(_reason: ResetReason): void {
    if (!this.gone) this.connection.reset(this);
  }

  setReadDisabled(disabled: boolean): void {
    if (!this.gone) this.connection.setReadDisabled(disabled);
  }
}
