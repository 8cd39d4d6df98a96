/**
 * Octets -> the head of a request, or Envoy's refusal of it, and the framing of its body. Pure: no socket, no clock. One
 * parser per connection; what a parse found stands in its fields until the next one.
 */
import type { HeaderList } from '../../common/header-list.js';
import { removeHeader } from '../../common/header-list.js';
import type { Protocol, ProtocolError, RequestHead } from '../codec.js';
import { FieldScanner, INCOMPLETE, INVALID_CHARACTERS, TOO_MANY } from './field-scanner.js';
import type { Framing } from './framing.js';
import { BY_LENGTH, CHUNKED, hasToken, NO_BODY, parseContentLength, TUNNEL } from './framing.js';
import type { Http1ServerOptions } from './http1-options.js';
import { CR, isControl, LF, NOT_TOKEN, SPACE, tokenClass } from './octet-classes.js';
import { protocolErrors } from './protocol-errors.js';
import {
  isAuthority,
  isConnectTarget,
  isTarget,
  knownMethod,
  splitAbsoluteTarget,
} from './request-target.js';

/** `HTTP/1.1` with the line end, as the common case has it. */
const version11 = Buffer.from(' HTTP/1.1\r\n', 'latin1');

/** Envoy refuses to believe a `connection` that nominates these, or ten and more names. */
const neverNominated = new Set(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto']);
const maxNominated = 10;
const connectionOptions = new Set([
  'close',
  'keep-alive',
  'upgrade',
  'http2-settings',
  'connection',
  'te',
  '',
]);

/** One shape for all requests, so that the code behind stays monomorphic. */
class Http1RequestHead implements RequestHead {
  method: string;
  path: string;
  scheme: string;
  authority: string;
  headers: HeaderList;
  upgrade: string;
  readonly protocol: Protocol;

  constructor(
    method: string,
    path: string,
    scheme: string,
    authority: string,
    headers: HeaderList,
    upgrade: string,
    protocol: Protocol,
  ) {
    this.method = method;
    this.path = path;
    this.scheme = scheme;
    this.authority = authority;
    this.headers = headers;
    this.upgrade = upgrade;
    this.protocol = protocol;
  }
}

export class RequestParser {
  private readonly options: Http1ServerOptions;
  private readonly fields = new FieldScanner('request');
  private method = '';
  private target = '';
  /** `HTTP/1.1`, another version, or `''` when the line has none (HTTP/0.9). */
  private version = '';
  private upgrade = '';

  /** The head, when `parse` returned a position. */
  head: RequestHead | undefined = undefined;
  /** Why it is refused; set together with no head. */
  error: ProtocolError | undefined = undefined;
  framing: Framing = NO_BODY;
  /** Octets of the body when it is framed by length. */
  contentLength = 0;
  /** The client wants the connection closed after the response. */
  wantsClose = false;

  constructor(options: Http1ServerOptions) {
    this.options = options;
  }

  /**
   * Reads one head from `bytes[start..)`, where its first line begins.
   * @returns the position after it; `INCOMPLETE` when more octets are needed; any other negative number with `error`
   */
  parse(bytes: Buffer, start: number): number {
    this.head = undefined;
    this.error = undefined;
    const fieldsStart = this.requestLine(bytes, start);
    if (fieldsStart < 0) return this.error === undefined ? this.incomplete(bytes, start) : fieldsStart;
    const end =
      this.version === '' ? fieldsStart : this.fields.scan(bytes, fieldsStart, this.options.maxHeadersCount);
    if (end === INCOMPLETE) return this.incomplete(bytes, start);
    if (end < 0) return this.refuse(fieldError(end));
    if (end - start > this.options.maxRequestHeadersBytes) return this.refuse(protocolErrors.headersTooLarge);
    if (this.version === '') this.fields.reset();
    else this.fields.collect(bytes.toString('latin1', fieldsStart, end), fieldsStart);
    const error = this.judge();
    return error === undefined ? end : this.refuse(error);
  }

  private incomplete(bytes: Buffer, start: number): number {
    if (bytes.length - start > this.options.maxRequestHeadersBytes) {
      return this.refuse(protocolErrors.headersTooLarge);
    }
    return INCOMPLETE;
  }

  private refuse(error: ProtocolError): number {
    this.error = error;
    return -2;
  }

  /** @returns where the fields begin; `INCOMPLETE`, or negative with `error` */
  private requestLine(bytes: Buffer, start: number): number {
    const length = bytes.length;
    let at = start;
    while (at < length && tokenClass[bytes[at] as number] !== NOT_TOKEN) at++;
    const methodEnd = at++;
    if (methodEnd === start && start < length) return this.oddRequestLine(bytes, start);
    // 47 is `/`: any other beginning is another form of target, which the slow way knows.
    if (at < length && bytes[methodEnd] === SPACE && bytes[at] === 47) {
      const targetStart = at;
      let octet = 47;
      while (octet > SPACE && octet < 127 && ++at < length) octet = bytes[at] as number;
      if (at + version11.length <= length && isVersion11(bytes, at)) {
        const method = this.methodOf(bytes.toString('latin1', start, methodEnd));
        if (method === undefined) return this.refuse(protocolErrors.codecError);
        this.method = method;
        this.target = bytes.toString('latin1', targetStart, at);
        this.version = 'HTTP/1.1';
        return at + version11.length;
      }
    }
    return this.oddRequestLine(bytes, start);
  }

  private methodOf(text: string): string | undefined {
    return knownMethod(text) ?? (this.options.allowCustomMethods && text !== '' ? text : undefined);
  }

  /**
   * Everything that is not `METHOD SP /path SP HTTP/1.1 CRLF`, after the leniencies of Envoy's parser: several spaces or
   * tabs between the parts and one behind, a line without version. Also called while the line is incomplete, so a line
   * that can never become a request is refused as soon as it has ended.
   */
  private oddRequestLine(bytes: Buffer, start: number): number {
    if (start < bytes.length && tokenClass[bytes[start] as number] === NOT_TOKEN) {
      return this.refuse(protocolErrors.codecError);
    }
    const lineFeed = bytes.indexOf(LF, start);
    if (lineFeed < 0) return INCOMPLETE;
    // A bare LF would be a line end to some and part of the line to others.
    if (lineFeed === start || bytes[lineFeed - 1] !== CR) return this.refuse(protocolErrors.codecError);
    for (let at = start; at < lineFeed - 1; at++) {
      const octet = bytes[at] as number;
      if (isControl(octet)) return this.refuse(protocolErrors.invalidCharacters);
      if (octet === CR) return this.refuse(protocolErrors.codecError);
    }
    const parts = bytes
      .toString('latin1', start, lineFeed - 1)
      .replace(/[ \t]+$/, '')
      .split(/[ \t]+/);
    const [methodText = '', target, version = ''] = parts;
    const method = this.methodOf(methodText);
    if (
      method === undefined ||
      target === undefined ||
      parts.length > 3 ||
      !/^[!#$%&'*+\-.^_`|~\w]+$/.test(method)
    ) {
      return this.refuse(protocolErrors.codecError);
    }
    if (version !== '' && !/^HTTP\/\d\.\d$/.test(version)) return this.refuse(protocolErrors.codecError);
    if (!isTarget(target, method === 'CONNECT')) return this.refuse(protocolErrors.codecError);
    this.method = method;
    this.target = target;
    this.version = version;
    return lineFeed + 1;
  }

  /** The rules of a head whose syntax is right; sets `head`, or says why not. Order as in Envoy's codec. */
  private judge(): ProtocolError | undefined {
    const { fields, options } = this;
    const { headers } = fields;
    const isConnect = this.method === 'CONNECT';
    const http10 = this.version !== 'HTTP/1.1';
    if (fields.underscores && options.headersWithUnderscoresAction !== 'ALLOW') {
      if (options.headersWithUnderscoresAction === 'REJECT_REQUEST')
        return protocolErrors.unexpectedUnderscore;
      dropUnderscores(headers);
    }
    this.upgrade = '';
    if (fields.connection !== undefined || fields.upgrade !== undefined) {
      const error = this.connectionHeader(headers);
      if (error !== undefined) return error;
    }
    const error = this.bodyFraming(headers, isConnect);
    if (error !== undefined) return error;
    if (fields.te !== undefined) keepTrailersOnly(headers, fields.te);
    this.wantsClose =
      (fields.connection === undefined ? http10 : closes(fields.connection, http10)) ||
      (fields.proxyConnection !== undefined && hasToken(fields.proxyConnection, 'close'));
    return this.targetAndHost(headers, isConnect, http10);
  }

  /** Takes `connection` apart: nominated fields go, an upgrade is told (RFC 9110 sections 7.6.1 and 7.8). */
  private connectionHeader(headers: HeaderList): ProtocolError | undefined {
    const { fields } = this;
    const connection = fields.connection ?? '';
    const nominated = nominations(connection);
    if (nominated === undefined) return protocolErrors.connectionHeaderRejected;
    for (const name of nominated) {
      removeHeader(headers, name);
      // Without `host` the connection manager refuses; without `content-length` the body still ends where it said.
      if (name === 'host') fields.host = undefined;
    }
    const asked = fields.upgrade !== undefined && hasToken(connection, 'upgrade');
    if (asked && fields.upgrade?.toLowerCase() !== 'h2c') {
      this.upgrade = (fields.upgrade as string).toLowerCase();
      setInPlace(headers, 'connection', connection);
      setInPlace(headers, 'upgrade', fields.upgrade as string);
      return undefined;
    }
    removeHeader(headers, 'connection');
    if (fields.upgrade !== undefined) removeHeader(headers, 'upgrade');
    if (asked) removeHeader(headers, 'http2-settings');
    return undefined;
  }

  private bodyFraming(headers: HeaderList, isConnect: boolean): ProtocolError | undefined {
    const { fields, options } = this;
    this.framing = NO_BODY;
    this.contentLength = 0;
    if (fields.contentLength !== undefined) {
      const length = fields.contentLengthCount === 1 ? parseContentLength(fields.contentLength) : -1;
      if (length < 0) return protocolErrors.codecError;
      if (isConnect && fields.contentLength !== '0') return protocolErrors.bodyDisallowed;
      if (isConnect) removeHeader(headers, 'content-length');
      this.contentLength = length;
      this.framing = length === 0 ? NO_BODY : BY_LENGTH;
    }
    if (fields.transferEncoding !== undefined) {
      const chunked = fields.transferEncoding.toLowerCase() === 'chunked';
      if (fields.contentLength !== undefined) {
        if (!chunked || !options.allowChunkedLength) return protocolErrors.contentLengthAndChunked;
        removeHeader(headers, 'content-length');
      }
      if (!chunked || isConnect) return protocolErrors.invalidTransferEncoding;
      this.framing = CHUNKED;
    }
    if (isConnect || this.upgrade !== '') this.framing = TUNNEL;
    return undefined;
  }

  private targetAndHost(headers: HeaderList, isConnect: boolean, http10: boolean): ProtocolError | undefined {
    const { fields, options, target } = this;
    let path = target;
    let host = fields.host;
    // Two hosts could be two sites to two readers; in the absolute form none of them counts.
    let hostCount = fields.hostCount;
    if (isConnect) {
      if (!isConnectTarget(target)) return protocolErrors.invalidUrl;
      host = target;
      hostCount = 1;
    } else if (target.charCodeAt(0) !== 47 && !(this.method === 'OPTIONS' && target.startsWith('*'))) {
      if (options.allowAbsoluteUrl) {
        const absolute = splitAbsoluteTarget(target);
        if (absolute === undefined) return protocolErrors.invalidUrl;
        if (absolute.scheme !== 'http' && absolute.scheme !== 'https') return protocolErrors.invalidScheme;
        path = absolute.path;
        host = absolute.authority;
        hostCount = 1;
      }
    }
    if (hostCount > 1) return protocolErrors.codecError;
    if (host !== undefined && !isAuthority(host)) return protocolErrors.invalidAuthority;
    if (http10) {
      if (!options.acceptHttp10) return protocolErrors.lowVersion;
      if (host === undefined && options.defaultHostForHttp10 !== '') host = options.defaultHostForHttp10;
    }
    if (host !== undefined) {
      if (headers[0] === 'host') headers[1] = host;
      else headers.unshift('host', host);
    }
    this.head = new Http1RequestHead(
      this.method,
      path,
      options.scheme,
      host ?? '',
      headers,
      this.upgrade,
      http10 ? 'HTTP/1.0' : 'HTTP/1.1',
    );
    return undefined;
  }
}

function isVersion11(bytes: Buffer, at: number): boolean {
  for (let index = 0; index < version11.length; index++) {
    if (bytes[at + index] !== version11[index]) return false;
  }
  return true;
}

export function fieldError(code: number): ProtocolError {
  if (code === INVALID_CHARACTERS) return protocolErrors.invalidCharacters;
  return code === TOO_MANY ? protocolErrors.tooManyHeaders : protocolErrors.codecError;
}

/** Whether the connection ends with the response: an option in HTTP/1.1, the rule in HTTP/1.0. */
function closes(connection: string, http10: boolean): boolean {
  return http10 ? !hasToken(connection, 'keep-alive') : hasToken(connection, 'close');
}

/** Names that `connection` nominates; undefined when Envoy refuses the request for it. */
function nominations(connection: string): readonly string[] | undefined {
  if (connection === '' || connectionOptions.has(connection.toLowerCase())) return [];
  const tokens = connection.split(',').map((token) => token.trim().toLowerCase());
  const named = tokens.filter((token) => token !== '');
  if (named.length >= maxNominated) return undefined;
  const nominated = named.filter((token) => !connectionOptions.has(token));
  return nominated.some((name) => name.startsWith(':') || neverNominated.has(name)) ? undefined : nominated;
}

function setInPlace(headers: HeaderList, name: string, value: string): void {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === name) headers[at + 1] = value;
}

/** Of `te` only `trailers` is meant for the next hop (RFC 9110 section 10.1.4). */
function keepTrailersOnly(headers: HeaderList, te: string): void {
  if (te === 'trailers') return;
  if (te.split(',').some((coding) => coding.trim() === 'trailers')) setInPlace(headers, 'te', 'trailers');
  else removeHeader(headers, 'te');
}

function dropUnderscores(headers: HeaderList): void {
  let kept = 0;
  for (let at = 0; at < headers.length; at += 2) {
    if ((headers[at] as string).includes('_')) continue;
    headers[kept] = headers[at] as string;
    headers[kept + 1] = headers[at + 1] as string;
    kept += 2;
  }
  headers.length = kept;
}
