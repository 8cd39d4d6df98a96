/** Generations of clusters: what stays, what is taken over, what ends, and that a refused one changes nothing. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../../runtime/network/filter.js';
import { createStatsStore } from '../../../runtime/stats/stats-store.js';
import { createClusterManager } from '../../../runtime/upstream/create-cluster-manager.js';
import { FakeClock } from '../../support/fake-clock.js';
import { assignment, clusterConfig, FakeResolver, nonZero, settled, statValue } from './fixtures.js';
import { StreamProbe } from './stream-probe.js';
import { UpstreamServer } from './upstream-server.js';

class Rig {
  readonly clock = new FakeClock();
  readonly stats = createStatsStore();
  readonly resolvers: FakeResolver[] = [];
  readonly manager = createClusterManager({
    clock: this.clock,
    stats: this.stats,
    random: () => 0,
    createResolver: () => {
      const resolver = new FakeResolver().set('web', 'v4', ['1.1.1.1']);
      this.resolvers.push(resolver);
      return resolver;
    },
  });

  async apply(...configs: object[]): Promise<void> {
    const update = this.manager.prepare(configs.map((config) => clusterConfig({ ...config })));
    await update.warmed;
    update.commit();
  }

  get(name: string) {
    const cluster = this.manager.get(name);
    if (cluster === undefined) throw new Error(`no cluster ${name}`);
    return cluster;
  }

  counts(): Record<string, number> {
    return nonZero(this.stats, 'cluster_manager.');
  }
}

const fixed = (name: string, ...ips: string[]) => ({
  name,
  load_assignment: assignment(...ips.map((ip) => [ip, 80] as const)),
});
const named = (name: string, more: object = {}) => ({
  name,
  type: 'STRICT_DNS',
  dns_lookup_family: 'V4_ONLY',
  load_assignment: assignment(['web', 80]),
  ...more,
});

test('nothing is in force before the commit', async () => {
  const { manager, stats } = new Rig();
  const update = manager.prepare([clusterConfig(fixed('a', '1.1.1.1'))]);
  await update.warmed;
  assert.is(manager.get('a'), undefined);
  assert.equal(manager.all(), []);
  assert.is(statValue(stats, 'cluster_manager.warming_clusters'), 1);
  assert.is(statValue(stats, 'cluster.a.membership_total'), 0);
  update.commit();
  assert.is(manager.get('a')?.hostSet.hosts[0]?.addressText, '1.1.1.1:80');
  assert.is(statValue(stats, 'cluster.a.membership_total'), 1);
});

test('an equal configuration keeps the cluster as it is', async () => {
  const rig = new Rig();
  await rig.apply(fixed('a', '1.1.1.1'), named('b'));
  const before = rig.manager.all();
  await rig.apply(named('b'), fixed('a', '1.1.1.1'));
  assert.is(rig.get('a'), before[0]);
  assert.is(rig.get('b'), before[1]);
  assert.is(rig.resolvers.length, 1);
  assert.equal(rig.counts(), { active_clusters: 2, cluster_added: 2 });
});

test('added, modified and removed are counted', async () => {
  const rig = new Rig();
  await rig.apply(fixed('a', '1.1.1.1'), fixed('b', '1.1.1.1'));
  await rig.apply(fixed('a', '2.2.2.2'), fixed('c', '1.1.1.1'));
  assert.equal(rig.counts(), {
    active_clusters: 2,
    cluster_added: 3,
    cluster_modified: 1,
    cluster_removed: 1,
  });
  assert.is(rig.manager.get('b'), undefined);
  assert.is(statValue(rig.stats, 'cluster.b.membership_total'), 0);
});

test('hosts in both generations go on with their counters', async () => {
  const rig = new Rig();
  await rig.apply(fixed('a', '1.1.1.1', '1.1.1.2'));
  const [, kept] = rig.get('a').hostSet.hosts;
  kept!.stats.rqTotal = 3;
  await rig.apply(fixed('a', '1.1.1.2', '1.1.1.3'));
  assert.is(rig.get('a').hostSet.hosts[0], kept);
  assert.is(rig.get('a').hostSet.hosts[1]?.stats.rqTotal, 0);
  assert.is(statValue(rig.stats, 'cluster.a.membership_change'), 2);
});

test('a change that leaves the hosts alone is no change of the membership', async () => {
  const rig = new Rig();
  await rig.apply(fixed('a', '1.1.1.1'));
  await rig.apply({ ...fixed('a', '1.1.1.1'), lb_policy: 'RANDOM' });
  assert.is(statValue(rig.stats, 'cluster.a.membership_change'), 1);
});

test('a discarded update leaves no trace on what serves', async () => {
  const rig = new Rig();
  await rig.apply(fixed('a', '1.1.1.1'), named('b'));
  const timers = rig.clock.timers;
  const before = [rig.get('a'), rig.get('a').hostSet, rig.get('a').loadBalancer];
  const update = rig.manager.prepare([
    clusterConfig(fixed('a', '9.9.9.9')),
    clusterConfig(named('b', { dns_refresh_rate: '1s' })),
  ]);
  await update.warmed;
  update.discard();
  assert.equal([rig.get('a'), rig.get('a').hostSet, rig.get('a').loadBalancer], before);
  assert.is(statValue(rig.stats, 'cluster.a.membership_change'), 1);
  assert.is(rig.clock.timers, timers);
  assert.ok(rig.resolvers[1]?.closed);
  assert.not.ok(rig.resolvers[0]?.closed);
  assert.equal(rig.counts(), { active_clusters: 2, cluster_added: 2 });
});

test('a cluster that cannot be built is refused at its place, and those built before it end', async () => {
  const rig = new Rig();
  await rig.apply(named('a'));
  const timers = rig.clock.timers;
  const bad = { ...fixed('z', '1.1.1.1'), lb_policy: 'CLUSTER_PROVIDED' };
  try {
    rig.manager.prepare([clusterConfig(named('b')), clusterConfig(bad)]);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, ConfigError);
    assert.equal((error as ConfigError).path, ['static_resources', 'clusters', 1, 'lb_policy']);
  }
  await settled();
  assert.is(rig.clock.timers, timers);
  assert.ok(rig.resolvers[1]?.closed);
  assert.is(rig.manager.all().length, 1);
  assert.is(statValue(rig.stats, 'cluster_manager.warming_clusters'), 0);
});

test('two clusters of one name are refused', () => {
  const { manager } = new Rig();
  const config = clusterConfig(fixed('a', '1.1.1.1'));
  assert.throws(() => manager.prepare([config, config]), /cluster manager: duplicate cluster 'a'/);
});

test('a removed or changed cluster asks its names no more', async () => {
  const rig = new Rig();
  await rig.apply(named('a'), named('b'));
  await rig.apply(named('b', { dns_refresh_rate: '9s' }));
  assert.equal(
    rig.resolvers.map(({ closed }) => closed),
    [true, true, false],
  );
  assert.is(rig.clock.timers, 1);
});

/** With an upstream, and a cluster that has one open connection to it. */
async function connected(
  run: (rig: Rig, upstream: UpstreamServer, port: number) => Promise<void>,
): Promise<void> {
  const rig = new Rig();
  const upstream = new UpstreamServer();
  try {
    const port = await upstream.listen();
    await rig.apply({ name: 'a', load_assignment: assignment(['127.0.0.1', port]) });
    await exchange(rig);
    assert.is(upstream.sockets.length, 1);
    await run(rig, upstream, port);
  } finally {
    rig.manager.close();
    upstream.close();
  }
}

