/** `/clusters` as Envoy 1.40 answers it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createStatsStore } from '../../../../runtime/stats/stats-store.js';
import { clustersJson, clustersText } from '../../../../runtime/upstream/cluster/describe-clusters.js';
import { createClusterManager } from '../../../../runtime/upstream/create-cluster-manager.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { assignment, clusterConfig } from '../fixtures.js';

function manager(...configs: object[]) {
  const made = createClusterManager({ clock: new FakeClock(), stats: createStatsStore(), random: () => 0 });
  made.prepare(configs.map((config) => clusterConfig({ ...config }))).commit();
  return made;
}

const web = {
  name: 'web',
  alt_stat_name: 'shown',
  load_assignment: assignment(['127.0.0.1', 80]),
  circuit_breakers: { thresholds: [{ max_connections: 100 }, { priority: 'HIGH', max_retries: 9 }] },
};

test('text: breakers of both priorities, then every host', () => {
  const made = manager(web);
  Object.assign(made.get('web')!.hostSet.hosts[0]!.stats, {
    cxTotal: 1,
    cxActive: 1,
    rqTotal: 14,
    rqError: 3,
    rqSuccess: 11,
  });
  assert.is(
    clustersText(made),
    `web::observability_name::shown
web::default_priority::max_connections::100
web::default_priority::max_pending_requests::1024
web::default_priority::max_requests::1024
web::default_priority::max_retries::3
web::high_priority::max_connections::1024
web::high_priority::max_pending_requests::1024
web::high_priority::max_requests::1024
web::high_priority::max_retries::9
web::added_via_api::false
web::127.0.0.1:80::cx_active::1
web::127.0.0.1:80::cx_connect_fail::0
web::127.0.0.1:80::cx_total::1
web::127.0.0.1:80::rq_active::0
web::127.0.0.1:80::rq_error::3
web::127.0.0.1:80::rq_pending_active::0
web::127.0.0.1:80::rq_success::11
web::127.0.0.1:80::rq_timeout::0
web::127.0.0.1:80::rq_total::14
web::127.0.0.1:80::hostname::
web::127.0.0.1:80::health_flags::healthy
web::127.0.0.1:80::weight::1
web::127.0.0.1:80::region::
web::127.0.0.1:80::zone::
web::127.0.0.1:80::sub_zone::
web::127.0.0.1:80::canary::false
web::127.0.0.1:80::priority::0
web::127.0.0.1:80::success_rate::-1
web::127.0.0.1:80::local_origin_success_rate::-1
`,
  );
});

test('a filter shows some clusters only', () => {
  const made = manager(web, { name: 'api', load_assignment: assignment() });
  const text = clustersText(made, (name) => name === 'api');
  assert.match(text, /^api::observability_name::api\n/);
  assert.not.match(text, /web/);
});

test('json: what is empty is left out', () => {
  const pipe = {
    name: 'pipe',
    load_assignment: {
      cluster_name: 'pipe',
      endpoints: [
        {
          priority: 1,
          locality: { zone: 'z' },
          lb_endpoints: [{ endpoint: { hostname: 'h', address: { pipe: { path: '/a.sock' } } } }],
        },
      ],
    },
  };
  const made = manager(pipe);
  made.get('pipe')!.hostSet.hosts[0]!.stats.rqTotal = 2;
  const limits = { max_connections: 1024, max_pending_requests: 1024, max_requests: 1024, max_retries: 3 };
  assert.equal(clustersJson(made), {
    cluster_statuses: [
      {
        name: 'pipe',
        host_statuses: [
          {
            address: { pipe: { path: '/a.sock' } },
            stats: [
              { name: 'cx_connect_fail' },
              { name: 'cx_total' },
              { name: 'rq_error' },
              { name: 'rq_success' },
              { name: 'rq_timeout' },
              { value: '2', name: 'rq_total' },
              { type: 'GAUGE', name: 'cx_active' },
              { type: 'GAUGE', name: 'rq_active' },
              { type: 'GAUGE', name: 'rq_pending_active' },
            ],
            health_status: { eds_health_status: 'HEALTHY' },
            weight: 1,
            hostname: 'h',
            priority: 1,
            locality: { zone: 'z' },
          },
        ],
        circuit_breakers: { thresholds: [limits, { priority: 'HIGH', ...limits }] },
        observability_name: 'pipe',
      },
    ],
  });
});

test('a cluster without hosts has no host_statuses', () => {
  const { cluster_statuses } = clustersJson(manager({ name: 'a' })) as { cluster_statuses: object[] };
  assert.not.ok('host_statuses' in cluster_statuses[0]!);
});

test.run();
