/**
 * `/stats` and `/stats/prometheus`.
 */
import { prometheusText } from '../stats/prometheus.js';
import { statsJson } from '../stats/stats-json.js';
import type { BucketMode, StatsSelection, StatType } from '../stats/stats-query.js';
import { selectStats, statTypes } from '../stats/stats-query.js';
import { statsText } from '../stats/stats-text.js';
import type { AdminHost } from './admin-host.js';
import type { AdminRequest, AdminResponse, Handler } from './endpoint.js';
import { text } from './endpoint.js';
import { escapeHtml, htmlPage } from './html.js';
import { nameFilter } from './name-filter.js';

/** Values of `histogram_buckets`; `none` is Envoy's old name of `summary`. */
const bucketModes: Readonly<Record<string, BucketMode>> = {
  none: 'summary',
  summary: 'summary',
  cumulative: 'cumulative',
  disjoint: 'disjoint',
  detailed: 'detailed',
};

function viewOf(host: AdminHost, { query }: AdminRequest, type: StatType): StatsSelection {
  const matches = nameFilter(query);
  host.refreshStats();
  return selectStats(host.stats, { matches, usedOnly: query.has('usedonly'), type });
}

/** The default format, in which `/stats` answers without `format`. */
export const stats: Handler = (host, request): AdminResponse => {
  const { query } = request;
  const format = query.get('format') ?? 'text';
  if (!['html', 'active-html', 'json', 'prometheus', 'text'].includes(format)) {
    return text('usage: /stats?format=(html|active-html|json|prometheus|text)\n\n', 400);
  }
  const mode = bucketModes[query.get('histogram_buckets') ?? 'none'];
  if (mode === undefined) {
    return text(
      'usage: /stats?histogram_buckets=(cumulative|disjoint|detailed|summary|prometheusnative)\n',
      400,
    );
  }
  const type = statTypes.find((one) => one === (query.get('type') ?? 'All'));
  if (type === undefined) return text('invalid &type= param', 400);
  const view = viewOf(host, request, type);
  switch (format) {
    case 'json':
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: statsJson(view, mode),
      };
    case 'prometheus':
      return text(prometheusText(view, 'histogram'));
    case 'html':
    case 'active-html':
      return htmlPage(`<pre>${escapeHtml(statsText(view, mode))}</pre>`);
    default:
      return text(statsText(view, mode));
  }
};

/** `/stats/prometheus`. */
export const statsPrometheus: Handler = (host, request) =>
  text(prometheusText(viewOf(host, request, 'All'), 'histogram'));
