import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { extractTags } from '../../../runtime/stats/tag-extractor.js';

/** Full name, name without tags, tags in their order: as Envoy 1.40 shows them to Prometheus. */
const cases: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  ['server.live', 'server.live', {}],
  ['listener_manager.workers_started', 'listener_manager.workers_started', {}],
  ['cluster_manager.cluster_added', 'cluster_manager.cluster_added', {}],
  ['cluster.web.upstream_rq_503', 'cluster.upstream_rq', { response_code: '503', cluster_name: 'web' }],
  [
    'cluster.web.external.upstream_rq_2xx',
    'cluster.external.upstream_rq_xx',
    { response_code_class: '2', cluster_name: 'web' },
  ],
  // A dot in a cluster's name cuts it, as in Envoy: that is what `alt_stat_name` is for.
  ['cluster.a.b.membership_total', 'cluster.b.membership_total', { cluster_name: 'a' }],
  [
    'cluster.web.circuit_breakers.default.cx_open',
    'cluster.circuit_breakers.default.cx_open',
    { cluster_name: 'web' },
  ],
  [
    'cluster.web.ssl.ciphers.TLS_AES_128_GCM_SHA256',
    'cluster.ssl.ciphers',
    { cipher_suite: 'TLS_AES_128_GCM_SHA256', cluster_name: 'web' },
  ],
  [
    'http.ingress_http.downstream_rq_2xx',
    'http.downstream_rq_xx',
    { response_code_class: '2', http_conn_manager_prefix: 'ingress_http' },
  ],
  [
    'http.ingress_http.downstream_rq_time',
    'http.downstream_rq_time',
    { http_conn_manager_prefix: 'ingress_http' },
  ],
  [
    'http.p.rds.my.routes.update_success',
    'http.rds.update_success',
    { http_conn_manager_prefix: 'p', rds_route_config: 'my.routes' },
  ],
  [
    'listener.127.0.0.1_80.downstream_cx_total',
    'listener.downstream_cx_total',
    { listener_address: '127.0.0.1_80' },
  ],
  ['listener.[__1]_80.downstream_cx_total', 'listener.downstream_cx_total', { listener_address: '[__1]_80' }],
  ['listener.edge.downstream_cx_total', 'listener.downstream_cx_total', { listener_address: 'edge' }],
  ['listener.admin.downstream_cx_total', 'listener.admin.downstream_cx_total', {}],
  [
    'listener.127.0.0.1_80.worker_3.downstream_cx_active',
    'listener.worker_downstream_cx_active',
    { worker_id: '3', listener_address: '127.0.0.1_80' },
  ],
  [
    'listener.127.0.0.1_80.http.p.downstream_rq_4xx',
    'listener.http.downstream_rq_xx',
    { response_code_class: '4', http_conn_manager_prefix: 'p', listener_address: '127.0.0.1_80' },
  ],
  [
    'listener.127.0.0.1_80.ssl.versions.TLSv1.3',
    'listener.ssl.versions',
    { ssl_version: 'TLSv1.3', listener_address: '127.0.0.1_80' },
  ],
  [
    'listener.127.0.0.1_80.ssl.curves.X25519',
    'listener.ssl.curves',
    { ssl_curve: 'X25519', listener_address: '127.0.0.1_80' },
  ],
  [
    'listener.127.0.0.1_80.ssl.certificate.unnamed_cert_e3b0c442.expiration_unix_time_seconds',
    'listener.ssl.certificate.expiration_unix_time_seconds',
    { tls_certificate: 'unnamed_cert_e3b0c442', listener_address: '127.0.0.1_80' },
  ],
  ['server.worker_0.watchdog_miss', 'server.worker_watchdog_miss', { worker_id: '0' }],
  [
    'thread_local_cluster_manager.worker_0.clusters_inflated',
    'thread_local_cluster_manager.worker_clusters_inflated',
    { worker_id: '0' },
  ],
  [
    'vhost.front.vcluster.api.upstream_rq_200',
    'vhost.vcluster.upstream_rq',
    { response_code: '200', virtual_cluster: 'api', virtual_host: 'front' },
  ],
  ['tcp.in.downstream_cx_total', 'tcp.downstream_cx_total', { tcp_prefix: 'in' }],
];

for (const [full, name, tags] of cases) {
  test(full, () => {
    const found = extractTags(full);
    assert.is(found.name, name);
    assert.equal(
      found.tags.map((tag) => [tag.name, tag.value]),
      Object.entries(tags).map(([tag, value]) => [`envoy.${tag}`, value]),
    );
  });
}

test('whatever the name, the tags are parts of it and what is left is not longer', () => {
  const segment = fc.oneof(
    fc.constantFrom('cluster', 'http', 'listener', 'vhost', 'vcluster', 'ssl', 'grpc', 'worker_1', 'rq_200'),
    fc.string({ maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 7 }), (segments) => {
      const full = segments.join('.');
      const { name, tags } = extractTags(full);
      assert.ok(name.length <= full.length);
      for (const { value } of tags) assert.ok(full.includes(value));
      if (tags.length === 0) assert.is(name, full);
    }),
  );
});

test.run();
