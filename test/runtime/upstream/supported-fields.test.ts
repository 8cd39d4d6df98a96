/** What people write in clusters is served, and what is not built is refused by its path. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { refuseUnsupported } from '../../../runtime/config/refuse-unsupported.js';
import { supportedFields } from '../../../runtime/extensions.js';
import { assignment, clusterConfig } from './fixtures.js';

function refused(fields: object): string[] {
  const cluster = clusterConfig({ name: 'c', load_assignment: assignment(['a', 80, 3]), ...fields });
  const bootstrap = { static_resources: { clusters: [cluster] } };
  return refuseUnsupported(bootstrap, supportedFields).map(({ path }) => path.slice(3).join('.'));
}

const any = (type: string, fields: object = {}) => ({ '@type': `type.googleapis.com/${type}`, ...fields });
const httpOptions = (fields: object) => {
  const name = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  return { typed_extension_protocol_options: { [name]: any(name, fields) } };
};
const tls = (fields: object) => ({
  transport_socket: {
    name: 'tls',
    typed_config: any('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', fields),
  },
});
const cares = (fields: object) => ({
  typed_dns_resolver_config: {
    name: 'cares',
    typed_config: any('envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig', fields),
  },
});
const server = { socket_address: { address: '127.0.0.1', port_value: 8600 } };

const timing = { timeout: '1s', interval: '1s', unhealthy_threshold: 1, healthy_threshold: 1 };

const served: Readonly<Record<string, object>> = {
  'STRICT_DNS with its rates': {
    type: 'STRICT_DNS',
    connect_timeout: '0.250s',
    lb_policy: 'LEAST_REQUEST',
    least_request_lb_config: {
      choice_count: 3,
      active_request_bias: { default_value: 1.5, runtime_key: 'x' },
    },
    dns_lookup_family: 'V4_ONLY',
    dns_refresh_rate: '1s',
    dns_failure_refresh_rate: { base_interval: '1s', max_interval: '5s' },
    dns_jitter: '1s',
    respect_dns_ttl: true,
  },
  LOGICAL_DNS: { type: 'LOGICAL_DNS', ...tls({ sni: 'a' }) },
  'a name server': { type: 'STRICT_DNS', ...cares({ resolvers: [server], query_tries: 2 }) },
  breakers: {
    circuit_breakers: { thresholds: [{ priority: 'HIGH', max_retries: 1, track_remaining: true }] },
  },
  'HTTP options': httpOptions({
    explicit_http_config: { http_protocol_options: { enable_trailers: true } },
    common_http_protocol_options: { idle_timeout: '5s', max_connection_duration: '9s' },
  }),
  'the protocol of the client': httpOptions({
    use_downstream_protocol_config: { http2_protocol_options: {} },
  }),
  'panic and keepalive': {
    common_lb_config: { healthy_panic_threshold: { value: 10 } },
    upstream_connection_options: { tcp_keepalive: { keepalive_time: 30 } },
  },
  'checks of all kinds, outlier detection': {
    health_checks: [
      { ...timing, name: 'a', http_health_check: { path: '/', receive: [{ text: '00' }] } },
      { ...timing, name: 'b', tcp_health_check: { proxy_protocol_config: { version: 'V2' } } },
      { ...timing, name: 'c', grpc_health_check: { service_name: 's' } },
    ],
    outlier_detection: { consecutive_5xx: 3, detect_degraded_hosts: true },
    close_connections_on_host_health_failure: true,
    ignore_health_on_host_removal: true,
    common_lb_config: { ignore_new_hosts_until_first_hc: true },
  },
};

for (const [what, fields] of Object.entries(served)) {
  test(`${what} is served`, () => {
    assert.equal(refused(fields), []);
  });
}

const notServed: readonly [object, string][] = [
  [{ type: 'EDS', eds_cluster_config: { eds_config: { ads: {} } } }, 'eds_cluster_config.eds_config.ads'],
  [{ lb_policy: 'CLUSTER_PROVIDED' }, 'lb_policy'],
  [
    {
      health_checks: [
        {
          ...timing,
          tcp_health_check: {},
          event_service: { grpc_service: { envoy_grpc: { cluster_name: 'c' } } },
        },
      ],
    },
    'health_checks.0.event_service',
  ],
  [
    { health_checks: [{ ...timing, tcp_health_check: {}, transport_socket_match_criteria: { a: 'b' } }] },
    'health_checks.0.transport_socket_match_criteria',
  ],
  [
    { health_checks: [{ ...timing, http_health_check: { path: '/', codec_client_type: 'HTTP3' } }] },
    'health_checks.0.http_health_check.codec_client_type',
  ],
  [
    { common_lb_config: { close_connections_on_host_set_change: true } },
    'common_lb_config.close_connections_on_host_set_change',
  ],
  [
    { upstream_connection_options: { tcp_keepalive: { keepalive_interval: 3 } } },
    'upstream_connection_options.tcp_keepalive.keepalive_interval',
  ],
  [tls({ allow_renegotiation: true }), 'transport_socket.typed_config.allow_renegotiation'],
  [
    { type: 'STRICT_DNS', ...cares({ use_resolvers_as_fallback: true }) },
    'typed_dns_resolver_config.typed_config.use_resolvers_as_fallback',
  ],
  [
    httpOptions({ explicit_http_config: { http3_protocol_options: {} } }),
    'typed_extension_protocol_options.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.explicit_http_config.http3_protocol_options',
  ],
];

for (const [fields, path] of notServed) {
  test(`${path} needs real Envoy`, () => {
    assert.ok(refused(fields).includes(path), JSON.stringify(refused(fields)));
  });
}

test.run();
