/** E3035, each as real Envoy 1.40 refuses it, and next to it what Envoy takes. */
import { test } from 'uvu';
import type { Fields } from './bootstraps.js';
import { accepted, bootstrap, cluster, refused, url } from './bootstraps.js';

const timing = { timeout: '1s', interval: '1s', unhealthy_threshold: 1, healthy_threshold: 1 };
const checked = (check: Fields, more: Fields = {}) =>
  bootstrap([], [cluster('a', { health_checks: [{ ...timing, ...check }], ...more })]);
const http = (fields: Fields) => checked({ http_health_check: { path: '/', ...fields } });
const tcp = (fields: Fields) => checked({ tcp_health_check: fields });
const detected = (fields: Fields) => bootstrap([], [cluster('a', { outlier_detection: fields })]);

test('a payload is hexadecimal', () => {
  accepted(http({ receive: [{ text: '00fF' }, { binary: 'aGk=' }] }));
  refused(http({ receive: [{ text: '00' }, { text: 'xyz' }] }), 'E3035', 'receive.1.text');
  refused(tcp({ send: { text: 'abc' } }), 'E3035', 'tcp_health_check.send.text');
  refused(tcp({ receive: [{ text: '0x00' }] }), 'E3035', 'receive.0.text');
});

test('a body is sent by a method that has one', () => {
  accepted(http({ send: { text: '00' }, method: 'POST' }));
  refused(http({ send: { text: '00' } }), 'E3035', 'http_health_check.send');
  refused(http({ send: { text: '00' }, method: 'DELETE' }), 'E3035', 'http_health_check.send');
});

test('what is expected fits into what is looked at', () => {
  accepted(http({ receive: [{ text: '0000' }], response_buffer_size: 2 }));
  accepted(http({ receive: [{ text: '00'.repeat(2000) }], response_buffer_size: 0 }));
  refused(
    http({ receive: [{ text: '00' }, { text: '0000' }], response_buffer_size: 2 }),
    'E3035',
    'response_buffer_size',
  );
  refused(http({ receive: [{ text: '00'.repeat(1025) }] }), 'E3035', 'http_health_check');
});

test('ranges of statuses', () => {
  accepted(
    http({ expected_statuses: [{ start: 100, end: 600 }], retriable_statuses: [{ start: 200, end: 201 }] }),
  );
  refused(http({ expected_statuses: [{ start: 200, end: 200 }] }), 'E3035', '0.end');
  refused(http({ expected_statuses: [{ start: 200, end: 601 }] }), 'E3035', '0.end');
  refused(http({ retriable_statuses: [{ start: 99, end: 200 }] }), 'E3035', '0.start');
});

test('ALPN needs TLS', () => {
  refused(http({ use_alpn_protocol: true }), 'E3035', 'use_alpn_protocol');
  accepted(
    checked(
      { http_health_check: { path: '/', use_alpn_protocol: true } },
      {
        transport_socket: {
          name: 'tls',
          typed_config: { '@type': url('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext') },
        },
      },
    ),
  );
});

test('HTTP/3 needs QUIC', () => {
  refused(http({ codec_client_type: 'HTTP3' }), 'E3035', 'codec_client_type');
  accepted(http({ codec_client_type: 'HTTP2' }));
});

test('gRPC needs HTTP/2', () => {
  const grpc = { grpc_health_check: {} };
  const name = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  const options = (fields: Fields) => ({
    typed_extension_protocol_options: { [name]: { '@type': url(name), ...fields } },
  });
  refused(checked(grpc), 'E3035', '0.grpc_health_check');
  refused(
    checked(grpc, options({ explicit_http_config: { http_protocol_options: {} } })),
    'E3035',
    'grpc_health_check',
  );
  accepted(checked(grpc, options({ explicit_http_config: { http2_protocol_options: {} } })));
  accepted(checked(grpc, { http2_protocol_options: {} }));
});

test('checks go to an IP address and a port', () => {
  const to = (address: Fields, config: Fields, type = 'STATIC') => {
    const endpoint = { address, health_check_config: config };
    const assignment = { cluster_name: 'a', endpoints: [{ lb_endpoints: [{ endpoint }] }] };
    return bootstrap([], [cluster('a', { type, load_assignment: assignment })]);
  };
  const ip = { socket_address: { address: '127.0.0.1', port_value: 1 } };
  accepted(to(ip, { port_value: 3 }));
  accepted(to({ pipe: { path: '/s' } }, { hostname: 'h' }));
  const name = { address: { socket_address: { address: 'foo.example', port_value: 4 } } };
  accepted(to(ip, name, 'STRICT_DNS'));
  refused(to({ pipe: { path: '/s' } }, { address: ip, port_value: 3 }), 'E3035', 'port_value');
  refused(to(ip, { address: { pipe: { path: '/s' } }, port_value: 3 }), 'E3035', 'port_value');
  refused(to({ pipe: { path: '/s' } }, { port_value: 3 }), 'E3035', 'health_check_config.port_value');
  refused(to(ip, name), 'E3035', 'address.socket_address.address');
});

test('an ejection lasts at least its base time', () => {
  refused(detected({ max_ejection_time: '29s' }), 'E3035', 'outlier_detection.max_ejection_time');
  accepted(detected({ max_ejection_time: '2s', base_ejection_time: '2s' }));
  accepted(detected({ base_ejection_time: '400s' }));
});

test.run();
