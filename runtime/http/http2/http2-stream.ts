/**
 * One stream of an HTTP/2 connection, as far as both sides have it in common: its windows, what waits to be written, what
 * was read while nobody wanted it, and when it has ended (RFC 9113 section 5).
 */
import type { HeaderList } from '../../common/header-list.js';
import type { ResetReason, StreamCallbacks } from '../codec.js';
import type { HeaderField } from './header-field.js';
import { MALFORMED, REGULAR } from './header-field.js';
import type { Http2Connection } from './http2-connection.js';

// Why the source of what we write should stop.
const OWN_BUFFER = 1;
const CONNECTION_BUFFER = 2;

/** The part of the decoders of requests and of responses that is the same. */
export interface BodyDecoder extends StreamCallbacks {
  onData(data: Buffer, endStream: boolean): void;
  onTrailers(trailers: HeaderList): void;
}

const empty = Buffer.alloc(0);
const COLON = 58;

export abstract class Http2Stream {
  id: number;
  protected readonly connection: Http2Connection;
  sendWindow = 0;
  receiveWindow = 0;
  octetsSent = 0;
  octetsReceived = 0;
  /** The head was read: another one is trailers. */
  headSeen = false;
  remoteEnded = false;
  protected localEnded = false;
  /** Ended, reset, or its connection is gone: further calls do nothing. */
  gone = false;
  /** `content-length` of what is read, -1 when it says none. */
  protected expected = -1;
  private received = 0;
  private unacknowledged = 0;

  // What waits for a window.
  private pending: Buffer[] = [];
  private pendingOctets = 0;
  private pendingEnd = false;
  private pendingTrailers: HeaderList | undefined = undefined;
  private aboveWatermark = 0;

  // What was read while reading was off.
  private readDisabled = false;
  private held: Buffer[] | undefined = undefined;
  private heldEnd = false;
  private heldTrailers: HeaderList | undefined = undefined;

  protected constructor(connection: Http2Connection, id: number) {
    this.connection = connection;
    this.id = id;
  }

  protected abstract get body(): BodyDecoder;

  // ---- reading

  receive(data: Buffer, endStream: boolean): void {
    this.received += data.length;
    if (endStream) this.remoteEnded = true;
    if (
      this.expected >= 0 &&
      (this.received > this.expected || (endStream && this.received < this.expected))
    ) {
      this.consumeAll(data.length);
      this.onLengthMismatch();
      return;
    }
    if (this.readDisabled || this.held !== undefined) {
      this.held ??= [];
      this.held.push(data);
      this.heldEnd = endStream;
      return;
    }
    this.consumeAll(data.length);
    this.body.onData(data, endStream);
    if (endStream) this.remoteIsDone();
  }

  receiveTrailers(trailers: HeaderList): void {
    this.remoteEnded = true;
    if (this.expected >= 0 && this.received < this.expected) {
      this.onLengthMismatch();
      return;
    }
    if (this.readDisabled || this.held !== undefined) {
      this.held ??= [];
      this.heldTrailers = trailers;
      return;
    }
    this.tellTrailers(trailers);
  }

  private tellTrailers(trailers: HeaderList): void {
    if (trailers.length > 0) this.body.onTrailers(trailers);
    else this.body.onData(empty, true);
    this.remoteIsDone();
  }

  /** After the last call of the decoder. */
  protected remoteIsDone(): void {
    if (this.gone) return;
    if (this.localEnded) this.connection.endStream(this);
    else this.onRemoteEndFirst();
  }

  setReadDisabled(disabled: boolean): void {
    if (this.gone || this.readDisabled === disabled) return;
    this.readDisabled = disabled;
    if (!disabled && this.held !== undefined) this.release();
  }

  private release(): void {
    const { held } = this;
    if (held === undefined) return;
    for (;;) {
      // Who takes it may turn reading off again, or end the stream.
      if (this.readDisabled || this.gone) return;
      const data = held.shift();
      if (data === undefined) break;
      const endStream = this.heldEnd && held.length === 0;
      if (endStream) this.held = undefined;
      this.consumeAll(data.length);
      this.body.onData(data, endStream);
      if (endStream) {
        this.remoteIsDone();
        return;
      }
    }
    this.held = undefined;
    if (this.heldTrailers !== undefined) this.tellTrailers(this.heldTrailers);
  }

