/**
 * The language: what a configuration imports from `envoy3`.
 */
export type { AccessLogOptions } from './builders/access-log.js';
export { accessLog, jsonLogFormat } from './builders/access-log.js';
export type { AdminOptions } from './builders/admin.js';
export { admin } from './builders/admin.js';
export type { BootstrapOptions } from './builders/bootstrap.js';
export { bootstrap } from './builders/bootstrap.js';
export type { ClusterOptions, DnsOptions, EdsOptions } from './builders/cluster.js';
export { cluster, eds, logicalDns, staticCluster, strictDns } from './builders/cluster.js';
export type { ConsulServiceOptions } from './builders/consul-service.js';
export { consulService, consulServicesOf } from './builders/consul-service.js';
export type { DurationInput } from './builders/duration.js';
export { duration } from './builders/duration.js';
export type {
  GrpcHealthCheckOptions,
  HealthCheckOptions,
  HttpHealthCheckOptions,
} from './builders/health-check.js';
export { grpcHealthCheck, httpHealthCheck, tcpHealthCheck } from './builders/health-check.js';
export type {
  CompressorOptions,
  CorsPolicyOptions,
  ExtAuthzOptions,
  FaultOptions,
  JwtAuthnOptions,
  JwtProviderInput,
  LocalRateLimitOptions,
  RateLimitOptions,
} from './builders/http-filters.js';
export {
  buffer,
  compressor,
  cors,
  corsPolicy,
  csrf,
  extAuthz,
  fault,
  grpcHttp1Bridge,
  grpcJsonTranscoder,
  grpcService,
  grpcStats,
  grpcWeb,
  healthCheckEndpoint,
  jwtAuthn,
  localRateLimit,
  lua,
  rateLimit,
  rbac,
} from './builders/http-filters.js';
export type {
  HttpConnectionManagerOptions,
  HttpListenerOptions,
  HttpsListenerOptions,
} from './builders/http-listener.js';
export { httpConnectionManager, httpListener, httpsListener, router } from './builders/http-listener.js';
export type {
  FilterChainOptions,
  ListenerOptions,
  TcpListenerOptions,
  TcpProxyOptions,
} from './builders/listener.js';
export {
  filterChain,
  httpInspector,
  listener,
  originalDst,
  proxyProtocol,
  tcpListener,
  tcpProxy,
  tlsInspector,
} from './builders/listener.js';
export type { LoadBalancing } from './builders/load-balancing.js';
export { leastRequest, maglev, random, ringHash, roundRobin } from './builders/load-balancing.js';
export type { MatrixCell } from './builders/matrix.js';
export { matrix } from './builders/matrix.js';
export type {
  FilterChainOf,
  ListenerOf,
  NamedCluster,
  NetworkFilterOf,
  RouteTo,
  VirtualHostOf,
} from './builders/names.js';
export type { StatsdOptions, TracingOptions } from './builders/observability.js';
export {
  allOf,
  anyOf,
  dogStatsd,
  excludeStats,
  notHealthCheck,
  openTelemetryTracing,
  statsd,
  statusAtLeast,
  zipkinTracing,
} from './builders/observability.js';
export type { OutlierDetectionOptions } from './builders/outlier-detection.js';
export { outlierDetection } from './builders/outlier-detection.js';
export type { OverlayInput } from './builders/overlay.js';
export { overlay } from './builders/overlay.js';
export type { HeaderInput, MatchInput, RedirectOptions, RetryInput, RouteOptions } from './builders/route.js';
export { directResponse, hashBy, redirect, route, weighted } from './builders/route.js';
export type { SecretRefOptions } from './builders/secret-ref.js';
export { secretRef } from './builders/secret-ref.js';
export type { Service, ServiceOptions } from './builders/service.js';
export { defineService } from './builders/service.js';
export type {
  AuthorityInput,
  CertificateInput,
  DownstreamTlsOptions,
  TlsOptions,
  UpstreamTlsOptions,
} from './builders/tls.js';
export { downstreamTls, tlsFromPem, upstreamTls } from './builders/tls.js';
export type { VirtualHostOptions } from './builders/virtual-host.js';
export { virtualHost } from './builders/virtual-host.js';
export type {
  ServiceCheckInput,
  ServiceDefinitions,
  ServiceInput,
  ServiceName,
} from './builders/services.js';
export { defineServices } from './builders/services.js';
export { env, envBoolean, environment, envNumber, envOneOf, readFile } from './inputs.js';
export type { LintNode, LintView, RuleDefinition, RuleFinding } from './lint/lint-rule.js';
export { defineRule } from './lint/lint-rule.js';
export type { RuleOptions } from './lint/rule-options.js';
export type { Level, LintSettings, Pack, RuleSetting, RuleSettings, Settings } from './lint/settings.js';
export { defineSettings } from './lint/settings.js';
export { defineBootstrap } from './raw.js';
export type {
  HeaderExpectation,
  RequestLine,
  RouteExpectationInput,
  RouteRequestInput,
  RouteTestInput,
  RouteTestsInput,
} from './route-tests.js';
export { defineRouteTests } from './route-tests.js';
export type * from './types.js';
