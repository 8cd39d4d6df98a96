/** Health of hosts as a cluster has it: warming, balancing, pools, DNS answers, and the next generation. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createStatsStore } from '../../../../runtime/stats/stats-store.js';
import { clustersJson, clustersText } from '../../../../runtime/upstream/cluster/describe-clusters.js';
import { createClusterManager } from '../../../../runtime/upstream/create-cluster-manager.js';
import type { Host } from '../../../../runtime/upstream/host/host.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { assignment, clusterConfig, FakeResolver, nonZero, settled, statValue } from '../fixtures.js';
import { ScriptedProbes } from '../health-checking/scripted-probes.js';
import { StreamProbe } from '../stream-probe.js';
import { UpstreamServer } from '../upstream-server.js';

const checked = {
  health_checks: [
    { timeout: '1s', interval: '5s', unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {} },
  ],
};
const noPanic = { common_lb_config: { healthy_panic_threshold: { value: 0 } } };
const fixed = (...ips: readonly string[]) => ({
  name: 'c',
  load_assignment: assignment(...ips.map((ip) => [ip, 80] as const)),
});
const named = (more: object = {}) => ({
  name: 'c',
  type: 'STRICT_DNS',
  dns_lookup_family: 'V4_ONLY',
  load_assignment: assignment(['web', 80]),
  ...more,
});

class Rig {
  readonly clock = new FakeClock();
  readonly stats = createStatsStore();
  readonly probes = new ScriptedProbes();
  readonly resolver = new FakeResolver();
  readonly manager = createClusterManager({
    clock: this.clock,
    stats: this.stats,
    random: () => 0,
    createResolver: () => this.resolver,
    createHealthProbe: this.probes.create,
  });

  /** The update, with the first checks under way. */
  async prepare(config: object) {
    const update = this.manager.prepare([clusterConfig({ ...config })]);
    await settled();
    this.clock.advance(0);
    return update;
  }

  /** All new hosts pass their first check. */
  async apply(config: object): Promise<void> {
    const before = new Set(this.probes.all);
    const update = await this.prepare(config);
    for (const probe of this.probes.all) if (!before.has(probe)) probe.good();
    await update.warmed;
    update.commit();
    this.clock.advance(0);
  }

  get cluster() {
    const cluster = this.manager.get('c');
    if (cluster === undefined) throw new Error('no cluster');
    return cluster;
  }

  host(ip: string): Host {
    const found = this.cluster.hostSet.hosts.find(({ addressText }) => addressText === `${ip}:80`);
    if (found === undefined) throw new Error(`no host ${ip}`);
    return found;
  }

  /** Hosts by turn. */
  chosen(count: number): string[] {
    return Array.from(
      { length: count },
      () => this.cluster.loadBalancer.chooseHost(undefined)?.addressText ?? 'none',
    );
  }

  flags(): Record<string, string> {
    return Object.fromEntries(
      this.cluster.hostSet.hosts.map(({ addressText, health }) => [addressText, health.text]),
    );
  }

  async resolve(...ips: readonly string[]): Promise<void> {
    this.resolver.set('web', 'v4', ips);
    this.clock.advance(5000);
    await settled();
  }
}

async function isOver(promise: Promise<void>): Promise<boolean> {
  let over = false;
  void promise.then(() => {
    over = true;
  });
  await settled();
  return over;
}

test('a cluster is warm when each host was checked once, well or not', async () => {
  const rig = new Rig();
  const update = await rig.prepare({ ...fixed('1.1.1.1', '2.2.2.2'), ...checked, ...noPanic });
  assert.is(await isOver(update.warmed), false);
  rig.probes.of('1.1.1.1:80').good();
  assert.is(await isOver(update.warmed), false);
  rig.probes.of('2.2.2.2:80').bad();
  assert.is(await isOver(update.warmed), true);
  update.commit();
  assert.equal(rig.chosen(2), ['1.1.1.1:80', '1.1.1.1:80']);
  assert.is(statValue(rig.stats, 'cluster.c.membership_healthy'), 1);
  assert.is(statValue(rig.stats, 'cluster.c.membership_total'), 2);
});

test('a host that nobody answers for delays it by the time-out, no longer', async () => {
  const rig = new Rig();
  const update = await rig.prepare({ ...fixed('1.1.1.1'), ...checked });
  rig.clock.advance(999);
  assert.is(await isOver(update.warmed), false);
  rig.clock.advance(1);
  assert.is(await isOver(update.warmed), true);
});

