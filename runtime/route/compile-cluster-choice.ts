/**
 * To which cluster a `RouteAction` sends: one by name, one that the request names, or one of several by weight.
 */
import { getHeader } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import { toOctets } from '../common/octet-text.js';
import { ConfigError } from '../network/filter.js';
import { under } from '../network/config-path.js';
import { compileHashPolicy } from './compile-hash-policy.js';
import { pseudoHeader } from './compile-header-matcher.js';
import type { HashedRequest, RouteRequest } from './route-table.js';

export interface ClusterReference {
  readonly cluster: string;
  /** What it is called where it is unknown. */
  readonly kind: 'cluster' | 'weighted cluster' | 'shadow cluster';
  readonly path: readonly (string | number)[];
}

/** A cluster of `weighted_clusters`. */
export interface WeightedCluster {
  readonly cluster: string;
  /** Its part of the weights that stand before it, and its own: it takes the numbers of [.., end). */
  readonly end: number;
  /** The canonical `ClusterWeight`: a level of header mutations and filter configurations. */
  readonly config: Fields;
  readonly path: readonly (string | number)[];
}

/** @returns undefined when the action has no `weighted_clusters`. @throws ConfigError */
export function weightedClusters(action: Fields): readonly WeightedCluster[] | undefined {
  if (action.weighted_clusters === undefined) return undefined;
  let end = 0;
  const clusters = messagesOf(messageOf(action.weighted_clusters).clusters).map((config, index) => {
    end += numberOf(config.weight, 0);
    return { cluster: textOf(config.name), end, config, path: ['weighted_clusters', 'clusters', index] };
  });
  if (end === 0) {
    throw new ConfigError('Sum of weights in the weighted_cluster must be greater than 0.', [
      'weighted_clusters',
    ]);
  }
  return clusters;
}

/**
 * `header_name` and `use_hash_policy` of weighted clusters: the same request comes to the same cluster.
 * @returns undefined when chance decides
 */
export function compileChoosingNumber(
  action: Fields,
): ((request: RouteRequest) => bigint | undefined) | undefined {
  const { header_name, use_hash_policy } = messageOf(action.weighted_clusters);
  if (textOf(header_name) !== '') {
    const name = toOctets(textOf(header_name)).toLowerCase();
    return ({ headers }) => {
      const text = getHeader(headers, name) ?? '';
      const number = /^\s*\+?\d{1,20}\s*$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
      return number !== undefined && number < 2n ** 64n ? number : undefined;
    };
  }
  if (use_hash_policy !== true && messageOf(use_hash_policy).value !== true) return undefined;
  const hash = under(() => compileHashPolicy(action.hash_policy), 'hash_policy');
  return hash === undefined ? undefined : (request) => hash(new ChoosingRequest(request));
}

/** A request before it has its route: a cookie that a policy would make is left to the router. */
class ChoosingRequest implements HashedRequest {
  private readonly request: RouteRequest;

  constructor(request: RouteRequest) {
    this.request = request;
  }

  get method(): string {
    return this.request.method;
  }

  get scheme(): string {
    return this.request.scheme;
  }

  get authority(): string {
    return this.request.authority;
  }

  get path(): string {
    return this.request.path;
  }

  get headers(): RouteRequest['headers'] {
    return this.request.headers;
  }

  get random(): number {
    return this.request.random;
  }

  get downstreamRemoteAddress(): string {
    return this.request.downstreamRemoteAddress ?? '';
  }

  connectionHash(): string {
    return '';
  }

  addSetCookie(): void {}
}

/**
 * `cluster` or `cluster_header`. Of a repeated header the first counts: anybody may send it.
 * @returns undefined when the request does not name one
 */
export function compileClusterName(action: Fields): (request: RouteRequest) => string | undefined {
  if (action.cluster_header === undefined) {
    const name = textOf(action.cluster);
    return () => name;
  }
  const header = toOctets(textOf(action.cluster_header)).toLowerCase();
  if (header.startsWith(':') || header === 'host') {
    return (request) => pseudoHeader(request, header) || undefined;
  }
  return (request) => getHeader(request.headers, header) || undefined;
}

/** All clusters that the action names, with the path inside it. */
export function clusterReferences(action: Fields): ClusterReference[] {
  const found: ClusterReference[] = [];
  const cluster = textOf(action.cluster);
  if (cluster !== '') found.push({ cluster, kind: 'cluster', path: ['cluster'] });
  for (const { cluster, path } of weightedClusters(action) ?? []) {
    if (cluster !== '') found.push({ cluster, kind: 'weighted cluster', path: [...path, 'name'] });
  }
  return [...found, ...mirrorReferences(action)];
}

/** Clusters of the `request_mirror_policies` of a route action, a virtual host or a route configuration. */
export function mirrorReferences(level: Fields): ClusterReference[] {
  return messagesOf(level.request_mirror_policies).flatMap((policy, index) => {
    const cluster = textOf(policy.cluster);
    const path = ['request_mirror_policies', index, 'cluster'];
    return cluster === '' ? [] : [{ cluster, kind: 'shadow cluster' as const, path }];
  });
}
