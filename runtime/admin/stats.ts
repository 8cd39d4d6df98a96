/**
 * `/stats` and `/stats/prometheus`.
 */
import { prometheusText } from '../stats/prometheus.js';
import { statsJson } from '../stats/stats-json.js';
import type { BucketMode, StatsSelection, StatType } from '../stats/stats-query.js';
import { bucketModes, selectStats, statTypes } from '../stats/stats-query.js';
import { statsText } from '../stats/stats-text.js';
import type { AdminHost } from './admin-host.js';
import type { AdminRequest, Handler } from './endpoint.js';
import { text } from './endpoint.js';
import { escapeHtml, htmlPage } from './html.js';
import { nameFilter } from './name-filter.js';

const badBuckets = text(
  'usage: /stats?histogram_buckets=(cumulative|disjoint|detailed|summary|prometheusnative)\n',
  400,
);

/** The value of `histogram_buckets`; `none` is Envoy's old name of `summary`. Undefined when it is no such value. */
function bucketMode(query: URLSearchParams, absent: BucketMode): BucketMode | undefined {
  const wanted = query.get('histogram_buckets') ?? absent;
  return wanted === 'none' ? 'summary' : bucketModes.find((mode) => mode === wanted);
}

function select(host: AdminHost, { query }: AdminRequest, type: StatType): StatsSelection {
  // First, for a bad expression ends the request.
  const matches = nameFilter(query);
  host.refreshStats();
  return selectStats(host.stats, { matches, usedOnly: query.has('usedonly'), type });
}

function prometheus(host: AdminHost, request: AdminRequest, type: StatType): ReturnType<Handler> {
  const mode = bucketMode(request.query, 'cumulative');
  if (mode === undefined) return badBuckets;
  const shape = mode === 'summary' ? 'summary' : 'histogram';
  return text(prometheusText(select(host, request, type), shape));
}

/** `/stats`: in text unless `format` asks for something else. */
export const stats: Handler = (host, request) => {
  const { query } = request;
  const type = statTypes.find((one) => one === (query.get('type') ?? 'All'));
  if (type === undefined) return text('invalid &type= param', 400);
  const format = query.get('format') ?? 'text';
  if (format === 'prometheus') return prometheus(host, request, type);
  const mode = bucketMode(query, 'summary');
  if (mode === undefined) return badBuckets;
  switch (format) {
    case 'text':
      return text(statsText(select(host, request, type), mode));
    case 'json':
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: statsJson(select(host, request, type), mode),
      };
    case 'html':
    case 'active-html':
      return htmlPage(`<pre>${escapeHtml(statsText(select(host, request, type), mode))}</pre>`);
    default:
      return text('usage: /stats?format=(html|active-html|json|prometheus|text)\n\n', 400);
  }
};

/** `/stats/prometheus`. */
export const statsPrometheus: Handler = (host, request) => prometheus(host, request, 'All');
