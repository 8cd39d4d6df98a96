/** E3029, E3030 and the names of E3019: every case was answered so by Envoy 1.40. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findProblems } from '../../../compiler/check/find-problems.js';
import {
  accepted,
  bootstrap,
  cluster,
  httpFilter,
  listener,
  refused,
  routed,
  router,
  url,
} from './bootstraps.js';
import type { Fields } from './bootstraps.js';

const filter = (name: string, config: Fields = {}): Fields =>
  bootstrap([listener({ http_filters: [httpFilter(name, config), router] })], [cluster('x')]);

test('one of two services, a descriptor set, rules, tags', () => {
  const grpc_service = { envoy_grpc: { cluster_name: 'x' } };
  const http_service = { http_service: { http_uri: { uri: 'http://a', cluster: 'x', timeout: '1s' } } };
  refused(filter('ext_proc.v3.ExternalProcessor'), 'E3029', 'typed_config');
  refused(filter('ext_proc.v3.ExternalProcessor', { grpc_service, http_service }), 'E3029', 'http_service');
  accepted(filter('ext_proc.v3.ExternalProcessor', { grpc_service }));
  refused(filter('ip_tagging.v3.IPTagging'), 'E3029', 'typed_config');
  accepted(filter('ip_tagging.v3.IPTagging', { ip_tags: [{ ip_tag_name: 'a' }] }));
  refused(filter('thrift_to_metadata.v3.ThriftToMetadata'), 'E3029', 'typed_config');
  refused(filter('wasm.v3.Wasm', { config: { fail_open: true } }), 'E3029', 'typed_config');
  refused(filter('dynamic_modules.v3.DynamicModuleFilter'), 'E3029', 'typed_config');
  accepted(filter('header_to_metadata.v3.Config'));
});

test('regions of AWS', () => {
  const region = (name: string, more: Fields = {}) =>
    filter('aws_request_signing.v3.AwsRequestSigning', { service_name: 's3', region: name, ...more });
  accepted(region('eu-west-1'));
  refused(region('eu-*'), 'E3029', 'region');
  refused(region('a,b'), 'E3029', 'region');
  accepted(region('eu-*', { signing_algorithm: 'AWS_SIGV4A' }));
});

test('the content of a JWKS', () => {
  const jwks = (inline_string: string) =>
    filter('jwt_authn.v3.JwtAuthentication', {
      providers: { p: { issuer: 'a', local_jwks: { inline_string } } },
    });
  for (const text of ['nope', '{}', '{"keys":[]}', '{"keys":[{"kid":"a"}]}'])
    refused(jwks(text), 'E3029', 'local_jwks');
  accepted(jwks('{"keys":[{"kty":"RSA","n":"a\n b","e":"AQAB"}]}'));
  accepted(jwks('{"keys":[{"kty":"oct","k":"YQ","alg":"HS256"}]}'));
});

test('the address of a JWKS', () => {
  const remote = (uri: string) =>
    filter('jwt_authn.v3.JwtAuthentication', {
      providers: { p: { issuer: 'a', remote_jwks: { http_uri: { uri, cluster: 'x', timeout: '1s' } } } },
    });
  for (const uri of ['http://a', 'https://[::1]/a', 'ftp://a/x']) accepted(remote(uri));
  for (const uri of ['0', 'a.example/x', '/x', 'http://', '//a/x'])
    refused(remote(uri), 'E3029', 'remote_jwks');
});

test('actions of the overload manager', () => {
  const manager = (name: string, more: Fields = {}) => {
    const monitor = 'envoy.resource_monitors.fixed_heap';
    const type = url('envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig');
    const resource_monitors = [{ name: monitor, typed_config: { '@type': type, max_heap_size_bytes: 1000 } }];
    const triggers = [{ name: monitor, threshold: { value: 0.9 } }];
    const actions = [{ name: `envoy.overload_actions.${name}`, triggers }];
    return { overload_manager: { resource_monitors, actions, ...more } };
  };
  for (const name of ['stop_accepting_requests', 'shrink_heap', 'close_idle_http_connections'])
    accepted(manager(name));
  refused(manager('stop_accepting_everything'), 'E3029', 'name');
  refused(manager('reduce_timeouts'), 'E3029', '0');
  refused(manager('reset_high_memory_stream'), 'E3029', '0');
  accepted(
    manager('reset_high_memory_stream', {
      buffer_factory_config: { minimum_account_to_track_power_of_two: 20 },
    }),
  );
});

test('ranges of statuses', () => {
  const range = (start: number, end: number) =>
    filter('admission_control.v3.AdmissionControl', {
      success_criteria: { http_criteria: { http_success_status: [{ start, end }] } },
    });
  for (const [start, end] of [
    [100, 600],
    [404, 404],
    [599, 600],
  ] as const)
    accepted(range(start, end));
  for (const [start, end] of [
    [404, 0],
    [99, 200],
    [600, 600],
    [100, 601],
    [500, 400],
  ] as const) {
    refused(range(start, end), 'E3029', 'http_success_status');
  }
});

test('messages of filters in their places', () => {
  const policy = { '@type': url('envoy.extensions.filters.http.cors.v3.CorsPolicy'), allow_methods: 'GET' };
  refused(filter('cors.v3.CorsPolicy', { allow_methods: 'GET' }), 'E3030', 'typed_config');
  accepted(filter('cors.v3.CorsPolicy'));
  const perRoute = (payload: Fields) =>
    bootstrap([routed({ direct_response: { status: 200 } }, { typed_per_filter_config: { f: payload } })]);
  accepted(perRoute(policy));
  const buffer = { '@type': url('envoy.extensions.filters.http.buffer.v3.Buffer'), max_request_bytes: 5 };
  refused(perRoute(buffer), 'E3030', 'f');
  // An empty one is read as an empty one of the right type.
  accepted(perRoute({ '@type': url('envoy.extensions.filters.http.cors.v3.Cors') }));
  refused(perRoute({ '@type': url('envoy.extensions.filters.http.oauth2.v3.OAuth2') }), 'E3030', 'f');
  refused(
    perRoute({ '@type': url('envoy.extensions.filters.http.header_to_metadata.v3.Config') }),
    'E3029',
    'f',
  );
});

test('names of the TLS library', () => {
  const tls = (tls_params: Fields) => {
    const type = url('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext');
    const typed_config = { '@type': type, common_tls_context: { tls_params } };
    return bootstrap([], [cluster('x', { transport_socket: { name: 'tls', typed_config } })]);
  };
  for (const name of [
    'ECDHE-RSA-AES128-GCM-SHA256',
    'TLS_RSA_WITH_AES_128_CBC_SHA',
    'ALL',
    '',
    '[AES128-SHA|AES256-SHA]',
    'ECDHE+AESGCM',
  ]) {
    accepted(tls({ cipher_suites: [name] }));
  }
  for (const name of ['x', 'TLS_AES_128_GCM_SHA256', 'AES128-SHA:x', '[x|y]', 'DHE-RSA-AES128-SHA']) {
    refused(tls({ cipher_suites: [name] }), 'E3019', '0');
  }
  accepted(tls({ ecdh_curves: ['X25519', 'P-256:P-384'] }));
  refused(tls({ ecdh_curves: ['P-224'] }), 'E3019', '0');
  refused(tls({ signature_algorithms: ['ED25519'] }), 'E3019', '0');
});

test('rules that Envoy does not look at', () => {
  const priority = (update_frequency: number) => {
    const type = url('envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig');
    const retry_priority = { name: 'p', typed_config: { '@type': type, update_frequency } };
    return bootstrap(
      [routed({ route: { cluster: 'x', retry_policy: { retry_on: '5xx', retry_priority } } })],
      [cluster('x')],
    );
  };
  const codes = (value: Fields) =>
    findProblems(value, { lint: { extends: 'none' } }).findings.map(({ code }) => code);
  assert.equal(codes(priority(0)), []);
  const udp = (writer: Fields) => ({
    static_resources: {
      listeners: [
        {
          name: 'l',
          address: { socket_address: { address: '127.0.0.1', port_value: 1, protocol: 'UDP' } },
          udp_listener_config: { udp_packet_packet_writer_config: writer },
        },
      ],
    },
  });
  assert.equal(codes(udp({ name: 'x', typed_config: {} })), []);
  assert.equal(codes(udp({ name: 'x' })), ['E1004']);
  assert.equal(codes(filter('ext_authz.v3.ExtAuthzPerRoute')), []);
  assert.equal(codes(filter('jwt_authn.v3.JwtAuthentication', { providers: { p: { local_jwks: {} } } })), [
    'E1004',
  ]);
});

test.run();
