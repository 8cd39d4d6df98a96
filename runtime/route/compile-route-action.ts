/**
 * `RouteAction`: with which path, host and limits a request goes to its cluster.
 */
import { getHeader } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { durationOf, messageOf, messagesOf, textOf } from '../common/message-fields.js';
import { toOctets } from '../common/octet-text.js';
import { compileClusterName } from './compile-cluster-choice.js';
import { pseudoHeader } from './compile-header-matcher.js';
import { compileRegexRewrite } from './compile-regex.js';
import { compileRetryPolicy } from './compile-retry-policy.js';
import type { CompiledMatch } from './compile-route-match.js';
import { under } from '../network/config-path.js';
import { compilePathRewrite, endOfPath } from './rewrite-path.js';
import type { RouteCommon, RouteRequest, RouteToCluster } from './route-table.js';

type HostRewrite = RouteToCluster['rewriteAuthority'];

function compileHostRewrite(action: Fields): HostRewrite {
  const literal = toOctets(textOf(action.host_rewrite_literal));
  if (literal !== '') return () => literal;
  const header = textOf(action.host_rewrite_header).toLowerCase();
  // Nothing empty becomes the host.
  if (header !== '') {
    return (request) => (pseudoHeader(request, header) ?? getHeader(request.headers, header)) || undefined;
  }
  if (action.host_rewrite_path_regex === undefined) return () => undefined;
  const rewrite = under(() => compileRegexRewrite(action.host_rewrite_path_regex), 'host_rewrite_path_regex');
  return ({ path }: RouteRequest) => rewrite(path.slice(0, endOfPath(path))) || undefined;
}

const notFoundCodes: Readonly<Record<string, number>> = {
  SERVICE_UNAVAILABLE: 503,
  NOT_FOUND: 404,
  INTERNAL_SERVER_ERROR: 500,
};

/** `enabled` is a wrapped boolean that defaults to true. */
function compileUpgrades(action: Fields): ReadonlyMap<string, boolean> {
  return new Map(
    messagesOf(action.upgrade_configs).map((one) => [
      textOf(one.upgrade_type).toLowerCase(),
      one.enabled !== false && messageOf(one.enabled).value !== false,
    ]),
  );
}

const samePath = (path: string): string => path;

export interface RouteActionLevels {
  readonly match: CompiledMatch;
  /** The canonical `VirtualHost`: its retry policy counts where the route has none. */
  readonly virtualHost: Fields;
}

/** @throws ConfigError with the path inside the action */
export function compileRouteAction(
  action: Fields,
  common: RouteCommon,
  { match, virtualHost }: RouteActionLevels,
): RouteToCluster {
  const rewrite = compilePathRewrite(action, match);
  const policy = action.retry_policy ?? virtualHost.retry_policy;
  return {
    kind: 'cluster',
    name: common.name,
    virtualHostName: common.virtualHostName,
    requestHeaders: common.requestHeaders,
    responseHeaders: common.responseHeaders,
    filterConfigs: common.filterConfigs,
    olderCors: common.olderCors,
    rateLimits: common.rateLimits,
    cluster: compileClusterName(action),
    rewritePath: rewrite ?? samePath,
    rewritesPath: rewrite !== undefined,
    rewriteAuthority: compileHostRewrite(action),
    autoHostRewrite: action.auto_host_rewrite === true,
    includeRequestAttemptCount: virtualHost.include_request_attempt_count === true,
    includeAttemptCountInResponse: virtualHost.include_attempt_count_in_response === true,
    appendXForwardedHost: action.append_x_forwarded_host === true,
    timeoutMs: durationOf(action.timeout, 15_000),
    idleTimeoutMs: action.idle_timeout === undefined ? undefined : durationOf(action.idle_timeout, 0),
    retryPolicy: policy === undefined ? undefined : under(() => compileRetryPolicy(policy), 'retry_policy'),
    priority: action.priority === 'HIGH' ? 'HIGH' : 'DEFAULT',
    clusterNotFoundCode:
      notFoundCodes[textOf(action.cluster_not_found_response_code, 'SERVICE_UNAVAILABLE')] ?? 503,
    upgrades: compileUpgrades(action),
  };
}
