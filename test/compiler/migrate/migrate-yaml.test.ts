/** v2 -> v3: each rewrite with its place, and the result as Envoy takes it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkText } from '../../../compiler/check-text.js';
import { migrateYaml } from '../../../compiler/migrate/migrate-yaml.js';
import { readYaml } from '../../../dsl/api/index.js';

/** Message at line:column, and the value of the result. */
function migrate(text: string): { readonly told: string[]; readonly value: unknown; readonly text: string } {
  const { errors, rewrites, text: out } = migrateYaml(text);
  assert.equal(errors, []);
  return {
    told: rewrites.map(({ column, line, message }) => `${line}:${column} ${message}`),
    value: readYaml(out).value,
    text: out,
  };
}

function cluster(fields: string): { readonly told: string[]; readonly value: Record<string, unknown> } {
  const { told, value } = migrate(
    `static_resources:\n  clusters:\n  - name: a\n${fields.replace(/^/gm, '    ')}\n`,
  );
  const [only] = (value as { static_resources: { clusters: Record<string, unknown>[] } }).static_resources
    .clusters;
  return { told, value: only as Record<string, unknown> };
}

function route(fields: string): { readonly told: string[]; readonly value: Record<string, unknown> } {
  const { told, value } = migrate(`virtual_hosts:\n- name: a\n  domains: ["*"]\n  routes:\n  - ${fields}\n`);
  const [host] = (value as { virtual_hosts: { routes: Record<string, unknown>[] }[] }).virtual_hosts;
  return { told, value: host?.routes[0] as Record<string, unknown> };
}

test('hosts, with its comment', () => {
  const { told, text, value } = migrate(
    'static_resources:\n  clusters:\n  - name: a\n    # where\n    hosts:\n    - socket_address: { address: b, port_value: 1 } # b\n',
  );
  assert.equal(told, ['5:5 hosts are load_assignment.endpoints[].lb_endpoints now']);
  assert.match(text, '    # where\n    load_assignment:');
  assert.match(text, '# b');
  const address = { socket_address: { address: 'b', port_value: 1 } };
  assert.equal((value as never as { static_resources: { clusters: unknown[] } }).static_resources.clusters, [
    {
      name: 'a',
      load_assignment: { cluster_name: 'a', endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
    },
  ]);
});

test('TLS contexts and protocol options', () => {
  const { told, value } = cluster('tls_context: { sni: x }\nhttp2_protocol_options: { allow_connect: true }');
  assert.equal(told.length, 2);
  assert.equal(value.transport_socket, {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      sni: 'x',
    },
  });
  const key = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  assert.equal(value.typed_extension_protocol_options, {
    [key]: {
      '@type': `type.googleapis.com/${key}`,
      explicit_http_config: { http2_protocol_options: { allow_connect: true } },
    },
  });
  assert.is(value.http2_protocol_options, undefined);
});

test('protocol options by the protocol of the client, and of HTTP/1', () => {
  const options = (fields: string) =>
    (cluster(fields).value.typed_extension_protocol_options as Record<string, Record<string, unknown>>)[
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'
    ];
  assert.equal(
    options('protocol_selection: USE_DOWNSTREAM_PROTOCOL\nhttp2_protocol_options: {}')
      ?.use_downstream_protocol_config,
    { http_protocol_options: {}, http2_protocol_options: {} },
  );
  const common = options('common_http_protocol_options: { idle_timeout: 1s }');
  assert.equal(common?.common_http_protocol_options, { idle_timeout: '1s' });
  assert.equal(common?.explicit_http_config, { http_protocol_options: {} });
});

test('lower-case enums, durations as objects, a text where a list is wanted', () => {
  const { told, value } = cluster(
    'type: strict_dns\nlb_policy: ORIGINAL_DST_LB\nconnect_timeout: { seconds: 1, nanos: 500000000 }\ntls_context: { common_tls_context: { alpn_protocols: h2 } }',
  );
  assert.equal(
    [value.type, value.lb_policy, value.connect_timeout],
    ['STRICT_DNS', 'CLUSTER_PROVIDED', '1.5s'],
  );
  assert.ok(told.includes('6:5 connect_timeout is the text 1.5s now'));
  assert.match(told.join('\n'), 'alpn_protocols is a list');
  assert.match(JSON.stringify(value), '"alpn_protocols":["h2"]');
});

test('matchers', () => {
  const { value } = route(
    'match: { regex: /a.*, headers: [{ name: x, exact_match: "1" }, { name: w, regex_match: z }], query_parameters: [{ name: q, value: v }], runtime: { default_value: { numerator: 1 } } }',
  );
  assert.equal(value.match, {
    safe_regex: { regex: '/a.*' },
    headers: [
      { name: 'x', string_match: { exact: '1' } },
      { name: 'w', string_match: { safe_regex: { regex: 'z' } } },
    ],
    query_parameters: [{ name: 'q', string_match: { exact: 'v' } }],
    runtime_fraction: { default_value: { numerator: 1 } },
  });
});