async function exchange(rig: Rig): Promise<StreamProbe> {
  const cluster = rig.get('a');
  const probe = new StreamProbe(cluster.pool(cluster.loadBalancer.chooseHost(undefined)!));
  await probe.saw('end');
  return probe;
}

async function connectionsOf(rig: Rig, count: number): Promise<void> {
  while (statValue(rig.stats, 'cluster.a.upstream_cx_active') !== count) await settled();
}

test('connections stay when only endpoints and policy change', async () => {
  await connected(async (rig, upstream, port) => {
    const before = rig.get('a');
    await rig.apply({
      name: 'a',
      lb_policy: 'LEAST_REQUEST',
      load_assignment: assignment(['127.0.0.1', port, 7]),
    });
    assert.is.not(rig.get('a'), before);
    assert.is(rig.get('a').hostSet.hosts[0]?.weight, 7);
    await exchange(rig);
    assert.is(upstream.sockets.length, 1);
    // A request that took the old cluster and host is served by the same connections.
    const old = new StreamProbe(before.pool(before.hostSet.hosts[0]!));
    await old.saw('end');
    assert.is(upstream.sockets.length, 1);
    assert.is(rig.get('a').usage.connections, 1);
  });
});

test('a host that LOGICAL_DNS moves keeps its connections; new ones go to the new address', async () => {
  const rig = new Rig();
  const upstream = new UpstreamServer();
  const moved = new UpstreamServer();
  try {
    const port = await upstream.listen();
    await moved.listen(port, '127.0.0.2');
    await rig.apply({
      name: 'a',
      type: 'LOGICAL_DNS',
      dns_lookup_family: 'V4_ONLY',
      load_assignment: assignment(['moving', port]),
    });
    const [resolver] = rig.resolvers;
    resolver?.set('moving', 'v4', ['127.0.0.1']);
    rig.clock.advance(5000);
    await settled();
    await exchange(rig);
    resolver?.set('moving', 'v4', ['127.0.0.2']);
    rig.clock.advance(5000);
    await settled();
    assert.is(rig.get('a').hostSet.hosts[0]?.addressText, `127.0.0.2:${port}`);
    upstream.respond = undefined;
    const cluster = rig.get('a');
    const old = new StreamProbe(cluster.pool(cluster.hostSet.hosts[0]!));
    await upstream.hasRequests(2);
    await exchange(rig);
    assert.equal([upstream.sockets.length, moved.sockets.length], [1, 1]);
    upstream.answer(0);
    await old.saw('end');
  } finally {
    rig.manager.close();
    upstream.close();
    moved.close();
  }
});

