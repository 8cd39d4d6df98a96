/** STRICT_DNS and LOGICAL_DNS over time, against a resolver that is told what to say. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../../../runtime/network/filter.js';
import { createStatsStore } from '../../../../runtime/stats/stats-store.js';
import { createCluster } from '../../../../runtime/upstream/cluster/create-cluster.js';
import type { OwnedCluster } from '../../../../runtime/upstream/cluster/owned-cluster.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { assignment, clusterConfig, FakeResolver, settled, statValue } from '../fixtures.js';

class Rig {
  readonly clock = new FakeClock();
  readonly stats = createStatsStore();
  readonly resolver = new FakeResolver();

  async build(fields: object, previous?: OwnedCluster): Promise<OwnedCluster> {
    const config = clusterConfig({
      name: 'c',
      type: 'STRICT_DNS',
      dns_lookup_family: 'V4_ONLY',
      load_assignment: assignment(['web', 80]),
      ...fields,
    });
    const { clock, resolver, stats } = this;
    const owned = createCluster(
      config,
      { clock, stats, random: () => 0.5, createResolver: () => resolver },
      previous,
    );
    await owned.warmed;
    owned.cluster.activate();
    return owned;
  }

  async later(milliseconds: number): Promise<void> {
    this.clock.advance(milliseconds);
    await settled();
  }

  updates(): string {
    return ['attempt', 'success', 'failure', 'no_rebuild']
      .map((name) => `${name} ${statValue(this.stats, `cluster.c.update_${name}`)}`)
      .join(', ');
  }
}

function addresses({ cluster }: OwnedCluster): string[] {
  return cluster.hostSet.hosts.map(({ addressText }) => addressText);
}

test('every address of every name is a host, with the port of the configuration', async () => {
  const rig = new Rig();
  rig.resolver.set('web', 'v4', ['1.1.1.1', '1.1.1.2']).set('api', 'v4', ['2.2.2.2']);
  const owned = await rig.build({ load_assignment: assignment(['web', 80], ['api', 81]) });
  assert.equal(addresses(owned), ['1.1.1.1:80', '1.1.1.2:80', '2.2.2.2:81']);
  assert.equal(
    owned.cluster.hostSet.hosts.map(({ hostname }) => hostname),
    ['web', 'web', 'api'],
  );
  assert.is(statValue(rig.stats, 'cluster.c.membership_total'), 3);
  assert.is(statValue(rig.stats, 'cluster.c.membership_healthy'), 3);
  // One for each name, as in Envoy.
  assert.is(statValue(rig.stats, 'cluster.c.membership_change'), 2);
});

test('hosts follow the answers, and those that stay keep their object', async () => {
  const rig = new Rig();
  rig.resolver.set('web', 'v4', ['1.1.1.1', '1.1.1.2']);
  const owned = await rig.build({});
  const [, kept] = owned.cluster.hostSet.hosts;
  rig.resolver.set('web', 'v4', ['1.1.1.3', '1.1.1.2']);
  await rig.later(4999);
  assert.equal(addresses(owned), ['1.1.1.1:80', '1.1.1.2:80']);
  await rig.later(1);
  assert.equal(addresses(owned), ['1.1.1.2:80', '1.1.1.3:80']);
  assert.is(owned.cluster.hostSet.hosts[0], kept);
  assert.is(statValue(rig.stats, 'cluster.c.membership_change'), 2);
});

test('an answer that only turns its addresses round changes nothing', async () => {
  const rig = new Rig();
  rig.resolver.set('web', 'v4', ['1.1.1.1', '1.1.1.2']);
  const owned = await rig.build({});
  const { hostSet, loadBalancer } = owned.cluster;
  rig.resolver.set('web', 'v4', ['1.1.1.2', '1.1.1.1']);
  await rig.later(5000);
  assert.is(owned.cluster.hostSet, hostSet);
  assert.is(owned.cluster.loadBalancer, loadBalancer);
  assert.is(rig.updates(), 'attempt 2, success 2, failure 0, no_rebuild 1');
});

for (const answer of ['not-found', 'no-data'] as const) {
  test(`${answer} empties a STRICT_DNS cluster`, async () => {
    const rig = new Rig();
    rig.resolver.set('web', 'v4', ['1.1.1.1']);
    const owned = await rig.build({});
    rig.resolver.set('web', 'v4', answer);
    await rig.later(5000);
    assert.equal(addresses(owned), []);
    assert.is(owned.cluster.loadBalancer.chooseHost(undefined), undefined);
    assert.is(rig.updates(), 'attempt 2, success 2, failure 0, no_rebuild 0');
  });
}

for (const answer of ['server-failure', 'timeout'] as const) {
  test(`${answer} keeps the hosts`, async () => {
    const rig = new Rig();
    rig.resolver.set('web', 'v4', ['1.1.1.1']);
    const owned = await rig.build({});
    rig.resolver.set('web', 'v4', answer);
    await rig.later(5000);
    assert.equal(addresses(owned), ['1.1.1.1:80']);
    assert.is(rig.updates(), 'attempt 2, success 1, failure 1, no_rebuild 0');
  });
}

test('with getaddrinfo no addresses keep the hosts', async () => {
  const rig = new Rig();
  rig.resolver.set('web', 'v4', ['1.1.1.1']);
  const type = 'envoy.extensions.network.dns_resolver.getaddrinfo.v3.GetAddrInfoDnsResolverConfig';
  const owned = await rig.build({
    typed_dns_resolver_config: { name: 'r', typed_config: { '@type': `type.googleapis.com/${type}` } },
  });
  rig.resolver.set('web', 'v4', 'not-found');
  await rig.later(5000);
  assert.equal(addresses(owned), ['1.1.1.1:80']);
  assert.is(rig.updates(), 'attempt 2, success 1, failure 1, no_rebuild 0');
});

test('one name that is gone takes only its own hosts along', async () => {
  const rig = new Rig();
  rig.resolver.set('web', 'v4', ['1.1.1.1']).set('api', 'v4', ['2.2.2.2']);
  const owned = await rig.build({ load_assignment: assignment(['web', 80], ['api', 80]) });
  rig.resolver.set('web', 'v4', 'not-found').set('api', 'v4', 'timeout');
  await rig.later(5000);
  assert.equal(addresses(owned), ['2.2.2.2:80']);
});

/** Family, what AAAA and A say, the questions, the hosts (undefined: a failure). */
const familyCases: readonly [string, object, string[], string[] | undefined][] = [
  ['AUTO', { v6: ['::1'], v4: ['1.1.1.1'] }, ['v6'], ['[::1]:80']],
  ['AUTO', { v6: 'no-data', v4: ['1.1.1.1'] }, ['v6', 'v4'], ['1.1.1.1:80']],
  ['AUTO', { v6: 'not-found', v4: ['1.1.1.1'] }, ['v6', 'v4'], ['1.1.1.1:80']],
  ['AUTO', { v6: 'timeout', v4: ['1.1.1.1'] }, ['v6', 'v4'], ['1.1.1.1:80']],
  ['AUTO', { v6: 'no-data', v4: 'server-failure' }, ['v6', 'v4'], undefined],
  ['AUTO', { v6: 'no-data', v4: 'no-data' }, ['v6', 'v4'], []],
  ['V4_ONLY', { v6: ['::1'], v4: ['1.1.1.1'] }, ['v4'], ['1.1.1.1:80']],
  ['V6_ONLY', { v6: ['::1'], v4: ['1.1.1.1'] }, ['v6'], ['[::1]:80']],
  ['V4_PREFERRED', { v6: ['::1'], v4: ['1.1.1.1'] }, ['v4'], ['1.1.1.1:80']],
  ['V4_PREFERRED', { v6: ['::1'], v4: 'no-data' }, ['v4', 'v6'], ['[::1]:80']],
  ['V4_PREFERRED', { v6: 'timeout', v4: 'no-data' }, ['v4', 'v6'], undefined],
  [
    'ALL',
    { v6: ['::1'], v4: ['1.1.1.1', '1.1.1.2'] },
    ['v4', 'v6'],
    ['1.1.1.1:80', '1.1.1.2:80', '[::1]:80'],
  ],
  ['ALL', { v6: 'timeout', v4: ['1.1.1.1'] }, ['v4', 'v6'], ['1.1.1.1:80']],
  ['ALL', { v6: 'no-data', v4: 'server-failure' }, ['v4', 'v6'], undefined],
];

