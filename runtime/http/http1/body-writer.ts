/**
 * Writes a body in the framing that its head announced, and holds the sender to it: what goes beyond a `content-length`
 * would be the beginning of another message to the peer, so it is never written.
 */
import type { HeaderList } from '../../common/header-list.js';
import type { WriteQueue } from '../write-queue.js';
import type { Framing } from './framing.js';
import { BY_LENGTH, CHUNKED, NO_BODY } from './framing.js';
import type { HeadWriter } from './head-writer.js';

export class BodyWriter {
  private readonly queue: WriteQueue;
  private framing: Framing = NO_BODY;
  /** Octets that the announced length still allows. */
  private remaining = 0;
  /** Octets handed over since `begin`, framing included. */
  octets = 0;

  constructor(queue: WriteQueue) {
    this.queue = queue;
  }

  /** @param contentLength only used when framed by length */
  begin(framing: Framing, contentLength: number): void {
    this.framing = framing;
    this.remaining = contentLength;
    this.octets = 0;
  }

  /** The message ended and its length was not reached: the peer waits for octets that never come. */
  get isShort(): boolean {
    return this.framing === BY_LENGTH && this.remaining > 0;
  }

  /** @returns false when the body is longer than announced; the rest is dropped */
  data(data: Buffer, endStream: boolean): boolean {
    if (this.framing === CHUNKED) {
      this.chunk(data, endStream);
      return true;
    }
    if (this.framing === NO_BODY) return data.length === 0;
    if (this.framing === BY_LENGTH) {
      const fits = data.length <= this.remaining;
      const allowed = fits ? data : data.subarray(0, this.remaining);
      this.remaining -= allowed.length;
      this.write(allowed);
      return fits;
    }
    this.write(data);
    return true;
  }

  /** The last chunk with its trailers; nothing in any other framing. */
  trailers(trailers: HeaderList, writer: HeadWriter, enabled: boolean): void {
    if (this.framing !== CHUNKED) return;
    // `fields` leads each line with a line end, which is the one of the chunk's size here.
    this.text(`0${enabled ? writer.fields(trailers, false, true) : ''}\r\n\r\n`);
  }

  private write(data: Buffer): void {
    if (data.length === 0) return;
    this.queue.writeBuffer(data);
    this.octets += data.length;
  }

  private text(text: string): void {
    this.queue.writeText(text);
    this.octets += text.length;
  }

  private chunk(data: Buffer, endStream: boolean): void {
    // An empty chunk would end the body.
    if (data.length > 0) {
      this.text(`${data.length.toString(16)}\r\n`);
      this.write(data);
      this.text(endStream ? '\r\n0\r\n\r\n' : '\r\n');
    } else if (endStream) this.text('0\r\n\r\n');
  }
}
