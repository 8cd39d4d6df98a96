/**
 * Clusters of v2, and what they hold.
 */
import type { YAMLMap } from 'yaml';
import { isScalar, isSeq } from 'yaml';
import { MapEdit, nodeOf } from './map-edit.js';
import type { MigrationRule } from './migration-rule.js';
import { any, typed } from './migration-rule.js';

const tls = `${any}envoy.extensions.transport_sockets.tls.v3.`;

/** `tls_context` -> `transport_socket`. */
export function tlsContext(type: 'UpstreamTlsContext' | 'DownstreamTlsContext'): MigrationRule {
  return (edit, report) => {
    if (!edit.has('tls_context')) return;
    report('tls_context', `tls_context is a transport_socket with the ${type} inside now`);
    const socket = nodeOf({ name: 'envoy.transport_sockets.tls' }) as YAMLMap;
    new MapEdit(socket).set('typed_config', typed(`${tls}${type}`, edit.get('tls_context')));
    edit.replace('tls_context', 'transport_socket', socket);
  };
}

/** `hosts` -> `load_assignment`. */
export const hosts: MigrationRule = (edit, report) => {
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

/** Options of the protocols -> `typed_extension_protocol_options`. */
export const protocolOptions: MigrationRule = (edit, report) => {
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

/** `dns_resolvers` -> c-ares with these resolvers. */
export const dnsResolvers: MigrationRule = (edit, report) => {
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

/** The load balancer of ORIGINAL_DST has another name. */
export const originalDst: MigrationRule = (edit, report) => {
  if (edit.text('lb_policy')?.toUpperCase() !== 'ORIGINAL_DST_LB') return;
  report('lb_policy', 'ORIGINAL_DST_LB is CLUSTER_PROVIDED now');
  edit.set('lb_policy', 'CLUSTER_PROVIDED');
};

/** The log of health changes is a sink of its own. */
export const eventLog: MigrationRule = (edit, report) => {
  const path = edit.get('event_log_path');
  if (!isScalar(path)) return;
  report('event_log_path', 'event_log_path is an event_logger of a file now');
  const config = {
    '@type': `${any}envoy.extensions.health_check.event_sinks.file.v3.HealthCheckEventFileSink`,
  };
  const sink = {
    name: 'envoy.health_check.event_sink.file',
    typed_config: { ...config, event_log_path: String(path.value) },
  };
  edit.replace('event_log_path', 'event_logger', [sink]);
};

/** `use_http2` of a health check. */
export const healthCheckHttp2: MigrationRule = (edit, report) => {
  if (!edit.has('use_http2')) return;
  const wants = edit.text('use_http2') === 'true';
  report(
    'use_http2',
    wants ? 'use_http2 is codec_client_type: HTTP2 now' : 'use_http2 is gone: HTTP1 is the default',
  );
  if (wants) edit.replace('use_http2', 'codec_client_type', 'HTTP2');
  else edit.remove('use_http2');
};

/** `service_name` of a health check was a prefix. */
export const serviceName: MigrationRule = (edit, report) => {
  const value = edit.get('service_name');
  if (value === undefined) return;
  report('service_name', 'service_name is service_name_matcher.prefix now');
  edit.replace('service_name', 'service_name_matcher', { prefix: null });
  edit.child('service_name_matcher')?.set('prefix', value);
};

/** Names of the peer have a type now. */
export const subjectAltNames: MigrationRule = (edit, report) => {
  const list = edit.items('verify_subject_alt_name');
  if (list.length === 0) return;
  report('verify_subject_alt_name', 'verify_subject_alt_name is match_typed_subject_alt_names now');
  const matchers = list.map((one) => {
    const exact = isScalar(one) ? String(one.value) : '';
    return { san_type: exact.includes('://') ? 'URI' : 'DNS', matcher: { exact } };
  });
  edit.replace('verify_subject_alt_name', 'match_typed_subject_alt_names', matchers);
};
