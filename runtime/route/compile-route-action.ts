/**
 * `RouteAction`: with which path, host and limits a request goes to its cluster.
 */
import { getHeader } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { durationOf, messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import { lbMetadataOf, metadataCriteria } from '../common/metadata-criteria.js';
import { toOctets } from '../common/octet-text.js';
import { compileClusterName } from './compile-cluster-choice.js';
import { pseudoHeader } from './compile-header-matcher.js';
import { compileHashPolicy } from './compile-hash-policy.js';
import { compileMirrorPolicies } from './compile-mirror-policy.js';
import { compileRegexRewrite } from './compile-regex.js';
import { compileRetryPolicy } from './compile-retry-policy.js';
import type { CompiledMatch } from './compile-route-match.js';
import { under } from '../network/config-path.js';
import { compilePathRewrite, endOfPath } from './rewrite-path.js';
import type { RouteCommon, RouteRequest, RouteToCluster, StreamDuration } from './route-table.js';

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
  /** The canonical `Route`. */
  readonly route: Fields;
  /** The canonical `VirtualHost`: its policies count where the route has none. */
  readonly virtualHost: Fields;
  /** The canonical `RouteConfiguration`. */
  readonly configuration: Fields;
}

/** `metadata_match`, of which balancers look at `envoy.lb`. */
function compileMetadataMatch(metadata: unknown): RouteToCluster['metadataMatch'] {
  if (metadata === undefined) return undefined;
  const criteria = metadataCriteria(lbMetadataOf(metadata));
  return criteria.length === 0 ? undefined : criteria;
}

/** The route's policies, or those of the virtual host, or those of the whole configuration. */
function compileMirrors({
  configuration,
  route,
  virtualHost,
}: RouteActionLevels): RouteToCluster['mirrorPolicies'] {
  const levels = [messageOf(route.route), virtualHost, configuration];
  const level = levels.find((one) => messagesOf(one.request_mirror_policies).length > 0);
  return under(() => compileMirrorPolicies(level?.request_mirror_policies), 'request_mirror_policies');
}

function bufferLimit({ route, virtualHost }: RouteActionLevels): RouteToCluster['bufferLimit'] {
  for (const level of [route, virtualHost]) {
    const { per_request_buffer_limit_bytes, request_body_buffer_limit } = level;
    if (request_body_buffer_limit !== undefined) {
      return { bytes: numberOf(request_body_buffer_limit, 0), mayExceed: true };
    }
    if (per_request_buffer_limit_bytes !== undefined) {
      return { bytes: numberOf(per_request_buffer_limit_bytes, 0), mayExceed: false };
    }
  }
  return undefined;
}

/** @throws ConfigError with the path inside the action */
export function compileRouteAction(
  action: Fields,
  common: RouteCommon,
  levels: RouteActionLevels,
): RouteToCluster {
  const { match, virtualHost } = levels;
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
    metadata: common.metadata,
    traced: common.traced,
    cluster: compileClusterName(action),
    rewritePath: rewrite ?? samePath,
    rewritesPath: rewrite !== undefined,
    ownAuthority: '',
    rewriteAuthority: compileHostRewrite(action),
    autoHostRewrite: action.auto_host_rewrite === true,
    includeRequestAttemptCount: virtualHost.include_request_attempt_count === true,
    includeAttemptCountInResponse: virtualHost.include_attempt_count_in_response === true,
    includeIsTimeoutRetry: virtualHost.include_is_timeout_retry_header === true,
    appendXForwardedHost: action.append_x_forwarded_host === true,
    // With the newer field the older default does not hold (`usingNewTimeouts`).
    timeoutMs: action.max_stream_duration === undefined ? durationOf(action.timeout, 15_000) : 0,
    maxStreamDuration: compileStreamDuration(action.max_stream_duration),
    idleTimeoutMs: action.idle_timeout === undefined ? undefined : durationOf(action.idle_timeout, 0),
    retryPolicy: policy === undefined ? undefined : under(() => compileRetryPolicy(policy), 'retry_policy'),
    hedgeOnPerTryTimeout:
      messageOf(action.hedge_policy ?? virtualHost.hedge_policy).hedge_on_per_try_timeout === true,
    hashPolicy: under(() => compileHashPolicy(action.hash_policy), 'hash_policy'),
    metadataMatch: compileMetadataMatch(action.metadata_match),
    mirrorPolicies: compileMirrors(levels),
    bufferLimit: bufferLimit(levels),
    priority: action.priority === 'HIGH' ? 'HIGH' : 'DEFAULT',
    clusterNotFoundCode:
      notFoundCodes[textOf(action.cluster_not_found_response_code, 'SERVICE_UNAVAILABLE')] ?? 503,
    upgrades: compileUpgrades(action),
  };
}

function compileStreamDuration(value: unknown): StreamDuration | undefined {
  if (value === undefined) return undefined;
  const fields = messageOf(value);
  const optional = (field: unknown) => (field === undefined ? undefined : durationOf(field, 0));
  return {
    maxMs: optional(fields.max_stream_duration),
    grpcMaxMs: optional(fields.grpc_timeout_header_max),
    grpcOffsetMs: durationOf(fields.grpc_timeout_header_offset, 0),
  };
}
