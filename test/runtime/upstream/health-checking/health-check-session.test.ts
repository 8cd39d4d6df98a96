/** What each result of a check means for its host: flags, counters, events and the time of the next one. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createStatsStore } from '../../../../runtime/stats/stats-store.js';
import { HealthCheckSession } from '../../../../runtime/upstream/health-checking/health-check-session.js';
import { readHealthCheckSettings } from '../../../../runtime/upstream/health-checking/health-check-settings.js';
import { createHealthCheckStats } from '../../../../runtime/upstream/health-checking/health-check-stats.js';
import { FAILED_ACTIVE_HC, PENDING_ACTIVE_HC } from '../../../../runtime/upstream/host/host-health.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { host as makeHost, nonZero } from '../fixtures.js';
import { type ScriptedProbe, ScriptedProbes } from './scripted-probes.js';

const defaults = {
  timeout: '1s',
  interval: '5s',
  unhealthy_threshold: 3,
  healthy_threshold: 2,
  no_traffic_interval: '60s',
};

class Rig {
  readonly clock = new FakeClock();
  readonly stats = createStatsStore();
  readonly host = makeHost('1.1.1.1');
  readonly events: string[] = [];
  readonly told: string[] = [];
  readonly session: HealthCheckSession;
  readonly probe: ScriptedProbe;
  hasTraffic = true;

  constructor(config: object = {}, random = 0) {
    const probes = new ScriptedProbes();
    const { clock, events, host, stats, told } = this;
    host.health.set(FAILED_ACTIVE_HC);
    this.session = new HealthCheckSession(host, host.health, {
      settings: readHealthCheckSettings({ ...defaults, ...config }, () => random),
      stats: createHealthCheckStats('cluster.c.', undefined, stats),
      clock,
      createProbe: probes.create,
      hasTraffic: () => this.hasTraffic,
      log: (_, { kind }) => void events.push(kind),
      onCheck: (_, transition, passed) => void told.push(`${transition} ${passed ? 'passed' : 'failed'}`),
    });
    this.probe = probes.all[0] as ScriptedProbe;
  }

  start(): this {
    this.session.start();
    this.clock.advance(0);
    return this;
  }

  counts(): Record<string, number> {
    return nonZero(this.stats, 'cluster.c.health_check.');
  }

  get flags(): string {
    return this.host.health.text;
  }
}

test('the first check comes at once, its success is enough', () => {
  const rig = new Rig().start();
  assert.is(rig.probe.checks, 1);
  rig.probe.good();
  assert.is(rig.flags, 'healthy');
  assert.equal(rig.events, ['add_healthy_event']);
  assert.equal(rig.told, ['changed passed']);
  assert.equal(rig.counts(), { attempt: 1, healthy: 1, success: 1 });
});

test('later a host comes back at the healthy threshold', () => {
  const rig = new Rig().start();
  rig.probe.bad();
  assert.equal(rig.events, ['health_check_failure_event']);
  rig.probe.good();
  assert.is(rig.flags, '/failed_active_hc');
  rig.probe.good();
  assert.is(rig.flags, 'healthy');
  assert.equal(rig.told, ['unchanged failed', 'change pending passed', 'changed passed']);
});

test('a failure between two successes begins the count anew', () => {
  const rig = new Rig().start();
  rig.probe.bad();
  rig.probe.good();
  rig.probe.refused();
  rig.probe.good();
  assert.is(rig.flags, '/failed_active_hc');
});

test('U12 a bad answer fails a host at once, the network only at the threshold', () => {
  const rig = new Rig().start();
  rig.probe.good();
  rig.probe.refused();
  rig.probe.refused();
  assert.is(rig.flags, 'healthy');
  rig.probe.good();
  rig.probe.refused();
  rig.probe.refused();
  assert.is(rig.flags, 'healthy', 'a success between begins the count anew');
  rig.probe.refused();
  assert.is(rig.flags, '/failed_active_hc');
  rig.probe.good();
  rig.probe.good();
  rig.probe.bad();
  assert.is(rig.flags, '/failed_active_hc');
  assert.equal(rig.counts(), { attempt: 1, failure: 6, network_failure: 5, success: 4 });
});

test('a retriable answer counts up to the threshold', () => {
  const rig = new Rig().start();
  rig.probe.good();
  for (let count = 0; count < 2; count++) rig.probe.session.onFailure('ACTIVE', true, 503);
  assert.is(rig.flags, 'healthy');
  rig.probe.session.onFailure('ACTIVE', true, 503);
  assert.is(rig.flags, '/failed_active_hc');
});

test('no answer in time is a failure of the network, and its flag goes with the next one', () => {
  const rig = new Rig({ unhealthy_threshold: 1 }).start();
  rig.probe.good();
  rig.clock.advance(5000);
  rig.clock.advance(999);
  assert.is(rig.flags, 'healthy');
  rig.clock.advance(1);
  assert.is(rig.flags, '/failed_active_hc/active_hc_timeout');
  assert.is(rig.probe.abandoned, 1);
  rig.clock.advance(5000);
  rig.probe.refused();
  assert.is(rig.flags, '/failed_active_hc');
});

test('P07 an answer that is read as soon as a stopped process goes on is in time', () => {
  const rig = new Rig({ unhealthy_threshold: 1 }).start();
  rig.probe.good();
  rig.clock.advance(5000);
  // The time-out is due while the process stands still; what is read then comes before it is acted on.
  const { clock, probe } = rig;
  clock.setTimer(1000, () => probe.good());
  clock.advance(1000);
  assert.is(rig.flags, 'healthy');
  assert.equal(rig.counts(), { attempt: 2, healthy: 1, success: 2 });
});

test('degraded, and no longer', () => {
  const rig = new Rig().start();
  rig.probe.good(true);
  assert.is(rig.flags, '/degraded_active_hc');
  assert.is(rig.host.degraded, true);
  rig.probe.good(true);
  rig.probe.good();
  assert.is(rig.flags, 'healthy');
  assert.equal(rig.events, ['add_healthy_event', 'degraded_healthy_host', 'no_longer_degraded_host']);
  assert.equal(rig.told, ['changed passed', 'unchanged passed', 'changed passed']);
});

test('a host that may not be used before its first check is excluded until then', () => {
  const rig = new Rig();
  rig.host.health.set(PENDING_ACTIVE_HC);
  rig.start();
  assert.is(rig.host.excluded, true);
  rig.probe.bad();
  assert.is(rig.host.excluded, false);
  assert.equal(rig.told, ['changed failed']);
});

test('an immediate failure excludes a host until it is healthy again', () => {
  const rig = new Rig().start();
  rig.probe.good();
  rig.session.failPassively();
  assert.is(rig.flags, '/failed_active_hc/excluded_via_immediate_hc_fail');
  assert.equal(rig.counts(), { attempt: 1, failure: 1, passive_failure: 1, success: 1 });
  rig.probe.good();
  assert.is(rig.host.excluded, true);
  rig.probe.good();
  assert.is(rig.flags, 'healthy');
});

test('all failures, all successes are logged where the configuration says so', () => {
  const rig = new Rig({
    always_log_health_check_failures: true,
    always_log_health_check_success: true,
  }).start();
  rig.probe.good();
  rig.probe.good();
  rig.probe.bad();
  rig.probe.bad();
  assert.equal(rig.events, [
    'add_healthy_event',
    'successful_health_check_event',
    'eject_unhealthy_event',
    'health_check_failure_event',
    'health_check_failure_event',
  ]);
});

/** When the next check is, milliseconds after a result. */
function delay(rig: Rig): number {
  const before = rig.probe.checks;
  for (let spent = 0; spent < 200_000; spent += 100) {
    if (rig.probe.checks > before) return spent;
    rig.clock.advance(100);
  }
  throw new Error('no check in 200 s');
}

