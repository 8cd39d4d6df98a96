/**
 * What v2 wrote otherwise, by the v3 message in which it stands: one rule a field. Each says what it did.
 */
import type { YAMLMap } from 'yaml';
import { isMap, isScalar, isSeq } from 'yaml';
import { MapEdit, nodeOf } from './map-edit.js';

/** Tells of a rewrite. @param field at which it stands */
export type Report = (field: string, message: string) => void;

/** Changes the mapping in place. */
export type MigrationRule = (edit: MapEdit, report: Report) => void;

const any = 'type.googleapis.com/';
const tls = `${any}envoy.extensions.transport_sockets.tls.v3.`;

function renamed(from: string, to: string): MigrationRule {
  return (edit, report) => {
    const pair = edit.pair(from);
    if (pair === undefined || edit.has(to)) return;
    report(from, `${from} is ${to} now`);
    edit.rename(from, to);
  };
}

function dropped(field: string, why: string): MigrationRule {
  return (edit, report) => {
    if (!edit.has(field)) return;
    report(field, `${field} is gone: ${why}`);
    edit.remove(field);
  };
}

/** A mapping with `@type` in front. */
function typed(type: string, value: unknown): unknown {
  const map = nodeOf({ '@type': type }) as YAMLMap;
  if (isMap(value)) map.items.push(...(value as YAMLMap).items.map((pair) => pair as never));
  return map;
}

function tlsContext(type: 'UpstreamTlsContext' | 'DownstreamTlsContext'): MigrationRule {
  return (edit, report) => {
    if (!edit.has('tls_context')) return;
    report('tls_context', `tls_context is a transport_socket with the ${type} inside now`);
    const socket = nodeOf({ name: 'envoy.transport_sockets.tls' }) as YAMLMap;
    new MapEdit(socket).set('typed_config', typed(`${tls}${type}`, edit.get('tls_context')));
    edit.replace('tls_context', 'transport_socket', socket);
  };
}

const hosts: MigrationRule = (edit, report) => {
  const list = edit.get('hosts');
  if (!isSeq(list)) return;
  report('hosts', 'hosts are load_assignment.endpoints[].lb_endpoints now');
  const assignment = nodeOf({ cluster_name: edit.text('name') ?? '', endpoints: [{ lb_endpoints: [] }] });
  const [group] = new MapEdit(assignment as YAMLMap).items('endpoints');
  const endpoints = new MapEdit(group as YAMLMap).get('lb_endpoints');
  if (!isSeq(endpoints)) return;
  endpoints.flow = false;
  for (const address of list.items) {
    const endpoint = nodeOf({ endpoint: { address: null } }) as YAMLMap;
    new MapEdit(endpoint).child('endpoint')?.set('address', address);
    endpoints.items.push(endpoint);
  }
  edit.replace('hosts', 'load_assignment', assignment);
};

const protocolOptions: MigrationRule = (edit, report) => {
  const http1 = edit.has('http_protocol_options');
  const http2 = edit.has('http2_protocol_options');
  const common = edit.has('common_http_protocol_options');
  const upstream = edit.has('upstream_http_protocol_options');
  const selection = edit.text('protocol_selection');
  if (!http1 && !http2 && !common && !upstream && selection === undefined) return;
  const first = ['http2_protocol_options', 'http_protocol_options', 'common_http_protocol_options'].find(
    (field) => edit.has(field),
  );
  const key = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  report(
    first ?? 'upstream_http_protocol_options',
    `${first ?? 'upstream_http_protocol_options'} goes into typed_extension_protocol_options, HttpProtocolOptions, now`,
  );
  const options = nodeOf({ '@type': `${any}${key}` }) as YAMLMap;
  const out = new MapEdit(options);
  if (common) out.set('common_http_protocol_options', edit.remove('common_http_protocol_options'));
  if (upstream) out.set('upstream_http_protocol_options', edit.remove('upstream_http_protocol_options'));
  const [one, two] = [edit.remove('http_protocol_options'), edit.remove('http2_protocol_options')];
  const chosen = nodeOf({}) as YAMLMap;
  chosen.flow = false;
  const byClient = selection === 'USE_DOWNSTREAM_PROTOCOL';
  if (byClient) {
    new MapEdit(chosen).set('http_protocol_options', one ?? {});
    new MapEdit(chosen).set('http2_protocol_options', two ?? {});
  } else if (two !== undefined) new MapEdit(chosen).set('http2_protocol_options', two);
  else new MapEdit(chosen).set('http_protocol_options', one ?? {});
  out.set(byClient ? 'use_downstream_protocol_config' : 'explicit_http_config', chosen);
  edit.remove('protocol_selection');
  const existing = edit.child('typed_extension_protocol_options');
  if (existing === undefined) edit.set('typed_extension_protocol_options', { [key]: null });
  edit.child('typed_extension_protocol_options')?.set(key, options);
};

