/**
 * `RedirectAction`: the status and the `location` of the answer, by Envoy's rules (`Utility::newUri`).
 */
import type { Fields } from '../common/message-fields.js';
import { numberOf, textOf } from '../common/message-fields.js';
import { compileRegexRewrite } from './compile-regex.js';
import type { CompiledMatch } from './compile-route-match.js';
import { rewritePrefix, splitQuery } from './rewrite-path.js';
import type { RouteRequest } from './route-table.js';

const codes: Readonly<Record<string, number>> = {
  MOVED_PERMANENTLY: 301,
  FOUND: 302,
  SEE_OTHER: 303,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
};

/** The request's host for the new URL: its port goes when another one is given, or when it was the old scheme's own. */
function keptHost(request: RouteRequest, scheme: string, portRedirect: number): string {
  const { authority } = request;
  const port = /:(\d+)$/.exec(authority)?.[1];
  if (port === undefined) return authority;
  const ownPort =
    (request.scheme === 'http' && scheme === 'https' && port === '80') ||
    (request.scheme === 'https' && scheme === 'http' && port === '443');
  return portRedirect !== 0 || ownPort ? authority.slice(0, -port.length - 1) : authority;
}

export interface CompiledRedirect {
  readonly code: number;
  location(request: RouteRequest): string;
}

/** @throws ConfigError with the path inside the action */
export function compileRedirect(action: Fields, match: CompiledMatch): CompiledRedirect {
  const host = textOf(action.host_redirect);
  const port = numberOf(action.port_redirect, 0);
  const path = textOf(action.path_redirect);
  const prefix = action.prefix_rewrite === undefined ? undefined : textOf(action.prefix_rewrite);
  const regex = action.regex_rewrite === undefined ? undefined : compileRegexRewrite(action.regex_rewrite);
  const stripQuery = action.strip_query === true;
  const schemeOf =
    action.https_redirect === true
      ? () => 'https'
      : textOf(action.scheme_redirect) !== ''
        ? () => textOf(action.scheme_redirect)
        : (request: RouteRequest) => request.scheme;
  const pathOf = (request: RouteRequest): string => {
    const [before, query] = splitQuery(request.path);
    if (path !== '') return path.includes('?') ? path : path + (stripQuery ? '' : query);
    const rest = stripQuery ? '' : query;
    if (prefix !== undefined) return rewritePrefix(before, match, prefix) + rest;
    return (regex === undefined ? before : regex(before)) + rest;
  };
  return {
    code: codes[textOf(action.response_code, 'MOVED_PERMANENTLY')] ?? 301,
    location(request) {
      const scheme = schemeOf(request);
      const authority = host === '' ? keptHost(request, scheme, port) : host;
      return `${scheme}://${authority}${port === 0 ? '' : `:${port}`}${pathOf(request)}`;
    },
  };
}
