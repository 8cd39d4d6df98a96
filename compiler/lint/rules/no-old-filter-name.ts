import { nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';

const newNames: Readonly<Record<string, string>> = {
  'envoy.router': 'envoy.filters.http.router',
  'envoy.cors': 'envoy.filters.http.cors',
  'envoy.buffer': 'envoy.filters.http.buffer',
  'envoy.csrf': 'envoy.filters.http.csrf',
  'envoy.ext_authz': 'envoy.filters.http.ext_authz',
  'envoy.fault': 'envoy.filters.http.fault',
  'envoy.grpc_web': 'envoy.filters.http.grpc_web',
  'envoy.grpc_json_transcoder': 'envoy.filters.http.grpc_json_transcoder',
  'envoy.gzip': 'envoy.filters.http.compressor',
  'envoy.health_check': 'envoy.filters.http.health_check',
  'envoy.http_connection_manager': 'envoy.filters.network.http_connection_manager',
  'envoy.lua': 'envoy.filters.http.lua',
  'envoy.rate_limit': 'envoy.filters.http.ratelimit',
  'envoy.ratelimit': 'envoy.filters.network.ratelimit',
  'envoy.redis_proxy': 'envoy.filters.network.redis_proxy',
  'envoy.tcp_proxy': 'envoy.filters.network.tcp_proxy',
  'envoy.file_access_log': 'envoy.access_loggers.file',
  'envoy.http_grpc_access_log': 'envoy.access_loggers.http_grpc',
  'envoy.tracers.zipkin_config': 'envoy.tracers.zipkin',
  'envoy.zipkin': 'envoy.tracers.zipkin',
};

const holders = [
  'envoy.config.listener.v3.Filter',
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter',
  'envoy.config.accesslog.v3.AccessLog',
  'envoy.config.trace.v3.Tracing.Http',
];

/**
 * # no-old-filter-name
 *
 * `envoy.router`, `envoy.http_connection_manager` and their like are the names of extensions from before 2020. Envoy finds
 * the extension by its `@type` and takes any name, so these only mislead whoever looks them up, and settings per route have
 * to repeat them.
 *
 * Wrong:
 *
 * ```yaml hcm
 * http_filters:
 * - name: envoy.router
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * http_filters:
 * - name: envoy.filters.http.router
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
 * ```
 *
 * Source: Envoy 1.14 release notes, renamed extensions.
 */
export const noOldFilterName: LintRule<'no-old-filter-name'> = {
  name: 'no-old-filter-name',
  pack: 'deprecated',
  summary: 'extensions have the names of today',
  severity: 'warning',
  *check(view) {
    for (const holder of holders.flatMap((type) => view.all(type))) {
      const name = newNames[nameOf(holder)];
      if (name === undefined) continue;
      yield {
        path: [...holder.path, 'name'],
        message: `'${nameOf(holder)}' is a name from before 2020`,
        fix: `write '${name}'`,
      };
    }
  },
};