/** A matcher of a text: `exact_match: a` -> `string_match: { exact: a }`. */
const headerMatch: MigrationRule = (edit, report) => {
  const olds = {
    exact_match: 'exact',
    prefix_match: 'prefix',
    suffix_match: 'suffix',
    contains_match: 'contains',
  };
  for (const [from, to] of Object.entries(olds)) {
    const value = edit.get(from);
    if (value === undefined) continue;
    report(from, `${from} is string_match.${to} now`);
    edit.replace(from, 'string_match', { [to]: null });
    edit.child('string_match')?.set(to, value);
  }
  for (const from of ['regex_match', 'safe_regex_match']) {
    const value = edit.get(from);
    if (value === undefined) continue;
    report(from, `${from} is string_match.safe_regex now`);
    edit.replace(from, 'string_match', { safe_regex: isMap(value) ? null : { regex: null } });
    if (isMap(value)) edit.child('string_match')?.set('safe_regex', value);
    else edit.child('string_match')?.child('safe_regex')?.set('regex', value);
  }
};

const queryMatch: MigrationRule = (edit, report) => {
  const value = edit.get('value');
  const isRegex = edit.text('regex') === 'true';
  if (edit.has('regex')) edit.remove('regex');
  if (value === undefined) return;
  report('value', `value is string_match.${isRegex ? 'safe_regex' : 'exact'} now`);
  edit.replace('value', 'string_match', isRegex ? { safe_regex: { regex: null } } : { exact: null });
  if (isRegex) edit.child('string_match')?.child('safe_regex')?.set('regex', value);
  else edit.child('string_match')?.set('exact', value);
};

const routeRegex: MigrationRule = (edit, report) => {
  const value = edit.get('regex');
  if (!isScalar(value)) return;
  report('regex', 'regex is safe_regex.regex now; it is RE2, and of the whole path');
  edit.replace('regex', 'safe_regex', { regex: null });
  edit.child('safe_regex')?.set('regex', value);
};

const mirror: MigrationRule = (edit, report) => {
  const value = edit.get('request_mirror_policy');
  if (value === undefined) return;
  report('request_mirror_policy', 'request_mirror_policy is a list, request_mirror_policies, now');
  edit.replace('request_mirror_policy', 'request_mirror_policies', []);
  const list = edit.get('request_mirror_policies');
  if (!isSeq(list)) return;
  list.flow = false;
  list.items.push(value);
};

const accessLogPath: MigrationRule = (edit, report) => {
  const path = edit.get('access_log_path');
  if (path === undefined) return;
  report('access_log_path', 'access_log_path is an access_log of a file now');
  edit.replace('access_log_path', 'access_log', [
    {
      name: 'envoy.access_loggers.file',
      typed_config: { '@type': `${any}envoy.extensions.access_loggers.file.v3.FileAccessLog`, path: null },
    },
  ]);
  const [log] = edit.items('access_log');
  new MapEdit(log as YAMLMap).child('typed_config')?.set('path', path);
};

const logFormat: MigrationRule = (edit, report) => {
  const format = edit.get('format');
  if (isScalar(format)) {
    report('format', 'format is log_format.text_format_source.inline_string now');
    edit.replace('format', 'log_format', { text_format_source: { inline_string: null } });
    edit.child('log_format')?.child('text_format_source')?.set('inline_string', format);
  }
  for (const field of ['json_format', 'typed_json_format']) {
    const value = edit.get(field);
    if (value === undefined) continue;
    report(field, `${field} is log_format.json_format now`);
    edit.replace(field, 'log_format', { json_format: null });
    edit.child('log_format')?.set('json_format', value);
  }
};

