/**
 * `/stats` as text: texts, `name: value` lines, then the histograms.
 */
import { formatGeneral, formatShortest } from './format-number.js';
import type { HistogramSnapshot, LogHistogram } from './histogram.js';
import { bucketBounds, cumulativeCounts, disjointCounts, quantilesOf, shownQuantiles } from './histogram.js';
import type { BucketMode, StatsSelection } from './stats-query.js';
import { byName } from './stats-query.js';

export function statsText(selection: StatsSelection, mode: BucketMode): string {
  let text = '';
  for (const { name, value } of selection.textReadouts) text += `${name}: "${value}"\n`;
  for (const stat of byName(selection)) text += `${stat.name}: ${stat.value}\n`;
  for (const histogram of selection.histograms)
    text += `${histogram.name}:${histogramText(histogram, mode)}\n`;
  return text;
}

function histogramText(histogram: LogHistogram, mode: BucketMode): string {
  if (!histogram.used) return ' No recorded values';
  const interval = histogram.interval();
  const cumulative = histogram.cumulative();
  switch (mode) {
    case 'summary':
      return ` ${summary(interval, cumulative)}`;
    case 'cumulative':
      return ` ${bucketPairs(cumulativeCounts(interval), cumulativeCounts(cumulative))}`;
    case 'disjoint':
      return ` ${bucketPairs(disjointCounts(interval), disjointCounts(cumulative))}`;
    case 'detailed': {
      const totals = `\n  totals=${bucketList(cumulative)}\n  intervals=${bucketList(interval)}`;
      return `${totals}\n  summary=${summary(interval, cumulative)}`;
    }
  }
}

/** `P0(interval,cumulative) P25(..) ...`; `nan` where nothing was recorded in the interval. */
function summary(interval: HistogramSnapshot, cumulative: HistogramSnapshot): string {
  const now = quantilesOf(interval);
  const all = quantilesOf(cumulative);
  return shownQuantiles
    .map(
      (quantile, at) =>
        `P${formatGeneral(quantile * 100, 6)}(${formatShortest(now[at] as number)},${formatShortest(all[at] as number)})`,
    )
    .join(' ');
}

function bucketPairs(interval: readonly number[], cumulative: readonly number[]): string {
  return bucketBounds
    .map((bound, at) => `B${formatGeneral(bound, 6)}(${interval[at]},${cumulative[at]})`)
    .join(' ');
}

/** `lower bound,width:count`. */
function bucketList(snapshot: HistogramSnapshot): string {
  return snapshot.buckets
    .map(
      ({ lowerBound, width, count }) => `${formatGeneral(lowerBound, 6)},${formatGeneral(width, 6)}:${count}`,
    )
    .join(', ');
}
