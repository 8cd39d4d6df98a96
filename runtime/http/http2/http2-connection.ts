/**
 * What both sides of an HTTP/2 connection have in common (RFC 9113): octets to frames, settings, header compression, flow
 * control in both directions, GOAWAY, PING, and the limits that keep a hostile peer from costing more than it pays.
 *
 * Octets that come in one read are taken apart in one loop, and what they lead to leaves in one write.
 */
import type { Duplex } from 'node:stream';
import type { Timer } from '../../common/clock.js';
import type { Protocol, ResetReason } from '../codec.js';
import { KeptOctets } from '../http1/kept-octets.js';
import { SocketCloser } from '../http1/socket-closer.js';
import { WriteQueue, writeAfter } from '../write-queue.js';
import {
  ACK,
  COMPRESSION_ERROR,
  CONTINUATION,
  clientPreface,
  DATA,
  defaultMaxFrameSize,
  defaultWindow,
  ENABLE_CONNECT_PROTOCOL,
  ENABLE_PUSH,
  END_HEADERS,
  END_STREAM,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  FRAME_SIZE_ERROR,
  frameHeader,
  frameHeaderOctets,
  GOAWAY,
  goAwayFrame,
  HAS_PRIORITY,
  HEADER_TABLE_SIZE,
  HEADERS,
  INITIAL_WINDOW_SIZE,
  MAX_CONCURRENT_STREAMS,
  MAX_FRAME_SIZE,
  maxWindow,
  NO_ERROR,
  PADDED,
  PING,
  PRIORITY,
  PROTOCOL_ERROR,
  PUSH_PROMISE,
  REFUSED_STREAM,
  RST_STREAM,
  resetFrame,
  SETTINGS,
  STREAM_CLOSED,
  settingsFrame,
  WINDOW_UPDATE,
  windowUpdateFrame,
} from './frame.js';
import type { HeaderField } from './header-field.js';
import { BROKEN, DECODED, HpackDecoder } from './hpack-decoder.js';
import { HpackEncoder } from './hpack-encoder.js';
import type { Http2Options } from './http2-options.js';
import type { Http2Stats } from './http2-stats.js';
import type { Http2Stream } from './http2-stream.js';
import { ResetStreams } from './reset-streams.js';

/** A head needs no more frames than this; each further one costs work without an end. The limit of nghttp2. */
const maxContinuations = 8;

const preface = Buffer.from(clientPreface, 'latin1');

export abstract class Http2Connection {
  readonly protocol: Protocol = 'HTTP/2';
  readonly options: Http2Options;
  protected readonly stats: Http2Stats;
  /** Those that have not ended in both directions. */
  protected readonly streams = new Map<number, Http2Stream>();
  protected readonly queue: WriteQueue;
  protected readonly closer: SocketCloser;
  protected readonly encoder: HpackEncoder;
  private readonly decoder: HpackDecoder;
  private readonly kept = new KeptOctets();
  /** Octets that must be there before it is worth to look at them. */
  private needed = 0;

  /** Streams with data that the windows hold back. */
  private readonly blocked = new Set<Http2Stream>();
  protected readonly resetStreams = new ResetStreams();
  /** The highest stream that the peer has opened. */
  protected lastPeerStream = 0;

  // What the peer said.
  private sendWindow = defaultWindow;
  private peerStreamWindow = defaultWindow;
  private peerMaxFrameSize = defaultMaxFrameSize;
  protected peerMaxStreams = Number.POSITIVE_INFINITY;
  private settingsSeen = false;

  // What we said.
  private receiveWindow: number;
  private consumed = 0;

  protected isReading = false;
  // The frame of which the octets are being read.
  private prefaceLeft: number;
  private dataStream: Http2Stream | undefined = undefined;
  private dataLeft = 0;
  private dataFlags = 0;
  private paddingLeft = 0;
  private readingData = false;

  // A head in several frames.
  private blockStream = 0;
  private blockFlags = 0;
  private blockParts: Buffer[] = [];
  private blockSize = 0;
  private continuations = 0;

  // Against floods.
  private emptyFrames = 0;
  private priorityFrames = 0;
  private windowUpdates = 0;
  protected openedStreams = 0;
  private dataFramesSent = 0;
  private outboundFrames = 0;
  private outboundControlFrames = 0;

