/**
 * What a request wants of the choice of its host: the hash of its policy, the subset of hosts, and, when it is tried again,
 * another host or another priority than before.
 */
import { messageOf } from '../../../common/message-fields.js';
import type { MetadataCriterion } from '../../../common/metadata-criteria.js';
import { metadataCriteria, overrideCriteria } from '../../../common/metadata-criteria.js';
import { xxHash64 } from '../../../common/xx-hash-64.js';
import type { TerminalFilterCallbacks } from '../../../http/filter.js';
import type { HashedRequest, HashPolicy, RouteRequest, RouteToCluster } from '../../../route/route-table.js';
import type { Cluster } from '../../../upstream/cluster/cluster.js';
import type { Host } from '../../../upstream/host/host.js';
import type { LevelHosts } from '../../../upstream/load-balancing/level-hosts.js';
import type { LoadBalancerContext } from '../../../upstream/load-balancing/load-balancer.js';
import type { PriorityLoads } from '../../../upstream/load-balancing/priority-load.js';
import type { RetryState } from './retry-state.js';

/** No key: the whole of it. */
const all: readonly string[] = [];

export class HostChoice implements LoadBalancerContext, HashedRequest {
  /** Only a retry is choosy. */
  retry: RetryState | undefined = undefined;
  /** Made by hash policies, for the response; undefined when there are none. */
  setCookies: string[] | undefined = undefined;
  private readonly callbacks: TerminalFilterCallbacks;
  private readonly route: RouteToCluster;
  private hash: bigint | undefined = undefined;
  private readonly criteria: readonly MetadataCriterion[] | undefined;

  constructor(callbacks: TerminalFilterCallbacks, route: RouteToCluster) {
    this.callbacks = callbacks;
    this.route = route;
    this.criteria = this.findCriteria();
  }

  /** @returns undefined when there is no host that may be used */
  choose(cluster: Cluster): Host | undefined {
    const { hashPolicy, priority } = this.route;
    // With the headers and the path that the upstream gets, and for each try anew, as in Envoy: its cookies, too.
    if (hashPolicy !== undefined) this.hash = hashPolicy(this);
    const host = cluster.loadBalancer.chooseHost(this);
    if (host === undefined) cluster.stats.upstreamCxNoneHealthy.inc();
    else if (cluster.hasPoolFor?.(host, priority) === false) return undefined;
    return host;
  }

  computeHash(): bigint | undefined {
    return this.hash;
  }

  hashBy(policy: HashPolicy): bigint | undefined {
    return policy(this);
  }

  get metadataCriteria(): readonly MetadataCriterion[] | undefined {
    return this.criteria;
  }

  /** Of the route, and what filters have said of the request (dynamic metadata), which goes before it. */
  private findCriteria(): readonly MetadataCriterion[] | undefined {
    const { metadataMatch } = this.route;
    const dynamic = this.callbacks.info.dynamicMetadata('envoy.lb', all);
    if (typeof dynamic !== 'object' || dynamic === null) return metadataMatch;
    return overrideCriteria(metadataMatch ?? [], metadataCriteria(messageOf(dynamic)));
  }

  shouldSelectAnotherHost(host: Host): boolean {
    return this.retry?.shouldSelectAnotherHost(host) === true;
  }

  get hostSelectionRetryCount(): number {
    return this.retry?.hostSelectionMaxAttempts ?? 0;
  }

  adjustPriorityLoads(loads: PriorityLoads, levels: readonly LevelHosts[]): PriorityLoads {
    return this.retry?.adjustPriorityLoads(loads, levels) ?? loads;
  }

  get method(): string {
    return this.callbacks.request.method;
  }

  get scheme(): string {
    return this.callbacks.request.scheme;
  }

  get authority(): string {
    return this.callbacks.request.authority;
  }

  get path(): string {
    return this.callbacks.request.path;
  }

  get headers(): RouteRequest['headers'] {
    return this.callbacks.request.headers;
  }

  get random(): number {
    return this.callbacks.request.random;
  }

  get downstreamRemoteAddress(): string {
    return this.callbacks.info.downstreamRemoteAddress;
  }

  connectionHash(): string {
    const { downstreamDirectRemoteAddress, downstreamLocalAddress } = this.callbacks.info;
    return xxHash64(downstreamDirectRemoteAddress + downstreamLocalAddress)
      .toString(16)
      .padStart(16, '0');
  }

  addSetCookie(value: string): void {
    this.setCookies ??= [];
    this.setCookies.push(value);
  }
}
