/** Hosts that come and go, several checks of one host, and the first round that a cluster waits for. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createStatsStore } from '../../../../runtime/stats/stats-store.js';
import { ActiveHealthChecker } from '../../../../runtime/upstream/health-checking/active-health-checker.js';
import { readHealthCheckSettings } from '../../../../runtime/upstream/health-checking/health-check-settings.js';
import {
  createHealthCheckGauges,
  createHealthCheckStats,
} from '../../../../runtime/upstream/health-checking/health-check-stats.js';
import { createHost } from '../../../../runtime/upstream/host/create-host.js';
import type { Host } from '../../../../runtime/upstream/host/host.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { host, nonZero, settled } from '../fixtures.js';
import { ScriptedProbes } from './scripted-probes.js';

const config = { timeout: '1s', interval: '5s', unhealthy_threshold: 1, healthy_threshold: 1 };

const attributes = { hostname: '', weight: 1, priority: 0, zone: '', region: '', subZone: '' };

class Rig {
  readonly clock: FakeClock;
  readonly stats = createStatsStore();
  readonly probes: readonly ScriptedProbes[];
  readonly told: string[] = [];
  readonly checker: ActiveHealthChecker;

  constructor(
    names: readonly (string | undefined)[] = [undefined],
    ignoreNewHosts = false,
    clock = new FakeClock(),
  ) {
    this.clock = clock;
    const { stats } = this;
    this.probes = names.map(() => new ScriptedProbes());
    this.checker = new ActiveHealthChecker({
      checks: names.map((name, at) => ({
        settings: readHealthCheckSettings(config, () => 0),
        stats: createHealthCheckStats('cluster.c.', name, stats),
        clock,
        createProbe: (this.probes[at] as ScriptedProbes).create,
        hasTraffic: () => true,
        log: () => undefined,
      })),
      groupGauges: names.length > 1 ? createHealthCheckGauges('cluster.c.', stats) : undefined,
      ignoreNewHosts,
      callbacks: {
        onCheck: ({ addressText }, transition, passed) =>
          void this.told.push(`${addressText} ${transition} ${passed ? 'passed' : 'failed'}`),
      },
    });
  }

  hosts(...hosts: readonly Host[]): void {
    this.checker.update(hosts, () => false);
    this.clock.advance(0);
  }

  async isRoundOver(): Promise<boolean> {
    let over = false;
    void this.checker.firstRound.then(() => {
      over = true;
    });
    await settled();
    return over;
  }
}

test('a new host begins as failed, the first round is over when all were checked', async () => {
  const rig = new Rig();
  const [a, b] = [host('1.1.1.1'), host('2.2.2.2')];
  rig.hosts(a, b);
  assert.is(a.health.text, '/failed_active_hc');
  rig.probes[0]?.of('1.1.1.1:80').good();
  assert.is(await rig.isRoundOver(), false);
  rig.probes[0]?.of('2.2.2.2:80').refused();
  assert.is(await rig.isRoundOver(), true);
  assert.is(a.health.text, 'healthy');
  assert.is(b.health.text, '/failed_active_hc');
});

test('nobody to check: the first round is over', async () => {
  const rig = new Rig();
  rig.hosts();
  assert.is(await rig.isRoundOver(), true);
});

test('a host that leaves is not waited for, and its connection closes', async () => {
  const rig = new Rig();
  rig.hosts(host('1.1.1.1'));
  rig.hosts();
  assert.is(await rig.isRoundOver(), true);
  assert.is(rig.probes[0]?.of('1.1.1.1:80').closed, true);
  assert.is(rig.clock.timers, 0);
});

test('a stop lets go of those who wait', async () => {
  const rig = new Rig();
  rig.hosts(host('1.1.1.1'));
  const over = rig.isRoundOver();
  rig.checker.stop();
  assert.is(await over, true);
});

test('a host without checks of its own stays as it is', async () => {
  const rig = new Rig();
  const quiet = createHost(
    { kind: 'ip', ip: '1.1.1.1', port: 80 },
    {
      ...attributes,
      healthCheck: { port: 0, address: undefined, hostname: '', disabled: true },
    },
  );
  rig.hosts(quiet);
  assert.is(quiet.health.text, 'healthy');
  assert.is(await rig.isRoundOver(), true);
  assert.equal(rig.probes[0]?.all, []);
});

test('`ignore_new_hosts_until_first_hc`: not counted until its first check', () => {
  const rig = new Rig([undefined], true);
  const a = host('1.1.1.1');
  rig.hosts(a);
  assert.is(a.health.text, '/failed_active_hc/pending_active_hc');
  rig.probes[0]?.of('1.1.1.1:80').refused();
  assert.is(a.health.text, '/failed_active_hc');
  assert.equal(rig.told, ['1.1.1.1:80 changed failed']);
});

test('a newer snapshot of a host is checked by the same session', () => {
  const rig = new Rig();
  const before = host('1.1.1.1');
  rig.hosts(before);
  const after = createHost({ kind: 'ip', ip: '3.3.3.3', port: 80 }, attributes, before);
  rig.hosts(after);
  assert.is(rig.probes[0]?.all.length, 1);
  assert.is(rig.probes[0]?.all[0]?.host().addressText, '3.3.3.3:80');
});

test('of several checks each has to pass', async () => {
  const rig = new Rig(['a', 'b']);
  const one = host('1.1.1.1');
  rig.hosts(one);
  const [a, b] = rig.probes.map((probes) => probes.of('1.1.1.1:80'));
  a?.good();
  assert.is(one.health.text, '/failed_active_hc/pending_active_hc');
  assert.is(await rig.isRoundOver(), false);
  assert.equal(rig.told, []);
  b?.refused();
  assert.is(one.health.text, '/failed_active_hc');
  assert.is(await rig.isRoundOver(), true);
  b?.good();
  assert.is(one.health.text, 'healthy');
  a?.bad();
  a?.bad();
  assert.is(one.health.text, '/failed_active_hc');
  assert.equal(rig.told, [
    '1.1.1.1:80 changed failed',
    '1.1.1.1:80 changed passed',
    '1.1.1.1:80 changed failed',
    '1.1.1.1:80 unchanged failed',
  ]);
  assert.equal(nonZero(rig.stats, 'cluster.c.health_check.'), {
    'name.a.attempt': 1,
    'name.a.failure': 2,
    'name.a.success': 1,
    'name.b.attempt': 1,
    'name.b.failure': 1,
    'name.b.healthy': 1,
    'name.b.network_failure': 1,
    'name.b.success': 1,
  });
});

test('degraded is who any of the checks calls so; the gauges are of all together', () => {
  const rig = new Rig(['a', 'b']);
  const one = host('1.1.1.1');
  rig.hosts(one);
  const [a, b] = rig.probes.map((probes) => probes.of('1.1.1.1:80'));
  a?.good(true);
  b?.good();
  assert.is(one.health.text, '/degraded_active_hc');
  const gauges = () => {
    const { degraded = 0, healthy = 0 } = nonZero(rig.stats, 'cluster.c.health_check.');
    return { degraded, healthy };
  };
  assert.equal(gauges(), { degraded: 1, healthy: 1 });
  rig.hosts();
  assert.equal(gauges(), { degraded: 0, healthy: 0 });
});

test('R07 a host goes on where the generation before is with it', async () => {
  const first = new Rig();
  const before = host('1.1.1.1');
  first.hosts(before);
  first.probes[0]?.of('1.1.1.1:80').good();
  const second = new Rig([undefined], false, first.clock);
  const after = host('1.1.1.1');
  second.checker.update([after], () => true);
  assert.is(after.health.text, 'healthy', 'it is not a new host');
  assert.is(await second.isRoundOver(), true);
  first.clock.advance(2000);
  assert.equal(second.probes[0]?.all, [], 'the generation before goes on to check it');
  second.checker.takeOver(after.health, first.checker, before.health);
  second.checker.start();
  first.checker.stop();
  assert.is(second.probes[0]?.of('1.1.1.1:80').checks, 0);
  first.clock.advance(3000);
  assert.is(second.probes[0]?.of('1.1.1.1:80').checks, 1, 'when the one before would have checked it');
  second.probes[0]?.of('1.1.1.1:80').bad();
  assert.is(after.health.text, '/failed_active_hc');
  assert.is(before.health.text, 'healthy', 'each generation has a mind of its own');
});

test('R07 a failed host stays failed, one that was not checked before is as good as it was', () => {
  const first = new Rig();
  const failed = host('1.1.1.1');
  first.hosts(failed);
  first.probes[0]?.of('1.1.1.1:80').bad();
  const second = new Rig([undefined], false, first.clock);
  const [failedNow, newlyChecked] = [host('1.1.1.1'), host('2.2.2.2')];
  second.checker.update([failedNow, newlyChecked], () => true);
  second.checker.takeOver(failedNow.health, first.checker, failed.health);
  second.checker.takeOver(newlyChecked.health, first.checker, host('2.2.2.2').health);
  second.checker.start();
  second.clock.advance(0);
  assert.is(failedNow.health.text, '/failed_active_hc');
  assert.is(newlyChecked.health.text, 'healthy');
  assert.is(second.probes[0]?.of('2.2.2.2:80').checks, 1);
  assert.equal(nonZero(second.stats, 'cluster.c.health_check.'), { attempt: 1, healthy: 1 });
});

test('a request that was told of an immediate failure fails the host in all checks', () => {
  const rig = new Rig(['a', 'b']);
  const one = host('1.1.1.1');
  rig.hosts(one);
  for (const probes of rig.probes) probes.of('1.1.1.1:80').good();
  one.health.healthCheckMonitor?.setUnhealthy();
  assert.is(one.health.text, '/failed_active_hc/excluded_via_immediate_hc_fail');
  rig.hosts();
  assert.is(one.health.healthCheckMonitor, undefined);
});

test.run();
