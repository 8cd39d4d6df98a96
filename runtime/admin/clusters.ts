/**
 * `/clusters`.
 */
import type { Handler } from './endpoint.js';
import { json, text } from './endpoint.js';
import { nameFilter } from './name-filter.js';

/** The hosts of every cluster, or `envoy.admin.v3.Clusters` with `format=json`. */
export const clusters: Handler = (host, { query }) => {
  const matches = nameFilter(query, () => 'Invalid re2 regex');
  return query.get('format') === 'json' ? json(host.clustersJson(matches)) : text(host.clustersText(matches));
};
