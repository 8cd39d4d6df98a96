/**
 * `/stats?format=json`: one line, texts, counters and gauges by name, then one entry that holds all histograms. Written by hand,
 * because Envoy's way of writing numbers is not `JSON.stringify`'s.
 */
import { formatGeneral, formatJsonNumber } from './format-number.js';
import type { HistogramSnapshot, LogHistogram } from './histogram.js';
import { bucketBounds, cumulativeCounts, disjointCounts, quantilesOf, shownQuantiles } from './histogram.js';
import type { BucketMode, StatsSelection } from './stats-query.js';
import { byName } from './stats-query.js';

const percentiles = `[${shownQuantiles.map((quantile) => formatGeneral(quantile * 100, 6)).join(',')}]`;

export function statsJson(selection: StatsSelection, mode: BucketMode): string {
  const entries = [
    ...selection.textReadouts.map(
      ({ name, value }) => `{"name":${JSON.stringify(name)},"value":${JSON.stringify(value)}}`,
    ),
    ...byName(selection).map(
      (stat) => `{"name":${JSON.stringify(stat.name)},"value":${formatJsonNumber(stat.value)}}`,
    ),
  ];
  if (selection.histograms.length > 0) {
    entries.push(`{"histograms":${histogramsJson(selection.histograms, mode)}}`);
  }
  return `{"stats":[${entries.join(',')}]}`;
}

function histogramsJson(histograms: readonly LogHistogram[], mode: BucketMode): string {
  const each = (members: (interval: HistogramSnapshot, cumulative: HistogramSnapshot) => string): string =>
    histograms
      .map((one) => `{"name":${JSON.stringify(one.name)},${members(one.interval(), one.cumulative())}}`)
      .join(',');
  switch (mode) {
    case 'summary':
      return `{"supported_quantiles":${percentiles},"computed_quantiles":[${each(
        (interval, cumulative) => `"values":${quantilesJson(interval, cumulative)}`,
      )}]}`;
    case 'detailed':
      return `{"supported_percentiles":${percentiles},"details":[${each(
        (interval, cumulative) =>
          `"totals":${bucketsJson(cumulative)},"intervals":${bucketsJson(interval)},"percentiles":${quantilesJson(interval, cumulative)}`,
      )}]}`;
    default: {
      const counts = mode === 'cumulative' ? cumulativeCounts : disjointCounts;
      return `[${each(
        (interval, cumulative) => `"buckets":${boundsJson(counts(interval), counts(cumulative))}`,
      )}]`;
    }
  }
}

function quantilesJson(interval: HistogramSnapshot, cumulative: HistogramSnapshot): string {
  const now = quantilesOf(interval);
  const pairs = quantilesOf(cumulative).map(
    (value, at) =>
      `{"cumulative":${formatJsonNumber(value)},"interval":${formatJsonNumber(now[at] as number)}}`,
  );
  return `[${pairs.join(',')}]`;
}

function bucketsJson(snapshot: HistogramSnapshot): string {
  const buckets = snapshot.buckets.map(
    ({ lowerBound, width, count }) =>
      `{"lower_bound":${formatJsonNumber(lowerBound)},"width":${formatJsonNumber(width)},"count":${count}}`,
  );
  return `[${buckets.join(',')}]`;
}

function boundsJson(interval: readonly number[], cumulative: readonly number[]): string {
  const buckets = bucketBounds.map(
    (bound, at) =>
      `{"upper_bound":${formatJsonNumber(bound)},"interval":${interval[at]},"cumulative":${cumulative[at]}}`,
  );
  return `[${buckets.join(',')}]`;
}
