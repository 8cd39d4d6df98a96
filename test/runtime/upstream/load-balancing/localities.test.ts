/** Which list of hosts is chosen from: priorities, health, localities by weight, the own zone; and hosts that are new. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createStatsStore } from '../../../../runtime/stats/stats-store.js';
import type { Host, HostSet } from '../../../../runtime/upstream/host/host.js';
import { createBalancerStats } from '../../../../runtime/upstream/load-balancing/create-balancer-stats.js';
import { levelsOf } from '../../../../runtime/upstream/load-balancing/level-hosts.js';
import type { LoadBalancer } from '../../../../runtime/upstream/load-balancing/load-balancer.js';
import { MersenneTwister } from '../../../../runtime/upstream/load-balancing/mersenne-twister.js';
import { levelStates } from '../../../../runtime/upstream/load-balancing/priority-load.js';
import { balancerContext, balancerFactory, host, hostSet, nonZero } from '../fixtures.js';

/** Random numbers of a fixed seed. */
function even(): () => number {
  const random = new MersenneTwister(20_261_125);
  return () => random.next() / 2 ** 32;
}

function shares(balancer: LoadBalancer, times: number): Record<string, number> {
  const found: Record<string, number> = {};
  for (let drawn = 0; drawn < times; drawn++) {
    const name = balancer.chooseHost(undefined)?.addressText.replace(/:80$/, '') ?? '-';
    found[name] = (found[name] ?? 0) + 1;
  }
  return found;
}

const close = (found: number | undefined, expected: number): void =>
  assert.ok(Math.abs((found ?? 0) - expected) <= expected * 0.1 + 3, `${found} is not about ${expected}`);

const states = (hosts: readonly Host[], more: object = {}) =>
  levelStates(levelsOf(hostSet(...hosts), undefined), {
    panicThreshold: 50,
    overprovisioningFactor: 140,
    weightedHealth: false,
    ...more,
  });

const sick = (ip: string, more: object = {}): Host => host(ip, { healthy: false, ...more });

test('degraded hosts take what healthy ones cannot', () => {
  const { loads, panic } = states([host('1.1.1.1'), sick('1.1.1.2'), host('1.1.1.3', { degraded: true })]);
  assert.equal([loads.healthy, loads.degraded, panic], [[50], [50], [false]]);
  const next = states([host('1.1.1.1', { degraded: true }), host('1.1.1.2', { priority: 1 })]);
  assert.equal(
    [next.loads.healthy, next.loads.degraded],
    [
      [0, 100],
      [0, 0],
    ],
  );
});

test('there is no panic while all levels together are able enough', () => {
  const full = states([host('1.1.1.1'), sick('1.1.1.2'), sick('1.1.1.3'), host('1.1.1.4', { priority: 1 })]);
  assert.equal(
    [full.loads.healthy, full.panic],
    [
      [46, 54],
      [false, false],
    ],
  );
  const poor = states([sick('1.1.1.2'), sick('1.1.1.3'), sick('1.1.1.4', { priority: 1 })]);
  assert.equal(
    [poor.loads.healthy, poor.panic],
    [
      [67, 33],
      [true, true],
    ],
  );
});

