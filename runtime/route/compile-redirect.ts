/**
 * `RedirectAction`: the status and the `location` of the answer.
 */
import { getHeader } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { numberOf, textOf } from '../common/message-fields.js';
import { toOctets } from '../common/octet-text.js';
import type { CompiledMatch } from './compile-route-match.js';
import { compilePathRewrite, endOfPath } from './rewrite-path.js';
import type { RouteRequest, RouteToRedirect } from './route-table.js';

const codes: Readonly<Record<string, number>> = {
  MOVED_PERMANENTLY: 301,
  FOUND: 302,
  SEE_OTHER: 303,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
};

/** Where the port of an authority begins, with its colon; its length when it has none. */
export function startOfPort(authority: string): number {
  const colon = authority.lastIndexOf(':');
  // The colons of an IPv6 address stand before its bracket.
  return colon < 0 || authority.lastIndexOf(']') > colon ? authority.length : colon;
}

/** What the client believes to use: what the proxy before this one says, otherwise what it uses here. */
export function clientScheme(request: RouteRequest): string {
  return getHeader(request.headers, 'x-forwarded-proto') ?? request.scheme;
}

/** The authority of the request for another URL. Its port goes when it is the old scheme's own, or another one comes. */
function authorityFor(request: RouteRequest, scheme: string, port: string): string {
  const { authority } = request;
  const at = startOfPort(authority);
  if (at === authority.length) return authority;
  if (port !== '') return authority.slice(0, at);
  const before = clientScheme(request);
  const ownPort = before === 'http' ? ':80' : before === 'https' ? ':443' : '';
  return scheme !== before && authority.endsWith(ownPort) && authority.length - at === ownPort.length
    ? authority.slice(0, at)
    : authority;
}

/** `path_redirect`: keeps the query of the request, unless it has one of its own. */
function replacePath(replacement: string): (path: string) => string {
  if (replacement.includes('?')) return () => replacement;
  return (path) => replacement + path.slice(endOfPath(path));
}

/** @throws ConfigError with the path inside the action */
export function compileRedirect(
  action: Fields,
  match: CompiledMatch,
): Pick<RouteToRedirect, 'code' | 'location'> {
  const scheme = action.https_redirect === true ? 'https' : textOf(action.scheme_redirect);
  const host = toOctets(textOf(action.host_redirect));
  const port = numberOf(action.port_redirect, 0) === 0 ? '' : `:${action.port_redirect}`;
  const path = toOctets(textOf(action.path_redirect));
  const rewrite = path === '' ? compilePathRewrite(action, match) : replacePath(path);
  const stripsQuery = action.strip_query === true && !path.includes('?');
  return {
    code: codes[textOf(action.response_code, 'MOVED_PERMANENTLY')] ?? 301,
    location(request) {
      const toScheme = scheme === '' ? request.scheme : scheme;
      const authority = host === '' ? authorityFor(request, toScheme, port) : host;
      const target = rewrite?.(request.path) ?? request.path;
      const shown = stripsQuery ? target.slice(0, endOfPath(target)) : target;
      return `${toScheme}://${authority}${port}${shown.startsWith('/') ? '' : '/'}${shown}`;
    },
  };
}
