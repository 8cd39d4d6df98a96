/**
 * Where a message's body ends (RFC 9112 section 6.3). Decided once, from the head; nobody downstream decides again: an
 * encoder writes framing of its own.
 */

/** No body. */
export const NO_BODY = 0;
/** `content-length` octets. */
export const BY_LENGTH = 1;
export const CHUNKED = 2;
/** Until the connection closes: responses without length. */
export const UNTIL_CLOSE = 3;
/** Not HTTP any more: after 101, after CONNECT, or asked for by `upgrade`. */
export const TUNNEL = 4;

export type Framing = typeof NO_BODY | typeof BY_LENGTH | typeof CHUNKED | typeof UNTIL_CLOSE | typeof TUNNEL;

/**
 * Reads a `content-length`: digits only (RFC 9110 section 8.6), leading zeros included as Envoy takes them.
 * @returns -1 when it is none, or above 2^53 - 1
 */
export function parseContentLength(value: string): number {
  if (value.length === 0) return -1;
  let length = 0;
  for (let at = 0; at < value.length; at++) {
    const digit = value.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
    if (length > Number.MAX_SAFE_INTEGER) return -1;
  }
  return length;
}

/** Whether a comma-separated list names a token. @param token lower case */
export function hasToken(list: string, token: string): boolean {
  // Nearly always there is one token only, and the value comes without white space around it.
  if (!list.includes(',')) return list.length === token.length && list.toLowerCase() === token;
  return list.split(',').some((one) => one.trim().toLowerCase() === token);
}