test('route actions and configurations of filters for one route', () => {
  const { told, value } = route(
    'route: { cluster: c, host_rewrite: h, request_mirror_policy: { cluster: d } }\n    per_filter_config: { envoy.buffer: { disabled: true } }',
  );
  assert.equal(value.route, {
    cluster: 'c',
    host_rewrite_literal: 'h',
    request_mirror_policies: [{ cluster: 'd' }],
  });
  assert.equal(value.typed_per_filter_config, {
    'envoy.filters.http.buffer': {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute',
      disabled: true,
    },
  });
  assert.is(told.length, 5);
});

test('extensions: names, config, @type, and a typed_config where there was none', () => {
  const { value } = migrate(`static_resources:
  listeners:
  - filter_chains:
    - filters:
      - name: envoy.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.config.filter.network.http_connection_manager.v2.HttpConnectionManager
          idle_timeout: 5s
          access_log:
          - name: envoy.file_access_log
            config: { path: /a, format: "x" }
          http_filters:
          - name: envoy.router
    listener_filters:
    - name: envoy.listener.tls_inspector
`);
  const any = 'type.googleapis.com/envoy.extensions';
  assert.equal(
    (value as never as { static_resources: { listeners: unknown[] } }).static_resources.listeners[0],
    {
      filter_chains: [
        {
          filters: [
            {
              name: 'envoy.filters.network.http_connection_manager',
              typed_config: {
                '@type': `${any}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
                access_log: [
                  {
                    name: 'envoy.access_loggers.file',
                    typed_config: {
                      '@type': `${any}.access_loggers.file.v3.FileAccessLog`,
                      path: '/a',
                      log_format: { text_format_source: { inline_string: 'x' } },
                    },
                  },
                ],
                http_filters: [
                  {
                    name: 'envoy.filters.http.router',
                    typed_config: { '@type': `${any}.filters.http.router.v3.Router` },
                  },
                ],
                common_http_protocol_options: { idle_timeout: '5s' },
              },
            },
          ],
        },
      ],
      listener_filters: [
        {
          name: 'envoy.filters.listener.tls_inspector',
          typed_config: { '@type': `${any}.filters.listener.tls_inspector.v3.TlsInspector` },
        },
      ],
    },
  );
});

test('sources, runtime, admin, health checks', () => {
  const { value } = migrate(`admin: { access_log_path: /dev/null }
runtime: { symlink_root: /r, override_subdirectory: o }
dynamic_resources:
  deprecated_v1: {}
  cds_config: { api_config_source: { api_type: GRPC, grpc_services: [{ envoy_grpc: { cluster_name: x } }] } }
static_resources:
  clusters:
  - name: a
    health_checks: [{ http_health_check: { path: /, use_http2: true, service_name: s } }]
    dns_resolvers: [{ socket_address: { address: 127.0.0.1, port_value: 53 } }]
`);
  const out = JSON.stringify(value);
  assert.match(out, '"cds_config":{"api_config_source":{"api_type":"GRPC"');
  assert.match(out, '"transport_api_version":"V3"');
  assert.match(out, '"resource_api_version":"V3"');
  assert.not.match(out, 'deprecated_v1');
  assert.match(out, '"append_service_cluster":true');
  assert.match(out, '"codec_client_type":"HTTP2","service_name_matcher":{"prefix":"s"}');
  assert.match(out, 'CaresDnsResolverConfig","resolvers":[{');
  assert.match(out, 'FileAccessLog","path":"/dev/null"');
});

test('settings that moved: CORS, header options, upgrades, wrapped values', () => {
  const { value } = route(
    'route: { cluster: c, use_websocket: true, cors: { enabled: true, allow_origin: ["*", a.com] } }\n    request_headers_to_add: [{ header: { key: a, value: b }, append: { value: false } }]\n    match: { prefix: /, case_sensitive: { value: false } }',
  );
  assert.equal(value.route, { cluster: 'c', upgrade_configs: [{ upgrade_type: 'websocket' }] });
  assert.equal(value.typed_per_filter_config, {
    'envoy.filters.http.cors': {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy',
      allow_origin_string_match: [{ safe_regex: { regex: '.*' } }, { exact: 'a.com' }],
    },
  });
  assert.equal(value.request_headers_to_add, [
    { header: { key: 'a', value: 'b' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
  ]);
  assert.equal(value.match, { prefix: '/', case_sensitive: false });
});

test('filters that became others, and their settings', () => {
  const { value } = migrate(`static_resources:
  listeners:
  - use_proxy_proto: { value: true }
    filter_chains:
    - use_proxy_proto: true
      filters:
      - name: envoy.http_connection_manager
        config:
          tracing: { operation_name: egress, request_headers_for_tags: [x-a] }
          http_filters:
          - name: envoy.gzip
            config: { memory_level: { value: 5 }, content_length: 100, compression_level: BEST, remove_accept_encoding_header: true }
          - name: envoy.fault
            config: { delay: { type: fixed, fixed_delay: 1s, percent: 5 } }
          - name: envoy.health_check
            config: { pass_through_mode: false, endpoint: /h }
          - name: envoy.ext_authz
            config: { use_alpha: true, grpc_service: { envoy_grpc: { cluster_name: c } } }
          - name: envoy.lua
            config: { inline_code: "x" }
tracing: { http: { name: envoy.zipkin, config: { collector_cluster: c, collector_endpoint: /api/v1/spans } } }
`);
  const out = JSON.stringify(value);
  const any = 'type.googleapis.com/envoy.extensions';
  assert.not.match(out, 'use_proxy_proto');
  assert.match(out, '"listener_filters":[{"name":"envoy.filters.listener.proxy_protocol"');
  assert.match(out, '"tracing":{"custom_tags":[{"tag":"x-a","request_header":{"name":"x-a"}}]}');
  assert.match(
    out,
    `"typed_config":{"@type":"${any}.filters.http.compressor.v3.Compressor","response_direction_config":{"remove_accept_encoding_header":true,"common_config":{"min_content_length":100}},"compressor_library":{"name":"gzip","typed_config":{"@type":"${any}.compression.gzip.compressor.v3.Gzip","memory_level":5,"compression_level":"BEST_COMPRESSION"}}}`,
  );
  assert.match(out, '"delay":{"fixed_delay":"1s","percentage":{"numerator":5}}');
  assert.match(out, '"headers":[{"name":":path","string_match":{"exact":"/h"}}]');
  assert.match(out, '"grpc_service":{"envoy_grpc":{"cluster_name":"c"}},"transport_api_version":"V3"');
  assert.match(out, '"default_source_code":{"inline_string":"x"}');
  assert.match(out, '"collector_endpoint":"/api/v2/spans","collector_endpoint_version":"HTTP_JSON"');
});

/** What the article of 2019 has, as a whole: nothing is left for the reader to refuse. */
test('a gRPC proxy of 2019 is sound afterwards', () => {
  const { text, told } = migrate(`static_resources:
  listeners:
  - name: internal-grpc-traffic
    address: { socket_address: { address: 0.0.0.0, port_value: 8888 } }
    filter_chains:
    - tls_context:
        common_tls_context:
          alpn_protocols: h2
          tls_certificates: [{ certificate_chain: { filename: a.crt }, private_key: { filename: a.key } }]
      filters:
      - name: envoy.http_connection_manager
        config:
          stat_prefix: ingress_http
          route_config:
            virtual_hosts:
            - name: my-awesome-service
              domains: ["*"]
              routes:
              - match: { prefix: /, grpc: {} }
                route: { cluster: grpc, timeout: { seconds: 15 } }
          http_filters: [{ name: envoy.router }]
  clusters:
  - name: grpc
    connect_timeout: 0.5s
    http2_protocol_options: {}
    type: strict_dns
    lb_policy: round_robin
    health_checks:
    - { grpc_health_check: {}, timeout: 1s, interval: 2s, healthy_threshold: 3, unhealthy_threshold: 3 }
    hosts: [{ socket_address: { address: my-awesome-service.service.consul, port_value: 5100 } }]
`);
  assert.ok(told.length >= 10);
  assert.equal(
    checkText(text, { file: 'a.yaml' }).filter(({ severity }) => severity === 'error'),
    [],
  );
  assert.equal(migrateYaml(text).rewrites, [], 'nothing is rewritten twice');
});

test('what is of today stays to the byte; what is no YAML is told', () => {
  const sound = 'static_resources: {clusters:   [{name: a}]}   # x\n';
  assert.equal(migrateYaml(sound), { text: sound, rewrites: [], errors: [] });
  const broken = migrateYaml('a: [1\nb: }');
  assert.ok(broken.errors.length > 0);
  assert.is(broken.errors[0]?.line, 2);
  const anchored = migrateYaml(
    'static_resources: { clusters: [{ name: a, tls_context: &t { sni: x } }], listeners: [{ name: *t }] }',
  );
  assert.equal(anchored.rewrites.length + anchored.errors.length, 1);
  assert.is(migrateYaml('').rewrites.length, 0);
  assert.is(migrateYaml('just text').rewrites.length, 0);
});

test.run();
