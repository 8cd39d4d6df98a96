/**
 * Octets -> the head of a response and the framing of its body, or nothing: whatever is wrong with it is one protocol
 * error to those behind. Pure, one parser per connection.
 */
import type { HeaderList } from '../../common/header-list.js';
import { removeHeader } from '../../common/header-list.js';
import type { Protocol, ResponseHead } from '../codec.js';
import { FieldScanner, INCOMPLETE } from './field-scanner.js';
import type { Framing } from './framing.js';
import { BY_LENGTH, CHUNKED, hasToken, NO_BODY, parseContentLength, TUNNEL, UNTIL_CLOSE } from './framing.js';
import type { Http1ClientOptions } from './http1-options.js';
import { CR, LF, SPACE, TAB, valueClass } from './octet-classes.js';

/** The response is refused. */
export const INVALID_RESPONSE = -2;

/** `HTTP/1.1 `; shorter lines cannot be status lines. */
const version11 = Buffer.from('HTTP/1.1 ', 'latin1');

class Http1ResponseHead implements ResponseHead {
  status: number;
  headers: HeaderList;
  readonly protocol: Protocol;

  constructor(status: number, headers: HeaderList, protocol: Protocol) {
    this.status = status;
    this.headers = headers;
    this.protocol = protocol;
  }
}

export class ResponseParser {
  private readonly options: Http1ClientOptions;
  private readonly fields = new FieldScanner('response');
  private status = 0;
  private http11 = true;

  head: ResponseHead | undefined = undefined;
  framing: Framing = NO_BODY;
  /** Octets of the body when it is framed by length. */
  contentLength = 0;
  /** The upstream takes no further request on this connection. */
  closes = false;

  constructor(options: Http1ClientOptions) {
    this.options = options;
  }

  /**
   * Reads one head from `bytes[start..)`.
   * @param requestMethod of the request that it answers: HEAD and CONNECT change the framing
   * @param upgradeAsked whether 101 may come
   * @returns the position after it, `INCOMPLETE` or `INVALID_RESPONSE`
   */
  parse(bytes: Buffer, start: number, requestMethod: string, upgradeAsked: boolean): number {
    this.head = undefined;
    const { maxResponseHeadersBytes, maxHeadersCount } = this.options;
    const fieldsStart = this.statusLine(bytes, start);
    const end = fieldsStart < 0 ? fieldsStart : this.fields.scan(bytes, fieldsStart, maxHeadersCount);
    if (end === INCOMPLETE)
      return bytes.length - start > maxResponseHeadersBytes ? INVALID_RESPONSE : INCOMPLETE;
    if (end < 0 || end - start > maxResponseHeadersBytes) return INVALID_RESPONSE;
    this.fields.collect(bytes.toString('latin1', fieldsStart, end), fieldsStart);
    return this.judge(requestMethod, upgradeAsked) ? end : INVALID_RESPONSE;
  }

  /** @returns where the fields begin, `INCOMPLETE` or `INVALID_RESPONSE` */
  private statusLine(bytes: Buffer, start: number): number {
    const { length } = bytes;
    let at = start;
    for (let index = 0; index < version11.length; index++, at++) {
      if (at >= length) return INCOMPLETE;
      const octet = bytes[at] as number;
      if (octet === version11[index]) continue;
      // Any version is taken, and only 1.1 is believed to keep the connection (as Envoy).
      const isDigit = octet >= 48 && octet <= 57;
      if ((index !== 5 && index !== 7) || !isDigit) return INVALID_RESPONSE;
    }
    this.http11 = bytes[start + 5] === 49 && bytes[start + 7] === 49;
    while (at < length && bytes[at] === SPACE) at++;
    if (at + 3 >= length) return bytes.includes(LF, at) ? INVALID_RESPONSE : INCOMPLETE;
    const hundreds = (bytes[at] as number) - 48;
    const tens = (bytes[at + 1] as number) - 48;
    const ones = (bytes[at + 2] as number) - 48;
    if (hundreds < 1 || hundreds > 9 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return INVALID_RESPONSE;
    this.status = hundreds * 100 + tens * 10 + ones;
    at += 3;
    const after = bytes[at];
    if (after !== SPACE && after !== TAB && after !== CR) return INVALID_RESPONSE;
    // The reason phrase is not kept: Envoy writes its own.
    while (at < length && valueClass[bytes[at] as number] === 1) at++;
    if (at + 1 >= length) return at < length && bytes[at] !== CR ? INVALID_RESPONSE : INCOMPLETE;
    return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : INVALID_RESPONSE;
  }

  /** Framing and connection rules (RFC 9112 sections 6.3 and 9.3). @returns false when the response is refused */
  private judge(requestMethod: string, upgradeAsked: boolean): boolean {
    const { fields, status, http11 } = this;
    const { headers } = fields;
    // 101 without having asked would turn the connection into something nobody reads as HTTP.
    if (status === 101 && !upgradeAsked) return false;
    this.closes =
      (fields.connection === undefined
        ? !http11
        : http11
          ? hasToken(fields.connection, 'close')
          : !hasToken(fields.connection, 'keep-alive')) ||
      (fields.proxyConnection !== undefined && hasToken(fields.proxyConnection, 'close'));
    if (!this.bodyFraming(headers, requestMethod)) return false;
    if (status !== 101) {
      if (fields.connection !== undefined) removeHeader(headers, 'connection');
      if (fields.upgrade !== undefined) removeHeader(headers, 'upgrade');
    }
    this.head = new Http1ResponseHead(status, headers, http11 ? 'HTTP/1.1' : 'HTTP/1.0');
    return true;
  }

  private bodyFraming(headers: HeaderList, requestMethod: string): boolean {
    const { fields, status, options } = this;
    this.framing = NO_BODY;
    this.contentLength = 0;
    const length = fields.contentLength === undefined ? -1 : parseContentLength(fields.contentLength);
    if (fields.contentLength !== undefined && (length < 0 || fields.contentLengthCount > 1)) return false;
    const chunked = fields.transferEncoding !== undefined;
    if (chunked && fields.transferEncoding?.toLowerCase() !== 'chunked') return false;
    if (chunked && length >= 0) {
      if (!options.allowChunkedLength) return false;
      removeHeader(headers, 'content-length');
    }
    if (status < 200 || status === 204) {
      if (chunked || length > 0) return false;
      if (length === 0) removeHeader(headers, 'content-length');
      if (status === 101) this.framing = TUNNEL;
      return true;
    }
    if (requestMethod === 'HEAD' || status === 304) return true;
    if (requestMethod === 'CONNECT' && status < 300) {
      removeHeader(headers, 'content-length');
      this.framing = TUNNEL;
      return true;
    }
    if (chunked) this.framing = CHUNKED;
    else if (length < 0) this.framing = UNTIL_CLOSE;
    else if (length > 0) {
      this.framing = BY_LENGTH;
      this.contentLength = length;
    }
    return true;
  }
}
