/** Rings, Maglev tables, and what is built on them. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { xxHash64 } from '../../../../runtime/common/xx-hash-64.js';
import { ConfigError } from '../../../../runtime/network/filter.js';
import { createStatsStore } from '../../../../runtime/stats/stats-store.js';
import type { Host } from '../../../../runtime/upstream/host/host.js';
import { createHost } from '../../../../runtime/upstream/host/create-host.js';
import { BoundedLoadTable } from '../../../../runtime/upstream/load-balancing/bounded-load.js';
import { createBalancerStats } from '../../../../runtime/upstream/load-balancing/create-balancer-stats.js';
import type { TableHost } from '../../../../runtime/upstream/load-balancing/hash-table.js';
import { hashKeyOf } from '../../../../runtime/upstream/load-balancing/hash-table.js';
import { isPrime, MaglevTable } from '../../../../runtime/upstream/load-balancing/maglev.js';
import { Ring } from '../../../../runtime/upstream/load-balancing/ring-hash.js';
import { balancerContext, balancerFactory, host, hostSet, statValue } from '../fixtures.js';

const at = (port: number): Host =>
  createHost(
    { kind: 'ip', ip: '127.0.0.1', port },
    { hostname: '', weight: 1, priority: 0, zone: '', region: '', subZone: '' },
  );

function table(hosts: readonly Host[], weights: readonly number[] = hosts.map(() => 1)): TableHost[] {
  const sum = weights.reduce((total, one) => total + one, 0);
  return hosts.map((one, index) => ({
    host: one,
    key: one.addressText,
    weight: (weights[index] as number) / sum,
  }));
}

const xx = { minimumSize: 1024, maximumSize: 8 * 1024 * 1024, hashFunction: 'XX_HASH' } as const;
const portOf = (found: Host | undefined): string => found?.addressText.split(':')[1] ?? '-';

test('a small ring has the hosts where xxHash puts them', () => {
  const hosts = [90, 91, 92, 93, 94, 95].map(at);
  const ring = new Ring(table(hosts), { ...xx, minimumSize: 12 });
  assert.equal(ring.sizes, { size: 12, minHashesPerHost: 2, maxHashesPerHost: 2 });
  // As Envoy 1.40 has it: place and port, in order.
  const entries: [bigint, number][] = [
    [833437586790550860n, 94],
    [928266305478181108n, 92],
    [1033482794131418490n, 90],
    [3551244743356806947n, 95],
    [3851675632748031481n, 93],
    [5583722120771150861n, 91],
    [6311230543546372928n, 91],
    [7700377290971790572n, 93],
    [13144177310400110813n, 95],
    [13444792449719432967n, 92],
    [15516499411664133160n, 94],
    [16117243373044804889n, 90],
  ];
  for (const [index, [place, port]] of entries.entries()) {
    assert.is(portOf(ring.choose(place, 0)), String(port));
    assert.is(portOf(ring.choose(place + 1n, 0)), String(entries[(index + 1) % 12]?.[1]));
  }
  // Behind the last entry comes the first one again.
  assert.is(ring.choose(2n ** 64n - 1n, 0), ring.choose(0n, 0));
});

test('a further attempt takes the entries that follow', () => {
  const hosts = [90, 91, 92, 93, 94, 95].map(at);
  const ring = new Ring(table(hosts), { ...xx, minimumSize: 12 });
  const entries = hosts
    .flatMap((one) => [0, 1].map((turn) => ({ one, hash: xxHash64(`${one.addressText}_${turn}`) })))
    .sort((left, right) => (left.hash < right.hash ? -1 : 1));
  for (let attempt = 0; attempt < 14; attempt++) {
    assert.is(ring.choose(0n, attempt), entries[attempt % 12]?.one);
  }
});

test('a ring is as large as it must be, and no larger than it may be', () => {
  const two = [at(1), at(2)];
  assert.is(new Ring(table(two, [1, 3]), { ...xx, minimumSize: 10 }).sizes.size, 12);
  assert.equal(new Ring(table(two, [1, 3]), { ...xx, minimumSize: 8 }).sizes, {
    size: 8,
    minHashesPerHost: 2,
    maxHashesPerHost: 6,
  });
  assert.is(new Ring(table(two, [1, 1000]), { ...xx, minimumSize: 1, maximumSize: 5 }).sizes.size, 5);
  const none = new Ring([], xx);
  assert.is(none.choose(1n, 0), undefined);
});

test('each host of a Maglev table has its part, and a part of it stays when another host goes', () => {
  const hosts = [1, 2, 3, 4].map(at);
  const whole = new MaglevTable(table(hosts), 503);
  assert.ok(whole.sizes.minEntriesPerHost >= 125 && whole.sizes.maxEntriesPerHost <= 126);
  const weighted = new MaglevTable(table(hosts, [1, 1, 1, 2]), 503);
  const counts = new Map<string, number>();
  for (let key = 0; key < 503; key++) {
    const port = portOf(weighted.choose(BigInt(key), 0));
    counts.set(port, (counts.get(port) ?? 0) + 1);
  }
  assert.ok(Math.abs((counts.get('4') as number) - 201) <= 1);
  const fewer = new MaglevTable(table(hosts.slice(0, 3)), 503);
  let moved = 0;
  for (let key = 0; key < 503; key++) {
    const before = portOf(whole.choose(BigInt(key), 0));
    if (before !== '4' && portOf(fewer.choose(BigInt(key), 0)) !== before) moved++;
  }
  assert.ok(moved < 120, String(moved));
});

test('tables do not depend on the order of the hosts', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray([1, 2, 3, 4, 5, 6], { minLength: 6 }),
      fc.bigInt(0n, 2n ** 64n - 1n),
      (ports, key) => {
        const sorted = [...ports].sort().map(at);
        const given = ports.map(at);
        const same = (left: Host | undefined, right: Host | undefined) =>
          assert.is(left?.addressText, right?.addressText);
        same(
          new MaglevTable(table(given), 251).choose(key, 0),
          new MaglevTable(table(sorted), 251).choose(key, 0),
        );
        const small = { ...xx, minimumSize: 60 };
        same(new Ring(table(given), small).choose(key, 0), new Ring(table(sorted), small).choose(key, 0));
      },
    ),
    { numRuns: 40 },
  );
});

test('a ring moves no key between hosts that stay', () => {
  const hosts = [1, 2, 3, 4, 5].map(at);
  const before = new Ring(table(hosts), xx);
  const after = new Ring(table(hosts.slice(1)), { ...xx, minimumSize: 820 });
  for (let key = 0; key < 500; key++) {
    const hash = xxHash64(`key ${key}`);
    const was = before.choose(hash, 0);
    if (was !== hosts[0]) assert.is(after.choose(hash, 0), was);
  }
});

test('what is hashed: the address, the host name, or what the metadata say', () => {
  const named = host('1.2.3.4', { hostname: 'a.example' });
  assert.is(hashKeyOf(named, false), '1.2.3.4:80');
  assert.is(hashKeyOf(named, true), 'a.example');
  assert.is(hashKeyOf(host('1.2.3.4', { lbMetadata: { hash_key: 'k' } }), true), 'k');
  assert.is(hashKeyOf(host('1.2.3.4', { lbMetadata: { hash_key: '' } }), false), '1.2.3.4:80');
});

test('an overloaded host gives its keys away, always to the same others', () => {
  const hosts = [1, 2, 3, 4].map(at);
  let active = 0;
  const bounded = new BoundedLoadTable(new Ring(table(hosts), xx), table(hosts), 100, () => active);
  const take = (): string => {
    const chosen = bounded.choose(77n, 0) as Host;
    chosen.stats.rqActive++;
    active++;
    return portOf(chosen);
  };
  const first = Array.from({ length: 8 }, take);
  assert.is(new Set(first.slice(0, 2)).size, 1);
  // Never more than one above the average of two.
  for (const port of new Set(first)) assert.ok(first.filter((one) => one === port).length <= 3);
  for (const one of hosts) one.stats.rqActive = 0;
  active = 0;
  assert.equal(Array.from({ length: 8 }, take), first);
});

test('when all are overloaded the least of them is taken', () => {
  const hosts = [1, 2].map(at);
  (hosts[0] as Host).stats.rqActive = 9;
  (hosts[1] as Host).stats.rqActive = 5;
  const bounded = new BoundedLoadTable(new Ring(table(hosts), xx), table(hosts), 100, () => 1);
  for (const key of [1n, 2n ** 63n]) assert.is(bounded.choose(key, 0), hosts[1]);
});

const six = [1, 2, 3, 4, 5, 6].map((port) => at(port));

for (const lb_policy of ['RING_HASH', 'MAGLEV']) {
  test(`${lb_policy}: the same key has the same host, without a key any`, () => {
    const stats = createStatsStore();
    const more = { stats: createBalancerStats('cluster.c.', stats) };
    let drawn = 0;
    const random = () => {
      drawn++;
      return (drawn * 0.618034) % 1;
    };
    const balancer = balancerFactory({ lb_policy }, random, more)(hostSet(...six), undefined);
    const of = (hash: bigint | undefined) => balancer.chooseHost(balancerContext({ hash }))?.addressText;
    assert.is(of(123n), of(123n));
    assert.is(drawn, 0);
    assert.is(new Set(Array.from({ length: 60 }, () => of(undefined))).size, 6);
    const gauge = lb_policy === 'MAGLEV' ? 'maglev_lb.max_entries_per_host' : 'ring_hash_lb.size';
    assert.ok(statValue(stats, `cluster.c.${gauge}`) > 1000);
    assert.is(balancerFactory({ lb_policy }, () => 0)(hostSet(), undefined).chooseHost(undefined), undefined);
  });
}

test('unhealthy hosts are not on the ring, unless too few are healthy', () => {
  const sick = host('9.9.9.9', { healthy: false });
  const make = balancerFactory({ lb_policy: 'RING_HASH' }, () => 0);
  const all = (balancer: ReturnType<typeof make>) =>
    new Set(
      Array.from(
        { length: 100 },
        (_, key) => balancer.chooseHost(balancerContext({ hash: xxHash64(String(key)) }))?.addressText,
      ),
    );
  assert.not.ok(all(make(hostSet(...six, sick), undefined)).has('9.9.9.9:80'));
  assert.ok(
    all(make(hostSet(sick, at(1), host('8.8.8.8', { healthy: false })), undefined)).has('9.9.9.9:80'),
  );
});

test('localities without a weight are not on the ring', () => {
  const config = { lb_policy: 'RING_HASH', common_lb_config: { locality_weighted_lb_config: {} } };
  const hosts = [
    host('1.0.0.1', { zone: 'a', localityWeight: 1 }),
    host('1.0.0.2', { zone: 'b', localityWeight: 3 }),
    host('1.0.0.3', { zone: 'c' }),
  ];
  const balancer = balancerFactory(config, () => 0)(hostSet(...hosts), undefined);
  const counts = new Map<string, number>();
  for (let key = 0; key < 4000; key++) {
    const chosen = balancer.chooseHost(balancerContext({ hash: xxHash64(String(key)) }))?.addressText ?? '-';
    counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
  }
  assert.not.ok(counts.has('1.0.0.3:80'));
  assert.ok(Math.abs((counts.get('1.0.0.2:80') ?? 0) / 4000 - 0.75) < 0.06);
});

test('what Envoy refuses', () => {
  const refused: [object, string, string][] = [
    [
      { lb_policy: 'RING_HASH', ring_hash_lb_config: { minimum_ring_size: 9, maximum_ring_size: 3 } },
      'ring_hash_lb_config.minimum_ring_size',
      'ring hash: minimum_ring_size (9) > maximum_ring_size (3)',
    ],
    [
      { lb_policy: 'MAGLEV', maglev_lb_config: { table_size: 10 } },
      'maglev_lb_config.table_size',
      'The table size of maglev must be prime number',
    ],
    [
      {
        lb_policy: 'MAGLEV',
        common_lb_config: { consistent_hashing_lb_config: { use_hostname_for_hashing: true } },
      },
      'common_lb_config.consistent_hashing_lb_config.use_hostname_for_hashing',
      "Cannot use hostname for consistent hashing loadbalancing for cluster of type: 'envoy.cluster.static'",
    ],
    [
      { name: 'c', load_balancing_policy: { policies: [] } },
      'load_balancing_policy',
      "cluster: didn't find a registered load balancer factory implementation for cluster: 'c' with names from []",
    ],
    [
      { lb_policy: 'LOAD_BALANCING_POLICY_CONFIG' },
      'lb_policy',
      'cluster: field load_balancing_policy need to be set',
    ],
    [
      { load_balancing_policy: { policies: [] }, lb_subset_config: {} },
      'lb_subset_config',
      'cluster: load_balancing_policy cannot be combined with lb_subset_config',
    ],
    [
      { load_balancing_policy: { policies: [] }, common_lb_config: { locality_weighted_lb_config: {} } },
      'common_lb_config.locality_weighted_lb_config',
      'cluster: load_balancing_policy cannot be combined with partial fields (zone_aware_lb_config, ' +
        'locality_weighted_lb_config, consistent_hashing_lb_config) of common_lb_config',
    ],
  ];
  for (const [config, path, message] of refused) {
    try {
      balancerFactory(config, () => 0);
      assert.unreachable(path);
    } catch (error) {
      assert.instance(error, ConfigError);
      assert.is((error as ConfigError).path.join('.'), path);
      assert.is((error as ConfigError).message, message);
    }
  }
});

test('primes', () => {
  assert.equal(
    Array.from({ length: 30 }, (_, number) => number).filter(isPrime),
    [2, 3, 5, 7, 11, 13, 17, 19, 23, 29],
  );
  assert.ok(isPrime(65_537) && isPrime(5_000_011) && !isPrime(65_537 * 3));
});

test.run();
