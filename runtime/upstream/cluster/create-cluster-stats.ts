/**
 * `cluster.<name>.*`, made once per cluster, with Envoy's names.
 */
import type { Counter, Histogram, StatsScope } from '../../stats/stat.js';
import type { AlternativeStats, ClusterStats } from './cluster.js';

const gauges = ['upstreamCxActive', 'upstreamRqActive', 'upstreamRqPendingActive'] as const;
const histograms = ['upstreamCxConnectMs', 'upstreamCxLengthMs', 'upstreamRqPerCx'] as const;
const counters = [
  'upstreamCxTotal',
  'upstreamCxHttp1Total',
  'upstreamCxHttp2Total',
  'upstreamCxConnectFail',
  'upstreamCxConnectTimeout',
  'upstreamCxDestroy',
  'upstreamCxDestroyRemote',
  'upstreamCxDestroyLocal',
  'upstreamCxDestroyWithActiveRq',
  'upstreamCxDestroyRemoteWithActiveRq',
  'upstreamCxDestroyLocalWithActiveRq',
  'upstreamCxOverflow',
  'upstreamCxConnectAttemptsExceeded',
  'upstreamFlowControlPausedReadingTotal',
  'upstreamFlowControlResumedReadingTotal',
  'upstreamCxPoolOverflow',
  'upstreamCxNoneHealthy',
  'upstreamCxMaxRequests',
  'upstreamCxMaxDurationReached',
  'upstreamCxIdleTimeout',
  'upstreamCxCloseNotify',
  'upstreamCxRxBytesTotal',
  'upstreamCxTxBytesTotal',
  'upstreamRqTotal',
  'upstreamRqActiveOverflow',
  'upstreamRqPendingTotal',
  'upstreamRqPendingOverflow',
  'upstreamRqPendingFailureEject',
  'upstreamRqCancelled',
  'upstreamRqTimeout',
  'upstreamRqPerTryTimeout',
  'upstreamRqRxReset',
  'upstreamRqTxReset',
  'upstreamRqRetry',
  'upstreamRqRetrySuccess',
  'upstreamRqRetryLimitExceeded',
  'upstreamRqRetryOverflow',
  'upstreamRqCompleted',
  'upstreamRqPerTryIdleTimeout',
  'upstreamRqRetryBackoffExponential',
  'upstreamRqRetryBackoffRatelimited',
  'retryOrShadowAbandoned',
] as const;

/** What stands at zero in Envoy from the start and nothing here counts: dashboards and alerts ask for it by name. */
const idleCounters = [
  'assignment_stale',
  'assignment_timeout_received',
  'assignment_use_cached',
  'bind_errors',
  'default.total_match_count',
  'lb_healthy_panic',
  'lb_local_cluster_not_ok',
  'lb_recalculate_zone_structures',
  'lb_subsets_created',
  'lb_subsets_fallback',
  'lb_subsets_fallback_panic',
  'lb_subsets_removed',
  'lb_subsets_selected',
  'lb_zone_cluster_too_small',
  'lb_zone_no_capacity_left',
  'lb_zone_routing_all_directly',
  'lb_zone_routing_cross_zone',
  'lb_zone_routing_sampled',
  'original_dst_host_invalid',
  'update_attempt',
  'update_empty',
  'update_failure',
  'update_no_rebuild',
  'update_success',
  'upstream_cx_connect_with_0_rtt',
  'upstream_cx_http3_total',
  'upstream_cx_preconnect_skipped',
  'upstream_cx_protocol_error',
  'upstream_flow_control_backed_up_total',
  'upstream_flow_control_drained_total',
  'upstream_http3_broken',
  'upstream_internal_redirect_failed_total',
  'upstream_internal_redirect_succeeded_total',
  'upstream_queue_overloaded',
  'upstream_rq_0rtt',
  'upstream_rq_maintenance_mode',
  'upstream_rq_max_duration_reached',
  'upstream_rq_rx_reset_no_error',
];
const idleGauges = [
  'lb_subsets_active',
  'max_host_weight',
  'upstream_cx_rx_bytes_buffered',
  'upstream_cx_tx_bytes_buffered',
  'version',
  'warming_state',
];

/** `upstreamCxHttp1Total` is `upstream_cx_http1_total`. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * `cluster.<alt_stat_name or name>.`; what would be taken for the parts of an address becomes an underscore, as in Envoy.
 */
export function clusterStatPrefix(name: string, altStatName: string): string {
  const shown = altStatName === '' ? name : altStatName;
  return `cluster.${shown.replace(/:\/\/|:\/|:/g, '_')}.`;
}

/** Response codes of one kind (`''`, `external.`, `internal.`, `retry.`), each made when it is first seen. */
class CodeCounters {
  private readonly prefix: string;
  private readonly scope: StatsScope;
  private readonly completed: Counter;
  private readonly perCode: (readonly Counter[] | undefined)[] = new Array(1000).fill(undefined);

