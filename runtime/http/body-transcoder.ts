/**
 * A body on its way through one of zlib's streams, for filters that compress or decompress: what goes in comes out changed,
 * later, and in order.
 */
import type { Transform } from 'node:stream';

/** A stream of `node:zlib`. */
export interface ZlibStream extends Transform {
  flush(callback?: () => void): void;
}

export interface TranscoderTarget {
  onTranscoded(data: Buffer, endStream: boolean): void;
  /** The input is no good; nothing but the end comes after it. */
  onTranscodeError(code: string): void;
  /** The last octet is out, and trailers may follow. */
  onTranscodedBeforeTrailers(): void;
}

const nothing = Buffer.alloc(0);

export class BodyTranscoder {
  private readonly stream: ZlibStream;
  private readonly target: TranscoderTarget;
  private readonly flushes: boolean;
  private hasTrailers = false;
  private ended = false;
  private failed = false;
  private over = false;

  /** @param flushes each part leaves as soon as it is compressed, as Envoy does, at the price of some octets */
  constructor(stream: ZlibStream, flushes: boolean, target: TranscoderTarget) {
    this.stream = stream;
    this.flushes = flushes;
    this.target = target;
    stream
      .on('data', (data: Buffer) => {
        if (!this.over) target.onTranscoded(data, false);
      })
      .on('end', () => this.finish())
      .on('error', (error: NodeJS.ErrnoException) => {
        this.failed = true;
        if (this.over) return;
        target.onTranscodeError(error.code ?? '');
        if (this.ended) this.finish();
      });
  }

  push(data: Buffer, endStream: boolean): void {
    if (this.over) return;
    if (this.failed) {
      if (endStream) this.finish();
      return;
    }
    if (data.length > 0) this.stream.write(data);
    if (endStream) this.end();
    else if (this.flushes && data.length > 0) this.stream.flush();
  }

  /** Trailers came instead of an end: `onTranscodedBeforeTrailers` follows. */
  endBeforeTrailers(): void {
    this.hasTrailers = true;
    if (this.failed) this.finish();
    else this.end();
  }

  /** The stream is gone: nothing comes out any more. */
  stop(): void {
    this.over = true;
    this.stream.destroy();
  }

  private end(): void {
    this.ended = true;
    this.stream.end();
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    if (this.hasTrailers) this.target.onTranscodedBeforeTrailers();
    else this.target.onTranscoded(nothing, true);
  }
}
