/**
 * All statistics of a server by their full names.
 */
import type { HistogramObserver } from './histogram.js';
import { LogHistogram } from './histogram.js';
import type { PrometheusName } from './prometheus-name.js';
import type { Counter, Gauge, StatsScope, TextReadout } from './stat.js';
import type { ExtractTags } from './tag-extractor.js';
import { extractTags } from './tag-extractor.js';

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

class StoredText implements TextReadout {
  readonly name: string;
  value = '';
  used = false;

  constructor(name: string) {
    this.name = name;
  }

  set(value: string): void {
    this.value = value;
    this.used = true;
  }
}

/** What admin and sinks read. The lists are sorted by name. */
export interface StatsStore extends StatsScope {
  histogram(name: string): LogHistogram;
  counters(): readonly Counter[];
  gauges(): readonly Gauge[];
  histograms(): readonly LogHistogram[];
  textReadouts(): readonly TextReadout[];
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
  /**
   * From now on statistics of these names (`stats_matcher`) are kept out of the lists; those that are in them go. They count
   * unseen.
   */
  reject(isRejected: (name: string) => boolean): void;
  /** By the rules of the configuration (`stats_tags`); Envoy's until it is set. */
  extractTags: ExtractTags;
  /** Is told of every value that a histogram records; undefined: nobody is. */
  onHistogramValue: HistogramObserver | undefined;
}

/** Statistics of one kind. The sorted list is kept until a name comes or goes: a scrape of thousands must not sort. */
class StatsOfKind<T extends { readonly name: string }> {
  readonly all = new Map<string, T>();
  private sorted: readonly T[] | undefined;
  private readonly make: (name: string) => T;
  private readonly onRejected: (stat: T) => void;
  private isRejected: ((name: string) => boolean) | undefined = undefined;

  /** @param onRejected is told of each that is kept out of the list */
  constructor(make: (name: string) => T, onRejected: (stat: T) => void = () => undefined) {
    this.make = make;
    this.onRejected = onRejected;
  }

  get(name: string): T {
    let found = this.all.get(name);
    if (found === undefined) {
      found = this.make(name);
      if (this.isRejected?.(name) === true) {
        this.onRejected(found);
        return found;
      }
      this.all.set(name, found);
      this.sorted = undefined;
    }
    return found;
  }

  list(): readonly T[] {
    this.sorted ??= [...this.all.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    return this.sorted;
  }

  reject(isRejected: (name: string) => boolean): void {
    this.isRejected = isRejected;
    for (const [name, stat] of this.all) if (isRejected(name)) this.onRejected(stat);
    this.remove(isRejected);
  }

  remove(isGone: (name: string) => boolean): void {
    for (const name of this.all.keys()) if (isGone(name)) this.all.delete(name);
    this.sorted = undefined;
  }
}

export function createStatsStore(): StatsStore {
  const counters = new StatsOfKind<Counter>((name) => new StoredCounter(name));
  const gauges = new StatsOfKind<Gauge>((name) => new StoredGauge(name));
  const observer: { told: HistogramObserver | undefined } = { told: undefined };
  const histograms = new StatsOfKind(
    (name) => new LogHistogram(name, observer),
    (histogram) => {
      histogram.muted = true;
    },
  );
  const textReadouts = new StatsOfKind<TextReadout>((name) => new StoredText(name));
  const kinds = [counters, gauges, histograms, textReadouts] as const;
  return {
    extractTags,
    get onHistogramValue() {
      return observer.told;
    },
    set onHistogramValue(told) {
      observer.told = told;
    },
    counter: (name) => counters.get(name),
    gauge: (name) => gauges.get(name),
    histogram: (name) => histograms.get(name),
    textReadout: (name) => textReadouts.get(name),
    counters: () => counters.list(),
    gauges: () => gauges.list(),
    histograms: () => histograms.list(),
    textReadouts: () => textReadouts.list(),
    resetCounters() {
      for (const counter of counters.all.values()) counter.value = 0;
    },
    mergeHistograms() {
      for (const histogram of histograms.all.values()) histogram.merge();
    },
    reject(isRejected) {
      for (const kind of kinds) kind.reject(isRejected);
    },
    remove(isGone) {
      for (const kind of kinds) kind.remove(isGone);
    },
  };
}
