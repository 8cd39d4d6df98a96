/**
 * Categories of slots whose protos do not tag them. Established by asking real Envoy: a message of any other category is
 * answered with "Didn't find a registered implementation".
 */

/** Every kind of input of a matcher tree: which of them fits depends on where the tree stands. */
const inputs = [
  'envoy.matching.http.input',
  'envoy.matching.network.input',
  'envoy.matching.common_inputs',
  'envoy.matching.generic_proxy_request_input.input',
  'envoy.matching.transport_socket.input',
  'envoy.matching.stat_matching_data.input',
  'envoy.matching.stat_tag_matching_data.input',
].join(',');

/** Inputs and custom matchers of one place share their categories. */
const customMatchers = 'envoy.matching.http.custom_matchers,envoy.matching.network.custom_matchers';

const transportSockets = 'envoy.transport_sockets.downstream,envoy.transport_sockets.upstream';

/** `<message>.<field>` to categories, joined by commas. Goes before the tags of the protos. */
export const slotCategories: Readonly<Record<string, string>> = {
  'envoy.config.accesslog.v3.AccessLog.typed_config': 'envoy.access_loggers',
  'envoy.config.accesslog.v3.ExtensionFilter.typed_config': 'envoy.access_loggers.extension_filters',
  // No extension of these is linked: whatever stands there is refused.
  'envoy.config.bootstrap.v3.Bootstrap.xds_config_tracker_extension': 'envoy.xds_config_tracker',
  'envoy.config.bootstrap.v3.Bootstrap.xds_delegate_extension': 'envoy.xds_delegates',
  'envoy.config.listener.v3.Listener.ConnectionBalanceConfig.extend_balance':
    'envoy.network.connection_balance',
  'envoy.config.bootstrap.v3.Watchdog.WatchdogAction.config': 'envoy.guarddog_actions',
  'envoy.config.common.matcher.v3.Matcher.MatcherTree.input': inputs,
  'envoy.config.common.matcher.v3.Matcher.MatcherTree.custom_match': customMatchers,
  'envoy.config.common.matcher.v3.Matcher.MatcherList.Predicate.SinglePredicate.input': inputs,
  'envoy.config.core.v3.HealthCheck.CustomHealthCheck.typed_config': 'envoy.health_checkers',
  'envoy.config.core.v3.RetryPolicy.RetryHostPredicate.typed_config': 'envoy.retry_host_predicates',
  'envoy.config.core.v3.RetryPolicy.RetryPriority.typed_config': 'envoy.retry_priorities',
  'envoy.config.core.v3.TransportSocket.typed_config': transportSockets,
  'envoy.config.metrics.v3.StatsSink.typed_config': 'envoy.stats_sinks',
  'envoy.config.overload.v3.ResourceMonitor.typed_config': 'envoy.resource_monitors',
  // A rate limit descriptor may also be any input of an HTTP matcher.
  'envoy.config.route.v3.RateLimit.Action.extension':
    'envoy.rate_limit_descriptors,envoy.matching.http.input',
  'envoy.config.route.v3.Route.route_specifiers': 'envoy.router.route_specifiers',
  'envoy.config.route.v3.Route.typed_per_filter_config': 'envoy.filters.http',
  'envoy.config.route.v3.RouteConfiguration.typed_per_filter_config': 'envoy.filters.http',
  'envoy.config.route.v3.VirtualHost.route_specifiers': 'envoy.router.route_specifiers',
  'envoy.config.route.v3.VirtualHost.typed_per_filter_config': 'envoy.filters.http',
  'envoy.config.route.v3.WeightedCluster.ClusterWeight.typed_per_filter_config': 'envoy.filters.http',
  'envoy.config.route.v3.RetryPolicy.RetryHostPredicate.typed_config': 'envoy.retry_host_predicates',
  'envoy.config.route.v3.RetryPolicy.RetryPriority.typed_config': 'envoy.retry_priorities',
  'envoy.config.trace.v3.Tracing.Http.typed_config': 'envoy.tracers',
  'envoy.extensions.common.matching.v3.ExtensionWithMatcher.extension_config': 'envoy.filters.http',
  'envoy.extensions.filters.http.composite.v3.FilterChainConfiguration.typed_config': 'envoy.filters.http',
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.http_filters':
    'envoy.filters.http',
  // The same message stands in the connection manager and, for upstream filters, in `HttpProtocolOptions`.
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter.typed_config':
    'envoy.filters.http,envoy.filters.http.upstream',
  'envoy.extensions.filters.network.http_connection_manager.v3.RequestIDExtension.typed_config':
    'envoy.request_id',
  'xds.type.matcher.v3.Matcher.MatcherTree.input': inputs,
  'xds.type.matcher.v3.Matcher.MatcherTree.custom_match': customMatchers,
  'xds.type.matcher.v3.Matcher.MatcherList.Predicate.SinglePredicate.input': inputs,
};
