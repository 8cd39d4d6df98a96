/**
 * Statistics of worker processes in the store of their primary: workers report what was counted since the last report, and
 * the primary adds it up, so that whoever reads the store sees one proxy.
 */
import type { StatsStore } from './stats-store.js';

/** Only what has changed. */
export interface StatsReport {
  /** By how much they have grown. */
  readonly counters: readonly (readonly [name: string, growth: number])[];
  readonly gauges: readonly (readonly [name: string, value: number])[];
  /** Counts of the places of `LogHistogram`. */
  readonly histograms: readonly (readonly [name: string, counts: Float64Array])[];
}

/** What the primary counts itself: the work of one process that every worker would count again. */
const ofPrimary: readonly RegExp[] = [
  /^(?:server|listener_manager|cluster_manager|runtime|envoy3)\./,
  /^cluster\..*\.(?:update_(?:attempt|success|failure|no_rebuild|empty|rejected)|health_check\..*)$/s,
  /\.ssl_context_update_by_sds$/,
  /^cluster\..*\.(?:membership_.*|max_host_weight|version|warming_state|assignment_.*)$/s,
];

const isOfPrimary = (name: string): boolean => ofPrimary.some((pattern) => pattern.test(name));

/** On the side of the worker. */
export class StatsReporter {
  private readonly store: StatsStore;
  private readonly last = new Map<object, number>();
  private readonly skipped = new Map<string, boolean>();

  constructor(store: StatsStore) {
    this.store = store;
  }

  /** What has changed since the last call. */
  take(): StatsReport {
    const counters: [string, number][] = [];
    const gauges: [string, number][] = [];
    const histograms: [string, Float64Array][] = [];
    for (const counter of this.store.counters()) {
      const growth = counter.value - (this.last.get(counter) ?? 0);
      if (growth === 0 || this.skips(counter.name)) continue;
      this.last.set(counter, counter.value);
      counters.push([counter.name, growth]);
    }
    for (const gauge of this.store.gauges()) {
      if (!gauge.used || this.last.get(gauge) === gauge.value || this.skips(gauge.name)) continue;
      this.last.set(gauge, gauge.value);
      gauges.push([gauge.name, gauge.value]);
    }
    for (const histogram of this.store.histograms()) {
      if (this.skips(histogram.name)) continue;
      const counts = histogram.takeCounts();
      if (counts !== undefined) histograms.push([histogram.name, counts]);
    }
    return { counters, gauges, histograms };
  }

  private skips(name: string): boolean {
    let skips = this.skipped.get(name);
    if (skips === undefined) {
      skips = isOfPrimary(name);
      this.skipped.set(name, skips);
    }
    return skips;
  }
}

/** 1 while a limit is reached, in any of the workers. */
const isSwitch = (name: string): boolean => name.endsWith('_open');

/** On the side of the primary. */
export class StatsCollector {
  private readonly store: StatsStore;
  /** Name of a gauge -> worker -> value. */
  private readonly gauges = new Map<string, Map<number, number>>();

  constructor(store: StatsStore) {
    this.store = store;
  }

  /** @param worker any number that is its own */
  receive(worker: number, { counters, gauges, histograms }: StatsReport): void {
    for (const [name, growth] of counters) this.store.counter(name).add(growth);
    for (const [name, value] of gauges) {
      let values = this.gauges.get(name);
      if (values === undefined) {
        values = new Map();
        this.gauges.set(name, values);
      }
      values.set(worker, value);
      this.sumUp(name, values);
    }
    for (const [name, counts] of histograms) this.store.histogram(name).addCounts(counts);
  }

  /** The worker is gone: what it counted stays, what it had open is not open any more. */
  forget(worker: number): void {
    for (const [name, values] of this.gauges) if (values.delete(worker)) this.sumUp(name, values);
  }

  private sumUp(name: string, values: ReadonlyMap<number, number>): void {
    let sum = 0;
    for (const value of values.values()) sum += value;
    this.store.gauge(name).set(isSwitch(name) ? Math.min(sum, 1) : sum);
  }
}