test('`wait_for_warm_on_init: false` waits for nobody', async () => {
  const rig = new Rig();
  rig.resolver.set('web', 'v4', ['1.1.1.1']);
  const update = await rig.prepare(named({ ...checked, wait_for_warm_on_init: false }));
  assert.is(await isOver(update.warmed), true);
});

test('a refused update and a discarded one leave no checks behind', async () => {
  const rig = new Rig();
  const update = await rig.prepare({ ...fixed('1.1.1.1'), ...checked });
  update.discard();
  assert.is(rig.probes.open.length, 0);
  assert.is(rig.clock.timers, 0);
});

test('a refused cluster leaves no statistics behind', () => {
  const rig = new Rig();
  const refuse = (more: object) =>
    assert.throws(() => rig.manager.prepare([clusterConfig({ ...fixed('1.1.1.1'), ...more })]));
  refuse({ ...checked, outlier_detection: { max_ejection_time: '1s' } });
  refuse({ health_checks: [...checked.health_checks, ...checked.health_checks] });
  refuse({
    outlier_detection: {},
    health_checks: [{ ...checked.health_checks[0], tcp_health_check: { receive: [{ text: 'x' }] } }],
  });
  const names = [...rig.stats.counters(), ...rig.stats.gauges()].map(({ name }) => name);
  assert.equal(
    names.filter((name) => name.startsWith('cluster.c.')),
    [],
  );
});

test('U11 all hosts fail: all are used in a panic, none where there is no panic', async () => {
  const rig = new Rig();
  await rig.apply({ ...fixed('1.1.1.1', '2.2.2.2'), ...checked });
  for (const probe of rig.probes.open) probe.bad();
  assert.equal(rig.chosen(2).sort(), ['1.1.1.1:80', '2.2.2.2:80']);
  await rig.apply({ ...fixed('1.1.1.1', '2.2.2.2'), ...checked, ...noPanic });
  assert.equal(rig.chosen(2), ['none', 'none']);
});

test('U12 a host leaves the turn when it fails and comes back when it passes', async () => {
  const rig = new Rig();
  await rig.apply({ ...fixed('1.1.1.1', '2.2.2.2', '3.3.3.3'), ...checked });
  const set = rig.cluster.hostSet;
  rig.probes.of('2.2.2.2:80').bad();
  assert.not(rig.chosen(4).includes('2.2.2.2:80'));
  assert.is(set.healthyHosts.length, 3, 'a request keeps the set that it took');
  assert.is(statValue(rig.stats, 'cluster.c.membership_healthy'), 2);
  rig.probes.of('2.2.2.2:80').good();
  assert.ok(rig.chosen(4).includes('2.2.2.2:80'));
  assert.is(statValue(rig.stats, 'cluster.c.membership_change'), 1, 'nobody came or left');
});

test('degraded and excluded hosts have gauges', async () => {
  const rig = new Rig();
  await rig.apply({ ...fixed('1.1.1.1', '2.2.2.2'), ...checked });
  rig.probes.of('1.1.1.1:80').good(true);
  rig.host('2.2.2.2').health.healthCheckMonitor?.setUnhealthy();
  assert.is(statValue(rig.stats, 'cluster.c.membership_degraded'), 1);
  assert.is(statValue(rig.stats, 'cluster.c.membership_excluded'), 1);
  assert.is(statValue(rig.stats, 'cluster.c.membership_healthy'), 0);
});

test('statuses of the configuration', async () => {
  const rig = new Rig();
  const endpoints = ['UNHEALTHY', 'DRAINING', 'TIMEOUT', 'DEGRADED', 'HEALTHY'].map((health_status, at) => ({
    endpoint: { address: { socket_address: { address: `1.1.1.${at}`, port_value: 80 } } },
    health_status,
  }));
  await rig.apply({
    name: 'c',
    load_assignment: { cluster_name: 'c', endpoints: [{ lb_endpoints: endpoints }] },
  });
  assert.equal(Object.values(rig.flags()), [
    '/failed_eds_health',
    '/eds_status_draining',
    '/failed_eds_health',
    '/degraded_eds_health',
    'healthy',
  ]);
  const status = clustersJson(rig.manager) as {
    cluster_statuses: { host_statuses: { health_status: { eds_health_status: string } }[] }[];
  };
  assert.equal(
    status.cluster_statuses[0]?.host_statuses.map(({ health_status }) => health_status.eds_health_status),
    ['UNHEALTHY', 'DRAINING', 'UNHEALTHY', 'DEGRADED', 'HEALTHY'],
  );
});