for (const [family, answers, questions, hosts] of familyCases) {
  test(`${family}: ${JSON.stringify(answers)}`, async () => {
    const rig = new Rig();
    for (const [one, answer] of Object.entries(answers)) rig.resolver.set('web', one as 'v4', answer);
    const owned = await rig.build({ dns_lookup_family: family });
    assert.equal(
      rig.resolver.asked,
      questions.map((one) => `web ${one}`),
    );
    assert.equal(addresses(owned), hosts ?? []);
    assert.is(statValue(rig.stats, 'cluster.c.update_failure'), hosts === undefined ? 1 : 0);
  });
}

test('a TTL sets the pace where it is respected', async () => {
  const rig = new Rig();
  rig.resolver.ttlSeconds = 2;
  rig.resolver.set('web', 'v4', ['1.1.1.1']);
  await rig.build({ respect_dns_ttl: true });
  await rig.later(2000);
  assert.is(rig.resolver.asked.length, 2);
  // An answer without addresses has no TTL of its own.
  rig.resolver.set('web', 'v4', 'no-data');
  await rig.later(2000);
  await rig.later(4999);
  assert.is(rig.resolver.asked.length, 3);
  await rig.later(1);
  assert.is(rig.resolver.asked.length, 4);
});

test('LOGICAL_DNS is one host that follows its name, and keeps it through answers without addresses', async () => {
  const rig = new Rig();
  rig.resolver.set('web', 'v4', ['1.1.1.1', '1.1.1.2']);
  const owned = await rig.build({ type: 'LOGICAL_DNS' });
  const [before] = owned.cluster.hostSet.hosts;
  assert.equal(addresses(owned), ['1.1.1.1:80']);
  rig.resolver.set('web', 'v4', ['1.1.1.2', '1.1.1.1']);
  await rig.later(5000);
  assert.equal(addresses(owned), ['1.1.1.2:80']);
  assert.is(owned.cluster.hostSet.hosts[0]?.stats, before?.stats);
  rig.resolver.set('web', 'v4', 'not-found');
  await rig.later(5000);
  assert.equal(addresses(owned), ['1.1.1.2:80']);
  assert.is(rig.updates(), 'attempt 3, success 2, failure 1, no_rebuild 0');
  assert.is(statValue(rig.stats, 'cluster.c.membership_change'), 1);
});