const idleTimeout: MigrationRule = (edit, report) => {
  const value = edit.get('idle_timeout');
  if (value === undefined) return;
  report('idle_timeout', 'idle_timeout is common_http_protocol_options.idle_timeout now');
  edit.remove('idle_timeout');
  if (!edit.has('common_http_protocol_options'))
    edit.set('common_http_protocol_options', { idle_timeout: null });
  edit.child('common_http_protocol_options')?.set('idle_timeout', value);
};

const tracing: MigrationRule = (edit, report) => {
  const inner = edit.child('tracing');
  if (inner === undefined || !inner.has('operation_name')) return;
  report('tracing', 'tracing.operation_name is gone: the traffic_direction of the listener says it');
  inner.remove('operation_name');
};

const healthCheckHttp2: MigrationRule = (edit, report) => {
  if (!edit.has('use_http2')) return;
  const wants = edit.text('use_http2') === 'true';
  report(
    'use_http2',
    wants ? 'use_http2 is codec_client_type: HTTP2 now' : 'use_http2 is gone: HTTP1 is the default',
  );
  if (wants) edit.replace('use_http2', 'codec_client_type', 'HTTP2');
  else edit.remove('use_http2');
};

const serviceName: MigrationRule = (edit, report) => {
  const value = edit.get('service_name');
  if (value === undefined) return;
  report('service_name', 'service_name is service_name_matcher.prefix now');
  edit.replace('service_name', 'service_name_matcher', { prefix: null });
  edit.child('service_name_matcher')?.set('prefix', value);
};

const corsOrigins: MigrationRule = (edit, report) => {
  const [exact, regex] = [edit.items('allow_origin'), edit.items('allow_origin_regex')];
  if (exact.length + regex.length === 0) return;
  report('allow_origin', 'allow_origin is allow_origin_string_match now');
  edit.remove('allow_origin');
  edit.remove('allow_origin_regex');
  const textOf = (node: unknown): string => (isScalar(node) ? String(node.value) : '');
  edit.set('allow_origin_string_match', [
    ...exact.map((one) => (textOf(one) === '*' ? { safe_regex: { regex: '.*' } } : { exact: textOf(one) })),
    ...regex.map((one) => ({ safe_regex: { regex: textOf(one) } })),
  ]);
};

const subjectAltNames: MigrationRule = (edit, report) => {
  const list = edit.items('verify_subject_alt_name');
  if (list.length === 0) return;
  report('verify_subject_alt_name', 'verify_subject_alt_name is match_typed_subject_alt_names now');
  const matchers = list.map((one) => {
    const exact = isScalar(one) ? String(one.value) : '';
    return { san_type: exact.includes('://') ? 'URI' : 'DNS', matcher: { exact } };
  });
  edit.replace('verify_subject_alt_name', 'match_typed_subject_alt_names', matchers);
};

const runtimeLayers: MigrationRule = (edit, report) => {
  const value = edit.get('runtime');
  if (!isMap(value)) return;
  report('runtime', 'runtime is layered_runtime now');
  const old = new MapEdit(value as YAMLMap);
  const layers: object[] = [];
  const root = old.text('symlink_root');
  const folder = old.text('subdirectory') ?? 'envoy';
  if (root !== undefined) {
    layers.push({ name: 'root', disk_layer: { symlink_root: root, subdirectory: folder } });
    const override = old.text('override_subdirectory');
    if (override !== undefined) {
      const disk_layer = { symlink_root: root, subdirectory: override, append_service_cluster: true };
      layers.push({ name: 'override', disk_layer });
    }
  }
  layers.push({ name: 'admin', admin_layer: {} });
  edit.replace('runtime', 'layered_runtime', { layers });
};

/** `V2`, or the `AUTO` that nobody wrote, are not served any more. */
function versionSet(
  field: string,
  among: readonly string[] = ['api_config_source', 'ads', 'api_type'],
): MigrationRule {
  return (edit, report) => {
    const value = edit.text(field);
    const beside = among.find((one) => edit.has(one));
    if (value === 'V3' || (value === undefined && beside === undefined)) return;
    report(value === undefined ? (beside ?? field) : field, `${field} must be V3`);
    edit.set(field, 'V3');
  };
}

