/**
 * Reads the fields of a head or of trailers (RFC 9112 section 5). Two passes: the first goes over the octets, checks
 * each and notes where names and values lie; the second cuts them out of one string. So an incomplete head costs no
 * string, and every octet is looked at once.
 *
 * Knows nothing of requests and responses: their rules read what is gathered here.
 */
import type { HeaderList } from '../../common/header-list.js';
import type { HeaderName } from './header-names.js';
import {
  CONNECTION,
  CONTENT_LENGTH,
  HOP_BY_HOP,
  HOST,
  HTTP2_SETTINGS,
  hashStep,
  internHeaderName,
  ORDINARY,
  PROXY_CONNECTION,
  TE,
  TRANSFER_ENCODING,
  UPGRADE,
} from './header-names.js';
import { COLON, CR, isControl, LF, NOT_TOKEN, SPACE, TAB, tokenClass, valueClass } from './octet-classes.js';

/** The end of the fields is not in the buffer yet. */
export const INCOMPLETE = -1;
/** A name, a colon or a line end is wrong: `http1.codec_error`. */
export const MALFORMED = -2;
/** A control character: `http1.invalid_characters`. */
export const INVALID_CHARACTERS = -3;
/** More fields than allowed: `http1.too_many_headers`. */
export const TOO_MANY = -4;

const REQUEST = 0;
const RESPONSE = 1;
export type MessageSide = typeof REQUEST | typeof RESPONSE;

/** Values of one scan: start of name, end of name, start of value, end of value. */
const perField = 4;

export class FieldScanner {
  /** Of the last `scan`. */
  private count = 0;
  private positions = new Int32Array(perField * 128);
  private names: HeaderName[] = [];
  private folded = false;
  private mistakeAt = 0;
  private readonly side: MessageSide;

  /** What `collect` fills. The list is the caller's to keep: a new one each time. */
  headers: HeaderList = [];
  /** Undefined when absent. Repeats of `host` and `content-length` are counted, those of the others are joined. */
  host: string | undefined = undefined;
  hostCount = 0;
  contentLength: string | undefined = undefined;
  contentLengthCount = 0;
  transferEncoding: string | undefined = undefined;
  connection: string | undefined = undefined;
  proxyConnection: string | undefined = undefined;
  upgrade: string | undefined = undefined;
  te: string | undefined = undefined;
  underscores = false;

  constructor(side: 'request' | 'response') {
    this.side = side === 'request' ? REQUEST : RESPONSE;
  }

  /**
   * First pass, over `bytes[start..)` where a line begins.
   * @returns the position after the empty line, or one of the negative codes above. A mistake is told once its line has
   *   ended, so that the answer does not depend on how the octets were cut into reads.
   */
  scan(bytes: Buffer, start: number, maxFields: number): number {
    const end = this.scanLines(bytes, start, maxFields);
    return end >= INCOMPLETE || bytes.includes(LF, this.mistakeAt) ? end : INCOMPLETE;
  }

  private scanLines(bytes: Buffer, start: number, maxFields: number): number {
    const length = bytes.length;
    this.count = 0;
    this.folded = false;
    let at = start;
    while (true) {
      if (at >= length) return INCOMPLETE;
      if (bytes[at] === CR) {
        if (at + 1 >= length) return INCOMPLETE;
        return bytes[at + 1] === LF ? at + 2 : this.mistake(at, MALFORMED);
      }
      const nameStart = at;
      let hash = 0;
      let octet = bytes[at] as number;
      while (tokenClass[octet] !== NOT_TOKEN) {
        hash = hashStep(hash, octet);
        if (++at >= length) return INCOMPLETE;
        octet = bytes[at] as number;
      }
      if (octet !== COLON || at === nameStart) return this.badOctet(at, octet);
      const nameEnd = at++;
      while (bytes[at] === SPACE || bytes[at] === TAB) at++;
      let valueStart = at;
      while (true) {
        while (at < length && valueClass[bytes[at] as number] === 1) at++;
        if (at >= length) return INCOMPLETE;
        octet = bytes[at] as number;
        if (octet !== CR) return this.badOctet(at, octet);
        // The octet after the line end tells whether the value goes on (obs-fold), so it must be there.
        if (at + 1 < length && bytes[at + 1] !== LF) return this.mistake(at, MALFORMED);
        if (at + 2 >= length) return INCOMPLETE;
        const next = bytes[at + 2];
        if (next !== SPACE && next !== TAB) break;
        this.folded = true;
        at += 2;
        if (at - 2 === valueStart) {
          // Nothing was there before the fold: the value begins behind it.
          while (bytes[at] === SPACE || bytes[at] === TAB) at++;
          valueStart = at;
        }
      }
      let valueEnd = at;
      while (valueEnd > valueStart && isBlankOctet(bytes[valueEnd - 1] as number)) valueEnd--;
      at += 2;
      if (this.count >= maxFields) return this.mistake(nameEnd, TOO_MANY);
      this.note(nameStart, nameEnd, valueStart, valueEnd);
      this.names[this.count++] = internHeaderName(bytes, nameStart, nameEnd, hash);
    }
  }

