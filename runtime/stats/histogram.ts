/**
 * A histogram with the buckets of Envoy's own library (circllhist): a bucket holds the values that agree in their first
 * two significant decimal digits, so its width is at most a tenth of its lower bound. Recording adds one to one number;
 * everything else is computed when somebody asks.
 *
 * Places in the array of counts: 0 is the value zero; then 90 places a decade, for the digits 10 to 99:
 *
 *     0 | 1.0 1.1 .. 9.9 | 10 11 .. 99 | 100 110 .. 990 | ...
 */
import type { PrometheusName } from './prometheus-name.js';
import type { Histogram } from './stat.js';

/** Upper bounds of the cumulative and disjoint buckets: Envoy's defaults. */
export const bucketBounds: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];

/** The quantiles that Envoy shows. */
export const shownQuantiles: readonly number[] = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 1];

/** One bucket that holds something. */
export interface HistogramBucket {
  readonly lowerBound: number;
  /** 0 for the bucket of the value zero. */
  readonly width: number;
  readonly count: number;
}

/** Counts at one moment: of the whole life (`cumulative`) or of one flush interval. */
export interface HistogramSnapshot {
  readonly count: number;
  /** Buckets that hold something, lowest first. */
  readonly buckets: readonly HistogramBucket[];
}

const placesPerDecade = 90;
/** Larger values are counted here (Envoy's integers end at 2^64). */
const largestValue = 1e18;

function placeOf(value: number): number {
  if (value < 10) return value < 1 ? 0 : 1 + value * 10 - 10;
  let decade = 1;
  let digits = value;
  while (digits >= 100) {
    digits = Math.floor(digits / 10);
    decade++;
  }
  return 1 + decade * placesPerDecade + digits - 10;
}

function bucketAt(place: number, count: number): HistogramBucket {
  if (place === 0) return { lowerBound: 0, width: 0, count };
  const decade = Math.floor((place - 1) / placesPerDecade);
  const digits = ((place - 1) % placesPerDecade) + 10;
  // In this order of operations, so that the rounding (220.00000000000003) is the one that Envoy shows.
  return { lowerBound: (digits / 10) * 10 ** decade, width: decade === 0 ? 0.1 : 10 ** (decade - 1), count };
}

/** Adds `counts` to the sums of `into`, which is given back, longer when it has to be. */
function addCounts(into: Float64Array, counts: Float64Array): Float64Array {
  let sums = into;
  if (sums.length < counts.length) {
    sums = new Float64Array(counts.length);
    sums.set(into);
  }
  for (let place = 0; place < counts.length; place++) {
    sums[place] = (sums[place] as number) + (counts[place] as number);
  }
  return sums;
}

function snapshotOf(counts: Float64Array): HistogramSnapshot {
  const buckets: HistogramBucket[] = [];
  let total = 0;
  for (let place = 0; place < counts.length; place++) {
    const count = counts[place] as number;
    if (count === 0) continue;
    buckets.push(bucketAt(place, count));
    total += count;
  }
  return { count: total, buckets };
}

const nothing = new Float64Array(0);

/** Is told of values as they are recorded, for sinks that take each of them. */
export type HistogramObserver = (histogram: LogHistogram, value: number) => void;

const nobody: { readonly told: HistogramObserver | undefined } = { told: undefined };

export class LogHistogram implements Histogram {
  readonly name: string;
  private readonly observer: { readonly told: HistogramObserver | undefined };
  /** True once something was recorded (`?usedonly`). */
  used = false;
  /** Nobody is told of its values (`stats_matcher`). */
  muted = false;
  prometheusName: PrometheusName | undefined = undefined;
  /** Recorded since the last `merge`. */
  private current: Float64Array = nothing;
  /** Recorded in the last whole interval; undefined before the first `merge`. */
  private last: Float64Array | undefined;
  /** Recorded before the last `merge`. */
  private merged: Float64Array = nothing;

