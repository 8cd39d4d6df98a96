/**
 * Names that are asked for again and again, for STRICT_DNS and LOGICAL_DNS.
 */
import type { Timer } from '../../common/clock.js';
import { messageOf, textOf } from '../../common/message-fields.js';
import { factKey } from '../../common/shared-facts.js';
import type { DnsResolver } from '../../network/dns/dns-resolver.js';
import type { LookupResult } from './dns-lookup.js';
import { isFailure, lookUp } from './dns-lookup.js';
import { DnsRefresh } from './dns-refresh.js';
import { followPrimaryNames } from './follow-primary-names.js';
import type { ClusterDependencies, HostChangingCluster } from './host-changing-cluster.js';

export interface DnsNames {
  /** Resolves when each name was asked for once; never rejects. */
  readonly warmed: Promise<void>;
  /** Asks for all names now; one that is being asked for is asked for once more after that. */
  refresh(): void;
  stop(): void;
}

/**
 * Starts to ask. Counts `update_attempt`, `update_success`, `update_failure` and `update_no_rebuild`.
 * @param resolver belongs to it, and is closed by `stop`
 * @param look how to ask; default: for addresses
 * @param apply takes an answer over. `failed`: an answer that this cluster type takes for none
 */
export function followDnsNames(
  cluster: HostChangingCluster,
  names: readonly string[],
  resolver: DnsResolver,
  { clock, loggers, random, sharedFacts, stats }: ClusterDependencies,
  apply: (at: number, addresses: readonly string[]) => 'changed' | 'unchanged' | 'failed',
  look: typeof lookUp = lookUp,
): DnsNames {
  const config = messageOf(cluster.config);
  const lookupFamily = textOf(config.dns_lookup_family, 'AUTO');
  const keyOf = (at: number): string => factKey('addresses', cluster.name, `${lookupFamily} ${names[at]}`);
  if (sharedFacts?.isFollower === true) {
    resolver.close();
    return followPrimaryNames(
      sharedFacts,
      names.map((_, at) => keyOf(at)),
      apply,
    );
  }
  const refresh = new DnsRefresh(config, random);
  const counter = (what: string) => stats.counter(`${cluster.statPrefix}update_${what}`);
  const attempts = counter('attempt');
  const successes = counter('success');
  const failures = counter('failure');
  const noRebuilds = counter('no_rebuild');
  const log = loggers?.get('upstream');
  /** Until the next time, by name; absent while it is asked for. */
  const timers = new Map<number, Timer>();
  const askAgain = new Set<number>();
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
    sharedFacts?.set(keyOf(at), result.addresses);
    if (outcome === 'unchanged') noRebuilds.inc();
    return refresh.afterSuccess(result.addresses.length === 0 ? 0 : result.ttlSeconds);
  }

  async function ask(at: number): Promise<void> {
    attempts.inc();
    const result = await look(resolver, names[at] as string, lookupFamily);
    if (stopped) return;
    const delayMs = take(at, result);
    // The next one is asked for when this one has ended, so a slow server is never asked twice at once.
    const next = (): void => {
      timers.delete(at);
      void ask(at);
    };
    if (askAgain.delete(at)) next();
    else timers.set(at, clock.setTimer(delayMs, next));
  }

  return {
    warmed: Promise.all(names.map((_, at) => ask(at))).then(() => undefined),
    refresh() {
      if (stopped) return;
      for (const at of names.keys()) {
        const timer = timers.get(at);
        if (timer === undefined) {
          askAgain.add(at);
          continue;
        }
        timer.cancel();
        timers.delete(at);
        void ask(at);
      }
    },
    stop() {
      stopped = true;
      for (const timer of timers.values()) timer.cancel();
      timers.clear();
      resolver.close();
    },
  };
}
