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
};

for (const [what, fields] of Object.entries(served)) {
  test(`${what} is served`, () => {
    assert.equal(refused(fields), []);
  });
}

const notServed: readonly [object, string][] = [
  [{ type: 'EDS', eds_cluster_config: { eds_config: { ads: {} } } }, 'type'],
  [{ lb_policy: 'RING_HASH' }, 'lb_policy'],
  [
    {
      health_checks: [
        { timeout: '1s', interval: '1s', unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {} },
      ],
    },
    'health_checks',
  ],
  [{ outlier_detection: {} }, 'outlier_detection'],
  [{ common_lb_config: { locality_weighted_lb_config: {} } }, 'common_lb_config.locality_weighted_lb_config'],
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
    httpOptions({ auto_config: {} }),
    'typed_extension_protocol_options.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.auto_config',
  ],
];

for (const [fields, path] of notServed) {
  test(`${path} needs real Envoy`, () => {
    assert.ok(refused(fields).includes(path), JSON.stringify(refused(fields)));
  });
}

test.run();
