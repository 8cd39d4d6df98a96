/**
 * `server.*`: what operators look at first. Gauges that change by themselves are set when somebody asks.
 */
import { X509Certificate } from 'node:crypto';
import type { ServerState } from '../admin/admin-host.js';
import type { Clock } from '../common/clock.js';
import type { StatsScope } from '../stats/stat.js';
import type { ServerOptions } from './server-options.js';

const stateNumbers: Readonly<Record<ServerState, number>> = {
  LIVE: 0,
  DRAINING: 1,
  PRE_INITIALIZING: 2,
  INITIALIZING: 3,
};

/** Counters of what does not happen here; consumers expect the names. */
const constantCounters = [
  'debug_assertion_failures',
  'dropped_stat_flushes',
  'dynamic_unknown_fields',
  'envoy_bug_failures',
  'static_unknown_fields',
  'wip_protos',
];

const dayMs = 86_400_000;

/** What the gauges are made of at the moment of the question. */
export interface ServerFigures {
  readonly state: ServerState;
  readonly connections: number;
  readonly certificates: readonly (string | Buffer)[];
}

export interface ServerStats {
  /** Milliseconds that the start took. */
  recordStart(ms: number): void;
  refresh(figures: ServerFigures): void;
}

function daysLeft(certificates: readonly (string | Buffer)[], now: number): number {
  const ends = certificates.map((one) => Date.parse(new X509Certificate(one).validTo));
  // Envoy's answer when there is no certificate: the largest number of 32 bits.
  if (ends.length === 0) return 4_294_967_295;
  return Math.max(0, Math.floor((Math.min(...ends) - now) / dayMs));
}

export function createServerStats(
  options: ServerOptions,
  stats: StatsScope,
  clock: Clock,
  startedAt: number,
): ServerStats {
  const gauge = (name: string) => stats.gauge(`server.${name}`);
  for (const name of constantCounters) stats.counter(`server.${name}`);
  const initialization = stats.histogram('server.initialization_time_ms');
  const state = gauge('state');
  const live = gauge('live');
  gauge('concurrency').set(options.concurrency ?? 1);
  gauge('hot_restart_epoch').set(options.restartEpoch ?? 0);
  gauge('hot_restart_generation').set(1);
  gauge('parent_connections');
  return {
    recordStart: (ms) => initialization.record(Math.floor(ms)),
    refresh(figures) {
      const memory = process.memoryUsage();
      gauge('uptime').set(Math.floor((clock.now() - startedAt) / 1000));
      gauge('memory_allocated').set(memory.heapUsed);
      gauge('memory_heap_size').set(memory.heapTotal);
      gauge('memory_physical_size').set(memory.rss);
      gauge('total_connections').set(figures.connections);
      gauge('days_until_first_cert_expiring').set(daysLeft(figures.certificates, clock.wallTime()));
      state.set(stateNumbers[figures.state]);
      live.set(figures.state === 'LIVE' ? 1 : 0);
    },
  };
}