  constructor(name: string, observer: { readonly told: HistogramObserver | undefined } = nobody) {
    this.name = name;
    this.observer = observer;
  }

  /** Fractions are cut off and what is below zero counts as zero, because Envoy records whole numbers. */
  record(value: number): void {
    const place = placeOf(value > 0 ? Math.floor(Math.min(value, largestValue)) : 0);
    if (place >= this.current.length) this.makeRoom(place);
    this.current[place] = (this.current[place] as number) + 1;
    this.used = true;
    if (!this.muted) this.observer.told?.(this, value);
  }

  /** Room to the end of the decade: most histograms of milliseconds hold three or four decades. */
  private makeRoom(place: number): void {
    const decades = Math.ceil(place / placesPerDecade);
    const wider = new Float64Array(1 + Math.max(1, decades) * placesPerDecade);
    wider.set(this.current);
    this.current = wider;
  }

  /** Ends an interval (`stats_flush_interval`): what was recorded in it is what `interval()` gives from now on. */
  merge(): void {
    if (!this.used) return;
    this.merged = addCounts(this.merged, this.current);
    this.last = this.current;
    this.current = nothing;
  }

  /** What was recorded since the last call, which is forgotten here. For a process that only reports to another one. */
  takeCounts(): Float64Array | undefined {
    const { current } = this;
    if (current === nothing) return undefined;
    this.current = nothing;
    return current;
  }

  /** Counts what another process has recorded (`takeCounts`). */
  addCounts(counts: Float64Array): void {
    this.current = addCounts(this.current, counts);
    this.used = true;
  }

  /** Everything up to now. Envoy shows it as of the last flush; being current costs nothing here. */
  cumulative(): HistogramSnapshot {
    return snapshotOf(addCounts(this.merged.slice(), this.current));
  }

  /** The last whole interval; everything while no interval has ended. */
  interval(): HistogramSnapshot {
    return snapshotOf(this.last ?? this.current);
  }
}

/**
 * Values at `shownQuantiles`, as circllhist estimates them: the k-th of n values in a bucket is taken to lie at k/(n+1) of
 * the bucket's width. NaN when nothing was recorded.
 */
export function quantilesOf(snapshot: HistogramSnapshot): number[] {
  const { buckets, count } = snapshot;
  if (count === 0) return shownQuantiles.map(() => Number.NaN);
  let at = 0;
  let below = 0;
  return shownQuantiles.map((quantile) => {
    const rank = quantile * count;
    let bucket = buckets[at] as HistogramBucket;
    while (below + bucket.count < rank && at < buckets.length - 1) {
      below += bucket.count;
      bucket = buckets[++at] as HistogramBucket;
    }
    const nth = Math.max(1, Math.ceil(rank - below));
    return bucket.lowerBound + (nth / (bucket.count + 1)) * bucket.width;
  });
}

/** For each of `bucketBounds`, how many values lie in buckets that begin at it or below. */
export function cumulativeCounts(snapshot: HistogramSnapshot): number[] {
  let at = 0;
  let sum = 0;
  return bucketBounds.map((bound) => {
    for (let bucket = snapshot.buckets[at]; bucket !== undefined; bucket = snapshot.buckets[++at]) {
      if (bucket.lowerBound > bound) break;
      sum += bucket.count;
    }
    return sum;
  });
}

/** For each of `bucketBounds`, how many values lie above the bound before it. */
export function disjointCounts(snapshot: HistogramSnapshot): number[] {
  return cumulativeCounts(snapshot).map((sum, at, sums) => sum - (at === 0 ? 0 : (sums[at - 1] as number)));
}

/** Estimated sum: a bucket counts as the point that makes the greatest relative error smallest, as in circllhist. */
export function sumOf(snapshot: HistogramSnapshot): number {
  let sum = 0;
  for (const { lowerBound, width, count } of snapshot.buckets) {
    if (width === 0) continue;
    const point = lowerBound + width * (lowerBound / (lowerBound + (lowerBound + width)));
    sum += point * count;
  }
  return sum;
}