  private keepalive: Timer | undefined = undefined;
  private keepaliveAnswer: Timer | undefined = undefined;
  /** Streams that were cut before the socket was gone. */
  private cutBefore = 0;
  /** Nothing that comes counts any more. */
  protected closing = false;
  protected closed = false;

  protected constructor(socket: Duplex, options: Http2Options, isServer: boolean) {
    this.options = options;
    this.stats = options.stats();
    this.prefaceLeft = isServer ? preface.length : 0;
    this.encoder = new HpackEncoder(options.hpackTableSize);
    this.decoder = new HpackDecoder(
      options.hpackTableSize,
      options.maxHeadersOctets,
      options.maxHeadersCount,
    );
    this.receiveWindow = options.connectionWindow;
    this.queue = new WriteQueue(socket, options.bufferLimitBytes, {
      onAboveHighWatermark: () => this.onQueueWatermark(true),
      onBelowLowWatermark: () => this.onQueueWatermark(false),
    });
    this.closer = new SocketCloser(socket, this.queue, options.clock, options.delayedCloseTimeoutMs);
    this.queue.writeText(this.greeting(isServer));
    const read = (chunk: Buffer) => this.onOctets(chunk);
    socket.on('data', (chunk: Buffer) => writeAfter(read, chunk));
    socket.on('end', () => this.onPeerEnd());
    socket.on('error', () => {});
    socket.on('close', () => this.finish());
    socket.resume();
    if (options.keepaliveIntervalMs > 0) this.armKeepalive();
  }

  get activeStreams(): number {
    return this.streams.size;
  }

  // ---- what the two sides do differently

  /** A whole head, as decoded. @param result of the decoder: DECODED, TOO_LARGE or TOO_MANY */
  protected abstract onHead(id: number, fields: HeaderField[], result: number, endStream: boolean): void;
  /** GOAWAY of the peer. */
  protected abstract onGoAway(lastStream: number): void;
  protected abstract onPeerReset(stream: Http2Stream, errorCode: number): void;
  /** The socket is gone; the streams were told. */
  protected abstract onGone(streamsCut: number): void;
  /** The peer allows another number of streams. */
  protected onPeerMaxStreams(): void {}
  /** May this side be the opener of the stream? */
  protected abstract isPeerStream(id: number): boolean;
  /** A stream that this side has opened, and that is not there any more. */
  protected abstract isUsed(id: number): boolean;
  protected afterStream(): void {}
  /** All that came in one read was looked at. */
  protected onReadEnd(): void {}

  // ---- reading

  private greeting(isServer: boolean): string {
    const { allowConnect, connectionWindow, hpackTableSize, maxConcurrentStreams, streamWindow } =
      this.options;
    const settings: [number, number][] = isServer ? [] : [[ENABLE_PUSH, 0]];
    settings.push(
      [HEADER_TABLE_SIZE, hpackTableSize],
      [ENABLE_CONNECT_PROTOCOL, allowConnect ? 1 : 0],
      [MAX_CONCURRENT_STREAMS, maxConcurrentStreams],
      [INITIAL_WINDOW_SIZE, streamWindow],
    );
    return (
      (isServer ? '' : clientPreface) +
      settingsFrame(settings) +
      (connectionWindow > defaultWindow ? windowUpdateFrame(0, connectionWindow - defaultWindow) : '')
    );
  }

  private onOctets(chunk: Buffer): void {
    if (this.closing) return;
    if (this.queue.waiting === 0) {
      this.outboundFrames = 0;
      this.outboundControlFrames = 0;
    }
    let bytes = chunk;
    if (this.kept.length > 0) {
      this.kept.add(chunk);
      if (this.kept.length < this.needed) return;
      bytes = this.kept.take();
    }
    this.isReading = true;
    this.readFrames(bytes);
    this.isReading = false;
    this.onReadEnd();
  }

  private readFrames(bytes: Buffer): void {
    let at = this.prefaceLeft > 0 ? this.readPreface(bytes) : 0;
    while (!this.closing && at < bytes.length) {
      if (this.readingData) {
        at = this.readData(bytes, at);
        continue;
      }
      const used = this.readFrame(bytes, at);
      if (used < 0) {
        this.needed = -used;
        this.kept.add(at === 0 ? bytes : bytes.subarray(at));
        return;
      }
      at = used;
    }
  }