test('a status of a configuration that is not in force changes nothing', async () => {
  const rig = new Rig();
  const withStatus = (health_status: string) => ({
    name: 'c',
    load_assignment: {
      cluster_name: 'c',
      endpoints: [
        {
          lb_endpoints: [
            {
              endpoint: { address: { socket_address: { address: '1.1.1.1', port_value: 80 } } },
              health_status,
            },
          ],
        },
      ],
    },
  });
  await rig.apply(withStatus('HEALTHY'));
  const { stats } = rig.host('1.1.1.1');
  const update = await rig.prepare(withStatus('UNHEALTHY'));
  assert.is(rig.flags()['1.1.1.1:80'], 'healthy');
  update.commit();
  assert.is(rig.flags()['1.1.1.1:80'], '/failed_eds_health');
  assert.is(rig.host('1.1.1.1').stats, stats, 'its counters go on');
});

test('`/clusters` tells the flags, and what the outlier detector knows', async () => {
  const rig = new Rig();
  await rig.apply({ ...fixed('1.1.1.1'), ...checked, outlier_detection: {} });
  rig.probes.of('1.1.1.1:80').bad();
  const text = clustersText(rig.manager);
  assert.match(
    text,
    'c::outlier::success_rate_average::-1\nc::outlier::success_rate_ejection_threshold::-1\n',
  );
  assert.match(text, 'c::1.1.1.1:80::health_flags::/failed_active_hc\n');
  assert.match(text, 'c::1.1.1.1:80::local_origin_success_rate::-1\n');
});

test('a host that is gone from the DNS stays while it passes its checks', async () => {
  const rig = new Rig();
  rig.resolver.set('web', 'v4', ['1.1.1.1', '2.2.2.2']);
  await rig.apply(named(checked));
  await rig.resolve('1.1.1.1');
  assert.equal(rig.flags(), { '1.1.1.1:80': 'healthy', '2.2.2.2:80': '/pending_dynamic_removal' });
  assert.ok(rig.chosen(2).includes('2.2.2.2:80'));
  await rig.resolve('1.1.1.1', '2.2.2.2');
  assert.is(rig.host('2.2.2.2').health.text, 'healthy', 'it is back');
  await rig.resolve('1.1.1.1');
  rig.probes.of('2.2.2.2:80').bad();
  assert.is(rig.cluster.hostSet.hosts.length, 2, 'until the next answer');
  await rig.resolve('1.1.1.1');
  assert.equal(Object.keys(rig.flags()), ['1.1.1.1:80']);
  assert.is(rig.probes.of('1.1.1.1:80').closed, false);
  assert.is(rig.probes.open.length, 1);
});

test('`ignore_health_on_host_removal`: gone is gone', async () => {
  const rig = new Rig();
  rig.resolver.set('web', 'v4', ['1.1.1.1', '2.2.2.2']);
  await rig.apply(named({ ...checked, ignore_health_on_host_removal: true }));
  await rig.resolve('1.1.1.1');
  assert.equal(Object.keys(rig.flags()), ['1.1.1.1:80']);
});

test('the one host of LOGICAL_DNS is checked at its newest address, by one session', async () => {
  const rig = new Rig();
  rig.resolver.set('web', 'v4', ['1.1.1.1']);
  await rig.apply(named({ ...checked, type: 'LOGICAL_DNS' }));
  rig.probes.of('1.1.1.1:80').bad();
  await rig.resolve('2.2.2.2');
  assert.equal(rig.flags(), { '2.2.2.2:80': '/failed_active_hc' });
  assert.is(rig.probes.all.length, 1);
  assert.is(rig.probes.of('2.2.2.2:80').host().healthCheck.address.kind, 'ip');
  rig.probes.of('2.2.2.2:80').good();
  assert.equal(rig.flags(), { '2.2.2.2:80': 'healthy' });
});

test('a new host of the DNS is not used before it has passed', async () => {
  const rig = new Rig();
  rig.resolver.set('web', 'v4', ['1.1.1.1']);
  await rig.apply(named(checked));
  await rig.resolve('1.1.1.1', '2.2.2.2');
  assert.equal(rig.chosen(2), ['1.1.1.1:80', '1.1.1.1:80']);
  rig.clock.advance(0);
  rig.probes.of('2.2.2.2:80').good();
  assert.ok(rig.chosen(2).includes('2.2.2.2:80'));
});

