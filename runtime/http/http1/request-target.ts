/**
 * The request target (RFC 9112 section 3.2): what Envoy's parser takes for one, and how an absolute or an authority form
 * is split. All outside the data path's common case, which is a target that begins with `/`.
 */

/** Registered methods that Envoy's parser knows; `MSEARCH` is its spelling of `M-SEARCH`. */
const methods = new Map(
  `ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE MSEARCH NOTIFY
  OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK
  UNSUBSCRIBE`
    .split(/\s+/)
    .map((method) => [method, method]),
);

/** The method, interned; undefined when it is not a known one. Methods are case-sensitive. */
export function knownMethod(text: string): string | undefined {
  return methods.get(text);
}

/** Envoy takes TAB and form feed for parts of a target as well, but as characters of a head they are refused before. */
const pathCharacters = /^[\t\f!-~]*$/;
const hostCharacters = /^[A-Za-z0-9!$%&'()*+,\-.:;=@[\]_~]*$/;

/** Whether the first line may carry this target at all: otherwise `http1.codec_error`. */
export function isTarget(target: string, isConnect: boolean): boolean {
  if (target.length === 0) return false;
  if (target.startsWith('/') || target.startsWith('*')) return pathCharacters.test(target);
  let rest = target;
  if (!isConnect) {
    const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.exec(target);
    if (scheme === null) return false;
    rest = target.slice(scheme[0].length);
  }
  const pathStart = rest.search(/[/?]/);
  const host = pathStart < 0 ? rest : rest.slice(0, pathStart);
  const path = pathStart < 0 ? '' : rest.slice(pathStart);
  return hostCharacters.test(host) && !host.includes('@@') && pathCharacters.test(path);
}

export interface AbsoluteTarget {
  /** Lower case. */
  readonly scheme: string;
  /** Host and port as sent, without user information. */
  readonly authority: string;
  /** `/` when the target has none; begins with `?` when only the query is there. */
  readonly path: string;
}

/** Splits `http://user@host:port/path?query`. @returns undefined when it is no URL: `http1.invalid_url` */
export function splitAbsoluteTarget(target: string): AbsoluteTarget | undefined {
  const parts = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)(.*)$/s.exec(target);
  if (parts === null) return undefined;
  const [, scheme = '', before = '', path = ''] = parts;
  const authority = before.slice(before.indexOf('@') + 1);
  if (!isHostAndPort(authority, false)) return undefined;
  return { scheme: scheme.toLowerCase(), authority, path: path === '' ? '/' : path };
}

/** Whether CONNECT's target is `host:port`; otherwise `http1.invalid_url`. */
export function isConnectTarget(target: string): boolean {
  return isHostAndPort(target, true);
}

function isHostAndPort(text: string, portNeeded: boolean): boolean {
  const parts = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(\d+))?$/.exec(text);
  if (parts === null) return false;
  const port = parts[2];
  return port === undefined ? !portNeeded : Number(port) <= 65535;
}

const authorityCharacters = /^[A-Za-z0-9!$%&'()*+,\-.:;=@[\]_~]*$/;

/** Whether `host` has only characters that Envoy takes (`HeaderUtility::authorityIsValid`); the empty one passes. */
export function isAuthority(host: string): boolean {
  return authorityCharacters.test(host);
}
