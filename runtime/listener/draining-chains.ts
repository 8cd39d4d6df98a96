/**
 * Filter chains that were replaced or whose listener is gone: their connections may end by themselves until the drain
 * time is over. A chain is forgotten as soon as its last connection is.
 */
import type { Clock, Timer } from '../common/clock.js';
import type { Gauge } from '../stats/stat.js';
import type { FilterChain } from './filter-chain.js';

/** How often is looked whether connections are left, in milliseconds. */
const lookMs = 1000;
/**
 * Idle connections stay that long before they are closed, in milliseconds: whoever is about to use one gets an answer on
 * it, with the request to open another one.
 */
const idleGraceMs = 2000;

export interface DrainingChains {
  add(chain: FilterChain): void;
  readonly activeConnections: number;
  readonly size: number;
  /** Now, without the grace that they else have. */
  closeIdle(): void;
  close(): void;
}

/** @param gauge `listener_manager.total_filter_chains_draining` */
export function createDrainingChains(clock: Clock, drainTimeMs: number, gauge: Gauge): DrainingChains {
  const startedAt = new Map<FilterChain, number>();
  let timer: Timer | undefined;

  function look(): void {
    timer = undefined;
    const now = clock.now();
    for (const [chain, start] of startedAt) {
      if (now - start >= drainTimeMs) chain.close();
      else if (now - start >= idleGraceMs) chain.filter.drain();
      if (chain.isIdle || now - start >= drainTimeMs) startedAt.delete(chain);
    }
    gauge.set(startedAt.size);
    if (startedAt.size > 0) timer = clock.setTimer(lookMs, look);
  }

  return {
    add(chain) {
      chain.askToClose();
      if (chain.isIdle) return;
      startedAt.set(chain, clock.now());
      gauge.set(startedAt.size);
      timer ??= clock.setTimer(Math.min(lookMs, drainTimeMs), look);
    },
    get activeConnections() {
      let sum = 0;
      for (const { filter } of startedAt.keys()) sum += filter.activeConnections;
      return sum;
    },
    get size() {
      return startedAt.size;
    },
    closeIdle() {
      for (const { filter } of startedAt.keys()) filter.drain();
    },
    close() {
      timer?.cancel();
      for (const chain of startedAt.keys()) chain.close();
      startedAt.clear();
      gauge.set(0);
    },
  };
}