test('a LOGICAL_DNS cluster has exactly one endpoint', async () => {
  const rig = new Rig();
  const fields = { type: 'LOGICAL_DNS', load_assignment: assignment(['a', 80], ['b', 80]) };
  await rig.build(fields).then(
    () => assert.unreachable(),
    (error: unknown) => assert.ok(error instanceof ConfigError && /single lb_endpoint/.test(error.message)),
  );
});

for (const type of ['STRICT_DNS', 'LOGICAL_DNS']) {
  test(`${type}: a changed configuration begins with the addresses that its names have`, async () => {
    const rig = new Rig();
    rig.resolver.set('web', 'v4', ['1.1.1.1']);
    const before = await rig.build({ type });
    rig.resolver.set('web', 'v4', 'timeout');
    const after = await rig.build({ type, lb_policy: 'RANDOM' }, before);
    assert.equal(addresses(after), ['1.1.1.1:80']);
    assert.is(after.cluster.hostSet.hosts[0], before.cluster.hostSet.hosts[0]);
  });
}

test('a cluster that is stopped asks no more, and leaves no timer behind', async () => {
  const rig = new Rig();
  rig.resolver.set('web', 'v4', ['1.1.1.1']);
  const owned = await rig.build({});
  assert.is(rig.clock.timers, 1);
  owned.stop();
  assert.is(rig.clock.timers, 0);
  assert.ok(rig.resolver.closed);
});

test('an answer that comes after the stop is forgotten', async () => {
  const rig = new Rig();
  rig.resolver.set('web', 'v4', ['1.1.1.1']);
  const owned = await rig.build({});
  rig.resolver.set('web', 'v4', ['9.9.9.9']);
  rig.clock.advance(5000);
  owned.stop();
  await settled();
  assert.equal(addresses(owned), ['1.1.1.1:80']);
  assert.is(rig.clock.timers, 0);
});

test('wait_for_warm_on_init: false does not wait for the first answer', async () => {
  const rig = new Rig();
  rig.resolver.resolve = () => new Promise(() => {});
  const owned = await rig.build({ wait_for_warm_on_init: false });
  assert.equal(addresses(owned), []);
});

test.run();
