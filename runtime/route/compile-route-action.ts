/**
 * `RouteAction`: to which cluster, with which path, host and limits.
 */
import { joinHeader } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { durationOf, messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import { ConfigError } from '../network/filter.js';
import { compileHeaderMutation } from './compile-header-mutation.js';
import { compileRegexRewrite } from './compile-regex.js';
import type { CompiledMatch } from './compile-route-match.js';
import { rewritePrefix, splitQuery } from './rewrite-path.js';
import type { RetryPolicy, RouteRequest, RouteToCluster } from './route-table.js';

type ClusterChoice = Pick<RouteToCluster, 'cluster' | 'clusterHeaders'>;

function compileWeighted(config: Fields): ClusterChoice {
  const clusters = messagesOf(config.clusters).map((one, index) => {
    try {
      const request = compileHeaderMutation(one, 'request');
      const response = compileHeaderMutation(one, 'response');
      return {
        name: textOf(one.name),
        weight: numberOf(one.weight, 0),
        headers: { ...(request && { request }), ...(response && { response }) },
      };
    } catch (error) {
      throw error instanceof ConfigError ? error.under('weighted_clusters', 'clusters', index) : error;
    }
  });
  const total = clusters.reduce((sum, { weight }) => sum + weight, 0);
  const headers = new Map(clusters.map((one) => [one.name, one.headers]));
  return {
    cluster(request) {
      let rest = request.random % total;
      for (const { name, weight } of clusters) {
        if (rest < weight) return name;
        rest -= weight;
      }
      return clusters.at(-1)?.name;
    },
    clusterHeaders: (name) => headers.get(name),
  };
}

function compileCluster(action: Fields): ClusterChoice {
  if (action.weighted_clusters !== undefined) return compileWeighted(messageOf(action.weighted_clusters));
  const none = () => undefined;
  if (action.cluster_header !== undefined) {
    const header = textOf(action.cluster_header).toLowerCase();
    return { cluster: (request) => joinHeader(request.headers, header), clusterHeaders: none };
  }
  const name = textOf(action.cluster);
  return { cluster: () => name, clusterHeaders: none };
}

function compilePathRewrite(action: Fields, match: CompiledMatch): ((path: string) => string) | undefined {
  if (action.prefix_rewrite !== undefined && action.prefix_rewrite !== '') {
    const replacement = textOf(action.prefix_rewrite);
    return (given) => {
      const [path, query] = splitQuery(given);
      return rewritePrefix(path, match, replacement) + query;
    };
  }
  if (action.regex_rewrite !== undefined) {
    const rewrite = compileRegexRewrite(action.regex_rewrite);
    return (given) => {
      const [path, query] = splitQuery(given);
      return rewrite(path) + query;
    };
  }
  return undefined;
}

function compileHostRewrite(action: Fields): (request: RouteRequest) => string | undefined {
  if (action.host_rewrite_literal !== undefined && action.host_rewrite_literal !== '') {
    const host = textOf(action.host_rewrite_literal);
    return () => host;
  }
  if (action.host_rewrite_header !== undefined) {
    const header = textOf(action.host_rewrite_header).toLowerCase();
    return (request) => joinHeader(request.headers, header);
  }
  if (action.host_rewrite_path_regex !== undefined) {
    const rewrite = compileRegexRewrite(action.host_rewrite_path_regex);
    return (request) => rewrite(splitQuery(request.path)[0]);
  }
  return () => undefined;
}

export function compileRetryPolicy(config: unknown): RetryPolicy | undefined {
  if (config === undefined) return undefined;
  const policy = messageOf(config);
  const backOff = messageOf(policy.retry_back_off);
  const base = durationOf(backOff.base_interval, 25);
  return {
    retryOn: new Set(
      textOf(policy.retry_on)
        .split(',')
        .map((token) => token.trim()),
    ),
    numRetries: numberOf(policy.num_retries, 1),
    perTryTimeoutMs: durationOf(policy.per_try_timeout, 0),
    retriableStatusCodes: new Set((policy.retriable_status_codes ?? []) as readonly number[]),
    backOffBaseMs: base,
    backOffMaxMs: durationOf(backOff.max_interval, base * 10),
  };
}

const notFoundCodes: Readonly<Record<string, number>> = {
  SERVICE_UNAVAILABLE: 503,
  NOT_FOUND: 404,
  INTERNAL_SERVER_ERROR: 500,
};

/** What a `RouteAction` says; names and header mutations of the route are added by the caller. */
export type CompiledRouteAction = Omit<
  RouteToCluster,
  | 'name'
  | 'virtualHostName'
  | 'requestHeaders'
  | 'responseHeaders'
  | 'typedPerFilterConfig'
  | 'includeRequestAttemptCount'
  | 'includeAttemptCountInResponse'
>;

/** @param hostPolicy retry policy of the virtual host. @throws ConfigError with the path inside the action */
export function compileRouteAction(
  action: Fields,
  match: CompiledMatch,
  hostPolicy: unknown,
): CompiledRouteAction {
  const rewrite = compilePathRewrite(action, match);
  return {
    kind: 'cluster',
    ...compileCluster(action),
    rewritePath: rewrite ?? ((path) => path),
    rewritesPath: rewrite !== undefined,
    rewriteAuthority: compileHostRewrite(action),
    autoHostRewrite: action.auto_host_rewrite === true,
    appendXForwardedHost: action.append_x_forwarded_host === true,
    timeoutMs: durationOf(action.timeout, 15_000),
    idleTimeoutMs: action.idle_timeout === undefined ? undefined : durationOf(action.idle_timeout, 0),
    retryPolicy: compileRetryPolicy(action.retry_policy ?? hostPolicy),
    priority: 'DEFAULT',
    clusterNotFoundCode:
      notFoundCodes[textOf(action.cluster_not_found_response_code, 'SERVICE_UNAVAILABLE')] ?? 503,
    upgrades: new Map(
      messagesOf(action.upgrade_configs).map((one) => [
        textOf(one.upgrade_type).toLowerCase(),
        one.enabled !== false && messageOf(one.enabled).value !== false,
      ]),
    ),
  };
}
