/** What the examples of the pages do not show: exceptions, options, and the long ones. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fields } from '../check/bootstraps.js';
import { url } from '../check/bootstraps.js';
import { findings, whole } from './pieces.js';

function count(rule: string, piece: string, content: unknown, options: Fields = {}): number {
  return findings(rule, whole(piece, content), options).length;
}
const cluster = (more: Fields = {}): Fields => ({ name: 'c', type: 'STATIC', ...more });
const to = (route: Fields = {}, match: Fields = {}): Fields => ({
  match: { prefix: '/', ...match },
  route: { cluster: 'c', ...route },
});
const host = (address: string, port = 80): Fields => ({
  cluster_name: 'c',
  endpoints: [
    { lb_endpoints: [{ endpoint: { address: { socket_address: { address, port_value: port } } } }] },
  ],
});

test('no-stat-flood counts clusters', () => {
  const clusters = Array.from({ length: 4 }, (_, index) => cluster({ name: `c${index}` }));
  const bootstrap = { static_resources: { clusters } };
  assert.is(count('no-stat-flood', 'bootstrap', bootstrap, { maxClusters: 3 }), 1);
  assert.is(count('no-stat-flood', 'bootstrap', bootstrap, { maxClusters: 4 }), 0);
  assert.is(count('no-stat-flood', 'bootstrap', bootstrap), 0);
  const stats_config = { stats_matcher: { inclusion_list: { patterns: [{ prefix: 'a' }] } } };
  assert.is(count('no-stat-flood', 'bootstrap', { ...bootstrap, stats_config }, { maxClusters: 3 }), 0);
});

test('no-long-route-list counts routes', () => {
  const routes = [to(), to(), to()];
  assert.is(count('no-long-route-list', 'routes', routes, { maxRoutes: 2 }), 1);
  assert.is(count('no-long-route-list', 'routes', routes, { maxRoutes: 3 }), 0);
});

test('no-unused-cluster is silent where names come from elsewhere', () => {
  const bootstrap = (action: Fields, more: Fields = {}): unknown => {
    const unused = cluster({ name: 'unused' });
    const value = whole('routes', [{ match: { prefix: '/' }, route: action }]) as Fields;
    const resources = value.static_resources as Fields;
    return { ...value, ...more, static_resources: { ...resources, clusters: [unused, cluster()] } };
  };
  const found = (action: Fields, more: Fields = {}): number =>
    findings('no-unused-cluster', bootstrap(action, more)).length;
  assert.is(found({ cluster: 'c' }), 1);
  assert.is(found({ cluster_header: 'x-to' }), 0);
  assert.is(found({ cluster: 'c', request_mirror_policies: [{ cluster_header: 'x-to' }] }), 0);
  assert.is(found({ cluster: 'c', request_mirror_policies: [{ cluster: 'unused' }] }), 0);
  assert.is(found({ cluster: 'c' }, { dynamic_resources: { lds_config: { ads: {} } } }), 0);
  assert.is(found({ cluster: 'c' }, { cluster_manager: { local_cluster_name: 'unused' } }), 0);
  // A misspelt name is told by its check.
  assert.is(found({ cluster: 'unusde' }), 0);
});

test('no-plaintext-tls-port leaves tunnels alone', () => {
  const bootstrap = (route: Fields): Fields => {
    const value = whole('routes', [route]) as Fields;
    const resources = value.static_resources as Fields;
    return {
      ...value,
      static_resources: { ...resources, clusters: [cluster({ load_assignment: host('1.2.3.4', 443) })] },
    };
  };
  const found = (route: Fields): number => findings('no-plaintext-tls-port', bootstrap(route)).length;
  assert.is(found(to()), 1);
  assert.is(found({ ...to(), match: { connect_matcher: {} } }), 0);
  assert.is(found(to({ upgrade_configs: [{ upgrade_type: 'CONNECT', connect_config: {} }] })), 0);
  assert.is(
    count('no-plaintext-tls-port', 'cluster', cluster({ load_assignment: host('1.2.3.4', 8443) })),
    0,
  );
  const options = { ports: [8443] };
  assert.is(
    count('no-plaintext-tls-port', 'cluster', cluster({ load_assignment: host('1.2.3.4', 8443) }), options),
    1,
  );
});

test('no-placeholder knows what is a variable and what is not', () => {
  const named = (name: string): number =>
    count('no-placeholder', 'cluster', cluster({ alt_stat_name: name }));
  for (const text of ['\u0024{HOST}', 'a-\u0024{HOST:-b}', '{{ .Values.host }}', '<%= host %>'])
    assert.is(named(text), 1, text);
  for (const text of ['%REQ(X)%', '$HOST', '{a}', '/x/{id}', 'a\u0024{1}', '{{}}'])
    assert.is(named(text), 0, text);
  const lua = {
    name: 'lua',
    typed_config: {
      '@type': url('envoy.extensions.filters.http.lua.v3.Lua'),
      default_source_code: { inline_string: 'x = "\u0024{HOST}"' },
    },
  };
  assert.is(count('no-placeholder', 'hcm', { http_filters: [lua] }), 0);
});

test('no-retry-storm multiplies along the hops of the file', () => {
  const retry = (num_retries: number): Fields => ({ retry_policy: { retry_on: '5xx', num_retries } });
  assert.is(count('no-retry-storm', 'routes', [to(retry(9))]), 0);
  assert.is(count('no-retry-storm', 'routes', [to(retry(10))]), 1);
  assert.is(count('no-retry-storm', 'routes', [to(retry(4))], { maxTries: 4 }), 1);
  const value = whole('routes', [to(retry(3))]) as { static_resources: Fields };
  const [first] = value.static_resources.listeners as Fields[];
  const inner = {
    ...first,
    name: 'inner',
    address: { socket_address: { address: '127.0.0.1', port_value: 9000 } },
  };
  const clusters = [cluster({ load_assignment: host('127.0.0.1', 9000) })];
  const both = { static_resources: { listeners: [first, inner], clusters } };
  const [message, ...others] = findings('no-retry-storm', both);
  assert.match(message ?? '', '4 times, and the next hop 4 times: 16');
  assert.is(others.length, 1);
});

test('edge rules look at open listeners only', () => {
  const listener = (address: string): Fields => ({
    name: 'l',
    address: { socket_address: { address, port_value: 1 } },
    filter_chains: [{}],
  });
  for (const rule of ['require-connection-limit', 'require-buffer-limit', 'require-overload-manager']) {
    assert.is(count(rule, 'listener', listener('127.0.0.1')), 0, rule);
    assert.is(count(rule, 'listener', listener('::1')), 0, rule);
    assert.is(count(rule, 'listener', listener('10.0.0.1')), 1, rule);
    assert.is(count(rule, 'listener', { ...listener('0.0.0.0'), traffic_direction: 'OUTBOUND' }), 0, rule);
  }
});

test('connection limits of the runtime count', () => {
  const static_layer = { overload: { global_downstream_max_connections: 1000 } };
  const bootstrap = {
    layered_runtime: { layers: [{ name: 'l', static_layer }] },
    static_resources: {
      listeners: [
        {
          name: 'l',
          address: { socket_address: { address: '0.0.0.0', port_value: 1 } },
          filter_chains: [{}],
        },
      ],
    },
  };
  assert.is(count('require-connection-limit', 'bootstrap', bootstrap), 0);
});

test('health checks and outlier detection both take hosts out', () => {
  const two = {
    cluster_name: 'c',
    endpoints: [
      {
        lb_endpoints: ['1.1.1.1', '1.1.1.2'].map((address) => ({
          endpoint: { address: { socket_address: { address, port_value: 1 } } },
        })),
      },
    ],
  };
  const check = {
    timeout: '1s',
    interval: '5s',
    unhealthy_threshold: 2,
    healthy_threshold: 1,
    tcp_health_check: {},
  };
  assert.is(count('require-health-checks', 'cluster', cluster({ load_assignment: two })), 1);
  assert.is(
    count('require-health-checks', 'cluster', cluster({ load_assignment: two, health_checks: [check] })),
    0,
  );
  assert.is(count('require-health-checks', 'cluster', cluster({ load_assignment: host('1.1.1.1') })), 0);
});

test('no-grpc-stream-timeout leaves alone what was thought of', () => {
  const grpc = (route: Fields): number =>
    count('no-grpc-stream-timeout', 'routes', [to(route, { grpc: {} })]);
  assert.is(grpc({ timeout: '15s' }), 1);
  assert.is(grpc({ timeout: '0s' }), 0);
  assert.is(grpc({ max_stream_duration: { max_stream_duration: '60s' } }), 0);
  assert.is(count('no-grpc-stream-timeout', 'routes', [to()]), 0);
});

test('require-http2-upstream knows both forms of the options', () => {
  const bootstrap = (more: Fields): unknown => {
    const value = whole('routes', [to({}, { grpc: {} })]) as Fields;
    return { static_resources: { ...(value.static_resources as Fields), clusters: [cluster(more)] } };
  };
  const type = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  const options = (kind: Fields): Fields => ({
    typed_extension_protocol_options: { [type]: { '@type': url(type), ...kind } },
  });
  const found = (more: Fields): number => findings('require-http2-upstream', bootstrap(more)).length;
  assert.is(found({}), 1);
  assert.is(found(options({ explicit_http_config: { http_protocol_options: {} } })), 1);
  assert.is(found({ http2_protocol_options: {} }), 0);
  assert.is(found(options({ explicit_http_config: { http2_protocol_options: {} } })), 0);
  assert.is(found(options({ use_downstream_protocol_config: {} })), 0);
});

test('no-deprecated-field lets the DNS settings of a cluster through unless told otherwise', () => {
  const dns = cluster({ type: 'STRICT_DNS', dns_lookup_family: 'V4_ONLY', dns_refresh_rate: '5s' });
  assert.is(count('no-deprecated-field', 'cluster', dns), 0);
  assert.is(count('no-deprecated-field', 'cluster', dns, { allow: [] }), 1);
});

test('no-costly-regex counts steps', () => {
  const regex = (text: string, options: Fields = {}): number =>
    count(
      'no-costly-regex',
      'routes',
      [{ match: { safe_regex: { regex: text } }, route: { cluster: 'c' } }],
      options,
    );
  assert.is(regex('/[a-z]{1,900}'), 0);
  assert.is(regex('/([a-z]{1,40}/){1,30}'), 1);
  assert.is(regex('/abcdef', { maxSize: 3 }), 1);
});

test('an explicit false of require_client_certificate says that it is meant', () => {
  const tls = (more: Fields): unknown => ({
    static_resources: {
      listeners: [
        {
          name: 'l',
          address: { socket_address: { address: '127.0.0.1', port_value: 1 } },
          filter_chains: [
            {
              transport_socket: {
                name: 'tls',
                typed_config: {
                  '@type': url('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext'),
                  common_tls_context: { validation_context: { trusted_ca: { filename: '/ca' } } },
                  ...more,
                },
              },
            },
          ],
        },
      ],
    },
  });
  assert.is(count('require-client-certificate', 'bootstrap', tls({})), 1);
  assert.is(count('require-client-certificate', 'bootstrap', tls({ require_client_certificate: false })), 0);
});

test.run();