const intervals = {
  interval: '5s',
  unhealthy_interval: '7s',
  unhealthy_edge_interval: '3s',
  healthy_edge_interval: '2s',
};

test('intervals by state, and on the way from one to the other', () => {
  const rig = new Rig(intervals).start();
  rig.probe.good();
  assert.is(delay(rig), 5000, 'healthy');
  rig.probe.refused();
  assert.is(delay(rig), 3000, 'towards unhealthy');
  rig.probe.bad();
  assert.is(delay(rig), 7000, 'unhealthy');
  rig.probe.good();
  assert.is(delay(rig), 2000, 'towards healthy');
  rig.probe.good();
  assert.is(delay(rig), 5000, 'healthy again');
});

test('a cluster that is not used is checked less often', () => {
  const rig = new Rig({ ...intervals, no_traffic_interval: '40s', no_traffic_healthy_interval: '90s' });
  rig.hasTraffic = false;
  rig.start();
  rig.probe.bad();
  assert.is(delay(rig), 40_000);
  rig.probe.good();
  assert.is(delay(rig), 40_000, 'towards healthy');
  rig.probe.good();
  assert.is(delay(rig), 90_000);
  rig.hasTraffic = true;
  rig.probe.good();
  assert.is(delay(rig), 5000);
});

test('jitter: of the first check, of each, and in percent', () => {
  const rig = new Rig({ initial_jitter: '4s', interval_jitter: '1s', interval_jitter_percent: 50 }, 0.5);
  rig.session.start();
  assert.is(delay(rig), 2000);
  rig.probe.good();
  assert.is(delay(rig), 5000 + 500 + 1300, 'to the next 100 ms');
});

test('after the stop nothing is checked, told or counted', () => {
  const rig = new Rig().start();
  rig.probe.good();
  rig.session.stop();
  assert.is(rig.probe.closed, true);
  assert.equal(rig.counts(), { attempt: 1, success: 1 });
  rig.probe.bad();
  rig.session.failPassively();
  rig.clock.advance(100_000);
  assert.is(rig.flags, 'healthy');
  assert.is(rig.clock.timers, 0);
  assert.equal(rig.told, ['changed passed']);
});

test('another generation goes on where this one is, also with the time of the next check', () => {
  const first = new Rig().start();
  first.probe.bad();
  first.probe.good();
  const second = new Rig();
  second.session.goOnFrom(first.session.state);
  second.start();
  assert.is(second.probe.checks, 0);
  second.clock.advance(5000);
  assert.is(second.probe.checks, 1);
  second.probe.good();
  assert.is(second.flags, 'healthy', 'the second success in a row');
});

test.run();