  constructor(prefix: string, scope: StatsScope, completed: Counter) {
    this.prefix = prefix;
    this.scope = scope;
    this.completed = completed;
  }

  count(code: number): void {
    let counters = this.perCode[code];
    if (counters === undefined) {
      const { prefix, scope } = this;
      counters = [
        this.completed,
        scope.counter(`${prefix}upstream_rq_${Math.floor(code / 100)}xx`),
        scope.counter(`${prefix}upstream_rq_${code}`),
      ];
      this.perCode[code] = counters;
    }
    for (let at = 0; at < counters.length; at++) (counters[at] as Counter).inc();
  }
}

/** Code counters and times below one part of a name, each made when it is first needed. */
class Twin {
  private readonly prefix: string;
  private readonly scope: StatsScope;
  private codes: CodeCounters | undefined = undefined;
  private time: Histogram | undefined = undefined;

  constructor(prefix: string, scope: StatsScope) {
    this.prefix = prefix;
    this.scope = scope;
  }

  count(code: number): void {
    this.codes ??= new CodeCounters(
      this.prefix,
      this.scope,
      this.scope.counter(`${this.prefix}upstream_rq_completed`),
    );
    this.codes.count(code);
  }

  record(ms: number): void {
    this.time ??= this.scope.histogram(`${this.prefix}upstream_rq_time`);
    this.time.record(ms);
  }
}

/** Responses and their times below one prefix, with their twins. */
class ResponseStats implements AlternativeStats {
  private readonly prefix: string;
  private readonly scope: StatsScope;
  private readonly ownZone: string;
  private readonly all: Twin;
  private readonly external: Twin;
  private readonly internal: Twin;
  private readonly canary: Twin;
  private readonly zones = new Map<string, Twin>();

  constructor(prefix: string, scope: StatsScope, ownZone: string) {
    this.prefix = prefix;
    this.scope = scope;
    this.ownZone = ownZone;
    this.all = new Twin(prefix, scope);
    this.external = new Twin(`${prefix}external.`, scope);
    this.internal = new Twin(`${prefix}internal.`, scope);
    this.canary = new Twin(`${prefix}canary.`, scope);
  }

  count(code: number, isInternal: boolean, hostZone: string, isCanary: boolean): void {
    this.all.count(code);
    (isInternal ? this.internal : this.external).count(code);
    if (isCanary) this.canary.count(code);
    if (hostZone !== '') this.zone(hostZone)?.count(code);
  }

  record(ms: number, isInternal: boolean, hostZone: string, isCanary: boolean): void {
    this.all.record(ms);
    (isInternal ? this.internal : this.external).record(ms);
    if (isCanary) this.canary.record(ms);
    if (hostZone !== '') this.zone(hostZone)?.record(ms);
  }

  private zone(name: string): Twin | undefined {
    const { ownZone, prefix, scope, zones } = this;
    if (ownZone === '') return undefined;
    let found = zones.get(name);
    if (found === undefined) {
      found = new Twin(`${prefix}zone.${ownZone}.${name}.`, scope);
      zones.set(name, found);
    }
    return found;
  }
}

/**
 * @param prefix of `clusterStatPrefix`
 * @param ownZone `node.locality.zone`: with it responses are counted by the zones of both ends, too
 */
export function createClusterStats(prefix: string, scope: StatsScope, ownZone = ''): ClusterStats {
  const made: Record<string, unknown> = {};
  for (const one of idleCounters) scope.counter(prefix + one);
  for (const one of idleGauges) scope.gauge(prefix + one);
  for (const one of gauges) made[one] = scope.gauge(prefix + snake(one));
  for (const one of histograms) made[one] = scope.histogram(prefix + snake(one));
  for (const one of counters) made[one] = scope.counter(prefix + snake(one));
  const own = new ResponseStats(prefix, scope, ownZone);
  const retried = new Twin(`${prefix}retry.`, scope);
  const others = new Map<string, ResponseStats>();
  return {
    ...(made as unknown as Omit<
      ClusterStats,
      'countResponse' | 'countRetriedResponse' | 'recordResponseTime' | 'alternative'
    >),
    countResponse(code, isInternal = false, hostZone = '', isCanary = false) {
      own.count(code, isInternal, hostZone, isCanary);
    },
    countRetriedResponse(code) {
      retried.count(code);
    },
    recordResponseTime(ms, isInternal, hostZone, isCanary) {
      own.record(ms, isInternal, hostZone, isCanary);
    },
    alternative(name) {
      let found = others.get(name);
      if (found === undefined) {
        found = new ResponseStats(`${prefix}${name}.`, scope, ownZone);
        others.set(name, found);
      }
      return found;
    },
  };
}
