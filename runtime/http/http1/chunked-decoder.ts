/**
 * The chunked coding (RFC 9112 section 7.1), in any cut of the octets. Extensions are dropped and the chunks of one read
 * are joined: the next hop gets chunks of its own. Stricter than Envoy in one point: what stands between the data of a
 * chunk and its line end is a mistake, where Envoy drops it in silence.
 */
import { concatenate } from './concatenate.js';
import { CR, hexValue, LF, SPACE, TAB } from './octet-classes.js';

const SIZE = 0;
/** Behind the digits: white space, then an extension up to CR. */
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILERS = 6;

/** All of the body is read and the trailers begin at the returned position. */
export const BODY_ENDED = 1;
/** The octets are used up. */
export const NEEDS_MORE = 0;
/** `http1.codec_error`. */
export const BAD_CHUNK = -1;

export class ChunkedDecoder {
  private state = SIZE;
  private remaining = 0;
  private digits = 0;

  /** Of the last `decode`: the data of all chunks in it, undefined when there was none. */
  data: Buffer | undefined = undefined;
  /** Of the last `decode`: the position of the first octet that it did not use. */
  end = 0;

  /** Makes ready for the next message. */
  reset(): void {
    this.state = SIZE;
    this.remaining = 0;
    this.digits = 0;
  }

  /** Goes on at `bytes[start]`. @returns one of the codes above; `data` and `end` hold what was found */
  decode(bytes: Buffer, start: number): number {
    let pieces: Buffer[] | undefined;
    this.data = undefined;
    let at = start;
    const { length } = bytes;
    while (at < length) {
      if (this.state === DATA) {
        const take = Math.min(this.remaining, length - at);
        const piece = bytes.subarray(at, at + take);
        if (this.data === undefined) this.data = piece;
        else if (pieces === undefined) pieces = [this.data, piece];
        else pieces.push(piece);
        at += take;
        this.remaining -= take;
        if (this.remaining === 0) this.state = DATA_CR;
        continue;
      }
      const octet = bytes[at++] as number;
      if (!this.step(octet)) {
        this.end = at - 1;
        if (pieces !== undefined) this.data = concatenate(pieces);
        return BAD_CHUNK;
      }
      if (this.state === TRAILERS) break;
    }
    this.end = at;
    if (pieces !== undefined) this.data = concatenate(pieces);
    return this.state === TRAILERS ? BODY_ENDED : NEEDS_MORE;
  }

  /** One octet outside the data. @returns false when it may not stand there */
  private step(octet: number): boolean {
    switch (this.state) {
      case SIZE:
        return this.sizeOctet(octet);
      case EXTENSION:
        if (octet === LF) return false;
        if (octet === CR) this.state = SIZE_LF;
        return true;
      case SIZE_LF:
        if (octet !== LF) return false;
        this.state = this.remaining === 0 ? TRAILERS : DATA;
        this.digits = 0;
        return true;
      case DATA_CR:
        this.state = DATA_LF;
        return octet === CR;
      default:
        this.state = SIZE;
        return octet === LF;
    }
  }

  private sizeOctet(octet: number): boolean {
    const value = hexValue[octet] as number;
    if (value !== 255) {
      this.remaining = this.remaining * 16 + value;
      this.digits++;
      return this.remaining <= Number.MAX_SAFE_INTEGER;
    }
    if (this.digits === 0) return false;
    if (octet === CR) this.state = SIZE_LF;
    else if (octet === SPACE || octet === TAB || octet === 59) this.state = EXTENSION;
    else return false;
    return true;
  }
}
