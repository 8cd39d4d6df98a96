/**
 * What a route changes in a request's head besides its header mutations: host, path, and what the upstream is told of them.
 */
import type { HeaderList } from '../../../common/header-list.js';
import { getHeader, replaceHeader } from '../../../common/header-list.js';
import type { RequestHead } from '../../../http/codec.js';
import { setAuthority } from '../../../http/codec.js';
import type { RouteRequest, RouteToCluster } from '../../../route/route-table.js';
import type { RequestTimeouts } from './request-overrides.js';

/** @param tells `x-envoy-original-host` and `x-envoy-original-path` are written */
export function rewriteRequest(
  head: RequestHead,
  route: RouteToCluster,
  request: RouteRequest,
  tells: boolean,
): void {
  if (route.ownAuthority !== '') setAuthority(head, route.ownAuthority);
  const host = route.rewriteAuthority(request);
  if (host !== undefined) rewriteHost(head, route, host, tells);
  if (!route.rewritesPath) return;
  const before = head.path;
  const after = route.rewritePath(before);
  // No path is not a path: the old one stays.
  if (after === undefined) return;
  head.path = after;
  if (tells) replaceHeader(head.headers, 'x-envoy-original-path', before);
}

/** @param tells `x-envoy-original-host` is written */
export function rewriteHost(head: RequestHead, route: RouteToCluster, host: string, tells: boolean): void {
  const { headers } = head;
  const before = head.authority;
  setAuthority(head, host);
  if (tells) replaceHeader(headers, 'x-envoy-original-host', before);
  if (!route.appendXForwardedHost) return;
  const forwarded = getHeader(headers, 'x-forwarded-host');
  replaceHeader(headers, 'x-forwarded-host', forwarded === undefined ? before : `${forwarded},${before}`);
}

/**
 * `x-envoy-expected-rq-timeout-ms`, after `FilterUtility::setTimeoutHeaders`.
 * @param elapsedMs since the request ended
 */
export function writeExpectedTimeout(
  headers: HeaderList,
  { globalMs, hedges, perTryMs }: RequestTimeouts,
  elapsedMs: number,
): void {
  // A try that is hedged may take all the time there is.
  let expected = hedges ? 0 : perTryMs;
  if (globalMs > 0) {
    // 0 would mean for ever.
    const left = elapsedMs >= globalMs ? 1 : globalMs - elapsedMs;
    expected = expected === 0 ? left : Math.min(expected, left);
  }
  if (expected <= 0) return;
  replaceHeader(headers, 'x-envoy-expected-rq-timeout-ms', String(expected));
}