  private readPreface(bytes: Buffer): number {
    const from = preface.length - this.prefaceLeft;
    const size = Math.min(bytes.length, this.prefaceLeft);
    if (preface.compare(bytes, 0, size, from, from + size) !== 0) {
      this.connectionError(PROTOCOL_ERROR, 'http2.invalid_preface');
      return bytes.length;
    }
    this.prefaceLeft -= size;
    return size;
  }

  /** @returns the position after the frame (after its header, for DATA); minus the octets needed when they are not all there */
  private readFrame(bytes: Buffer, at: number): number {
    if (bytes.length - at < frameHeaderOctets) return -frameHeaderOctets;
    const length =
      ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    const type = bytes[at + 3] as number;
    const flags = bytes[at + 4] as number;
    const id =
      (((bytes[at + 5] as number) & 0x7f) << 24) |
      ((bytes[at + 6] as number) << 16) |
      ((bytes[at + 7] as number) << 8) |
      (bytes[at + 8] as number);
    if (length > defaultMaxFrameSize) return this.fail(FRAME_SIZE_ERROR, bytes);
    const start = at + frameHeaderOctets;
    // Between the frames of a head nothing else may come; the first frame of all is SETTINGS.
    if (this.blockStream !== 0 && (type !== CONTINUATION || id !== this.blockStream)) {
      return this.fail(PROTOCOL_ERROR, bytes);
    }
    if (!this.settingsSeen && (type !== SETTINGS || (flags & ACK) !== 0)) {
      return this.fail(PROTOCOL_ERROR, bytes);
    }
    if (type === DATA) return this.startData(bytes, start, length, flags, id);
    const end = start + length;
    if (end > bytes.length) return -(length + frameHeaderOctets);
    switch (type) {
      case HEADERS:
        this.onHeadersFrame(bytes, start, end, flags, id);
        break;
      case CONTINUATION:
        this.onContinuation(bytes, start, end, flags, id);
        break;
      case PRIORITY:
        this.onPriority(bytes, start, length, id);
        break;
      case RST_STREAM:
        this.onResetFrame(bytes, start, length, id);
        break;
      case SETTINGS:
        this.onSettings(bytes, start, length, flags, id);
        break;
      case PUSH_PROMISE:
        // A client cannot push, and our SETTINGS forbid it to servers.
        this.connectionError(PROTOCOL_ERROR, 'http2.protocol_error');
        break;
      case PING:
        this.onPing(bytes, start, length, flags, id);
        break;
      case GOAWAY:
        if (id !== 0) this.connectionError(PROTOCOL_ERROR, 'http2.protocol_error');
        else if (length < 8) this.connectionError(FRAME_SIZE_ERROR, 'http2.protocol_error');
        else this.onGoAway(bytes.readUInt32BE(start) & maxWindow);
        break;
      case WINDOW_UPDATE:
        this.onWindowUpdate(bytes, start, length, id);
        break;
      default:
      // Of a kind that we do not know: skipped (RFC 9113 section 5.5).
    }
    return end;
  }

  private fail(errorCode: number, bytes: Buffer): number {
    this.connectionError(errorCode, 'http2.protocol_error');
    return bytes.length;
  }

  // ---- DATA: told as it comes, not when the frame is whole

