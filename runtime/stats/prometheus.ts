/**
 * `/stats/prometheus`: the text exposition format, one group of lines a metric, counters before gauges before histograms.
 */
import { formatGeneral } from './format-number.js';
import type { LogHistogram } from './histogram.js';
import { bucketBounds, cumulativeCounts, quantilesOf, shownQuantiles, sumOf } from './histogram.js';
import type { StatsSelection } from './stats-query.js';
import type { Tag } from './tag-extractor.js';
import { extractTags } from './tag-extractor.js';

/** Envoy writes doubles with this many significant digits here. */
const significantDigits = 32;

interface Metric {
  /** Group: the name without tags. Groups are sorted by it. */
  readonly group: string;
  /** `envoy_cluster_upstream_rq`. */
  readonly name: string;
  /** `envoy_cluster_name="web"`, joined by commas, without braces. */
  readonly labels: string;
}

/** Names do not change, so what is derived from them is kept as long as the statistic lives. */
const metrics = new WeakMap<object, Metric>();

function metricOf(stat: { readonly name: string }): Metric {
  let metric = metrics.get(stat);
  if (metric === undefined) {
    const { name, tags } = extractTags(stat.name);
    metric = { group: name, name: `envoy_${sanitize(name)}`, labels: tags.map(label).join(',') };
    metrics.set(stat, metric);
  }
  return metric;
}

function sanitize(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_:]/g, '_');
}

function label({ name, value }: Tag): string {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `${sanitize(name)}="${escaped}"`;
}

/** @param histograms as cumulative buckets (`histogram`) or as quantiles of the last interval (`summary`) */
export function prometheusText(selection: StatsSelection, histograms: 'histogram' | 'summary'): string {
  const value = (metric: Metric, stat: { readonly value: number }): string =>
    `${metric.name}{${metric.labels}} ${stat.value}\n`;
  return (
    groups(selection.counters, 'counter', value) +
    groups(selection.gauges, 'gauge', value) +
    groups(selection.histograms, histograms, histograms === 'histogram' ? bucketLines : quantileLines)
  );
}

function groups<T extends { readonly name: string }>(
  stats: readonly T[],
  type: string,
  lines: (metric: Metric, stat: T) => string,
): string {
  const byGroup = new Map<string, T[]>();
  for (const stat of stats) {
    const { group } = metricOf(stat);
    const members = byGroup.get(group);
    if (members === undefined) byGroup.set(group, [stat]);
    else members.push(stat);
  }
  let text = '';
  for (const group of [...byGroup.keys()].sort()) {
    const members = byGroup.get(group) as T[];
    text += `# TYPE ${metricOf(members[0] as T).name} ${type}\n`;
    for (const stat of members) text += lines(metricOf(stat), stat);
  }
  return text;
}

function bucketLines({ name, labels }: Metric, histogram: LogHistogram): string {
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
function quantileLines({ name, labels }: Metric, histogram: LogHistogram): string {
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