test('R07 health goes on over a reload, and the checks with it', async () => {
  const rig = new Rig();
  await rig.apply({ ...fixed('1.1.1.1', '2.2.2.2', '3.3.3.3'), ...checked, ...noPanic });
  rig.probes.of('2.2.2.2:80').bad();
  const before = rig.probes.all.length;
  const update = await rig.prepare({
    ...fixed('1.1.1.1', '2.2.2.2', '4.4.4.4'),
    ...checked,
    ...noPanic,
    connect_timeout: '2s',
  });
  assert.is(rig.probes.all.length, before + 1, 'only the new host is checked while it warms');
  assert.is(rig.flags()['2.2.2.2:80'], '/failed_active_hc');
  rig.probes.of('4.4.4.4:80').good();
  // What happens in the meantime is taken over as well.
  rig.probes.of('1.1.1.1:80').bad();
  await update.warmed;
  update.commit();
  assert.equal(rig.flags(), {
    '1.1.1.1:80': '/failed_active_hc',
    '2.2.2.2:80': '/failed_active_hc',
    '4.4.4.4:80': 'healthy',
  });
  assert.equal(rig.chosen(2), ['4.4.4.4:80', '4.4.4.4:80']);
  assert.is(rig.probes.open.length, 3);
  const { attempt = 0, healthy = 0 } = nonZero(rig.stats, 'cluster.c.health_check.');
  assert.equal({ attempt, healthy }, { attempt: 4, healthy: 1 }, 'no host was checked twice');
  rig.clock.advance(5000);
  for (const probe of rig.probes.open) probe.good();
  assert.is(statValue(rig.stats, 'cluster.c.membership_healthy'), 3);
});

test('R07 an ejected host stays ejected over a reload, and comes back when its time is over', async () => {
  const rig = new Rig();
  const outlier = { outlier_detection: { consecutive_5xx: 1, max_ejection_percent: 100 } };
  await rig.apply({ ...fixed('1.1.1.1', '2.2.2.2'), ...outlier });
  rig.host('1.1.1.1').health.outlierMonitor.putResponse(500, [], []);
  assert.is(rig.flags()['1.1.1.1:80'], '/failed_outlier_check');
  rig.clock.advance(12_000);
  await rig.apply({ ...fixed('1.1.1.1', '2.2.2.2'), ...outlier, connect_timeout: '2s' });
  assert.is(rig.flags()['1.1.1.1:80'], '/failed_outlier_check');
  assert.is(statValue(rig.stats, 'cluster.c.outlier_detection.ejections_active'), 1);
  rig.clock.advance(20_000);
  assert.is(rig.flags()['1.1.1.1:80'], 'healthy');
  assert.is(statValue(rig.stats, 'cluster.c.outlier_detection.ejections_active'), 0);
});

test('R07 checks and detection that are switched off leave no flag behind', async () => {
  const rig = new Rig();
  const outlier = { outlier_detection: { consecutive_5xx: 1, max_ejection_percent: 100 } };
  await rig.apply({ ...fixed('1.1.1.1', '2.2.2.2'), ...checked, ...outlier });
  rig.probes.of('1.1.1.1:80').bad();
  rig.host('2.2.2.2').health.outlierMonitor.putResponse(500, [], []);
  await rig.apply(fixed('1.1.1.1', '2.2.2.2'));
  assert.equal(Object.values(rig.flags()), ['healthy', 'healthy']);
  assert.is(rig.probes.open.length, 0);
  assert.is(rig.clock.timers, 0);
  await rig.apply({ ...fixed('1.1.1.1', '2.2.2.2'), ...checked });
  assert.equal(Object.values(rig.flags()), ['healthy', 'healthy'], 'and back on: nobody begins as failed');
});

test('R08 a hundred reloads leave one session for each host', async () => {
  const rig = new Rig();
  for (let count = 1; count <= 100; count++) {
    await rig.apply({
      ...fixed('1.1.1.1', '2.2.2.2'),
      ...checked,
      outlier_detection: {},
      connect_timeout: `${count}s`,
    });
  }
  assert.is(rig.probes.open.length, 2);
  assert.is(rig.clock.timers, 3, 'two checks and one sweep');
  assert.is(statValue(rig.stats, 'cluster.c.health_check.healthy'), 2);
});

test('connections to a host that fails are used up, and told', async () => {
  const upstream = new UpstreamServer();
  const port = await upstream.listen();
  const rig = new Rig();
  await rig.apply({ name: 'c', load_assignment: assignment(['127.0.0.1', port]), ...checked });
  const ask = async (): Promise<void> => {
    const host = rig.cluster.hostSet.hosts[0] as Host;
    await new StreamProbe(rig.cluster.pool(host)).saw('end');
  };
  await ask();
  await ask();
  assert.is(upstream.sockets.length, 1);
  let told = 0;
  rig.cluster.hostSet.hosts[0]?.health.onFailure(() => told++);
  rig.probes.open[0]?.bad();
  assert.is(told, 1);
  await ask();
  assert.is(upstream.sockets.length, 2);
  upstream.close();
  rig.manager.close();
});

test.run();
