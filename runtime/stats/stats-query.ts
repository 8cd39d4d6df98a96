/**
 * Which statistics one question is about (the parameters of `/stats`), and the choice of them.
 */
import type { LogHistogram } from './histogram.js';
import type { Counter, Gauge, TextReadout } from './stat.js';
import type { StatsStore } from './stats-store.js';

export const statTypes = ['All', 'Counters', 'Gauges', 'Histograms', 'TextReadouts'] as const;
export type StatType = (typeof statTypes)[number];

/** How histograms are shown. */
export const bucketModes = ['summary', 'cumulative', 'disjoint', 'detailed'] as const;
export type BucketMode = (typeof bucketModes)[number];

export interface StatsQuery {
  readonly type: StatType;
  /** Only statistics that were written to. */
  readonly usedOnly: boolean;
  /** Test of Envoy's full name. */
  readonly matches: (name: string) => boolean;
}

/** Sorted by name, each kind for itself. */
export interface StatsSelection {
  readonly counters: readonly Counter[];
  readonly gauges: readonly Gauge[];
  readonly histograms: readonly LogHistogram[];
  readonly textReadouts: readonly TextReadout[];
}

export function selectStats(store: StatsStore, query: StatsQuery): StatsSelection {
  const wanted = <T extends { readonly name: string; readonly used: boolean }>(
    type: StatType,
    all: readonly T[],
  ): readonly T[] =>
    query.type === 'All' || query.type === type
      ? all.filter((stat) => (stat.used || !query.usedOnly) && query.matches(stat.name))
      : [];
  return {
    counters: wanted('Counters', store.counters()),
    gauges: wanted('Gauges', store.gauges()),
    histograms: wanted('Histograms', store.histograms()),
    textReadouts: wanted('TextReadouts', store.textReadouts()),
  };
}

/** Counters and gauges in one list by name, as text and JSON show them. */
export function byName(selection: StatsSelection): (Counter | Gauge)[] {
  return [...selection.counters, ...selection.gauges].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
  );
}
