/**
 * What a cluster uses of the limits of one routing priority, and the gauges that tell when a limit is reached
 * (`cluster.<name>.circuit_breakers.<default|high>.*`).
 */
import type { LimitShare } from '../../common/limit-share.js';
import { wholeLimit } from '../../common/limit-share.js';
import { messageOf, messagesOf, numberOf, textOf } from '../../common/message-fields.js';
import { ConfigError } from '../../network/filter.js';
import type { Gauge, StatsScope } from '../../stats/stat.js';
import type { CircuitBreakerLimits, ClusterResources, RoutingPriority } from './cluster.js';

/** Counted by pools and by the router, shared by all hosts of a cluster. */
export interface ResourceUsage {
  connections: number;
  pendingRequests: number;
  requests: number;
  retries: number;
  /** Hosts that have connections, or had some. Told by the pools where somebody counts it. */
  connectionPools?: number;
}

const perHostFields: ReadonlySet<string> = new Set(['priority', 'max_connections']);

/** @throws ConfigError in Envoy's words, with the path inside the cluster */
export function checkBreakers(config: unknown): void {
  const breakers = messageOf(messageOf(config).circuit_breakers);
  for (const [index, one] of messagesOf(breakers.per_host_thresholds).entries()) {
    const field = Object.keys(one).find((name) => !perHostFields.has(name));
    if (field === undefined) continue;
    throw new ConfigError('Unsupported field in per_host_thresholds', [
      'circuit_breakers',
      'per_host_thresholds',
      index,
      field,
    ]);
  }
}

/** One resource: `open` is 1 while nothing more of it may be had. */
class Resource {
  private readonly max: number;
  private readonly open: Gauge;
  private readonly remaining: Gauge | undefined;
  private count = 0;

  constructor(max: number, open: Gauge, remaining: Gauge | undefined) {
    this.max = max;
    this.open = open;
    this.remaining = remaining;
    remaining?.set(max);
  }

  get value(): number {
    return this.count;
  }

  set value(count: number) {
    const wasOpen = this.count >= this.max;
    this.count = count;
    const isOpen = count >= this.max;
    if (wasOpen !== isOpen || this.max === 0) this.open.set(isOpen ? 1 : 0);
    this.remaining?.set(Math.max(0, this.max - count));
  }
}

/** Plain numbers to those who count, and gauges that follow them. */
export class CircuitBreaker implements ResourceUsage, ClusterResources {
  readonly limits: CircuitBreakerLimits;
  /** `retry_budget`: percent of the requests under way, and how many retries are always allowed. */
  private readonly budget: { readonly percent: number; readonly minimum: number } | undefined;
  private readonly cx: Resource;
  private readonly pending: Resource;
  private readonly rq: Resource;
  private readonly retry: Resource;
  private readonly pools: Resource;

  /**
   * @param config the cluster; of several thresholds of one priority the first counts, as in Envoy
   * @param share of each limit
   */
  constructor(
    config: unknown,
    priority: RoutingPriority,
    statPrefix: string,
    stats: StatsScope,
    share: LimitShare = wholeLimit,
  ) {
    const thresholds = messagesOf(messageOf(messageOf(config).circuit_breakers).thresholds);
    const found = thresholds.find((one) => textOf(one.priority, 'DEFAULT') === priority) ?? {};
    const gauge = (name: string) =>
      stats.gauge(`${statPrefix}circuit_breakers.${priority.toLowerCase()}.${name}`);
    const remaining = (name: string) =>
      found.track_remaining === true ? gauge(`remaining_${name}`) : undefined;
    const perHost = messagesOf(messageOf(messageOf(config).circuit_breakers).per_host_thresholds).find(
      (one) => textOf(one.priority, 'DEFAULT') === priority,
    );
    this.limits = {
      maxConnections: share(numberOf(found.max_connections, 1024)),
      maxPendingRequests: share(numberOf(found.max_pending_requests, 1024)),
      maxRequests: share(numberOf(found.max_requests, 1024)),
      maxRetries: share(numberOf(found.max_retries, 3)),
      maxConnectionPools: numberOf(found.max_connection_pools, Number.POSITIVE_INFINITY),
      maxConnectionsPerHost: share(numberOf(perHost?.max_connections, Number.POSITIVE_INFINITY)),
    };
    const { retry_budget } = found;
    const { budget_percent, min_retry_concurrency } = messageOf(retry_budget);
    this.budget =
      retry_budget === undefined
        ? undefined
        : {
            percent: budget_percent === undefined ? 20 : numberOf(messageOf(budget_percent).value, 0),
            minimum: share(numberOf(min_retry_concurrency, 3)),
          };
    const { maxConnections, maxPendingRequests, maxRequests, maxRetries } = this.limits;
    this.cx = new Resource(maxConnections, gauge('cx_open'), remaining('cx'));
    this.pending = new Resource(maxPendingRequests, gauge('rq_pending_open'), remaining('pending'));
    this.rq = new Resource(maxRequests, gauge('rq_open'), remaining('rq'));
    this.retry = new Resource(maxRetries, gauge('rq_retry_open'), remaining('retries'));
    // Without a limit its rest is a number that JavaScript does not have.
    const remainingPools = found.max_connection_pools === undefined ? undefined : remaining('cx_pools');
    this.pools = new Resource(this.limits.maxConnectionPools, gauge('cx_pool_open'), remainingPools);
  }

  get usage(): ResourceUsage {
    return this;
  }

  get canRetry(): boolean {
    const { budget, limits, retries } = this;
    if (budget === undefined) return retries < limits.maxRetries;
    const allowed = Math.floor((budget.percent / 100) * (this.requests + this.pendingRequests));
    return retries < Math.max(allowed, budget.minimum);
  }

  get connections(): number {
    return this.cx.value;
  }

  set connections(count: number) {
    this.cx.value = count;
  }

  get pendingRequests(): number {
    return this.pending.value;
  }

  set pendingRequests(count: number) {
    this.pending.value = count;
  }

  get requests(): number {
    return this.rq.value;
  }

  set requests(count: number) {
    this.rq.value = count;
  }

  get connectionPools(): number {
    return this.pools.value;
  }

  set connectionPools(count: number) {
    this.pools.value = count;
  }

  get retries(): number {
    return this.retry.value;
  }

  set retries(count: number) {
    this.retry.value = count;
  }
}
