import type { ApiModel } from '../../../dsl/api/model/api-model.js';
import type { LintRule } from '../lint-rule.js';

/** What to write instead, for the fields that configurations still have most. */
const instead: Readonly<Record<string, string>> = {
  'envoy.config.bootstrap.v3.Admin.access_log_path': 'use access_log with a FileAccessLog',
  'envoy.config.cluster.v3.Cluster.http2_protocol_options':
    'use typed_extension_protocol_options with HttpProtocolOptions.explicit_http_config',
  'envoy.config.cluster.v3.Cluster.http_protocol_options':
    'use typed_extension_protocol_options with HttpProtocolOptions',
  'envoy.config.cluster.v3.Cluster.common_http_protocol_options':
    'use typed_extension_protocol_options with HttpProtocolOptions',
  'envoy.config.cluster.v3.Cluster.upstream_http_protocol_options':
    'use typed_extension_protocol_options with HttpProtocolOptions',
  'envoy.config.cluster.v3.Cluster.protocol_selection':
    'use typed_extension_protocol_options with HttpProtocolOptions.use_downstream_protocol_config',
  'envoy.config.cluster.v3.Cluster.dns_resolution_config': 'use typed_dns_resolver_config',
  'envoy.config.cluster.v3.Cluster.dns_resolvers': 'use typed_dns_resolver_config',
  'envoy.config.cluster.v3.Cluster.use_tcp_for_dns_lookups': 'use typed_dns_resolver_config',
  'envoy.config.route.v3.VirtualHost.cors':
    'use typed_per_filter_config with a CorsPolicy under the name of the filter',
  'envoy.config.route.v3.RouteAction.cors':
    'use typed_per_filter_config with a CorsPolicy under the name of the filter',
  'envoy.config.core.v3.ConfigSource.path': 'use path_config_source: { path: ... }',
  'envoy.config.route.v3.HeaderMatcher.exact_match': 'use string_match: { exact: ... }',
  'envoy.config.route.v3.HeaderMatcher.prefix_match': 'use string_match: { prefix: ... }',
  'envoy.config.route.v3.HeaderMatcher.suffix_match': 'use string_match: { suffix: ... }',
  'envoy.config.route.v3.HeaderMatcher.contains_match': 'use string_match: { contains: ... }',
  'envoy.config.route.v3.HeaderMatcher.safe_regex_match': 'use string_match: { safe_regex: ... }',
  'envoy.extensions.filters.http.lua.v3.Lua.inline_code': 'use default_source_code: { inline_string: ... }',
  'envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext.match_subject_alt_names':
    'use match_typed_subject_alt_names, which says of which kind the name is',
  'envoy.extensions.filters.http.router.v3.Router.start_child_span': 'use spawn_upstream_span of the tracing',
  'envoy.config.route.v3.RouteAction.max_grpc_timeout': 'use max_stream_duration.grpc_timeout_header_max',
  'envoy.config.route.v3.WeightedCluster.total_weight': 'leave it out: weights count by their sum',
  'envoy.config.core.v3.HeaderValueOption.append': 'use append_action',
  'envoy.type.matcher.v3.RegexMatcher.google_re2': 'leave it out: RE2 is the only engine',
  'envoy.config.bootstrap.v3.Bootstrap.tracing': 'use tracing.provider of the HTTP connection manager',
};

const namesOfModel = new WeakMap<ApiModel, Map<string, readonly string[]>>();

function deprecatedOf(type: string, api: ApiModel): readonly string[] {
  const namesOfType = namesOfModel.get(api) ?? new Map<string, readonly string[]>();
  namesOfModel.set(api, namesOfType);
  let names = namesOfType.get(type);
  if (names === undefined) {
    const fields = api.messages[type]?.fields ?? [];
    names = fields.filter(({ deprecated }) => deprecated === 'deprecated').map(({ name }) => name);
    namesOfType.set(type, names);
  }
  return names;
}

/**
 * # no-deprecated-field
 *
 * Envoy takes a deprecated field for some releases more, with a warning in its log, and then refuses to start with it. Two
 * of three configurations in public repositories have one. The DNS settings of a cluster, which nearly all of them have,
 * are let through by default; `allow: []` reports them too.
 *
 * Wrong:
 *
 * ```yaml bootstrap
 * admin:
 *   access_log_path: /dev/null
 *   address: { socket_address: { address: 127.0.0.1, port_value: 9901 } }
 * ```
 *
 * Right:
 *
 * ```yaml bootstrap
 * admin:
 *   address: { socket_address: { address: 127.0.0.1, port_value: 9901 } }
 *   access_log:
 *   - name: file
 *     typed_config:
 *       "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
 *       path: /dev/null
 * ```
 *
 * Source: Envoy documentation, "Deprecated"; the option `deprecated` of each field in Envoy's API.
 */
export const noDeprecatedField: LintRule<'no-deprecated-field'> = {
  name: 'no-deprecated-field',
  pack: 'deprecated',
  summary: 'no field that Envoy will refuse in a later release',
  severity: 'warning',
  options: {
    allow: ['dns_refresh_rate', 'dns_jitter', 'dns_failure_refresh_rate', 'respect_dns_ttl'].map(
      (name) => `envoy.config.cluster.v3.Cluster.${name}`,
    ),
  },
  *check(view, { allow }) {
    for (const type of view.types) {
      const names = deprecatedOf(type, view.api).filter((name) => !allow.includes(`${type}.${name}`));
      if (names.length === 0) continue;
      for (const message of view.all(type)) {
        for (const name of names) {
          if (message.value[name] === undefined) continue;
          const fix = instead[`${type}.${name}`];
          yield {
            path: [...message.path, name],
            message: `${name} of ${type.slice(type.lastIndexOf('.') + 1)} is deprecated`,
            ...(fix === undefined ? {} : { fix }),
          };
        }
      }
    }
  },
};
