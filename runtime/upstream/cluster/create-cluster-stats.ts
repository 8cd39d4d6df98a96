/**
 * `cluster.<name>.*`, made once per cluster, with Envoy's names.
 */
import type { Counter, StatsScope } from '../../stats/stat.js';
import type { ClusterStats } from './cluster.js';

const gauges = ['upstreamCxActive', 'upstreamRqActive', 'upstreamRqPendingActive'] as const;
const histograms = ['upstreamCxConnectMs', 'upstreamCxLengthMs', 'upstreamRqTime'] as const;
const counters = [
  'upstreamCxTotal',
  'upstreamCxHttp1Total',
  'upstreamCxConnectFail',
  'upstreamCxConnectTimeout',
  'upstreamCxDestroy',
  'upstreamCxDestroyRemote',
  'upstreamCxDestroyLocal',
  'upstreamCxDestroyWithActiveRq',
  'upstreamCxDestroyRemoteWithActiveRq',
  'upstreamCxDestroyLocalWithActiveRq',
  'upstreamCxOverflow',
  'upstreamCxNoneHealthy',
  'upstreamCxMaxRequests',
  'upstreamCxRxBytesTotal',
  'upstreamCxTxBytesTotal',
  'upstreamRqTotal',
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
] as const;

/** Counters that exist in Envoy from the start and that nothing here counts yet. */
const idle = [
  'assignment_stale',
  'assignment_timeout_received',
  'bind_errors',
  'lb_healthy_panic',
  'original_dst_host_invalid',
  'retry_or_shadow_abandoned',
  'upstream_cx_close_notify',
  'upstream_cx_connect_attempts_exceeded',
  'upstream_cx_http2_total',
  'upstream_cx_http3_total',
  'upstream_cx_idle_timeout',
  'upstream_cx_pool_overflow',
  'upstream_cx_protocol_error',
  'upstream_rq_maintenance_mode',
];

/** Envoy's digit-aware snake case: `upstreamCxHttp1Total` is `upstream_cx_http1_total`. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function createClusterStats(name: string, scope: StatsScope): ClusterStats {
  const prefix = `cluster.${name}.`;
  const external = (code: string): readonly Counter[] => [
    scope.counter(`${prefix}upstream_rq_${code}`),
    scope.counter(`${prefix}external.upstream_rq_${code}`),
  ];
  for (const one of idle) scope.counter(prefix + one);
  const made: Record<string, unknown> = {};
  for (const one of gauges) made[one] = scope.gauge(prefix + snake(one));
  for (const one of histograms) made[one] = scope.histogram(prefix + snake(one));
  for (const one of counters) made[one] = scope.counter(prefix + snake(one));
  /** By status code; filled on first use, so that `/stats` shows what was seen. */
  const perCode: (readonly Counter[] | undefined)[] = new Array(1000).fill(undefined);
  return {
    ...(made as unknown as Omit<ClusterStats, 'countResponse'>),
    countResponse(code) {
      let counted = perCode[code];
      if (counted === undefined) {
        const completed = [
          made.upstreamRqCompleted as Counter,
          scope.counter(`${prefix}external.upstream_rq_completed`),
        ];
        counted = [...completed, ...external(`${Math.floor(code / 100)}xx`), ...external(String(code))];
        perCode[code] = counted;
      }
      for (let at = 0; at < counted.length; at++) (counted[at] as Counter).inc();
    },
  };
}
