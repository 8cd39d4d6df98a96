/**
 * Fields of a request -> its head, with all that RFC 9113 section 8.3.1 asks of one. What is malformed is refused as Envoy
 * refuses it (measured on 1.40).
 */
import type { HeaderList } from '../../common/header-list.js';
import { joinToHeader } from '../../common/inline-headers.js';
import type { RequestHead } from '../codec.js';
import { parseContentLength } from '../http1/framing.js';
import type { HeaderField } from './header-field.js';
import {
  AUTHORITY,
  CONTENT_LENGTH,
  COOKIE,
  HOST,
  INLINE_IN_REQUESTS,
  MALFORMED,
  METHOD,
  PATH,
  PROTOCOL,
  REGULAR,
  SCHEME,
} from './header-field.js';
import type { Http2Options } from './http2-options.js';

const SLASH = 47;

/** What is wrong, in Envoy's words for `%RESPONSE_CODE_DETAILS%`. */
export const invalidField = 'http2.invalid.header.field';
export const violation = 'http2.violation.of.messaging.rule';
export const underscore = 'http2.unexpected_underscore';

export interface ReadRequest {
  readonly head: RequestHead;
  /** -1 when there is none. */
  readonly contentLength: number;
  /** Fields that `headers_with_underscores_action` has dropped. */
  readonly dropped: number;
}

/** The head, or what is wrong with it. */
export function readRequestHead(fields: readonly HeaderField[], options: Http2Options): ReadRequest | string {
  let method = '';
  let path = '';
  let scheme = '';
  let authority: string | undefined;
  let host: string | undefined;
  let protocol = '';
  let cookie = '';
  let contentLength = -1;
  let dropped = 0;
  let seen = 0;
  let hasRegular = false;
  const headers: HeaderList = ['host', ''];
  for (let at = 0; at < fields.length; at++) {
    const { inline, kind, name, value } = fields[at] as HeaderField;
    if (kind >= METHOD && kind <= PROTOCOL) {
      // Before all others, and once (RFC 9113 section 8.3).
      if (hasRegular || (seen & (1 << kind)) !== 0) return invalidField;
      seen |= 1 << kind;
      switch (kind) {
        case METHOD:
          method = value;
          break;
        case PATH:
          path = value;
          break;
        case SCHEME:
          scheme = value;
          break;
        case AUTHORITY:
          authority = value;
          break;
        case PROTOCOL:
          if (!options.allowConnect) return invalidField;
          protocol = value;
          break;
        default:
          // `:status` is of responses.
          return invalidField;
      }
      continue;
    }
    hasRegular = true;
    switch (kind) {
      case REGULAR:
        if (options.headersWithUnderscoresAction !== 'ALLOW' && name.includes('_')) {
          if (options.headersWithUnderscoresAction === 'REJECT_REQUEST') return underscore;
          dropped++;
        } else if ((inline & INLINE_IN_REQUESTS) !== 0) joinToHeader(headers, name, value);
        else headers.push(name, value);
        break;
      case COOKIE:
        cookie = cookie === '' ? value : `${cookie}; ${value}`;
        break;
      case CONTENT_LENGTH:
        if (contentLength >= 0) return invalidField;
        contentLength = parseContentLength(value);
        if (contentLength < 0) return invalidField;
        headers.push(name, value);
        break;
      case HOST:
        if (host !== undefined) return invalidField;
        host = value;
        break;
      case MALFORMED:
        return invalidField;
      default:
    }
  }
  const isConnect = method === 'CONNECT' && protocol === '';
  const isLegal = isConnect
    ? path === '' && scheme === '' && authority !== undefined
    : method !== '' && scheme !== '' && isPath(path, method) && (protocol === '' || method === 'CONNECT');
  authority ??= host;
  if (!isLegal || authority === undefined || authority === '') return violation;
  headers[1] = authority;
  if (cookie !== '') headers.push('cookie', cookie);
  let upgrade = '';
  if (protocol !== '') {
    // As HTTP/1 would say it; the rest of the proxy knows upgrades in this form only.
    method = 'GET';
    upgrade = protocol.toLowerCase();
    headers.push('upgrade', protocol, 'connection', 'upgrade');
  }
  const head: RequestHead = {
    method,
    path,
    // What the client says, as in Envoy; `x-forwarded-proto` has what the connection is.
    scheme: scheme === '' ? options.scheme : scheme.toLowerCase(),
    authority,
    headers,
    upgrade,
    protocol: 'HTTP/2',
  };
  return { head, contentLength, dropped };
}

/** Origin form, or `*` of OPTIONS. */
function isPath(path: string, method: string): boolean {
  return path.charCodeAt(0) === SLASH || (path === '*' && method === 'OPTIONS');
}
