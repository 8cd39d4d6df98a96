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

const transportSockets = 'envoy.transport_sockets.downstream,envoy.transport_sockets.upstream';

/** `<message>.<field>` to categories, joined by commas. Goes before the tags of the protos. */
export const slotCategories: Readonly<Record<string, string>> = {
  'envoy.config.accesslog.v3.AccessLog.typed_config': 'envoy.access_loggers',
  'envoy.config.accesslog.v3.ExtensionFilter.typed_config': 'envoy.access_loggers.extension_filters',
  'envoy.config.bootstrap.v3.Watchdog.WatchdogAction.config': 'envoy.guarddog_actions',
  'envoy.config.common.matcher.v3.Matcher.MatcherTree.input': inputs,
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
  'envoy.config.route.v3.RetryPolicy.RetryHostPredicate.typed_config': 'envoy.retry_host_predicates',
  'envoy.config.route.v3.RetryPolicy.RetryPriority.typed_config': 'envoy.retry_priorities',
  'envoy.config.trace.v3.Tracing.Http.typed_config': 'envoy.tracers',
  // The same message stands in the connection manager and, for upstream filters, in `HttpProtocolOptions`.
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter.typed_config':
    'envoy.filters.http,envoy.filters.http.upstream',
  'envoy.extensions.filters.network.http_connection_manager.v3.RequestIDExtension.typed_config':
    'envoy.request_id',
  'xds.type.matcher.v3.Matcher.MatcherTree.input': inputs,
  'xds.type.matcher.v3.Matcher.MatcherList.Predicate.SinglePredicate.input': inputs,
};
