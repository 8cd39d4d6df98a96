/**
 * `/stats` and `/stats/prometheus`.
 */
import { prometheusText } from '../stats/prometheus.js';
import { statsJson } from '../stats/stats-json.js';
import type { BucketMode, StatsSelection, StatType } from '../stats/stats-query.js';
import { bucketModes, selectStats, statTypes } from '../stats/stats-query.js';
import { statsText } from '../stats/stats-text.js';
import type { AdminHost } from './admin-host.js';
import type { AdminResponse, Handler } from './endpoint.js';
import { text } from './endpoint.js';
import { escapeHtml, htmlPage } from './html.js';
import { nameFilter } from './name-filter.js';

const formats = ['html', 'active-html', 'json', 'prometheus', 'text'] as const;

/** What was asked, when all of it makes sense. */
interface Question {
  readonly matches: (name: string) => boolean;
  readonly type: StatType;
  /** Undefined when the question does not say. */
  readonly buckets: BucketMode | 'prometheusnative' | undefined;
  readonly format: (typeof formats)[number];
  readonly usedOnly: boolean;
}

function isOneOf<T extends string>(known: readonly T[], value: string): value is T {
  return (known as readonly string[]).includes(value);
}

/**
 * Checks in Envoy's order, so that of several mistakes the same one is named. An empty parameter is like an absent one.
 * @returns the answer to a mistake @throws BadFilter
 */
function read(query: URLSearchParams): Question | AdminResponse {
  const matches = nameFilter(query);
  const type = query.get('type') || 'All';
  if (!isOneOf(statTypes, type)) return text('invalid &type= param', 400);
  // `none` is Envoy's old name of `summary`.
  const buckets = query.get('histogram_buckets')?.replace(/^none$/, 'summary') || undefined;
  if (buckets !== undefined && buckets !== 'prometheusnative' && !isOneOf(bucketModes, buckets)) {
    return text(
      'usage: /stats?histogram_buckets=(cumulative|disjoint|detailed|summary|prometheusnative)\n',
      400,
    );
  }
  const hidden = query.get('hidden') || 'exclude';
  if (!isOneOf(['include', 'only', 'exclude'], hidden)) {
    return text('usage: /stats?hidden=(include|only|exclude)\n\n', 400);
  }
  const format = query.get('format') || 'text';
  if (!isOneOf(formats, format)) {
    return text('usage: /stats?format=(html|active-html|json|prometheus|text)\n\n', 400);
  }
  return {
    // No statistic is hidden here.
    matches: hidden === 'only' ? () => false : matches,
    type,
    buckets,
    format,
    usedOnly: query.has('usedonly'),
  };
}

function select(host: AdminHost, question: Question): StatsSelection {
  host.refreshStats();
  return selectStats(host.stats, question);
}

function prometheus(host: AdminHost, question: Question): AdminResponse {
  switch (question.buckets) {
    case 'prometheusnative':
      return text(
        'unsupported prometheusnative histogram type when not using protobuf exposition format',
        400,
      );
    case 'disjoint':
    case 'detailed':
      return text('unsupported prometheus histogram bucket mode', 400);
    default: {
      // The type is checked and then without effect, as in Envoy.
      const selection = select(host, { ...question, type: 'All' });
      return text(
        prometheusText(
          selection,
          question.buckets === 'summary' ? 'summary' : 'histogram',
          host.stats.extractTags,
        ),
      );
    }
  }
}

/** `/stats`: in text unless `format` asks for something else. */
export const stats: Handler = (host, { query }) => {
  const question = read(query);
  if ('status' in question) return question;
  const { buckets = 'summary', format } = question;
  if (format === 'prometheus') return prometheus(host, question);
  if (buckets === 'prometheusnative') {
    return text('Invalid histogram_buckets type for non prometheus stats type', 400);
  }
  const selection = select(host, question);
  switch (format) {
    case 'json':
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: statsJson(selection, buckets),
      };
    case 'text':
      return text(statsText(selection, buckets));
    default:
      return htmlPage(`<pre>${escapeHtml(statsText(selection, buckets))}</pre>`);
  }
};

/** `/stats/prometheus`: `format` has no effect. */
export const statsPrometheus: Handler = (host, { query }) => {
  const asked = new URLSearchParams(query);
  asked.delete('format');
  const question = read(asked);
  return 'status' in question ? question : prometheus(host, question);
};
