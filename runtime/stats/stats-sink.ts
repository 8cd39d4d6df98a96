/**
 * The contract of stats sinks: where statistics are sent, by themselves and again and again (`stats_flush_interval`).
 */
import type { Clock, Timer } from '../common/clock.js';
import type { Counter, Gauge, Histogram } from './stat.js';
import type { StatsStore } from './stats-store.js';

/** What one interval has brought. Only statistics that were ever touched. */
export interface StatsSnapshot {
  readonly counters: readonly { readonly counter: Counter; readonly delta: number }[];
  readonly gauges: readonly Gauge[];
}

export interface StatsSink {
  flush(snapshot: StatsSnapshot): void;
  /** A histogram has recorded a value. */
  onHistogramValue(histogram: Histogram, value: number): void;
  close(): void;
}

export interface StatsFlusher {
  /** Sends what the interval has brought so far. */
  flush(): void;
  /** Flushes once more and ends. */
  close(): void;
}

/** What the counters were at the last flush. */
class CounterDeltas {
  private readonly last = new WeakMap<Counter, number>();

  take(counter: Counter): number {
    const before = this.last.get(counter) ?? 0;
    this.last.set(counter, counter.value);
    // `/reset_counters` sets them back.
    return counter.value < before ? counter.value : counter.value - before;
  }
}

/**
 * Flushes at every interval, which ends the interval of the histograms as well.
 * @param beforeFlush brings gauges up to date that change by themselves
 */
export function startFlushing(
  store: StatsStore,
  sinks: readonly StatsSink[],
  clock: Clock,
  intervalMs: number,
  beforeFlush: () => void,
): StatsFlusher {
  const deltas = new CounterDeltas();
  let timer: Timer | undefined;
  if (sinks.length > 0) {
    store.onHistogramValue = (histogram, value) => {
      for (const sink of sinks) sink.onHistogramValue(histogram, value);
    };
  }

  function flush(): void {
    store.mergeHistograms();
    if (sinks.length === 0) return;
    beforeFlush();
    const snapshot: StatsSnapshot = {
      counters: store
        .counters()
        .filter(({ used }) => used)
        .map((counter) => ({ counter, delta: deltas.take(counter) })),
      gauges: store.gauges().filter(({ used }) => used),
    };
    for (const sink of sinks) sink.flush(snapshot);
  }

  function arm(): void {
    timer = clock.setTimer(intervalMs, () => {
      flush();
      arm();
    });
  }

  arm();
  return {
    flush,
    close() {
      timer?.cancel();
      store.onHistogramValue = undefined;
      flush();
      for (const sink of sinks) sink.close();
    },
  };
}
