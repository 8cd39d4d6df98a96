/**
 * Fields of Envoy's v2 API, and of the first years of v3, that tutorials still have: what took their place.
 */
import type { Issue } from '../../dsl/api/index.js';

/** `<message or *>.<field>` to advice in the imperative. */
const advice: Readonly<Record<string, string>> = {
  'envoy.config.cluster.v3.Cluster.hosts':
    'that is v2: use load_assignment.endpoints[].lb_endpoints[].endpoint.address',
  'envoy.config.cluster.v3.Cluster.tls_context':
    'that is v2: use transport_socket with an UpstreamTlsContext in its typed_config',
  'envoy.config.cluster.v3.Cluster.http2_protocol_options':
    'use typed_extension_protocol_options with envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
  'envoy.config.listener.v3.FilterChain.tls_context':
    'that is v2: use transport_socket with a DownstreamTlsContext in its typed_config',
  'envoy.config.route.v3.RouteMatch.regex': 'that is v2: use safe_regex: { regex }',
  'envoy.config.route.v3.RouteAction.host_rewrite': 'that is v2: use host_rewrite_literal',
  'envoy.config.route.v3.HeaderMatcher.regex_match':
    'that is v2: use string_match: { safe_regex: { regex } }',
  'envoy.config.bootstrap.v3.Admin.access_log_path': 'use access_log with envoy.access_loggers.file',
  '*.config': "that is v2: use typed_config with an '@type'",
  '*.use_http2': 'that is v2: use typed_extension_protocol_options with HttpProtocolOptions',
};

/** What to do about a field that Envoy once had. @param message full name of the message that was to hold it */
export function olderField(message: string, field: string): string | undefined {
  return advice[`${message}.${field}`] ?? advice[`*.${field}`];
}

/** The same for an unknown field that the reader found. */
export function olderName(issue: Issue): string | undefined {
  return olderField(issue.messageType ?? '', String(issue.path.at(-1)));
}