test('connections end when something about connections changes', async () => {
  await connected(async (rig, upstream, port) => {
    await rig.apply({ name: 'a', connect_timeout: '1s', load_assignment: assignment(['127.0.0.1', port]) });
    await connectionsOf(rig, 0);
    await exchange(rig);
    assert.is(upstream.sockets.length, 2);
  });
});

test('a discarded update ends no connection', async () => {
  await connected(async (rig, upstream, port) => {
    const config = { name: 'a', load_assignment: assignment(['127.0.0.1', port], ['127.0.0.1', 1]) };
    const update = rig.manager.prepare([clusterConfig(config)]);
    await update.warmed;
    update.discard();
    await exchange(rig);
    assert.is(upstream.sockets.length, 1);
  });
});

test('the connections of a host that left with the update end, those of others stay', async () => {
  await connected(async (rig, _upstream, port) => {
    await rig.apply({ name: 'a', load_assignment: assignment(['127.0.0.1', port], ['127.0.0.2', port]) });
    assert.is(rig.get('a').usage.connections, 1);
    await rig.apply({ name: 'a', load_assignment: assignment(['127.0.0.2', port]) });
    await connectionsOf(rig, 0);
  });
});

test('a removed cluster ends its idle connections, and a running request first', async () => {
  await connected(async (rig, upstream) => {
    upstream.respond = undefined;
    const cluster = rig.get('a');
    const probe = new StreamProbe(cluster.pool(cluster.hostSet.hosts[0]!));
    await upstream.hasRequests(2);
    await rig.apply();
    assert.is(rig.manager.get('a'), undefined);
    upstream.answer(0);
    await probe.saw('end');
    await connectionsOf(rig, 0);
    assert.equal(probe.events, ['ready', '200', 'end']);
  });
});

test('a long row of generations keeps the connection, and closing ends it', async () => {
  await connected(async (rig, upstream, port) => {
    for (let weight = 1; weight <= 5; weight++) {
      await rig.apply({ name: 'a', load_assignment: assignment(['127.0.0.1', port, weight]) });
      await exchange(rig);
    }
    assert.is(upstream.sockets.length, 1);
    rig.manager.close();
    await connectionsOf(rig, 0);
    assert.is(rig.clock.timers, 0);
  });
});

test.run();
