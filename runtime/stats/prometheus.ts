/**
 * `/stats/prometheus`: the text exposition format, one group of lines a metric, counters before gauges before histograms.
 */
import { formatGeneral } from './format-number.js';
import type { LogHistogram } from './histogram.js';
import { bucketBounds, cumulativeCounts, quantilesOf, shownQuantiles, sumOf } from './histogram.js';
import type { StatsSelection } from './stats-query.js';
import type { NamedStat } from './prometheus-name.js';
import { metricName, prometheusNameOf } from './prometheus-name.js';
import type { ExtractTags } from './tag-extractor.js';
import { extractTags } from './tag-extractor.js';

/** Envoy writes doubles with this many significant digits here. */
const significantDigits = 32;

/** @param histograms as cumulative buckets (`histogram`) or as quantiles of the last interval (`summary`) */
export function prometheusText(
  selection: StatsSelection,
  histograms: 'histogram' | 'summary',
  extract: ExtractTags = extractTags,
): string {
  return (
    groups(selection.counters, 'counter', valueLine, extract) +
    groups(selection.gauges, 'gauge', valueLine, extract) +
    groups(
      selection.histograms,
      histograms,
      histograms === 'histogram' ? bucketLines : quantileLines,
      extract,
    )
  );
}

/** Lines of one statistic. @param name of the metric */
type Lines<T> = (name: string, labels: string, stat: T) => string;

function groups<T extends NamedStat>(
  stats: readonly T[],
  type: string,
  lines: Lines<T>,
  extract: ExtractTags,
): string {
  const byGroup = new Map<string, T[]>();
  for (const stat of stats) {
    const { group } = prometheusNameOf(stat, extract);
    const members = byGroup.get(group);
    if (members === undefined) byGroup.set(group, [stat]);
    else members.push(stat);
  }
  let text = '';
  for (const group of [...byGroup.keys()].sort()) {
    const name = metricName(group);
    text += `# TYPE ${name} ${type}\n`;
    for (const stat of byGroup.get(group) as T[])
      text += lines(name, prometheusNameOf(stat, extract).labels, stat);
  }
  return text;
}

function valueLine(name: string, labels: string, stat: { readonly value: number }): string {
  return `${name}{${labels}} ${stat.value}\n`;
}

function bucketLines(name: string, labels: string, histogram: LogHistogram): string {
  const snapshot = histogram.cumulative();
  const counts = cumulativeCounts(snapshot);
  const others = labels === '' ? '' : `${labels},`;
  let text = '';
  for (const [at, bound] of bucketBounds.entries()) {
    text += `${name}_bucket{${others}le="${bound}"} ${counts[at]}\n`;
  }
  text += `${name}_bucket{${others}le="+Inf"} ${snapshot.count}\n`;
  return `${text}${name}_sum{${labels}} ${exact(sumOf(snapshot))}\n${name}_count{${labels}} ${snapshot.count}\n`;
}

/** Quantiles, sum and count of the last interval, as in Envoy. */
function quantileLines(name: string, labels: string, histogram: LogHistogram): string {
  const snapshot = histogram.interval();
  const values = quantilesOf(snapshot);
  const others = labels === '' ? '' : `${labels},`;
  let text = '';
  for (const [at, quantile] of shownQuantiles.entries()) {
    text += `${name}{${others}quantile="${quantile}"} ${exact(values[at] as number)}\n`;
  }
  return `${text}${name}_sum{${labels}} ${exact(sumOf(snapshot))}\n${name}_count{${labels}} ${snapshot.count}\n`;
}

function exact(value: number): string {
  return formatGeneral(value, significantDigits);
}