  /**
   * Second pass.
   * @param text the octets `bytes[origin..end)` as latin1, `end` being what `scan` returned
   */
  collect(text: string, origin: number): void {
    this.clear();
    const { positions, names, count, side } = this;
    // Envoy writes `host` first wherever it stood, and nearly every request has one: its place is kept free.
    const headers: HeaderList = side === REQUEST ? ['host', ''] : [];
    this.headers = headers;
    // Which joined fields were seen: most heads repeat none, and then no list is searched.
    let seenLow = 0;
    let seenHigh = 0;
    for (let field = 0; field < count; field++) {
      const header = names[field] as HeaderName;
      const at = field * perField;
      let value = text.slice((positions[at + 2] as number) - origin, (positions[at + 3] as number) - origin);
      if (this.folded) value = unfold(value);
      if (header.underscore) this.underscores = true;
      if (header.meaning !== ORDINARY && !this.special(header, value)) continue;
      const inline = side === REQUEST ? header.requestInline : header.responseInline;
      if (inline >= 0) {
        const bit = 1 << (inline & 31);
        const seen = inline < 32 ? seenLow : seenHigh;
        if ((seen & bit) !== 0) {
          join(headers, header.name, value);
          continue;
        }
        if (inline < 32) seenLow |= bit;
        else seenHigh |= bit;
      }
      headers.push(header.name, value);
    }
    if (side === RESPONSE) return;
    if (this.host === undefined) headers.splice(0, 2);
    else headers[1] = this.host;
  }

  /** Forgets the fields, as of a head that has none. */
  reset(): void {
    this.headers = [];
    this.clear();
  }

  private clear(): void {
    this.host = undefined;
    this.hostCount = 0;
    this.contentLength = undefined;
    this.contentLengthCount = 0;
    this.transferEncoding = undefined;
    this.connection = undefined;
    this.proxyConnection = undefined;
    this.upgrade = undefined;
    this.te = undefined;
    this.underscores = false;
  }

  /** Takes a field that the codec itself acts on. @returns true when it stays in the list */
  private special(header: HeaderName, value: string): boolean {
    switch (header.meaning) {
      case HOST:
        this.host = value;
        this.hostCount++;
        // In a response it is a field as any other.
        return this.side === RESPONSE;
      case CONTENT_LENGTH:
        this.contentLength = value;
        return this.contentLengthCount++ === 0;
      case TRANSFER_ENCODING:
        this.transferEncoding = joined(this.transferEncoding, value);
        return false;
      case CONNECTION:
        this.connection = joined(this.connection, value);
        // Kept at its place for an upgrade; the rules take it out otherwise.
        return this.connection === value;
      case UPGRADE:
        this.upgrade = joined(this.upgrade, value);
        return this.upgrade === value;
      case TE:
        this.te = joined(this.te, value);
        return true;
      case PROXY_CONNECTION:
        this.proxyConnection = joined(this.proxyConnection, value);
        return false;
      case HOP_BY_HOP:
        return false;
      case HTTP2_SETTINGS:
        return true;
      default:
        return true;
    }
  }

  private badOctet(at: number, octet: number): number {
    return this.mistake(at, isControl(octet) ? INVALID_CHARACTERS : MALFORMED);
  }

  private mistake(at: number, code: number): number {
    this.mistakeAt = at;
    return code;
  }

  private note(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const at = this.count * perField;
    if (at >= this.positions.length) {
      const larger = new Int32Array(this.positions.length * 2);
      larger.set(this.positions);
      this.positions = larger;
    }
    const { positions } = this;
    positions[at] = nameStart;
    positions[at + 1] = nameEnd;
    positions[at + 2] = valueStart;
    positions[at + 3] = valueEnd;
  }
}

/** White space, and the line ends that folding leaves inside a value. */
function isBlankOctet(octet: number): boolean {
  return octet === SPACE || octet === TAB || octet === CR || octet === LF;
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before},${value}`;
}

function join(headers: HeaderList, name: string, value: string): void {
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] === name) headers[at + 1] = `${headers[at + 1]},${value}`;
  }
}

/** Line ends inside a value go, the white space after them stays (as Envoy does; RFC 9112 section 5.2 allows it). */
function unfold(value: string): string {
  return value.includes('\r') ? value.replaceAll('\r\n', '') : value;
}
