/**
 * Collects what one connection wants to write within one turn of the event loop and hands it to the socket in one go:
 * text and small buffers as one string, large buffers uncopied by `writev`. Tells when more waits than the peer takes.
 */
import type { Duplex } from 'node:stream';

/** Buffers up to this size are copied into the text: one string costs less than a vector of two. Measured. */
const copyLimit = 2048;

export interface WriteQueueCallbacks {
  /** More than the high watermark waits. */
  onAboveHighWatermark(): void;
  /** No more than the low watermark waits, after it was above the high one. */
  onBelowLowWatermark(): void;
}

/** Queues that have something to write in this turn. */
let dirty: WriteQueue[] = [];
/** Within a read callback: its end is the end of the turn, and no tick has to be asked for. */
let reading = false;

function flushDirty(): void {
  const queues = dirty;
  dirty = [];
  for (let at = 0; at < queues.length; at++) (queues[at] as WriteQueue).flush();
}

/**
 * Runs what a socket's octets lead to, then writes all that it queued, on whatever connection. Saves the tick that every
 * queue would need otherwise, two for each proxied request.
 */
export function writeAfter<T>(read: (octets: T) => void, octets: T): void {
  if (reading) {
    read(octets);
    return;
  }
  reading = true;
  try {
    read(octets);
  } finally {
    reading = false;
    if (dirty.length > 0) flushDirty();
  }
}

export class WriteQueue {
  private readonly socket: Duplex;
  private readonly callbacks: WriteQueueCallbacks;
  private readonly highWatermark: number;
  private readonly lowWatermark: number;
  /** latin1 text that follows all of `chunks`. */
  private text = '';
  private chunks: (string | Buffer)[] | undefined = undefined;
  private queued = 0;
  private isDirty = false;
  private above = false;
  private closed = false;
  private readonly onWritten: () => void;

  /** @param highWatermark octets; 0 means no limit. The low watermark is half of it. */
  constructor(socket: Duplex, highWatermark: number, callbacks: WriteQueueCallbacks) {
    this.socket = socket;
    this.callbacks = callbacks;
    this.highWatermark = highWatermark === 0 ? Number.POSITIVE_INFINITY : highWatermark;
    this.lowWatermark = this.highWatermark / 2;
    this.onWritten = () => this.checkLow();
  }

  /** Octets that wait, here and in the socket. */
  get waiting(): number {
    return this.queued + this.socket.writableLength;
  }

  get isAboveHighWatermark(): boolean {
    return this.above;
  }

  /** @param text every character is one octet (latin1) */
  writeText(text: string): void {
    this.text = this.text === '' ? text : this.text + text;
    this.added(text.length);
  }

  /** The buffer is not copied unless it is small: it must not change any more. */
  writeBuffer(buffer: Buffer): void {
    if (buffer.length <= copyLimit) {
      this.writeText(buffer.toString('latin1'));
      return;
    }
    this.chunks ??= [];
    if (this.text !== '') {
      this.chunks.push(this.text);
      this.text = '';
    }
    this.chunks.push(buffer);
    this.added(buffer.length);
  }

  /** Hands over what waits now instead of at the end of the turn. */
  flush(): void {
    this.isDirty = false;
    if (this.queued === 0 || this.closed) return;
    const { socket, text, chunks } = this;
    this.text = '';
    this.chunks = undefined;
    this.queued = 0;
    if (chunks === undefined) {
      this.write(text, true);
      return;
    }
    socket.cork();
    for (let at = 0; at < chunks.length; at++) {
      this.write(chunks[at] as string | Buffer, at === chunks.length - 1 && text === '');
    }
    if (text !== '') this.write(text, true);
    socket.uncork();
  }

  /** Forgets what waits here; later writes are ignored. */
  close(): void {
    this.closed = true;
    this.text = '';
    this.chunks = undefined;
    this.queued = 0;
  }

  private write(chunk: string | Buffer, isLast: boolean): void {
    // The callback is asked for only while somebody waits for the low watermark: it costs.
    const callback = isLast && this.above ? this.onWritten : undefined;
    if (typeof chunk === 'string') this.socket.write(chunk, 'latin1', callback);
    else this.socket.write(chunk, callback);
  }

  private added(octets: number): void {
    if (this.closed) return;
    this.queued += octets;
    if (!this.isDirty) {
      this.isDirty = true;
      if (dirty.length === 0 && !reading) process.nextTick(flushDirty);
      dirty.push(this);
    }
    if (!this.above && this.queued + this.socket.writableLength > this.highWatermark) {
      this.above = true;
      this.callbacks.onAboveHighWatermark();
    }
  }

  private checkLow(): void {
    if (!this.above || this.closed || this.waiting > this.lowWatermark) return;
    this.above = false;
    this.callbacks.onBelowLowWatermark();
  }
}
