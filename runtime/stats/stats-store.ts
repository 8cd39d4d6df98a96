/**
 * All statistics of a server by their full names.
 */
import { LogHistogram } from './histogram.js';
import type { PrometheusName } from './prometheus-name.js';
import type { Counter, Gauge, StatsScope } from './stat.js';

class StoredCounter implements Counter {
  readonly name: string;
  value = 0;
  used = false;
  prometheusName: PrometheusName | undefined = undefined;

  constructor(name: string) {
    this.name = name;
  }

  inc(): void {
    this.value++;
    this.used = true;
  }

  add(amount: number): void {
    this.value += amount;
    this.used = true;
  }
}

class StoredGauge implements Gauge {
  readonly name: string;
  value = 0;
  used = false;
  prometheusName: PrometheusName | undefined = undefined;

  constructor(name: string) {
    this.name = name;
  }

  inc(): void {
    this.value++;
    this.used = true;
  }

  dec(): void {
    this.value--;
    this.used = true;
  }

  set(value: number): void {
    this.value = value;
    this.used = true;
  }
}

/** What admin and sinks read. The lists are sorted by name. */
export interface StatsStore extends StatsScope {
  counters(): readonly Counter[];
  gauges(): readonly Gauge[];
  histograms(): readonly LogHistogram[];
  /** `/reset_counters`: counters only, as in Envoy. */
  resetCounters(): void;
  /** Ends an interval of all histograms; called every `stats_flush_interval` (default 5 s). */
  mergeHistograms(): void;
  /**
   * Forgets statistics, e.g. those of a cluster that has left the configuration. Objects that are still held go on
   * counting unseen; asking for the name again gives a new object. Mind that `cluster.a.` also begins the names of a
   * cluster `a.b`.
   */
  remove(isGone: (name: string) => boolean): void;
}

/** Statistics of one kind. The sorted list is kept until a name comes or goes: a scrape of thousands must not sort. */
class StatsOfKind<T extends { readonly name: string }> {
  readonly all = new Map<string, T>();
  private sorted: readonly T[] | undefined;
  private readonly make: (name: string) => T;

  constructor(make: (name: string) => T) {
    this.make = make;
  }

  get(name: string): T {
    let found = this.all.get(name);
    if (found === undefined) {
      found = this.make(name);
      this.all.set(name, found);
      this.sorted = undefined;
    }
    return found;
  }

  list(): readonly T[] {
    this.sorted ??= [...this.all.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    return this.sorted;
  }

  remove(isGone: (name: string) => boolean): void {
    for (const name of this.all.keys()) if (isGone(name)) this.all.delete(name);
    this.sorted = undefined;
  }
}

export function createStatsStore(): StatsStore {
  const counters = new StatsOfKind<Counter>((name) => new StoredCounter(name));
  const gauges = new StatsOfKind<Gauge>((name) => new StoredGauge(name));
  const histograms = new StatsOfKind((name) => new LogHistogram(name));
  return {
    counter: (name) => counters.get(name),
    gauge: (name) => gauges.get(name),
    histogram: (name) => histograms.get(name),
    counters: () => counters.list(),
    gauges: () => gauges.list(),
    histograms: () => histograms.list(),
    resetCounters() {
      for (const counter of counters.all.values()) counter.value = 0;
    },
    mergeHistograms() {
      for (const histogram of histograms.all.values()) histogram.merge();
    },
    remove(isGone) {
      for (const kind of [counters, gauges, histograms]) kind.remove(isGone);
    },
  };
}