const dnsResolvers: MigrationRule = (edit, report) => {
  const list = edit.get('dns_resolvers');
  if (!isSeq(list)) return;
  report('dns_resolvers', 'dns_resolvers is typed_dns_resolver_config now');
  edit.replace('dns_resolvers', 'typed_dns_resolver_config', {
    name: 'envoy.network.dns_resolver.cares',
    typed_config: {
      '@type': `${any}envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig`,
      resolvers: null,
    },
  });
  edit.child('typed_dns_resolver_config')?.child('typed_config')?.set('resolvers', list);
};

const originalDst: MigrationRule = (edit, report) => {
  if (edit.text('lb_policy')?.toUpperCase() !== 'ORIGINAL_DST_LB') return;
  report('lb_policy', 'ORIGINAL_DST_LB is CLUSTER_PROVIDED now');
  edit.set('lb_policy', 'CLUSTER_PROVIDED');
};

/** A plain percentage -> a fraction. */
const percentage: MigrationRule = (edit, report) => {
  const value = edit.get('percent');
  if (!isScalar(value)) return;
  report('percent', 'percent is percentage.numerator now');
  edit.replace('percent', 'percentage', { numerator: null });
  edit.child('percentage')?.set('numerator', value);
};

const headersForTags: MigrationRule = (edit, report) => {
  const names = edit.items('request_headers_for_tags').map((one) => (isScalar(one) ? String(one.value) : ''));
  if (names.length === 0) return;
  report('request_headers_for_tags', 'request_headers_for_tags are custom_tags now');
  const tags = names.map((name) => ({ tag: name, request_header: { name } }));
  edit.replace('request_headers_for_tags', 'custom_tags', tags);
};

const websocket: MigrationRule = (edit, report) => {
  const value = edit.get('use_websocket');
  if (value === undefined) return;
  const text = isMap(value) ? new MapEdit(value as YAMLMap).text('value') : edit.text('use_websocket');
  report('use_websocket', 'use_websocket is upgrade_configs now');
  if (text === 'true') edit.replace('use_websocket', 'upgrade_configs', [{ upgrade_type: 'websocket' }]);
  else edit.remove('use_websocket');
};

const healthEndpoint: MigrationRule = (edit, report) => {
  const path = edit.get('endpoint');
  if (!isScalar(path)) return;
  report('endpoint', 'endpoint is a matcher of the header :path now');
  edit.replace('endpoint', 'headers', [{ name: ':path', string_match: { exact: String(path.value) } }]);
};

/** The PROXY protocol is a listener filter, of the whole listener. */
const proxyProtocol: MigrationRule = (edit, report) => {
  const isOn = (at: MapEdit): boolean =>
    at.text('use_proxy_proto') === 'true' || at.child('use_proxy_proto')?.text('value') === 'true';
  const chains = edit
    .items('filter_chains')
    .filter(isMap)
    .map((one) => new MapEdit(one as YAMLMap));
  const holders = [edit, ...chains].filter((one) => one.has('use_proxy_proto'));
  if (holders.length === 0) return;
  const wanted = holders.some(isOn);
  report('use_proxy_proto', 'use_proxy_proto is the listener filter proxy_protocol now');
  for (const holder of holders) holder.remove('use_proxy_proto');
  if (!wanted) return;
  const filter = nodeOf({
    name: 'envoy.filters.listener.proxy_protocol',
    typed_config: { '@type': `${any}envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol` },
  });
  const list = edit.get('listener_filters');
  if (isSeq(list)) list.items.unshift(filter);
  else {
    edit.set('listener_filters', []);
    const made = edit.get('listener_filters');
    if (isSeq(made)) made.items.push(filter);
  }
};

/** Settings of the old gzip filter that belong to the answers, not to the library. */
const gzipCommon = { content_length: 'min_content_length', content_type: 'content_type' } as const;
const gzipResponse = ['disable_on_etag_header', 'remove_accept_encoding_header'] as const;

