/**
 * `envoy.filters.http.fault`: delays requests, aborts them, and slows responses down, to see how others bear it.
 */
import type { Clock, Timer } from '../../../common/clock.js';
import { isDrawn } from '../../../common/fractional-percent.js';
import type { HeaderList } from '../../../common/header-list.js';
import { getHeader } from '../../../common/header-list.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import type { RequestHead } from '../../../http/codec.js';
import type {
  FilterStatus,
  HttpFilterFactory,
  StreamFilter,
  StreamFilterCallbacks,
} from '../../../http/filter.js';
import { grpcReplyHeaders } from '../../../http/local-reply.js';
import type { Counter, Gauge, StatsScope } from '../../../stats/stat.js';
import type { FaultPart, FaultSettings } from './compile-fault.js';
import { compileFault } from './compile-fault.js';
import type { RateLimiterTarget } from './response-rate-limiter.js';
import { ResponseRateLimiter } from './response-rate-limiter.js';

interface FaultStats {
  readonly abortsInjected: Counter;
  readonly delaysInjected: Counter;
  readonly faultsOverflow: Counter;
  readonly responseRlInjected: Counter;
  readonly activeFaults: Gauge;
}

interface FaultOptions {
  readonly ofFilter: FaultSettings;
  readonly stats: FaultStats;
  readonly clock: Clock;
  readonly random: () => number;
  /** Counts `fault.<downstream cluster>.<name>`. */
  countFor(downstreamCluster: string, name: 'aborts_injected' | 'delays_injected'): void;
}

class Fault implements StreamFilter, RateLimiterTarget {
  private readonly callbacks: StreamFilterCallbacks;
  private readonly options: FaultOptions;
  private settings: FaultSettings;
  private downstreamCluster = '';
  private headers: HeaderList = [];
  private isActive = false;
  private delay: Timer | undefined = undefined;
  private limiter: ResponseRateLimiter | undefined = undefined;

  constructor(callbacks: StreamFilterCallbacks, options: FaultOptions) {
    this.callbacks = callbacks;
    this.options = options;
    this.settings = options.ofFilter;
  }

  decodeHeaders({ headers }: RequestHead): FilterStatus {
    const { callbacks, options } = this;
    const settings = (callbacks.routeConfig as FaultSettings | undefined) ?? options.ofFilter;
    this.settings = settings;
    if (options.stats.activeFaults.value >= settings.maxActiveFaults) {
      options.stats.faultsOverflow.inc();
      return 'continue';
    }
    if (!this.concerns(headers)) return 'continue';
    this.headers = headers;
    if (settings.countsDownstreamClusters) {
      this.downstreamCluster = getHeader(headers, 'x-envoy-downstream-service-cluster') ?? '';
    }
    const rate = this.draw(settings.rateLimit);
    if (rate !== undefined) {
      this.begin();
      options.stats.responseRlInjected.inc();
      this.limiter = new ResponseRateLimiter(rate, options.clock, this);
    }
    const delayMs = this.draw(settings.delay, this.downstreamCluster !== '');
    if (delayMs !== undefined && delayMs > 0) {
      this.begin();
      this.count('delays_injected', options.stats.delaysInjected);
      callbacks.addFlag('DI');
      this.delay = options.clock.setTimer(delayMs, () => this.endDelay());
      return 'pause';
    }
    return this.abort() ? 'stop' : 'continue';
  }

  encodeData(data: Buffer, endStream: boolean): FilterStatus {
    if (this.limiter === undefined) return 'continue';
    this.limiter.push(data, endStream);
    return 'taken';
  }

  encodeTrailers(): FilterStatus {
    return this.limiter === undefined || this.limiter.trailers() ? 'continue' : 'stop';
  }

  write(data: Buffer, endStream: boolean): void {
    this.callbacks.injectEncodedData(data, endStream);
  }

  finishTrailers(): void {
    this.callbacks.continueEncoding();
  }

  onDestroy(): void {
    this.delay?.cancel();
    this.limiter?.stop();
    if (this.isActive) this.options.stats.activeFaults.dec();
  }

  private concerns(headers: HeaderList): boolean {
    const { callbacks, settings } = this;
    const { route } = callbacks;
    if (settings.upstreamCluster !== '') {
      const cluster = route?.kind === 'cluster' ? route.cluster(callbacks.request) : undefined;
      if (cluster !== settings.upstreamCluster) return false;
    }
    if (settings.downstreamNodes.size > 0) {
      const node = getHeader(headers, 'x-envoy-downstream-service-node');
      if (node === undefined || !settings.downstreamNodes.has(node)) return false;
    }
    return settings.headers.every((test) => test(callbacks.request, headers));
  }

