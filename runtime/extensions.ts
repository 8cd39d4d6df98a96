/**
 * Everything that is built in, by the message of its `typed_config`, and all that is served of Envoy's messages. What is
 * not here is refused by name ("needs real Envoy").
 */
import { accessLogSupportedFields } from './access-log/supported-fields.js';
import { bootstrapSupportedFields } from './config/bootstrap-supported-fields.js';
import type { SupportedFields } from './config/supported-fields.js';
import { joinSupportedFields } from './config/supported-fields.js';
import { bufferFilterFactory, bufferSupportedFields } from './filters/http/buffer/buffer-filter.js';
import {
  compressorFilterFactory,
  compressorSupportedFields,
} from './filters/http/compressor/compressor-filter.js';
import { corsFilterFactory, corsSupportedFields } from './filters/http/cors/cors-filter.js';
import { csrfFilterFactory, csrfSupportedFields } from './filters/http/csrf/csrf-filter.js';
import {
  decompressorFilterFactory,
  decompressorSupportedFields,
} from './filters/http/decompressor/decompressor-filter.js';
import { extAuthzFilterFactory, extAuthzSupportedFields } from './filters/http/ext-authz/ext-authz-filter.js';
import { faultFilterFactory, faultSupportedFields } from './filters/http/fault/fault-filter.js';
import {
  grpcHttp1BridgeFilterFactory,
  grpcHttp1BridgeSupportedFields,
} from './filters/http/grpc-http1-bridge/grpc-http1-bridge-filter.js';
import { grpcWebFilterFactory, grpcWebSupportedFields } from './filters/http/grpc-web/grpc-web-filter.js';
import {
  headerMutationFilterFactory,
  headerMutationSupportedFields,
} from './filters/http/header-mutation/header-mutation-filter.js';
import {
  headerToMetadataFilterFactory,
  headerToMetadataSupportedFields,
} from './filters/http/header-to-metadata/header-to-metadata-filter.js';
import {
  healthCheckFilterFactory,
  healthCheckSupportedFields,
} from './filters/http/health-check/health-check-filter.js';
import { jwtAuthnFilterFactory, jwtAuthnSupportedFields } from './filters/http/jwt-authn/jwt-authn-filter.js';
import {
  localRatelimitFilterFactory,
  localRatelimitSupportedFields,
} from './filters/http/local-ratelimit/local-ratelimit-filter.js';
import {
  ratelimitFilterFactory,
  ratelimitSupportedFields,
} from './filters/http/ratelimit/ratelimit-filter.js';
import { rbacFilterFactory, rbacSupportedFields } from './filters/http/rbac/rbac-filter.js';
import { routerFilterFactory } from './filters/http/router/router-filter.js';
import { directResponseFactory, directResponseSupportedFields } from './filters/network/direct-response.js';
import { echoFactory, echoSupportedFields } from './filters/network/echo.js';
import { createHttpConnectionManagerFactory } from './filters/network/http-connection-manager.js';
import { connectionLimitFactory } from './filters/network/limits/connection-limit.js';
import { networkLocalRateLimitFactory } from './filters/network/limits/local-rate-limit.js';
import { connectionLimitsSupportedFields } from './filters/network/limits/supported-fields.js';
import { networkRbacFactory, networkRbacSupportedFields } from './filters/network/rbac/rbac-filter.js';
import { tcpProxySupportedFields } from './filters/network/tcp-proxy/supported-fields.js';
import { tcpProxyFactory } from './filters/network/tcp-proxy/tcp-proxy.js';
import {
  setMetadataFilterFactory,
  setMetadataSupportedFields,
} from './filters/http/set-metadata/set-metadata-filter.js';
import type { HttpFilterFactory } from './http/filter.js';
import { http1SupportedFields } from './http/http1/supported-fields.js';
import { http2SupportedFields } from './http/http2/supported-fields.js';
import { httpSupportedFields } from './http/supported-fields.js';
import { listenerSupportedFields } from './listener/supported-fields.js';
import type { NetworkFilterFactory, ReadFilterFactory } from './network/filter.js';
import { subscriptionSupportedFields } from './subscription/supported-fields.js';
import { tlsSupportedFields } from './network/tls/supported-fields.js';
import { routeSupportedFields } from './route/supported-fields.js';
import { healthSupportedFields } from './upstream/health-supported-fields.js';
import { loadBalancingSupportedFields } from './upstream/load-balancing/supported-fields.js';
import {
  openTelemetrySupportedFields,
  openTelemetryTracerFactory,
} from './tracers/opentelemetry/open-telemetry-tracer.js';
import { zipkinSupportedFields, zipkinTracerFactory } from './tracers/zipkin/zipkin-tracer.js';
import type { TracerFactory } from './tracing/tracer.js';
import { upstreamSupportedFields } from './upstream/supported-fields.js';

