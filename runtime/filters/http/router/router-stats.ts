/** What the router counts under the connection manager's prefix, made when the filter is built. */
import type { Counter, StatsScope } from '../../../stats/stat.js';

/** Exist in Envoy from the start; internal redirects and overload are not built here. */
const idleCounters = [
  'passthrough_internal_redirect_bad_location',
  'passthrough_internal_redirect_no_route',
  'passthrough_internal_redirect_predicate',
  'passthrough_internal_redirect_too_many_redirects',
  'passthrough_internal_redirect_unsafe_scheme',
  'rq_overload_local_reply',
] as const;

export interface RouterStats {
  readonly noRoute: Counter;
  readonly noCluster: Counter;
  readonly rqDirectResponse: Counter;
  readonly rqRedirect: Counter;
  readonly rqTotal: Counter;
  readonly rqResetAfterDownstreamResponseStarted: Counter;
}

/** @param prefix `http.<stat_prefix>.` */
export function createRouterStats(prefix: string, scope: StatsScope): RouterStats {
  for (const name of idleCounters) scope.counter(prefix + name);
  return {
    noRoute: scope.counter(`${prefix}no_route`),
    noCluster: scope.counter(`${prefix}no_cluster`),
    rqDirectResponse: scope.counter(`${prefix}rq_direct_response`),
    rqRedirect: scope.counter(`${prefix}rq_redirect`),
    rqTotal: scope.counter(`${prefix}rq_total`),
    rqResetAfterDownstreamResponseStarted: scope.counter(
      `${prefix}rq_reset_after_downstream_response_started`,
    ),
  };
}
