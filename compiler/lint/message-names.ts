/**
 * Full names of the messages that lint rules look for.
 */
export const managerType =
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
export const listenerType = 'envoy.config.listener.v3.Listener';
export const filterChainType = 'envoy.config.listener.v3.FilterChain';
export const clusterType = 'envoy.config.cluster.v3.Cluster';
export const virtualHostType = 'envoy.config.route.v3.VirtualHost';
export const routeType = 'envoy.config.route.v3.Route';
export const routeMatchType = 'envoy.config.route.v3.RouteMatch';
export const retryPolicyType = 'envoy.config.route.v3.RetryPolicy';
export const regexType = 'envoy.type.matcher.v3.RegexMatcher';
export const thresholdsType = 'envoy.config.cluster.v3.CircuitBreakers.Thresholds';
export const outlierType = 'envoy.config.cluster.v3.OutlierDetection';
export const healthCheckType = 'envoy.config.core.v3.HealthCheck';
export const tcpProxyType = 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';
export const upstreamTlsType = 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';
export const downstreamTlsType = 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext';
export const tlsParametersType = 'envoy.extensions.transport_sockets.tls.v3.TlsParameters';
export const validationType = 'envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext';
export const httpOptionsType = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
export const dnsClusterType = 'envoy.extensions.clusters.dns.v3.DnsCluster';
