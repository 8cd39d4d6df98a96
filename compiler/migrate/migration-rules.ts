/**
 * What v2 wrote otherwise, by the v3 message in which it stands.
 */
import { isScalar } from 'yaml';
import {
  dnsResolvers,
  eventLog,
  healthCheckHttp2,
  hosts,
  originalDst,
  protocolOptions,
  serviceName,
  subjectAltNames,
  tlsContext,
} from './cluster-rules.js';
import {
  appendAction,
  corsOrigins,
  corsPolicy,
  headerMatch,
  mirror,
  queryMatch,
  routeRegex,
  websocket,
} from './route-rules.js';
import {
  gzip,
  headersForTags,
  healthEndpoint,
  idleTimeout,
  luaCode,
  percentage,
  proxyProtocol,
  tracing,
} from './filter-rules.js';
import { accessLogPath, logFormat, runtimeLayers, zipkinVersion } from './bootstrap-rules.js';
import type { MigrationRule } from './migration-rule.js';
import { dropped, renamed, versionSet } from './migration-rule.js';

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
  'envoy.config.core.v3.HealthCheck': [eventLog],
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