test('all loads together are everything, and none goes where nobody is', () => {
  const fact = fc.record({
    priority: fc.integer({ min: 0, max: 3 }),
    healthy: fc.boolean(),
    degraded: fc.boolean(),
    excluded: fc.boolean(),
    weight: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(
      fc.array(fact, { maxLength: 16 }),
      fc.constantFrom(0, 30, 50, 100),
      fc.boolean(),
      (facts, panicThreshold, weightedHealth) => {
        const hosts = facts.map(({ degraded, healthy, ...more }, at) =>
          host(`2.0.0.${at}`, { ...more, degraded, healthy: healthy && !degraded }),
        );
        const { loads, panic } = states(hosts, { panicThreshold, weightedHealth });
        const all = [...loads.healthy, ...loads.degraded];
        assert.is(
          all.reduce((sum, load) => sum + load, 0),
          100,
        );
        assert.ok(all.every((load) => load >= 0));
        for (const [level, inPanic] of panic.entries()) {
          if (inPanic || loads.availability.healthy.every((one) => one === 0)) continue;
          const able = facts.some((one) => one.priority === level && one.healthy && !one.degraded);
          if (!able) assert.is(loads.healthy[level], 0);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('hosts that have never been checked do not count', () => {
  const { loads, panic } = states([host('1.1.1.1'), host('1.1.1.2', { excluded: true, healthy: false })]);
  assert.equal([loads.healthy, panic], [[100], [false]]);
});

test('weights count where the configuration says so, and its factor', () => {
  const hosts = [host('1.1.1.1', { weight: 9 }), sick('1.1.1.2'), host('1.1.1.3', { priority: 1 })];
  assert.equal(states(hosts).loads.healthy, [70, 30]);
  assert.equal(states(hosts, { weightedHealth: true }).loads.healthy, [100, 0]);
  assert.equal(states(hosts, { overprovisioningFactor: 100 }).loads.healthy, [50, 50]);
});

test('the share of a level is that of its load', () => {
  const balancer = balancerFactory({}, even())(
    hostSet(host('1.1.1.1'), sick('1.1.1.2'), host('1.1.1.3', { priority: 1 })),
    undefined,
  );
  const found = shares(balancer, 1000);
  close(found['1.1.1.1'], 700);
  close(found['1.1.1.3'], 300);
  assert.is(found['1.1.1.2'], undefined);
});

test('in panic everything is asked, or nothing', () => {
  const stats = createStatsStore();
  const more = { stats: createBalancerStats('c.', stats) };
  const hosts = hostSet(host('1.1.1.1'), sick('1.1.1.2'), sick('1.1.1.3'));
  const found = shares(balancerFactory({}, even(), more)(hosts, undefined), 30);
  assert.equal(found, { '1.1.1.1': 10, '1.1.1.2': 10, '1.1.1.3': 10 });
  assert.is(nonZero(stats, 'c.').lb_healthy_panic, 30);
  const fails = { common_lb_config: { zone_aware_lb_config: { fail_traffic_on_panic: true } } };
  assert.equal(shares(balancerFactory(fails, even())(hosts, undefined), 5), { '-': 5 });
});

const weighted = { common_lb_config: { locality_weighted_lb_config: {} } };

test('localities have their weights, the less the fewer of their hosts are able', () => {
  const a = { zone: 'a', localityWeight: 1 };
  const b = { zone: 'b', localityWeight: 3 };
  const all = hostSet(host('1.1.1.1', a), host('1.1.1.2', b), host('1.1.1.3', b));
  const found = shares(balancerFactory(weighted, even())(all, undefined), 800);
  close(found['1.1.1.1'], 200);
  close(found['1.1.1.2'], 300);
  const half = hostSet(host('1.1.1.1', a), host('1.1.1.2', b), sick('1.1.1.3', b));
  // 3 * 1.4 / 2 = 2.1 against 1.
  close(shares(balancerFactory(weighted, even())(half, undefined), 620)['1.1.1.1'], 200);
});

test('a locality without a weight has nothing; when none has one, weights do not count', () => {
  const a = host('1.1.1.1', { zone: 'a', localityWeight: 2 });
  const b = host('1.1.1.2', { zone: 'b' });
  assert.equal(shares(balancerFactory(weighted, even())(hostSet(a, b), undefined), 4), { '1.1.1.1': 4 });
  const c = host('1.1.1.3', { zone: 'c' });
  assert.equal(shares(balancerFactory(weighted, even())(hostSet(b, c), undefined), 4), {
    '1.1.1.2': 2,
    '1.1.1.3': 2,
  });
});

const here = { region: 'r', zone: 'here' };
const there = { region: 'r', zone: 'there' };
const far = { region: 'r', zone: 'far' };

class Zones {
  readonly stats = createStatsStore();
  local: HostSet | undefined;
  private readonly make: ReturnType<typeof balancerFactory>;

  constructor(local: HostSet | undefined, config: object = { min_cluster_size: 1 }) {
    this.local = local;
    const rig = this;
    this.make = balancerFactory({ common_lb_config: { zone_aware_lb_config: config } }, even(), {
      stats: createBalancerStats('c.', this.stats),
      ownLocality: { ...here, subZone: '' },
      localCluster: {
        get hostSet() {
          return rig.local;
        },
      },
    });
  }

  balancer(...hosts: Host[]): LoadBalancer {
    return this.make(hostSet(...hosts), undefined);
  }

  get counts(): Record<string, number> {
    return nonZero(this.stats, 'c.lb_');
  }
}

const twoProxies = hostSet(host('9.0.0.1', here), host('9.0.0.2', there));

test('everything stays in the own zone while that is no more than its part', () => {
  const zones = new Zones(twoProxies);
  const balancer = zones.balancer(host('1.1.1.1', there), host('1.1.1.2', here), host('1.1.1.3', here));
  assert.equal(shares(balancer, 10), { '1.1.1.2': 5, '1.1.1.3': 5 });
  assert.is(zones.counts.zone_routing_all_directly, 10);
});

test('what the own zone cannot take goes to zones that have more than their part', () => {
  const zones = new Zones(hostSet(host('9.0.0.1', here), host('9.0.0.2', there), host('9.0.0.3', far)));
  const hosts = [
    host('1.1.1.1', here),
    ...[2, 3, 4].map((at) => host(`1.1.1.${at}`, there)),
    host('1.1.1.9', far),
  ];
  // Own: 20 % of the hosts for 33 % of the proxies: 60 % stay. The rest to `there`, which alone has room.
  const found = shares(zones.balancer(...hosts), 1000);
  close(found['1.1.1.1'], 600);
  assert.is(found['1.1.1.9'], undefined);
  close(found['1.1.1.2'], 133);
});

test('where zones cannot be told apart, or are too small, they do not count', () => {
  const pair = [host('1.1.1.1', here), host('1.1.1.2', there)];
  const small = new Zones(twoProxies, {});
  assert.equal(shares(small.balancer(...pair), 4), { '1.1.1.1': 2, '1.1.1.2': 2 });
  assert.is(small.counts.zone_cluster_too_small, 1);
  const oneZone = new Zones(hostSet(host('9.0.0.1', here)));
  assert.equal(shares(oneZone.balancer(...pair), 4), { '1.1.1.1': 2, '1.1.1.2': 2 });
  const elsewhere = new Zones(hostSet(host('9.0.0.1', far), host('9.0.0.2', there)));
  assert.equal(shares(elsewhere.balancer(...pair), 4), { '1.1.1.1': 2, '1.1.1.2': 2 });
  assert.is(elsewhere.counts.local_cluster_not_ok, 1);
  const unknown = new Zones(undefined);
  assert.equal(shares(unknown.balancer(...pair), 4), { '1.1.1.1': 2, '1.1.1.2': 2 });
});

test('a part of the requests may be routed by zone; the proxies themselves must be well', () => {
  const trio = [host('1.1.1.1', here), host('1.1.1.2', here), host('1.1.1.3', there)];
  const off = new Zones(twoProxies, { min_cluster_size: 1, routing_enabled: { value: 0 } });
  assert.is(Object.keys(shares(off.balancer(...trio), 9)).length, 3);
  const bad = hostSet(sick('9.0.0.1', here), sick('9.0.0.2', there), host('9.0.0.3', here));
  const zones = new Zones(bad);
  assert.is(Object.keys(shares(zones.balancer(...trio), 9)).length, 3);
  assert.is(zones.counts.local_cluster_not_ok, 9);
});

const roundRobin = 'type.googleapis.com/envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin';

test('the own zone may be forced, and zones may count by weight', () => {
  // One host of three for half of the proxies: a third of the requests would leave.
  const hosts = [host('1.1.1.1', { ...here, weight: 3 }), host('1.1.1.2', there), host('1.1.1.3', there)];
  const stays = (config: object): boolean => {
    const typed_config = {
      '@type': roundRobin,
      locality_lb_config: { zone_aware_lb_config: { min_cluster_size: 1, ...config } },
    };
    const make = balancerFactory(
      { load_balancing_policy: { policies: [{ typed_extension_config: { name: 'rr', typed_config } }] } },
      even(),
      { ownLocality: { ...here, subZone: '' }, localCluster: { hostSet: twoProxies } },
    );
    return Object.keys(shares(make(hostSet(...hosts), undefined), 60)).length === 1;
  };
  assert.not.ok(stays({}));
  assert.ok(stays({ force_local_zone: {} }));
  assert.ok(stays({ force_local_zone: { min_size: 1 } }));
  assert.not.ok(stays({ force_local_zone: { min_size: 2 } }), 'too few hosts to be forced');
  assert.ok(stays({ force_locality_direct_routing: true }));
  assert.ok(stays({ locality_basis: 'HEALTHY_HOSTS_WEIGHT' }), '3 of 5 for half of the proxies');
});

test('the decision follows the proxies', () => {
  const zones = new Zones(twoProxies);
  const balancer = zones.balancer(host('1.1.1.1', here), host('1.1.1.2', there));
  assert.equal(shares(balancer, 4), { '1.1.1.1': 4 });
  zones.local = hostSet(host('9.0.0.1', here));
  assert.equal(shares(balancer, 4), { '1.1.1.1': 2, '1.1.1.2': 2 });
});

test('a new host gets more from second to second', () => {
  let now = 0;
  const config = {
    round_robin_lb_config: {
      slow_start_config: { slow_start_window: '10s', min_weight_percent: { value: 20 } },
    },
  };
  const make = balancerFactory(config, () => 0, { now: () => now });
  const old = host('1.1.1.1');
  const fresh = host('1.1.1.2');
  let balancer = make(hostSet(old), undefined);
  now = 60_000;
  balancer = make(hostSet(old, fresh), balancer);
  close(shares(balancer, 120)['1.1.1.2'], 20);
  now += 5000;
  // The schedule is that of now: 0.5 against 1.
  shares(balancer, 4);
  close(shares(balancer, 120)['1.1.1.2'], 40);
  now += 5001;
  shares(balancer, 4);
  close(shares(balancer, 120)['1.1.1.2'], 60);
  assert.equal(shares(make(hostSet(old, fresh), balancer), 10), { '1.1.1.1': 5, '1.1.1.2': 5 });
});

test('aggression makes the beginning steeper; least request has it, too', () => {
  let now = 0;
  const slow_start_config = { slow_start_window: '10s', aggression: { default_value: 2 } };
  const config = { lb_policy: 'LEAST_REQUEST', least_request_lb_config: { slow_start_config } };
  const make = balancerFactory(config, () => 0, { now: () => now });
  const old = host('1.1.1.1');
  const fresh = host('1.1.1.2');
  const before = make(hostSet(old), undefined);
  now = 60_000;
  const balancer = make(hostSet(old, fresh), before);
  now += 2500;
  shares(balancer, 20);
  // 0.25 ^ (1 / 2) = 0.5 against 1.
  close(shares(balancer, 300)['1.1.1.2'], 100);
});

test('a full scan finds the least busy of all, and each of equals as often', () => {
  const policy = 'type.googleapis.com/envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest';
  const typed_config = { '@type': policy, enable_full_scan: true };
  const load_balancing_policy = { policies: [{ typed_extension_config: { name: 'lr', typed_config } }] };
  const hosts = [3, 1, 1, 2].map((rqActive, at) => {
    const one = host(`1.1.1.${at}`);
    one.stats.rqActive = rqActive;
    return one;
  });
  const found = shares(balancerFactory({ load_balancing_policy }, even())(hostSet(...hosts), undefined), 400);
  assert.equal(Object.keys(found).sort(), ['1.1.1.1', '1.1.1.2']);
  close(found['1.1.1.1'], 200);
});

test('a retry is given another host, as often as it may ask', () => {
  const a = host('1.1.1.1');
  const make = balancerFactory({}, () => 0);
  const asked: string[] = [];
  const context = (hostSelectionRetryCount: number) =>
    balancerContext({
      hostSelectionRetryCount,
      shouldSelectAnotherHost: (one) => {
        asked.push(one.addressText);
        return one === a;
      },
    });
  const set = hostSet(a, host('1.1.1.2'));
  assert.is(make(set, undefined).chooseHost(context(1))?.addressText, '1.1.1.2:80');
  assert.is(make(set, undefined).chooseHost(context(0))?.addressText, '1.1.1.1:80');
  assert.equal(asked, ['1.1.1.1:80']);
});

test.run();