  private consumeAll(octets: number): void {
    this.connection.consume(octets);
    this.consume(octets);
  }

  /** Lets the peer send as much again on this stream. */
  consume(octets: number): void {
    this.unacknowledged += octets;
    if (this.remoteEnded || this.unacknowledged * 2 < this.connection.options.streamWindow) return;
    this.connection.writeWindowUpdate(this, this.unacknowledged);
    this.receiveWindow += this.unacknowledged;
    this.unacknowledged = 0;
  }

  /** @returns undefined when they are malformed */
  trailersOf(fields: readonly HeaderField[]): HeaderList | undefined {
    const trailers: HeaderList = [];
    for (const field of fields) {
      if (field.kind === MALFORMED || (field.kind !== REGULAR && field.name.charCodeAt(0) === COLON)) {
        return undefined;
      }
      trailers.push(field.name, field.value);
    }
    return trailers;
  }

  /** More or less octets than `content-length` said. */
  protected abstract onLengthMismatch(): void;
  /** The peer has sent all, we have not. */
  protected onRemoteEndFirst(): void {}
  /** We have sent all, the peer has not. */
  protected onLocalEndFirst(): void {}

  tellReset(reason: ResetReason, details: string): void {
    this.gone = true;
    this.body.onReset(reason, details);
  }

  // ---- writing

  protected writeHead(block: string, endStream: boolean): void {
    this.octetsSent += this.connection.writeHead(this, block, endStream);
    if (endStream) this.localIsDone();
  }

  protected writeData(data: Buffer, endStream: boolean): void {
    if (this.pending.length > 0) {
      this.enqueue(data, endStream);
      return;
    }
    const written = this.connection.writeData(this, data, endStream);
    if (written < data.length) {
      this.enqueue(written === 0 ? data : data.subarray(written), endStream);
      this.connection.block(this);
    } else if (endStream) this.localIsDone();
  }

  protected writeTrailers(trailers: HeaderList): void {
    if (this.pending.length > 0) {
      this.pendingTrailers = trailers;
      return;
    }
    this.writeHead(this.trailerBlock(trailers), true);
  }

  protected abstract trailerBlock(trailers: HeaderList): string;

  private enqueue(data: Buffer, endStream: boolean): void {
    this.pending.push(data);
    this.pendingOctets += data.length;
    if (endStream) this.pendingEnd = true;
    const limit = this.connection.options.bufferLimitBytes;
    if (limit > 0 && this.pendingOctets > limit) this.setAbove(OWN_BUFFER, true);
  }

  /** A window has opened: writes what it takes. */
  flush(): void {
    const { connection, pending } = this;
    let done = 0;
    while (done < pending.length) {
      const data = pending[done] as Buffer;
      const isLast = done === pending.length - 1;
      const written = connection.writeData(this, data, isLast && this.pendingEnd);
      this.pendingOctets -= written;
      if (written < data.length) {
        if (written > 0) pending[done] = data.subarray(written);
        break;
      }
      done++;
    }
    if (done > 0) pending.splice(0, done);
    if (this.gone) return;
    if (this.pendingOctets * 2 <= connection.options.bufferLimitBytes) this.setAbove(OWN_BUFFER, false);
    if (pending.length > 0) return;
    connection.unblockStream(this);
    if (this.pendingTrailers !== undefined) {
      const trailers = this.pendingTrailers;
      this.pendingTrailers = undefined;
      this.writeHead(this.trailerBlock(trailers), true);
    } else if (this.pendingEnd) this.localIsDone();
  }

  private localIsDone(): void {
    this.localEnded = true;
    if (this.gone) return;
    if (this.remoteEnded) this.connection.endStream(this);
    else this.onLocalEndFirst();
  }

  /** The connection's own buffer passed a watermark. */
  onConnectionWatermark(above: boolean): void {
    this.setAbove(CONNECTION_BUFFER, above);
  }

  private setAbove(who: number, above: boolean): void {
    const before = this.aboveWatermark;
    this.aboveWatermark = above ? before | who : before & ~who;
    if ((before === 0) === (this.aboveWatermark === 0)) return;
    if (before === 0) this.body.onAboveWriteBufferHighWatermark();
    else this.body.onBelowWriteBufferLowWatermark();
  }
}