export const httpFilters: ReadonlyMap<string, HttpFilterFactory> = new Map([
  ['envoy.extensions.filters.http.router.v3.Router', routerFilterFactory],
  ['envoy.extensions.filters.http.buffer.v3.Buffer', bufferFilterFactory],
  ['envoy.extensions.filters.http.compressor.v3.Compressor', compressorFilterFactory],
  ['envoy.extensions.filters.http.cors.v3.Cors', corsFilterFactory],
  ['envoy.extensions.filters.http.decompressor.v3.Decompressor', decompressorFilterFactory],
  ['envoy.extensions.filters.http.csrf.v3.CsrfPolicy', csrfFilterFactory],
  ['envoy.extensions.filters.http.ext_authz.v3.ExtAuthz', extAuthzFilterFactory],
  ['envoy.extensions.filters.http.fault.v3.HTTPFault', faultFilterFactory],
  ['envoy.extensions.filters.http.grpc_http1_bridge.v3.Config', grpcHttp1BridgeFilterFactory],
  ['envoy.extensions.filters.http.grpc_web.v3.GrpcWeb', grpcWebFilterFactory],
  ['envoy.extensions.filters.http.header_mutation.v3.HeaderMutation', headerMutationFilterFactory],
  ['envoy.extensions.filters.http.header_to_metadata.v3.Config', headerToMetadataFilterFactory],
  ['envoy.extensions.filters.http.health_check.v3.HealthCheck', healthCheckFilterFactory],
  ['envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication', jwtAuthnFilterFactory],
  ['envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit', localRatelimitFilterFactory],
  ['envoy.extensions.filters.http.ratelimit.v3.RateLimit', ratelimitFilterFactory],
  ['envoy.extensions.filters.http.rbac.v3.RBAC', rbacFilterFactory],
  ['envoy.extensions.filters.http.set_metadata.v3.Config', setMetadataFilterFactory],
]);

export const tracers: ReadonlyMap<string, TracerFactory> = new Map([
  ['envoy.config.trace.v3.ZipkinConfig', zipkinTracerFactory],
  ['envoy.config.trace.v3.OpenTelemetryConfig', openTelemetryTracerFactory],
]);

export const networkFilters: ReadonlyMap<string, NetworkFilterFactory> = new Map([
  [
    'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    createHttpConnectionManagerFactory(httpFilters, tracers),
  ],
  ['envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', tcpProxyFactory],
  ['envoy.extensions.filters.network.direct_response.v3.Config', directResponseFactory],
  ['envoy.extensions.filters.network.echo.v3.Echo', echoFactory],
]);

export const readFilters: ReadonlyMap<string, ReadFilterFactory> = new Map([
  ['envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit', connectionLimitFactory],
  ['envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit', networkLocalRateLimitFactory],
  ['envoy.extensions.filters.network.rbac.v3.RBAC', networkRbacFactory],
]);

export const supportedFields: SupportedFields = joinSupportedFields(
  bootstrapSupportedFields,
  listenerSupportedFields,
  tlsSupportedFields,
  subscriptionSupportedFields,
  httpSupportedFields,
  http1SupportedFields,
  http2SupportedFields,
  routeSupportedFields,
  accessLogSupportedFields,
  upstreamSupportedFields,
  healthSupportedFields,
  loadBalancingSupportedFields,
  tcpProxySupportedFields,
  directResponseSupportedFields,
  echoSupportedFields,
  connectionLimitsSupportedFields,
  networkRbacSupportedFields,
  bufferSupportedFields,
  compressorSupportedFields,
  corsSupportedFields,
  decompressorSupportedFields,
  csrfSupportedFields,
  extAuthzSupportedFields,
  faultSupportedFields,
  grpcHttp1BridgeSupportedFields,
  grpcWebSupportedFields,
  headerMutationSupportedFields,
  headerToMetadataSupportedFields,
  healthCheckSupportedFields,
  jwtAuthnSupportedFields,
  localRatelimitSupportedFields,
  ratelimitSupportedFields,
  rbacSupportedFields,
  setMetadataSupportedFields,
  openTelemetrySupportedFields,
  zipkinSupportedFields,
);
