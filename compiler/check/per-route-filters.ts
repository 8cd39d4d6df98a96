/**
 * E3024: `typed_per_filter_config` with a message that is the configuration of a filter, but of one that has none per
 * route; and a `FilterConfig` around nothing.
 */
import { table } from '../../dsl/api/generated/table.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { fieldsAt, isSet, typeOf } from './bootstrap-view.js';
import type { Finding } from './finding.js';

const http = 'envoy.extensions.filters.http.';

/** Asked of Envoy 1.40 type by type. */
const notPerRoute: ReadonlySet<string> = new Set(
  [
    'a2a.v3.A2a',
    'alternate_protocols_cache.v3.FilterConfig',
    'body_size_limit.v3.BodySizeLimit',
    'cache.v3.CacheConfig',
    'cache_v2.v3.CacheV2Config',
    'connect_grpc_bridge.v3.FilterConfig',
    'gcp_authn.v3.GcpAuthnFilterConfig',
    'grpc_http1_bridge.v3.Config',
    'grpc_stats.v3.FilterConfig',
    'grpc_web.v3.GrpcWeb',
    'ip_tagging.v3.IPTagging',
    'mcp_router.v3.McpRouter',
    'original_src.v3.OriginalSrc',
    'proto_api_scrubber.v3.ProtoApiScrubberConfig',
    'proto_message_extraction.v3.ProtoMessageExtractionConfig',
    'rate_limit_quota.v3.RateLimitQuotaFilterConfig',
    'rate_limit_quota.v3.RateLimitQuotaOverride',
    'router.v3.Router',
    'thrift_to_metadata.v3.ThriftToMetadata',
    'wasm.v3.Wasm',
  ].map((name) => http + name),
);

const wrapper = 'envoy.config.route.v3.FilterConfig';

const holders = [
  'envoy.config.route.v3.RouteConfiguration',
  'envoy.config.route.v3.VirtualHost',
  'envoy.config.route.v3.Route',
  'envoy.config.route.v3.WeightedCluster.ClusterWeight',
];

function finding(path: Finding['path'], message: string, fix: string): Finding {
  return { code: 'E3024', severity: 'error', path, message, fix };
}

function judge(payload: unknown, path: Finding['path']): Finding | undefined {
  const type = typeOf(payload);
  if (notPerRoute.has(type)) {
    return finding(path, `${type} cannot be set for one route or virtual host`, 'set it in http_filters');
  }
  if (type !== wrapper) return undefined;
  const { config, disabled, is_optional: optional } = fieldsAt(payload);
  if (disabled === true || optional === true) return undefined;
  if (typeOf(config) === '')
    return finding(path, 'the FilterConfig has no config', 'set config, or disabled: true');
  if (!perRouteTypes().has(typeOf(config))) {
    return finding(
      [...path, 'config'],
      `${typeOf(config)} is not an extension of envoy.filters.http`,
      'set its @type',
    );
  }
  return judge(config, [...path, 'config']);
}

let known: ReadonlySet<string> | undefined;

function perRouteTypes(): ReadonlySet<string> {
  known ??= new Set(
    table.extensions
      .filter(({ category }) => category === 'envoy.filters.http')
      .flatMap(({ types }) => types),
  );
  return known;
}

function* judgeAll(holder: Message): Generator<Finding> {
  const field = 'typed_per_filter_config';
  if (!isSet(holder.value[field])) return;
  for (const [name, payload] of Object.entries(fieldsAt(holder.value[field]))) {
    const found = judge(payload, [...holder.path, field, name]);
    if (found !== undefined) yield found;
  }
}

export function* perRouteFilters(view: BootstrapView): Generator<Finding> {
  for (const type of holders) for (const holder of view.all(type)) yield* judgeAll(holder);
}
