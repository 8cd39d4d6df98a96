/**
 * Names that are asked for again and again, for STRICT_DNS and LOGICAL_DNS.
 */
import type { Timer } from '../../common/clock.js';
import { messageOf, textOf } from '../../common/message-fields.js';
import type { DnsResolver } from '../../network/dns/dns-resolver.js';
import type { LookupResult } from './dns-lookup.js';
import { isFailure, lookUp } from './dns-lookup.js';
import { DnsRefresh } from './dns-refresh.js';
import type { ClusterDependencies, HostChangingCluster } from './host-changing-cluster.js';

export interface DnsNames {
  /** Resolves when each name was asked for once; never rejects. */
  readonly warmed: Promise<void>;
  stop(): void;
}

/**
 * Starts to ask. Counts `update_attempt`, `update_success`, `update_failure` and `update_no_rebuild`.
 * @param resolver belongs to it, and is closed by `stop`
 * @param apply takes an answer over. `failed`: an answer that this cluster type takes for none
 */
export function followDnsNames(
  cluster: HostChangingCluster,
  names: readonly string[],
  resolver: DnsResolver,
  { clock, loggers, random, stats }: ClusterDependencies,
  apply: (at: number, addresses: readonly string[]) => 'changed' | 'unchanged' | 'failed',
): DnsNames {
  const config = messageOf(cluster.config);
  const lookupFamily = textOf(config.dns_lookup_family, 'AUTO');
  const refresh = new DnsRefresh(config, random);
  const counter = (what: string) => stats.counter(`${cluster.statPrefix}update_${what}`);
  const attempts = counter('attempt');
  const successes = counter('success');
  const failures = counter('failure');
  const noRebuilds = counter('no_rebuild');
  const log = loggers?.get('upstream');
  const timers = new Set<Timer>();
  let stopped = false;

  function take(at: number, result: LookupResult): number {
    if (isFailure(result)) {
      log?.debug(`DNS refresh failed for cluster '${cluster.name}': ${result.failure}`);
      failures.inc();
      return refresh.afterFailure();
    }
    const outcome = apply(at, result.addresses);
    if (outcome === 'failed') {
      log?.debug(`DNS refresh failed for cluster '${cluster.name}': ${names[at]} has no addresses`);
      failures.inc();
      return refresh.afterFailure();
    }
    successes.inc();
    if (outcome === 'unchanged') noRebuilds.inc();
    return refresh.afterSuccess(result.addresses.length === 0 ? 0 : result.ttlSeconds);
  }

  async function ask(at: number): Promise<void> {
    attempts.inc();
    const result = await lookUp(resolver, names[at] as string, lookupFamily);
    if (stopped) return;
    // The next one is asked for when this one has ended, so a slow server is never asked twice at once.
    const timer = clock.setTimer(take(at, result), () => {
      timers.delete(timer);
      void ask(at);
    });
    timers.add(timer);
  }

  return {
    warmed: Promise.all(names.map((_, at) => ask(at))).then(() => undefined),
    stop() {
      stopped = true;
      for (const timer of timers) timer.cancel();
      timers.clear();
      resolver.close();
    },
  };
}