/** `envoy.gzip` is the compressor with gzip as its library. */
const gzip: MigrationRule = (edit, report) => {
  const name = edit.text('name');
  if (name !== 'envoy.gzip' && name !== 'envoy.filters.http.gzip') return;
  report('name', `${name} is envoy.filters.http.compressor now, with gzip as its library`);
  const field = edit.has('config') ? 'config' : 'typed_config';
  const old = edit.child(field) ?? new MapEdit(nodeOf({}) as YAMLMap);
  const [common, response] = [nodeOf({}) as YAMLMap, nodeOf({}) as YAMLMap];
  for (const [from, to] of Object.entries(gzipCommon)) {
    if (old.has(from)) new MapEdit(common).set(to, old.get(from));
  }
  for (const one of gzipResponse) if (old.has(one)) new MapEdit(response).set(one, old.get(one));
  if (common.items.length > 0) new MapEdit(response).set('common_config', common);
  const library = nodeOf({
    '@type': `${any}envoy.extensions.compression.gzip.compressor.v3.Gzip`,
  }) as YAMLMap;
  const out = new MapEdit(library);
  for (const one of ['memory_level', 'window_bits', 'compression_strategy']) {
    if (old.has(one)) out.set(one, old.get(one));
  }
  const level = old.text('compression_level')?.toUpperCase();
  const levels: Readonly<Record<string, string>> = {
    BEST: 'BEST_COMPRESSION',
    SPEED: 'BEST_SPEED',
    DEFAULT: 'DEFAULT_COMPRESSION',
  };
  if (level !== undefined) out.set('compression_level', levels[level] ?? level);
  const config = nodeOf({
    '@type': `${any}envoy.extensions.filters.http.compressor.v3.Compressor`,
  }) as YAMLMap;
  if (response.items.length > 0) new MapEdit(config).set('response_direction_config', response);
  new MapEdit(config).set('compressor_library', { name: 'gzip', typed_config: null });
  new MapEdit(config).child('compressor_library')?.set('typed_config', library);
  edit.set('name', 'envoy.filters.http.compressor');
  if (edit.has(field)) edit.replace(field, 'typed_config', config);
  else edit.set('typed_config', config);
};

/** `append: false` sets, `append: true` adds. */
const appendAction: MigrationRule = (edit, report) => {
  if (!edit.has('append') || edit.has('append_action')) return;
  const text = edit.child('append')?.text('value') ?? edit.text('append');
  const action = text === 'false' ? 'OVERWRITE_IF_EXISTS_OR_ADD' : 'APPEND_IF_EXISTS_OR_ADD';
  report('append', `append is append_action: ${action} now`);
  edit.replace('append', 'append_action', action);
};

/** The policy of a virtual host, or of the action of a route, is a setting of the filter. */
const corsPolicy: MigrationRule = (edit, report) => {
  const holder = edit.has('cors') ? edit : edit.child('route');
  const policy = holder?.get('cors');
  if (!isMap(policy)) return;
  report(holder === edit ? 'cors' : 'route', 'cors is in typed_per_filter_config now');
  holder?.remove('cors');
  if (!edit.has('typed_per_filter_config')) edit.set('typed_per_filter_config', {});
  const name = 'envoy.filters.http.cors';
  edit
    .child('typed_per_filter_config')
    ?.set(name, typed(`${any}envoy.extensions.filters.http.cors.v3.CorsPolicy`, policy));
};

const zipkinVersion: MigrationRule = (edit, report) => {
  const version = edit.text('collector_endpoint_version');
  if (version !== undefined && version.toUpperCase() !== 'HTTP_JSON_V1') return;
  const at = version === undefined ? 'collector_endpoint' : 'collector_endpoint_version';
  report(at, 'collector_endpoint_version must be set; v1 of the API of Zipkin is gone');
  edit.set('collector_endpoint_version', 'HTTP_JSON');
  if (edit.text('collector_endpoint') === '/api/v1/spans') edit.set('collector_endpoint', '/api/v2/spans');
};

const luaCode: MigrationRule = (edit, report) => {
  const code = edit.get('inline_code');
  if (!isScalar(code)) return;
  report('inline_code', 'inline_code is default_source_code.inline_string now');
  edit.replace('inline_code', 'default_source_code', { inline_string: null });
  edit.child('default_source_code')?.set('inline_string', code);
};

const route = 'envoy.config.route.v3.';
const manager = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