  private startData(bytes: Buffer, start: number, length: number, flags: number, id: number): number {
    let at = start;
    let size = length;
    let padding = 0;
    if ((flags & PADDED) !== 0) {
      if (length === 0) return this.fail(FRAME_SIZE_ERROR, bytes);
      if (at >= bytes.length) return -(frameHeaderOctets + 1);
      padding = bytes[at++] as number;
      size--;
      if (padding > size) return this.fail(PROTOCOL_ERROR, bytes);
      size -= padding;
    }
    if (id === 0) return this.fail(PROTOCOL_ERROR, bytes);
    this.receiveWindow -= length;
    if (this.receiveWindow < 0) return this.fail(FLOW_CONTROL_ERROR, bytes);
    const stream = this.streams.get(id);
    this.dataStream = undefined;
    if (stream === undefined) {
      if (this.isIdle(id)) return this.fail(PROTOCOL_ERROR, bytes);
      // What was on its way when we reset the stream.
      if (!this.resetStreams.has(id)) return this.fail(STREAM_CLOSED, bytes);
      this.consume(length);
    } else if (stream.remoteEnded) {
      this.consume(length);
      this.streamError(stream, STREAM_CLOSED, 'protocol error', 'http2.stream_closed');
    } else {
      stream.receiveWindow -= length;
      stream.octetsReceived += length + frameHeaderOctets;
      if (stream.receiveWindow < 0) return this.fail(FLOW_CONTROL_ERROR, bytes);
      this.consume(length - size);
      stream.consume(length - size);
      this.dataStream = stream;
    }
    if (this.isEmptyFlood(size, flags)) return bytes.length;
    this.dataLeft = size;
    this.dataFlags = flags;
    this.paddingLeft = padding;
    this.readingData = true;
    return size === 0 && padding === 0 ? this.readData(bytes, at) : at;
  }

  private readData(bytes: Buffer, from: number): number {
    let at = from;
    const end = Math.min(bytes.length, at + this.dataLeft);
    const size = end - at;
    this.dataLeft -= size;
    const stream = this.dataStream;
    const endStream = this.dataLeft === 0 && (this.dataFlags & END_STREAM) !== 0;
    if (stream !== undefined && (size > 0 || endStream)) {
      stream.receive(size === bytes.length ? bytes : bytes.subarray(at, end), endStream);
    }
    at = end;
    if (this.dataLeft > 0) return at;
    const padding = Math.min(bytes.length - at, this.paddingLeft);
    this.paddingLeft -= padding;
    if (this.paddingLeft === 0) {
      this.readingData = false;
      this.dataStream = undefined;
    }
    // The last octets of DATA are told only once.
    this.dataFlags = 0;
    return at + padding;
  }

  /** Data was taken by whoever it is for: the peer may send as much again. */
  consume(octets: number): void {
    this.consumed += octets;
    if (this.consumed * 2 < this.options.connectionWindow || this.closing) return;
    this.queue.writeText(windowUpdateFrame(0, this.consumed));
    this.receiveWindow += this.consumed;
    this.consumed = 0;
  }

  // ---- HEADERS

  private onHeadersFrame(bytes: Buffer, start: number, end: number, flags: number, id: number): void {
    let from = start;
    let to = end;
    if (id === 0) {
      this.connectionError(PROTOCOL_ERROR, 'http2.protocol_error');
      return;
    }
    if ((flags & PADDED) !== 0) {
      const padding = bytes[from++] as number;
      to -= padding;
      if (start === end || to < from) {
        this.connectionError(PROTOCOL_ERROR, 'http2.protocol_error');
        return;
      }
    }
    if ((flags & HAS_PRIORITY) !== 0) {
      if (to - from < 5) {
        this.connectionError(FRAME_SIZE_ERROR, 'http2.protocol_error');
        return;
      }
      // RFC 9113 section 5.3.1 has no more priorities; that a stream hangs on itself is still an error to test suites.
      if ((bytes.readUInt32BE(from) & maxWindow) === id) {
        this.connectionError(PROTOCOL_ERROR, 'http2.protocol_error');
        return;
      }
      from += 5;
    }
    if (this.isEmptyFlood(to - from, flags)) return;
    if ((flags & END_HEADERS) !== 0) {
      this.onBlock(bytes, from, to, flags, id);
      return;
    }
    this.blockStream = id;
    this.blockFlags = flags;
    this.blockParts = [bytes.subarray(from, to)];
    this.blockSize = to - from;
    this.continuations = 0;
  }

  private onContinuation(bytes: Buffer, start: number, end: number, flags: number, id: number): void {
    if (this.blockStream === 0) {
      this.connectionError(PROTOCOL_ERROR, 'http2.protocol_error');
      return;
    }
    this.blockParts.push(bytes.subarray(start, end));
    this.blockSize += end - start;
    if (
      ++this.continuations > maxContinuations ||
      this.blockSize > this.options.maxHeadersOctets + 2 * defaultMaxFrameSize
    ) {
      this.connectionError(ENHANCE_YOUR_CALM, 'http2.too_many_continuations');
      return;
    }
    if (this.isEmptyFlood(end - start, this.blockFlags) || (flags & END_HEADERS) === 0) return;
    const block = Buffer.concat(this.blockParts, this.blockSize);
    const blockFlags = this.blockFlags;
    this.blockStream = 0;
    this.blockParts = [];
    this.onBlock(block, 0, block.length, blockFlags, id);
  }

