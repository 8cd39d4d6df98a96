import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../../../runtime/network/filter.js';
import type { Host } from '../../../../runtime/upstream/host/host.js';
import { EdfScheduler } from '../../../../runtime/upstream/load-balancing/edf-scheduler.js';
import type { LoadBalancer } from '../../../../runtime/upstream/load-balancing/load-balancer.js';
import { levelsOf } from '../../../../runtime/upstream/load-balancing/level-hosts.js';
import { levelStates } from '../../../../runtime/upstream/load-balancing/priority-load.js';
import { balancerFactory, host, hostSet } from '../fixtures.js';

const zero = () => 0;

function chosen(balancer: LoadBalancer, times: number): string[] {
  return Array.from({ length: times }, () => balancer.chooseHost(undefined)?.addressText ?? '-');
}

function counts(names: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name of names) found[name] = (found[name] ?? 0) + 1;
  return found;
}

/** Numbers of [0, 1) that a test can rely on. */
function sequence(...values: readonly number[]): () => number {
  let at = 0;
  return () => values[at++ % values.length] as number;
}

const a = host('1.0.0.1');
const b = host('1.0.0.2');
const c = host('1.0.0.3');

test('round robin takes hosts in turn, from a random one on', () => {
  const make = balancerFactory({}, () => 0.5);
  assert.equal(chosen(make(hostSet(a, b, c), undefined), 4), [
    '1.0.0.2:80',
    '1.0.0.3:80',
    '1.0.0.1:80',
    '1.0.0.2:80',
  ]);
});

test('round robin goes on where it was when the hosts change', () => {
  const make = balancerFactory({}, zero);
  const before = make(hostSet(a, b, c), undefined);
  chosen(before, 4);
  assert.equal(chosen(make(hostSet(a, b), before), 2), ['1.0.0.1:80', '1.0.0.2:80']);
  assert.equal(chosen(make(hostSet(a, b, c), before), 1), ['1.0.0.2:80']);
});

test('no host, no choice, for every policy', () => {
  for (const lb_policy of ['ROUND_ROBIN', 'LEAST_REQUEST', 'RANDOM']) {
    const balancer = balancerFactory({ lb_policy }, () => 0.99)(hostSet(), undefined);
    assert.is(balancer.chooseHost(undefined), undefined, lb_policy);
  }
});

test('weights are kept exactly over a full round, and spread', () => {
  const make = balancerFactory({}, zero);
  const heavy = host('1.0.0.4', { weight: 2 });
  // Both are due at 1, 2, ...: the one that has waited longer goes first.
  const names = chosen(make(hostSet(heavy, a), undefined), 6);
  assert.is(
    names.map((name) => (name === '1.0.0.1:80' ? 'light' : 'heavy')).join(' '),
    'heavy light heavy heavy light heavy',
  );
});

