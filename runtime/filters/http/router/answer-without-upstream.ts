import type { HeaderList } from '../../../common/header-list.js';
import type { TerminalFilterCallbacks } from '../../../http/filter.js';
import type { Route, RouteToCluster } from '../../../route/route-table.js';
import type { RouterStats } from './router-stats.js';

/** Redirects, direct responses, and requests that no route matches. */
export function answerWithoutUpstream(
  route: Exclude<Route, RouteToCluster> | undefined,
  callbacks: TerminalFilterCallbacks,
  stats: RouterStats,
): void {
  if (route === undefined) {
    stats.noRoute.inc();
    callbacks.addFlag('NR');
    callbacks.sendLocalReply(404, '', 'route_not_found');
    return;
  }
  const { request } = callbacks;
  const headers: HeaderList = [];
  if (route.kind === 'redirect') {
    stats.rqRedirect.inc();
    headers.push('location', route.location(request));
    callbacks.sendLocalReply(route.code, '', 'direct_response', headers, route.responseHeaders);
    return;
  }
  stats.rqDirectResponse.inc();
  // RFC 9110 section 15.3.2: the place of what was created; Envoy does the same for redirecting codes.
  if (route.code === 201 || (route.code >= 300 && route.code < 400)) {
    headers.push('location', `${request.scheme}://${request.authority}${request.path}`);
  }
  callbacks.sendLocalReply(route.code, route.body, 'direct_response', headers, route.responseHeaders);
}