  private onBlock(bytes: Buffer, start: number, end: number, flags: number, id: number): void {
    const { decoder } = this;
    const result = decoder.decode(bytes, start, end);
    if (result === BROKEN) {
      this.connectionError(COMPRESSION_ERROR, 'http2.compression_error');
      return;
    }
    const endStream = (flags & END_STREAM) !== 0;
    const stream = this.streams.get(id);
    if (stream !== undefined) {
      stream.octetsReceived += end - start + frameHeaderOctets;
      if (stream.remoteEnded)
        this.streamError(stream, STREAM_CLOSED, 'protocol error', 'http2.stream_closed');
      else if (stream.headSeen) this.onTrailers(stream, decoder.fields, result, endStream);
      else this.onHead(id, decoder.fields, result, endStream);
      return;
    }
    if (this.resetStreams.has(id)) return;
    if (!this.isIdle(id)) {
      this.connectionError(STREAM_CLOSED, 'http2.stream_closed');
      return;
    }
    if (!this.isPeerStream(id)) {
      this.connectionError(PROTOCOL_ERROR, 'http2.protocol_error');
      return;
    }
    this.lastPeerStream = id;
    this.onHead(id, decoder.fields, result, endStream);
  }

  /** Envoy counts trailers of requests alone. */
  protected onTrailersCame(): void {
    // Nothing, for responses.
  }

  private onTrailers(stream: Http2Stream, fields: HeaderField[], result: number, endStream: boolean): void {
    if (result !== DECODED) {
      this.headTooLarge(stream, result);
      return;
    }
    const trailers = endStream ? stream.trailersOf(fields) : undefined;
    if (trailers === undefined) {
      this.malformed(stream, 'http2.violation.of.messaging.rule');
      return;
    }
    this.onTrailersCame();
    stream.receiveTrailers(trailers);
  }

  /** Never opened by anybody: nothing but HEADERS and PRIORITY may come for it. */
  private isIdle(id: number): boolean {
    return this.isPeerStream(id) ? id > this.lastPeerStream : !this.isUsed(id);
  }

  // ---- the other frames

  private onPriority(bytes: Buffer, start: number, length: number, id: number): void {
    if (id === 0) {
      this.connectionError(PROTOCOL_ERROR, 'http2.protocol_error');
      return;
    }
    if (length !== 5) {
      this.queueControl(resetFrame(id, FRAME_SIZE_ERROR));
      return;
    }
    if ((bytes.readUInt32BE(start) & maxWindow) === id) {
      const stream = this.streams.get(id);
      if (stream !== undefined) this.streamError(stream, PROTOCOL_ERROR, 'protocol error', '');
      else this.queueControl(resetFrame(id, PROTOCOL_ERROR));
      return;
    }
    // Envoy's formula (`checkInboundFrameLimits`).
    if (++this.priorityFrames > this.options.maxPriorityFramesPerStream * (1 + this.openedStreams)) {
      this.stats.inboundPriorityFramesFlood.inc();
      this.connectionError(ENHANCE_YOUR_CALM, 'http2.inbound_priority_frames_flood');
    }
  }

  private onResetFrame(bytes: Buffer, start: number, length: number, id: number): void {
    if (length !== 4) this.connectionError(FRAME_SIZE_ERROR, 'http2.protocol_error');
    else if (id === 0 || this.isIdle(id)) this.connectionError(PROTOCOL_ERROR, 'http2.protocol_error');
    else {
      const stream = this.streams.get(id);
      if (stream === undefined) return;
      this.stats.rxReset.inc();
      this.forget(stream);
      this.onPeerReset(stream, bytes.readUInt32BE(start));
      this.afterStream();
    }
  }

