/**
 * The messages that configurations name most, under their short names. All others are in `envoy3/api/types`.
 */
import type * as api from './api/generated/types.js';

export type Bootstrap = api.envoy_config_bootstrap_v3_Bootstrap;
export type Admin = api.envoy_config_bootstrap_v3_Admin;
export type Node = api.envoy_config_core_v3_Node;
export type Cluster = api.envoy_config_cluster_v3_Cluster;
export type Listener = api.envoy_config_listener_v3_Listener;
export type FilterChain = api.envoy_config_listener_v3_FilterChain;
export type NetworkFilter = api.envoy_config_listener_v3_Filter;
export type HttpConnectionManager =
  api.envoy_extensions_filters_network_http_connection_manager_v3_HttpConnectionManager;
export type HttpFilter = api.envoy_extensions_filters_network_http_connection_manager_v3_HttpFilter;
export type RouteConfiguration = api.envoy_config_route_v3_RouteConfiguration;
export type VirtualHost = api.envoy_config_route_v3_VirtualHost;
export type Route = api.envoy_config_route_v3_Route;
export type RouteMatch = api.envoy_config_route_v3_RouteMatch;
export type RouteAction = api.envoy_config_route_v3_RouteAction;
export type RetryPolicy = api.envoy_config_route_v3_RetryPolicy;
export type HeaderMatcher = api.envoy_config_route_v3_HeaderMatcher;
export type HeaderValueOption = api.envoy_config_core_v3_HeaderValueOption;
export type AccessLog = api.envoy_config_accesslog_v3_AccessLog;
export type TransportSocket = api.envoy_config_core_v3_TransportSocket;
export type HealthCheck = api.envoy_config_core_v3_HealthCheck;
export type OutlierDetection = api.envoy_config_cluster_v3_OutlierDetection;
export type HashPolicy = api.envoy_config_route_v3_RouteAction_HashPolicy;
export type ListenerFilter = api.envoy_config_listener_v3_ListenerFilter;
export type AccessLogFilter = api.envoy_config_accesslog_v3_AccessLogFilter;
export type StatsSink = api.envoy_config_metrics_v3_StatsSink;
export type StatsConfig = api.envoy_config_metrics_v3_StatsConfig;
export type Secret = api.envoy_extensions_transport_sockets_tls_v3_Secret;
export type SdsSecretConfig = api.envoy_extensions_transport_sockets_tls_v3_SdsSecretConfig;
export type GrpcService = api.envoy_config_core_v3_GrpcService;
export type CircuitBreakers = api.envoy_config_cluster_v3_CircuitBreakers;
export type Duration = api.Duration;
