/**
 * `envoy.filters.http.health_check`: answers the requests of health checkers itself, or lets them through and remembers the
 * answer for a while. Requests that it takes are neither counted with the others nor logged by a
 * `not_health_check_filter`.
 */
import type { Clock } from '../../../common/clock.js';
import { getHeader, replaceHeader } from '../../../common/header-list.js';
import { durationOf, messageOf, messagesOf, numberOf } from '../../../common/message-fields.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import type { RequestHead, ResponseHead } from '../../../http/codec.js';
import type {
  FilterStatus,
  HttpFilterFactory,
  StreamFilter,
  StreamFilterCallbacks,
} from '../../../http/filter.js';
import { under } from '../../../network/config-path.js';
import { ConfigError } from '../../../network/filter.js';
import type { HeaderTest } from '../../../route/compile-header-matcher.js';
import { compileHeaderMatcher } from '../../../route/compile-header-matcher.js';
import type { ClusterManager } from '../../../upstream/cluster/cluster.js';

const message = 'envoy.extensions.filters.http.health_check.v3.HealthCheck';

interface Answer {
  readonly status: number;
  readonly details: string;
  readonly degraded: boolean;
}

/** The answer of the upstream to the last request that was let through, while it is fresh. */
class AnswerCache {
  private readonly clock: Clock;
  private readonly timeMs: number;
  private answer: Answer | undefined = undefined;
  private until = 0;

  constructor(clock: Clock, timeMs: number) {
    this.clock = clock;
    this.timeMs = timeMs;
  }

  keep(answer: Answer): void {
    this.answer = answer;
    this.until = this.clock.now() + this.timeMs;
  }

  get fresh(): Answer | undefined {
    return this.clock.now() < this.until ? this.answer : undefined;
  }
}

interface HealthCheckOptions {
  readonly tests: readonly HeaderTest[];
  readonly passThrough: boolean;
  readonly cache: AnswerCache | undefined;
  /** Per cluster how many percent of its hosts must be healthy. */
  readonly minHealthy: readonly (readonly [cluster: string, percent: number])[];
  readonly clusters: ClusterManager;
  readonly localCluster: string;
  isFailed(): boolean;
}

const fine: Answer = { status: 200, details: 'health_check_ok', degraded: false };
const failed: Answer = { status: 503, details: 'health_check_failed', degraded: false };

/** Without a cluster, or without hosts in it, the service is only healthy when nothing is asked of it. */
function ofClusters({ clusters, minHealthy }: HealthCheckOptions): Answer {
  for (const [name, percent] of minHealthy) {
    const cluster = clusters.get(name);
    if (cluster === undefined) return { ...failed, details: 'health_check_failed_no_cluster_found' };
    const { healthyHosts, hosts } = cluster.hostSet;
    if (hosts.length === 0) {
      if (percent > 0) return { ...failed, details: 'health_check_failed_cluster_empty' };
    } else if (healthyHosts.length * 100 < hosts.length * percent) {
      return { ...failed, details: 'health_check_failed_cluster_unhealthy' };
    }
  }
  return minHealthy.length === 0 ? fine : { ...fine, details: 'health_check_ok_cluster_healthy' };
}

class HealthCheck implements StreamFilter {
  private readonly callbacks: StreamFilterCallbacks;
  private readonly options: HealthCheckOptions;
  private isHealthCheck = false;
  private answers = false;

  constructor(callbacks: StreamFilterCallbacks, options: HealthCheckOptions) {
    this.callbacks = callbacks;
    this.options = options;
  }

  decodeHeaders({ headers }: RequestHead, endStream: boolean): FilterStatus {
    const { callbacks, options } = this;
    if (!options.tests.every((test) => test(callbacks.request, headers))) return 'continue';
    this.isHealthCheck = true;
    callbacks.markHealthCheck();
    this.answers = !options.passThrough || options.isFailed() || options.cache?.fresh !== undefined;
    if (!this.answers) return 'continue';
    if (endStream) this.answer();
    return 'stop';
  }

  decodeData(_data: Buffer, endStream: boolean): FilterStatus {
    if (!this.answers) return 'continue';
    if (endStream) this.answer();
    return 'taken';
  }

  decodeTrailers(): FilterStatus {
    if (!this.answers) return 'continue';
    this.answer();
    return 'stop';
  }

  encodeHeaders({ headers, status }: ResponseHead): FilterStatus {
    const { cache, isFailed, localCluster } = this.options;
    if (this.isHealthCheck) {
      if (!this.answers) {
        cache?.keep({
          status,
          details: 'health_check_cached',
          degraded: getHeader(headers, 'x-envoy-degraded') !== undefined,
        });
      }
      replaceHeader(headers, 'x-envoy-upstream-healthchecked-cluster', localCluster);
    }
    if (isFailed()) replaceHeader(headers, 'x-envoy-immediate-health-check-fail', 'true');
    return 'continue';
  }

  private answer(): void {
    const { callbacks, options } = this;
    const { degraded, details, status } = options.isFailed()
      ? failed
      : (options.cache?.fresh ?? ofClusters(options));
    if (status < 200 || status > 299) callbacks.addFlag('LH');
    callbacks.sendLocalReply(status, '', details, degraded ? ['x-envoy-degraded', ''] : []);
  }
}

/** `envoy.extensions.filters.http.health_check.v3.HealthCheck`. */
export const healthCheckFilterFactory: HttpFilterFactory = {
  kind: 'stream',
  create(given, context) {
    const config = messageOf(given);
    const passThrough = config.pass_through_mode === true;
    const cacheMs = durationOf(config.cache_time, 0);
    if (!passThrough && cacheMs > 0) {
      throw new ConfigError('cache_time_ms must not be set when path_through_mode is disabled', [
        'cache_time',
      ]);
    }
    const percentages = Object.entries(messageOf(config.cluster_min_healthy_percentages));
    const options: HealthCheckOptions = {
      tests: messagesOf(config.headers).map((header, index) =>
        under(() => compileHeaderMatcher(header), 'headers', index),
      ),
      passThrough,
      cache: cacheMs > 0 ? new AnswerCache(context.clock, cacheMs) : undefined,
      minHealthy: percentages.map(
        ([name, percent]) => [name, numberOf(messageOf(percent).value, 0)] as const,
      ),
      clusters: context.clusters,
      localCluster: context.node.cluster,
      isFailed: () => context.isDraining(),
    };
    return (callbacks) => new HealthCheck(callbacks, options);
  },
};

export const healthCheckSupportedFields: SupportedFields = {
  [message]: {
    pass_through_mode: true,
    cache_time: true,
    cluster_min_healthy_percentages: true,
    headers: true,
  },
};