/** By full name of the v3 message. */
export const migrationRules: Readonly<Record<string, readonly MigrationRule[]>> = {
  'envoy.config.bootstrap.v3.Bootstrap': [
    runtimeLayers,
    dropped('watchdog', 'use watchdogs'),
    dropped('rate_limit_service', 'each rate limit filter names its service'),
  ],
  'envoy.config.bootstrap.v3.Bootstrap.DynamicResources': [dropped('deprecated_v1', 'v1 is gone')],
  'envoy.config.bootstrap.v3.Admin': [accessLogPath],
  'envoy.config.cluster.v3.Cluster': [
    hosts,
    tlsContext('UpstreamTlsContext'),
    protocolOptions,
    dnsResolvers,
    originalDst,
    renamed('extension_protocol_options', 'typed_extension_protocol_options'),
  ],
  'envoy.config.listener.v3.Listener': [dropped('deprecated_v1', 'use bind_to_port'), proxyProtocol],
  [`${manager}.Tracing`]: [headersForTags],
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter': [gzip],
  'envoy.extensions.filters.common.fault.v3.FaultDelay': [
    dropped('type', 'there was one type only'),
    percentage,
  ],
  'envoy.extensions.filters.http.fault.v3.FaultAbort': [percentage],
  'envoy.extensions.filters.http.health_check.v3.HealthCheck': [healthEndpoint],
  'envoy.extensions.filters.http.ext_authz.v3.ExtAuthz': [
    dropped('use_alpha', 'the API is v3'),
    versionSet('transport_api_version', ['grpc_service', 'http_service']),
  ],
  'envoy.config.ratelimit.v3.RateLimitServiceConfig': [
    dropped('use_alpha', 'the API is v3'),
    versionSet('transport_api_version', ['grpc_service']),
  ],
  'envoy.extensions.access_loggers.grpc.v3.CommonGrpcAccessLogConfig': [
    versionSet('transport_api_version', ['grpc_service']),
  ],
  'envoy.config.metrics.v3.MetricsServiceConfig': [versionSet('transport_api_version', ['grpc_service'])],
  'envoy.config.listener.v3.FilterChain': [tlsContext('DownstreamTlsContext')],
  [manager]: [idleTimeout, tracing],
  [`${route}VirtualHost`]: [renamed('per_filter_config', 'typed_per_filter_config'), corsPolicy],
  [`${route}Route`]: [renamed('per_filter_config', 'typed_per_filter_config'), corsPolicy],
  'envoy.extensions.filters.http.cors.v3.CorsPolicy': [corsOrigins, dropped('enabled', 'use filter_enabled')],
  'envoy.config.core.v3.HeaderValueOption': [appendAction],
  'envoy.config.trace.v3.ZipkinConfig': [zipkinVersion],
  'envoy.extensions.filters.http.lua.v3.Lua': [luaCode],
  [`${route}WeightedCluster.ClusterWeight`]: [renamed('per_filter_config', 'typed_per_filter_config')],
  [`${route}RouteMatch`]: [routeRegex, renamed('runtime', 'runtime_fraction')],
  [`${route}RouteAction`]: [
    renamed('host_rewrite', 'host_rewrite_literal'),
    renamed('auto_host_rewrite_header', 'host_rewrite_header'),
    mirror,
    websocket,
  ],
  [`${route}HeaderMatcher`]: [headerMatch],
  [`${route}QueryParameterMatcher`]: [queryMatch],
  [`${route}CorsPolicy`]: [corsOrigins, dropped('enabled', 'use filter_enabled')],
  'envoy.config.core.v3.HealthCheck.HttpHealthCheck': [healthCheckHttp2, serviceName],
  'envoy.config.core.v3.ApiConfigSource': [versionSet('transport_api_version')],
  'envoy.config.core.v3.ConfigSource': [versionSet('resource_api_version')],
  'envoy.extensions.access_loggers.file.v3.FileAccessLog': [
    renamed('access_log_format', 'log_format'),
    logFormat,
  ],
  'envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext': [subjectAltNames],
  'envoy.type.matcher.v3.StringMatcher': [
    (edit, report) => {
      const value = edit.get('regex');
      if (!isScalar(value)) return;
      report('regex', 'regex is safe_regex.regex now');
      edit.replace('regex', 'safe_regex', { regex: null });
      edit.child('safe_regex')?.set('regex', value);
    },
  ],
};
