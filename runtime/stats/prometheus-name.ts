/**
 * What a statistic is called in the text exposition format. Names do not change and thousands are asked for at once, so
 * each statistic keeps its own.
 */
import type { ExtractTags, Tag } from './tag-extractor.js';

export interface PrometheusName {
  /** The name without tags, which is common to all lines of a metric: `cluster.upstream_rq`. */
  readonly group: string;
  /** `envoy_cluster_name="web"`, joined by commas, without braces. */
  readonly labels: string;
}

/** A statistic that has a place to keep it. */
export interface NamedStat {
  readonly name: string;
  prometheusName?: PrometheusName | undefined;
}

export function prometheusNameOf(stat: NamedStat, extractTags: ExtractTags): PrometheusName {
  if (stat.prometheusName === undefined) {
    const { name, tags } = extractTags(stat.name);
    stat.prometheusName = { group: name, labels: tags.map(label).join(',') };
  }
  return stat.prometheusName;
}

/** `envoy_cluster_upstream_rq` of `cluster.upstream_rq`. */
export function metricName(group: string): string {
  return `envoy_${sanitize(group)}`;
}

function sanitize(name: string): string {
  return name.replace(/[^a-zA-Z0-9_:]/g, '_');
}

function label({ name, value }: Tag): string {
  const escaped = /[\\"\n]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    : value;
  return `${sanitize(name)}="${escaped}"`;
}
