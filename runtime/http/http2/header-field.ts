/**
 * One field of an HTTP/2 head as HPACK hands it over. What must be known of it is found out once, when it is read as a
 * literal; a field that comes again by its index costs nothing more.
 */
import { requestInlineHeaders, responseInlineHeaders } from '../../common/inline-headers.js';

/** What a field means to the codec. */
export const REGULAR = 0;
export const METHOD = 1;
export const PATH = 2;
export const SCHEME = 3;
export const AUTHORITY = 4;
export const STATUS = 5;
/** `:protocol` of extended CONNECT (RFC 8441). */
export const PROTOCOL = 6;
/** May not stand in HTTP/2: an illegal name or value, an unknown pseudo header, a connection-specific field. */
export const MALFORMED = 7;
export const HOST = 8;
export const CONTENT_LENGTH = 9;
/** Comes in crumbs (RFC 9113 section 8.2.3). */
export const COOKIE = 10;

export interface HeaderField {
  /** Lower case; latin1. */
  readonly name: string;
  /** latin1. */
  readonly value: string;
  readonly kind: number;
  /** As the dynamic table counts it (RFC 7541 section 4.1). */
  readonly size: number;
  /** Among the fields whose repeats Envoy joins (`common/inline-headers.ts`). */
  readonly inline: number;
}

/** Not inline. */
export const SEPARATE = 0;
export const INLINE_IN_REQUESTS = 1;
export const INLINE_IN_RESPONSES = 2;

const kinds = new Map<string, number>([
  [':method', METHOD],
  [':path', PATH],
  [':scheme', SCHEME],
  [':authority', AUTHORITY],
  [':status', STATUS],
  [':protocol', PROTOCOL],
  // RFC 9113 section 8.2.2.
  ['connection', MALFORMED],
  ['keep-alive', MALFORMED],
  ['proxy-connection', MALFORMED],
  ['transfer-encoding', MALFORMED],
  ['upgrade', MALFORMED],
  ['host', HOST],
  ['content-length', CONTENT_LENGTH],
  ['cookie', COOKIE],
]);

const inlines = new Map<string, number>();
for (const name of requestInlineHeaders) inlines.set(name, INLINE_IN_REQUESTS);
for (const name of responseInlineHeaders) {
  inlines.set(name, (inlines.get(name) ?? SEPARATE) | INLINE_IN_RESPONSES);
}

// RFC 9113 section 8.2.1, and what nghttp2 refuses beyond it, as Envoy does.
const badName = /[^!#$%&'*+\-.^_`|~0-9a-z]/;
const badValue = /[\0-\x08\x0a-\x1f\x7f]/;
const badToken = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
const badPath = /[\0-\x20\x7f]/;
const badAuthority = /[^!$%&'()*+,\-.:;=@[\]_~0-9A-Za-z]/;
const goodScheme = /^[A-Za-z][A-Za-z0-9+\-.]*$/;
const goodStatus = /^[1-9][0-9][0-9]$/;

function isLegal(kind: number, name: string, value: string): boolean {
  switch (kind) {
    case METHOD:
      return value !== '' && !badToken.test(value);
    case PATH:
      return value !== '' && !badPath.test(value);
    case SCHEME:
      return goodScheme.test(value);
    case AUTHORITY:
    case HOST:
      return !badAuthority.test(value);
    case STATUS:
      return goodStatus.test(value);
    case MALFORMED:
      return false;
    default:
      return !badValue.test(value) && (name !== 'te' || value.toLowerCase() === 'trailers');
  }
}

/** @param name as it came, @param value as it came */
export function headerField(name: string, value: string): HeaderField {
  let kind = kinds.get(name) ?? REGULAR;
  if (kind === REGULAR && (name === '' || badName.test(name))) kind = MALFORMED;
  if (!isLegal(kind, name, value)) kind = MALFORMED;
  return { name, value, kind, size: name.length + value.length + 32, inline: inlines.get(name) ?? SEPARATE };
}