test('an EDF schedule never leaves any weight more than one turn behind or ahead', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 400 }),
      (weights, picks) => {
        const schedule = new EdfScheduler(
          weights.map((_, at) => at),
          (at) => weights[at] as number,
        );
        const seen = weights.map(() => 0);
        for (let pick = 0; pick < picks; pick++) {
          const at = schedule.pick() as number;
          seen[at] = (seen[at] as number) + 1;
        }
        // After k picks of a host its deadline is (k + 1) / weight: no two hosts may be a whole turn apart.
        for (const [at, weight] of weights.entries()) {
          for (const [other, otherWeight] of weights.entries()) {
            const due = (seen[at] as number) / weight;
            const otherDue = ((seen[other] as number) + 1) / otherWeight;
            assert.ok(due <= otherDue + 1e-9, `${JSON.stringify(seen)} of ${JSON.stringify(weights)}`);
          }
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('least request takes the less busy of two', () => {
  const busy = host('1.0.0.5');
  const free = host('1.0.0.6');
  busy.stats.rqActive = 5;
  const make = balancerFactory({ lb_policy: 'LEAST_REQUEST' }, sequence(0, 0.6));
  assert.equal(counts(chosen(make(hostSet(busy, free), undefined), 5)), { '1.0.0.6:80': 5 });
});

test('least request with choice_count draws as often as it is told', () => {
  const hosts = [3, 2, 1, 0].map((rqActive, at) => {
    const one = host(`1.0.1.${at}`);
    one.stats.rqActive = rqActive;
    return one;
  });
  const config = { lb_policy: 'LEAST_REQUEST', least_request_lb_config: { choice_count: 4 } };
  const balancer = balancerFactory(config, sequence(0, 0.25, 0.5, 0.75))(hostSet(...hosts), undefined);
  assert.equal(chosen(balancer, 2), ['1.0.1.3:80', '1.0.1.3:80']);
});

test('least request with weights divides a weight by what is under way', () => {
  const heavy = host('1.0.0.7', { weight: 4 });
  const light = host('1.0.0.8', { weight: 1 });
  heavy.stats.rqActive = 7; // 4 / 8 against 1 / 1
  const balancer = balancerFactory({ lb_policy: 'LEAST_REQUEST' }, zero)(hostSet(heavy, light), undefined);
  assert.equal(counts(chosen(balancer, 300)), { '1.0.0.7:80': 100, '1.0.0.8:80': 200 });
});

test('random reaches the first and the last host', () => {
  const make = balancerFactory({ lb_policy: 'RANDOM' }, sequence(0, 0.999999));
  assert.equal(chosen(make(hostSet(a, b, c), undefined), 2), ['1.0.0.1:80', '1.0.0.3:80']);
});

const sick = (ip: string): Host => host(ip, { healthy: false });

test('unhealthy hosts are left out, until too few are left', () => {
  const make = balancerFactory({}, zero);
  assert.equal(counts(chosen(make(hostSet(a, sick('1.0.2.1')), undefined), 4)), { '1.0.0.1:80': 4 });
  const panicking = make(hostSet(a, sick('1.0.2.1'), sick('1.0.2.2')), undefined);
  assert.equal(counts(chosen(panicking, 3)), { '1.0.0.1:80': 1, '1.0.2.1:80': 1, '1.0.2.2:80': 1 });
});

test('a panic threshold of 0 never uses an unhealthy host', () => {
  for (const healthy_panic_threshold of [{ value: 0 }, {}]) {
    const make = balancerFactory({ common_lb_config: { healthy_panic_threshold } }, zero);
    assert.is(make(hostSet(sick('1.0.2.1')), undefined).chooseHost(undefined), undefined);
  }
});

function loadsOf(hosts: readonly Host[]) {
  const options = { panicThreshold: 50, overprovisioningFactor: 140, weightedHealth: false };
  return levelStates(levelsOf(hostSet(...hosts), undefined), options).loads;
}

test('the next priority takes what the first is too sick for', () => {
  const levels = (...hosts: Host[]) => loadsOf(hosts).healthy;
  const second = host('1.0.3.1', { priority: 1 });
  assert.equal(levels(a, second), [100, 0]);
  assert.equal(levels(a, sick('1.0.2.1'), second), [70, 30]);
  assert.equal(levels(sick('1.0.2.1'), second), [0, 100]);
  assert.equal(levels(host('1.0.3.2', { priority: 2 })), [0, 0, 100]);
  assert.equal(levels(sick('1.0.2.1'), host('1.0.3.3', { priority: 1, healthy: false })), [50, 50]);
});

test('loads of all priorities make 100, whatever is healthy', () => {
  const any = fc.array(fc.record({ priority: fc.integer({ min: 0, max: 3 }), healthy: fc.boolean() }), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(any, (facts) => {
      const hosts = facts.map((fact, at) => host(`2.0.0.${at}`, fact));
      const loads = loadsOf(hosts).healthy;
      assert.is(
        loads.reduce((sum, load) => sum + load, 0),
        100,
      );
      for (const [priority, load] of loads.entries()) {
        assert.ok(load >= 0);
        if (facts.every((fact) => fact.priority !== priority)) assert.is(load, 0);
      }
    }),
    { numRuns: 200 },
  );
});

test('hosts of a lower priority get nothing while the first is healthy, everything when it is empty', () => {
  const second = host('1.0.3.1', { priority: 1 });
  const make = balancerFactory({}, sequence(0, 0.5, 0.999));
  assert.equal(counts(chosen(make(hostSet(a, second), undefined), 9)), { '1.0.0.1:80': 9 });
  assert.equal(counts(chosen(make(hostSet(second), undefined), 9)), { '1.0.3.1:80': 9 });
});

test('other policies are refused by name', () => {
  assert.throws(
    () => balancerFactory({ lb_policy: 'CLUSTER_PROVIDED' }, zero),
    (error: unknown) => error instanceof ConfigError && error.unsupported && error.path[0] === 'lb_policy',
  );
});

test.run();