  /**
   * @param twice Envoy asks once more for the downstream cluster, which may have a percentage of its own in the runtime
   * @returns undefined when there is no such fault, or this request is spared
   */
  private draw<T>(part: FaultPart<T> | undefined, twice = false): T | undefined {
    if (part === undefined) return undefined;
    const percentage = part.percentage(this.headers);
    const { random } = this.options;
    if (!isDrawn(percentage, random()) && !(twice && isDrawn(percentage, random()))) return undefined;
    return part.value(this.headers);
  }

  private endDelay(): void {
    this.delay = undefined;
    if (!this.abort()) this.callbacks.continueDecoding();
  }

  /** @returns false when the request is not aborted */
  private abort(): boolean {
    const { callbacks, options, settings } = this;
    const status = this.draw(settings.abort, this.downstreamCluster !== '');
    if (status === undefined) return false;
    this.begin();
    this.count('aborts_injected', options.stats.abortsInjected);
    callbacks.addFlag('FI');
    const headers = status.grpc === undefined ? [] : grpcReplyHeaders(this.headers, status.grpc);
    callbacks.sendLocalReply(status.http, settings.abortBody, 'fault_filter_abort', headers);
    return true;
  }

  private count(name: 'aborts_injected' | 'delays_injected', counter: Counter): void {
    counter.inc();
    if (this.downstreamCluster !== '') this.options.countFor(this.downstreamCluster, name);
  }

  /** However many faults a request meets, it is one active fault. */
  private begin(): void {
    if (this.isActive) return;
    this.isActive = true;
    this.options.stats.activeFaults.inc();
    const { metadata } = this.settings;
    if (metadata !== undefined) this.callbacks.setDynamicMetadata('envoy.filters.http.fault', metadata);
  }
}

function createStats(prefix: string, scope: StatsScope): FaultStats {
  return {
    abortsInjected: scope.counter(`${prefix}aborts_injected`),
    delaysInjected: scope.counter(`${prefix}delays_injected`),
    faultsOverflow: scope.counter(`${prefix}faults_overflow`),
    responseRlInjected: scope.counter(`${prefix}response_rl_injected`),
    activeFaults: scope.gauge(`${prefix}active_faults`),
  };
}

const message = 'envoy.extensions.filters.http.fault.v3.';
const common = 'envoy.extensions.filters.common.fault.v3.';

/** `envoy.extensions.filters.http.fault.v3.HTTPFault`. */
export const faultFilterFactory: HttpFilterFactory = {
  kind: 'stream',
  create(config, { clock, random, statPrefix, stats: scope }) {
    const prefix = `${statPrefix}fault.`;
    const options: FaultOptions = {
      ofFilter: compileFault(config),
      stats: createStats(prefix, scope),
      clock,
      random,
      countFor: (cluster, name) => scope.counter(`${prefix}${cluster}.${name}`).inc(),
    };
    return (callbacks) => new Fault(callbacks, options);
  },
  routeConfig: { type: `${message}HTTPFault`, create: compileFault },
};

// Runtime keys by which percentages and values could be changed; there is no runtime here.
const runtimeKeys = {
  delay_percent_runtime: 'ignored',
  abort_percent_runtime: 'ignored',
  delay_duration_runtime: 'ignored',
  abort_http_status_runtime: 'ignored',
  max_active_faults_runtime: 'ignored',
  response_rate_limit_percent_runtime: 'ignored',
  abort_grpc_status_runtime: 'ignored',
} as const;

export const faultSupportedFields: SupportedFields = {
  [`${message}HTTPFault`]: {
    delay: true,
    abort: true,
    upstream_cluster: true,
    headers: true,
    downstream_nodes: true,
    max_active_faults: true,
    response_rate_limit: true,
    ...runtimeKeys,
    disable_downstream_cluster_stats: true,
    filter_metadata: true,
  },
  [`${message}FaultAbort`]: {
    http_status: true,
    grpc_status: true,
    header_abort: true,
    percentage: true,
    response_body: true,
  },
  [`${message}FaultAbort.HeaderAbort`]: {},
  [`${common}FaultDelay`]: { fixed_delay: true, header_delay: true, percentage: true },
  [`${common}FaultDelay.HeaderDelay`]: {},
  [`${common}FaultRateLimit`]: { fixed_limit: true, header_limit: true, percentage: true },
  [`${common}FaultRateLimit.FixedLimit`]: { limit_kbps: true },
  [`${common}FaultRateLimit.HeaderLimit`]: {},
};
