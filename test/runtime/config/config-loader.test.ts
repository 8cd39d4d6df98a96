import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigLoadError, loadConfig } from '../../../runtime/config/config-loader.js';
import type { SupportedFields } from '../../../runtime/config/supported-fields.js';
import { joinSupportedFields, onlyValues } from '../../../runtime/config/supported-fields.js';

const bootstrap = 'envoy.config.bootstrap.v3.';
const cluster = 'envoy.config.cluster.v3.Cluster';

const supported: SupportedFields = {
  [`${bootstrap}Bootstrap`]: { static_resources: true, node: 'ignored' },
  [`${bootstrap}Bootstrap.StaticResources`]: { clusters: true },
  [cluster]: {
    name: true,
    lb_policy: onlyValues('ROUND_ROBIN', 'RANDOM'),
    transport_socket: true,
    typed_extension_protocol_options: true,
    connect_timeout: true,
  },
  'envoy.config.core.v3.TransportSocket': { name: true, typed_config: true },
  'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer': {},
};

function findings(yaml: string): string[] {
  try {
    loadConfig(yaml, 'e.yaml', supported);
    return [];
  } catch (error) {
    assert.instance(error, ConfigLoadError);
    return (error as Error).message.split('\n');
  }
}

const clusters = (...lines: string[]): string =>
  ['static_resources:', '  clusters:', ...lines.map((line) => `    ${line}`)].join('\n');

test('a good text becomes the canonical message', () => {
  const { bootstrap: read, describe } = loadConfig(
    clusters('- name: a', '  connectTimeout: 1s', '  lb_policy: random'),
    'e.yaml',
    supported,
  );
  assert.equal(read, {
    static_resources: { clusters: [{ name: 'a', connect_timeout: '1s', lb_policy: 'RANDOM' }] },
  });
  assert.is(
    describe(['static_resources', 'clusters', 0, 'name'], 'why'),
    'e.yaml:3:7: static_resources.clusters[0].name: why',
  );
});

test('a syntax error has its position', () => {
  assert.match(findings('a: [')[0] ?? '', /^e\.yaml:\d+:\d+: /);
  assert.match(findings('')[0] ?? '', /^e\.yaml:1:1: the document is empty$/);
});

test('what the API does not know is told before what the runtime does not serve', () => {
  const lines = findings(clusters('- name: a', '  lb_policy: MAGLEV', '  nam: b'));
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /^e\.yaml:5:7: static_resources\.clusters\[0\]\.nam: .*; did you mean 'name'\?$/,
  );
});

test('all that is not served is told, in the order of the file, with the words "needs real Envoy"', () => {
  const lines = findings(
    clusters(
      '- name: a',
      '  lb_policy: MAGLEV',
      '  outlier_detection: { consecutive_5xx: 3 }',
      '- name: b',
      '  transport_socket:',
      '    name: tap',
      '    typed_config:',
      '      "@type": type.googleapis.com/envoy.extensions.transport_sockets.tap.v3.Tap',
      '      transport_socket: { name: raw, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer } }',
      '      common_config: { admin_config: { config_id: x } }',
    ),
  );
  assert.equal(lines, [
    `e.yaml:4:7: static_resources.clusters[0].lb_policy: lb_policy "MAGLEV" (only "ROUND_ROBIN", "RANDOM" is served) needs real Envoy`,
    'e.yaml:5:7: static_resources.clusters[0].outlier_detection: Cluster.outlier_detection needs real Envoy',
    'e.yaml:9:9: static_resources.clusters[1].transport_socket.typed_config: envoy.extensions.transport_sockets.tap.v3.Tap needs real Envoy',
  ]);
});

test('entries of maps are looked into', () => {
  const lines = findings(
    clusters(
      '- name: a',
      '  typed_extension_protocol_options:',
      '    envoy.extensions.upstreams.http.v3.HttpProtocolOptions:',
      '      "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      '      explicit_http_config: { http2_protocol_options: {} }',
    ),
  );
  assert.is(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /typed_extension_protocol_options\.envoy\.extensions\.upstreams\.http\.v3\.HttpProtocolOptions: envoy\.extensions\.upstreams\.http\.v3\.HttpProtocolOptions needs real Envoy$/,
  );
});

test('what is ignored is not looked into', () => {
  assert.equal(findings('node: { id: x, metadata: { a: 1 } }\nstatic_resources: {}'), []);
});

test('two components cannot say different things of one message', () => {
  assert.equal(joinSupportedFields({ a: { x: true } }, { a: { x: true } }), { a: { x: true } });
  assert.throws(() => joinSupportedFields({ a: {} }, { b: {} }, { a: { x: true } }), /what is served of a$/);
});

test.run();