  private onSettings(bytes: Buffer, start: number, length: number, flags: number, id: number): void {
    if (id !== 0) {
      this.connectionError(PROTOCOL_ERROR, 'http2.protocol_error');
      return;
    }
    if ((flags & ACK) !== 0) {
      if (length !== 0) this.connectionError(FRAME_SIZE_ERROR, 'http2.protocol_error');
      return;
    }
    if (length % 6 !== 0) {
      this.connectionError(FRAME_SIZE_ERROR, 'http2.protocol_error');
      return;
    }
    this.settingsSeen = true;
    for (let at = start; at < start + length; at += 6) {
      const error = this.applySetting(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2));
      if (error === NO_ERROR) continue;
      this.connectionError(error, 'http2.protocol_error');
      return;
    }
    this.queueControl(frameHeader(0, SETTINGS, ACK, 0));
  }

  private applySetting(id: number, value: number): number {
    switch (id) {
      case HEADER_TABLE_SIZE:
        this.encoder.setPeerTableSize(value);
        break;
      case ENABLE_PUSH:
      case ENABLE_CONNECT_PROTOCOL:
        if (value > 1) return PROTOCOL_ERROR;
        break;
      case MAX_CONCURRENT_STREAMS:
        this.peerMaxStreams = value;
        this.onPeerMaxStreams();
        break;
      case INITIAL_WINDOW_SIZE: {
        if (value > maxWindow) return FLOW_CONTROL_ERROR;
        const change = value - this.peerStreamWindow;
        this.peerStreamWindow = value;
        for (const stream of this.streams.values()) {
          stream.sendWindow += change;
          if (stream.sendWindow > maxWindow) return FLOW_CONTROL_ERROR;
        }
        if (change > 0) this.unblock();
        break;
      }
      case MAX_FRAME_SIZE:
        if (value < defaultMaxFrameSize || value > 2 ** 24 - 1) return PROTOCOL_ERROR;
        // Larger frames save us little and keep other streams waiting.
        this.peerMaxFrameSize = defaultMaxFrameSize;
        break;
      default:
    }
    return NO_ERROR;
  }

  private onPing(bytes: Buffer, start: number, length: number, flags: number, id: number): void {
    if (id !== 0) this.connectionError(PROTOCOL_ERROR, 'http2.protocol_error');
    else if (length !== 8) this.connectionError(FRAME_SIZE_ERROR, 'http2.protocol_error');
    else if ((flags & ACK) !== 0) {
      this.keepaliveAnswer?.cancel();
      this.keepaliveAnswer = undefined;
    } else this.queueControl(frameHeader(8, PING, ACK, 0) + bytes.toString('latin1', start, start + 8));
  }

  private onWindowUpdate(bytes: Buffer, start: number, length: number, id: number): void {
    if (length !== 4) {
      this.connectionError(FRAME_SIZE_ERROR, 'http2.protocol_error');
      return;
    }
    const increment = bytes.readUInt32BE(start) & maxWindow;
    const limit =
      5 + 2 * (this.openedStreams + this.options.maxWindowUpdatesPerDataFrame * this.dataFramesSent);
    if (++this.windowUpdates > limit) {
      this.stats.inboundWindowUpdateFramesFlood.inc();
      this.connectionError(ENHANCE_YOUR_CALM, 'http2.inbound_window_update_frames_flood');
      return;
    }
    if (id === 0) {
      this.sendWindow += increment;
      if (increment === 0) this.connectionError(PROTOCOL_ERROR, 'http2.protocol_error');
      else if (this.sendWindow > maxWindow) this.connectionError(FLOW_CONTROL_ERROR, 'http2.protocol_error');
      else this.unblock();
      return;
    }
    const stream = this.streams.get(id);
    if (stream === undefined) {
      if (this.isIdle(id)) this.connectionError(PROTOCOL_ERROR, 'http2.protocol_error');
      return;
    }
    stream.sendWindow += increment;
    if (increment === 0) this.streamError(stream, PROTOCOL_ERROR, 'protocol error', 'http2.protocol_error');
    else if (stream.sendWindow > maxWindow) {
      this.streamError(stream, FLOW_CONTROL_ERROR, 'protocol error', 'http2.flow_control_error');
    } else stream.flush();
  }

  // ---- what the streams write

  /** @returns octets written, frame headers included */
  writeHead(stream: Http2Stream, block: string, endStream: boolean): number {
    const max = this.peerMaxFrameSize;
    const flags = endStream ? END_STREAM : 0;
    if (block.length <= max) {
      this.countOutbound();
      this.queue.writeText(frameHeader(block.length, HEADERS, flags | END_HEADERS, stream.id) + block);
      return block.length + frameHeaderOctets;
    }
    let text = frameHeader(max, HEADERS, flags, stream.id) + block.slice(0, max);
    for (let at = max; at < block.length; at += max) {
      const part = block.slice(at, at + max);
      const last = at + max >= block.length;
      text += frameHeader(part.length, CONTINUATION, last ? END_HEADERS : 0, stream.id) + part;
      this.countOutbound();
    }
    this.countOutbound();
    this.queue.writeText(text);
    return text.length;
  }

  /**
   * As much as the windows take.
   * @returns octets of the data that were written
   */
  writeData(stream: Http2Stream, data: Buffer, endStream: boolean): number {
    const { length } = data;
    if (length === 0) {
      if (endStream) this.writeDataFrame(stream, data, true);
      return 0;
    }
    let at = 0;
    while (at < length) {
      const size = Math.min(length - at, stream.sendWindow, this.sendWindow, this.peerMaxFrameSize);
      if (size <= 0) break;
      const end = at + size;
      stream.sendWindow -= size;
      this.sendWindow -= size;
      const part = size === length ? data : data.subarray(at, end);
      this.writeDataFrame(stream, part, endStream && end === length);
      at = end;
    }
    return at;
  }

  private writeDataFrame(stream: Http2Stream, data: Buffer, endStream: boolean): void {
    this.dataFramesSent++;
    stream.octetsSent += data.length + frameHeaderOctets;
    this.queue.writeText(frameHeader(data.length, DATA, endStream ? END_STREAM : 0, stream.id));
    if (data.length > 0) this.queue.writeBuffer(data);
    this.countOutbound();
  }

  /** Data waits for a window. */
  block(stream: Http2Stream): void {
    this.blocked.add(stream);
  }

  /** Nothing of it waits any more. */
  unblockStream(stream: Http2Stream): void {
    this.blocked.delete(stream);
  }

  private unblock(): void {
    for (const stream of this.blocked) {
      if (this.sendWindow <= 0 || this.closing) return;
      stream.flush();
    }
  }

  private countOutbound(): void {
    if (++this.outboundFrames <= this.options.maxOutboundFrames || this.queue.waiting === 0) return;
    this.stats.outboundFlood.inc();
    this.connectionError(ENHANCE_YOUR_CALM, 'http2.outbound_frames_flood');
  }

  protected queueControl(text: string): void {
    this.queue.writeText(text);
    if (++this.outboundControlFrames <= this.options.maxOutboundControlFrames) return;
    this.stats.outboundControlFlood.inc();
    this.connectionError(ENHANCE_YOUR_CALM, 'http2.outbound_control_frames_flood');
  }

  writeWindowUpdate(stream: Http2Stream, increment: number): void {
    this.queue.writeText(windowUpdateFrame(stream.id, increment));
  }

  private isEmptyFlood(size: number, flags: number): boolean {
    if (size > 0 || (flags & END_STREAM) !== 0) {
      this.emptyFrames = 0;
      return false;
    }
    if (++this.emptyFrames <= this.options.maxConsecutiveEmptyFrames) return false;
    this.stats.inboundEmptyFramesFlood.inc();
    this.connectionError(ENHANCE_YOUR_CALM, 'http2.inbound_empty_frame_flood');
    return true;
  }

  private onQueueWatermark(above: boolean): void {
    for (const stream of this.streams.values()) stream.onConnectionWatermark(above);
  }

  // ---- streams

  protected adopt(stream: Http2Stream): void {
    stream.sendWindow = this.peerStreamWindow;
    stream.receiveWindow = this.options.streamWindow;
    this.streams.set(stream.id, stream);
    this.openedStreams++;
    this.stats.streamsActive.inc();
  }

  /** The stream has ended, however. */
  forget(stream: Http2Stream): void {
    stream.gone = true;
    this.blocked.delete(stream);
    if (this.dataStream === stream) this.dataStream = undefined;
    if (this.streams.delete(stream.id)) this.stats.streamsActive.dec();
  }

  /** Both directions have ended. */
  endStream(stream: Http2Stream): void {
    this.forget(stream);
    this.afterStream();
  }

  /** Tells the peer that the stream is over; it may send on for a while. */
  sendReset(stream: Http2Stream, errorCode: number): void {
    this.forget(stream);
    this.resetStreams.add(stream.id);
    this.stats.txReset.inc();
    this.queueControl(resetFrame(stream.id, errorCode));
  }

  /** An error of one stream: the peer gets RST_STREAM, our side is told. */
  streamError(stream: Http2Stream, errorCode: number, reason: ResetReason, details: string): void {
    if (errorCode === REFUSED_STREAM) this.stats.streamRefusedErrors.inc();
    this.sendReset(stream, errorCode);
    stream.tellReset(reason, details);
    this.afterStream();
  }

  /** A message that breaks the rules (RFC 9113 section 8.1.1): costs the connection, as in Envoy, or only its stream. */
  protected malformed(stream: Http2Stream, details: string): void {
    this.stats.rxMessagingError.inc();
    if (this.options.keepsConnectionOnBadMessage) {
      this.streamError(stream, PROTOCOL_ERROR, 'protocol error', details);
      return;
    }
    this.forget(stream);
    stream.tellReset('protocol error', details);
    this.connectionError(PROTOCOL_ERROR, details);
  }

  protected abstract headTooLarge(stream: Http2Stream, result: number): void;

  // ---- the end

  /** GOAWAY with the reason, then the end. Streams are told that their connection is gone. */
  protected connectionError(errorCode: number, _details: string): void {
    if (this.closing) return;
    this.sendGoAway(this.lastPeerStream, errorCode);
    this.closing = true;
    this.kept.clear();
    const streamsCut = this.cutStreams('protocol error');
    this.closer.flush();
    this.cutBefore = streamsCut;
  }

  protected sendGoAway(lastStream: number, errorCode: number): void {
    this.stats.goawaySent.inc();
    this.queue.writeText(goAwayFrame(lastStream, errorCode));
  }

  protected cutStreams(reason: ResetReason): number {
    const cut = [...this.streams.values()];
    for (const stream of cut) {
      this.forget(stream);
      stream.tellReset(reason, '');
    }
    return cut.length;
  }

  close(how: 'now' | 'flush' | 'flush-and-delay'): void {
    if (this.closed) return;
    if (how === 'now') {
      this.closing = true;
      this.closer.now();
      this.finish();
      return;
    }
    this.closing = true;
    this.cutBefore += this.cutStreams('connection termination');
    if (how === 'flush') this.closer.flush();
    else this.closer.flushAndDelay();
  }

  private onPeerEnd(): void {
    if (this.closed) return;
    this.queue.flush();
    this.closer.now();
    this.finish();
  }

  private finish(): void {
    if (this.closed) return;
    this.closed = true;
    this.closing = true;
    this.keepalive?.cancel();
    this.keepaliveAnswer?.cancel();
    this.kept.clear();
    this.closer.stop();
    const cut = this.cutStreams('connection termination');
    this.onGone(cut + this.cutBefore);
  }

  // ---- PING

  private armKeepalive(): void {
    const { clock, keepaliveIntervalMs, keepaliveJitterPercent, random } = this.options;
    const jitter = (keepaliveIntervalMs * keepaliveJitterPercent * random()) / 100;
    this.keepalive = clock.setTimer(keepaliveIntervalMs + jitter, () => {
      this.sendKeepalive();
      if (!this.closing) this.armKeepalive();
    });
  }

  /** A PING that must be answered in time. */
  protected sendKeepalive(): void {
    if (this.closing || this.keepaliveAnswer !== undefined) return;
    const { clock, keepaliveTimeoutMs } = this.options;
    this.queue.writeText(frameHeader(8, PING, 0, 0) + '\0'.repeat(8));
    this.keepaliveAnswer = clock.setTimer(keepaliveTimeoutMs, () => {
      this.stats.keepaliveTimeout.inc();
      this.closing = true;
      this.closer.now();
      this.finish();
    });
  }
}
