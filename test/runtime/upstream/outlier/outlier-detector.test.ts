/** Who is ejected and why, for how long, and how many of them. Numbers as in Envoy 1.40. */
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../../../runtime/network/filter.js';
import { createStatsStore } from '../../../../runtime/stats/stats-store.js';
import { createOutlierDetector } from '../../../../runtime/upstream/outlier/create-outlier-detector.js';
import type { OutlierDetector } from '../../../../runtime/upstream/outlier/outlier-detector.js';
import { ejectionThreshold } from '../../../../runtime/upstream/outlier/success-rate.js';
import type { Host } from '../../../../runtime/upstream/host/host.js';
import { FAILED_ACTIVE_HC } from '../../../../runtime/upstream/host/host-health.js';
import type { OutlierResult } from '../../../../runtime/upstream/host/host-monitors.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { clusterConfig, host, nonZero } from '../fixtures.js';

class Rig {
  readonly clock: FakeClock;
  readonly stats = createStatsStore();
  readonly lines: string[] = [];
  readonly changed: string[] = [];
  readonly hosts: readonly Host[];
  readonly detector: OutlierDetector;
  random = 0;

  constructor(config: object, count = 1, clock = new FakeClock()) {
    this.clock = clock;
    const { changed, lines, stats } = this;
    const cluster = clusterConfig({
      name: 'c',
      outlier_detection: { max_ejection_percent: 100, ...config },
    });
    const detector = createOutlierDetector(cluster, {
      clock,
      stats,
      random: () => this.random,
      statPrefix: 'cluster.c.',
      outlierEventLog: () => (line) => void lines.push(line),
      onChange: ({ addressText, health }) => void changed.push(`${addressText} ${health.text}`),
    });
    if (detector === undefined) throw new Error('no detector');
    this.detector = detector;
    this.hosts = Array.from({ length: count }, (_, at) => host(`1.1.1.${at}`));
    detector.update(this.hosts);
  }

  start(): this {
    this.detector.start();
    return this;
  }

  at(index: number): Host {
    return this.hosts[index] as Host;
  }

  codes(index: number, ...codes: readonly number[]): void {
    for (const code of codes) this.at(index).health.outlierMonitor.putResponse(code, [], []);
  }

  results(index: number, ...results: readonly OutlierResult[]): void {
    for (const result of results) this.at(index).health.outlierMonitor.putResult(result);
  }

  counts(): Record<string, number> {
    return nonZero(this.stats, 'cluster.c.outlier_detection.ejections_');
  }

  flags(index: number): string {
    return this.at(index).health.text;
  }

  get ejected(): number {
    return this.hosts.filter(({ health }) => health.text === '/failed_outlier_check').length;
  }

  events(): string[] {
    return this.lines.map((line) => {
      const { action, enforced, num_ejections, secs_since_last_action, type } = JSON.parse(line);
      return [type, action, num_ejections, enforced, secs_since_last_action ?? '-'].join(' ');
    });
  }
}

const five = (code: number): number[] => Array(5).fill(code);

test('five failures in a row, of which a success makes none', () => {
  const rig = new Rig({}).start();
  rig.codes(0, 500, 500, 500, 500, 404, 500, 500, 500, 500);
  assert.is(rig.flags(0), 'healthy');
  rig.codes(0, 500);
  assert.is(rig.flags(0), '/failed_outlier_check');
  assert.equal(rig.changed, ['1.1.1.0:80 /failed_outlier_check']);
  assert.equal(rig.counts(), {
    active: 1,
    consecutive_5xx: 1,
    detected_consecutive_5xx: 1,
    enforced_consecutive_5xx: 1,
    enforced_total: 1,
    total: 1,
  });
  assert.is(
    rig.lines[0],
    '{"type":"CONSECUTIVE_5XX","timestamp":"2026-01-31T12:00:00.000Z","cluster_name":"c","upstream_url":"1.1.1.0:80","action":"EJECT","num_ejections":1,"enforced":true,"eject_consecutive_event":{}}\n',
  );
});

test('gateway failures are counted by themselves, and enforced only when asked for', () => {
  const rig = new Rig({ consecutive_5xx: 100 }).start();
  rig.codes(0, ...five(503));
  assert.is(rig.flags(0), 'healthy');
  assert.equal(rig.events(), ['CONSECUTIVE_GATEWAY_FAILURE EJECT 0 false -']);
  const enforcing = new Rig({ consecutive_5xx: 100, enforcing_consecutive_gateway_failure: 100 }).start();
  enforcing.codes(0, 502, 503, 500, 504, 502, 503, 504);
  assert.is(enforcing.flags(0), 'healthy', 'a 500 begins the count anew');
  enforcing.codes(0, 503);
  assert.is(enforcing.flags(0), '/failed_outlier_check');
});

test('an enforcing percentage is a draw', () => {
  const rig = new Rig({ enforcing_consecutive_5xx: 30 }).start();
  rig.random = 0.3;
  rig.codes(0, ...five(500));
  assert.is(rig.flags(0), 'healthy');
  rig.random = 0.29;
  rig.codes(0, ...five(500));
  assert.is(rig.flags(0), '/failed_outlier_check');
});

test('what we see ourselves counts as 503 and 504, a connection as nothing', () => {
  const rig = new Rig({}).start();
  rig.results(0, 'LOCAL_ORIGIN_CONNECT_FAILED', 'LOCAL_ORIGIN_TIMEOUT', 'LOCAL_ORIGIN_CONNECT_SUCCESS');
  rig.results(0, 'EXT_ORIGIN_REQUEST_FAILED', 'LOCAL_ORIGIN_CONNECT_FAILED', 'LOCAL_ORIGIN_CONNECT_FAILED');
  assert.is(rig.flags(0), '/failed_outlier_check');
  const well = new Rig({ consecutive_5xx: 1 }).start();
  well.results(0, 'LOCAL_ORIGIN_CONNECT_SUCCESS_FINAL', 'EXT_ORIGIN_REQUEST_SUCCESS');
  assert.is(well.flags(0), 'healthy');
});

test('split: errors of our own are counted by themselves', () => {
  const rig = new Rig({ split_external_local_origin_errors: true, consecutive_5xx: 2 }).start();
  rig.results(0, ...Array(4).fill('LOCAL_ORIGIN_CONNECT_FAILED'), 'LOCAL_ORIGIN_CONNECT_SUCCESS');
  rig.results(0, ...Array(4).fill('LOCAL_ORIGIN_TIMEOUT'));
  assert.is(rig.flags(0), 'healthy', 'neither foreign errors, nor five of our own in a row');
  rig.results(0, 'LOCAL_ORIGIN_TIMEOUT');
  assert.equal(rig.events(), ['CONSECUTIVE_LOCAL_ORIGIN_FAILURE EJECT 1 true -']);
  const foreign = new Rig({ split_external_local_origin_errors: true, consecutive_5xx: 2 }).start();
  foreign.results(0, 'EXT_ORIGIN_REQUEST_FAILED', 'EXT_ORIGIN_REQUEST_FAILED');
  assert.equal(foreign.events(), ['CONSECUTIVE_5XX EJECT 1 true -']);
});

test('a failed gRPC call is a failure where its status stands in the headers', () => {
  const rig = new Rig({ consecutive_5xx: 1 }).start();
  const call = ['content-type', 'application/grpc'];
  const { outlierMonitor } = rig.at(0).health;
  outlierMonitor.putResponse(200, ['grpc-status', '5'], call);
  outlierMonitor.putResponse(200, ['grpc-status', '14'], ['content-type', 'text/plain']);
  outlierMonitor.putResponse(200, [], call);
  assert.is(rig.flags(0), 'healthy');
  outlierMonitor.putResponse(200, ['grpc-status', '14'], call);
  assert.is(rig.flags(0), '/failed_outlier_check');
});

test('U12 no more than the greatest percentage; then it overflows', () => {
  const rig = new Rig({ consecutive_5xx: 1, max_ejection_percent: 50 }, 4).start();
  for (let at = 0; at < 4; at++) rig.codes(at, 500);
  assert.is(rig.ejected, 2);
  assert.is(rig.counts().overflow, 2);
});

test('ten percent of nine is nobody, unless one may always go', () => {
  const nobody = new Rig({ consecutive_5xx: 1, max_ejection_percent: 10 }, 9).start();
  nobody.codes(3, 500);
  assert.is(nobody.ejected, 0);
  const one = new Rig(
    { consecutive_5xx: 1, max_ejection_percent: 10, always_eject_one_host: true },
    9,
  ).start();
  one.codes(3, 500);
  one.codes(4, 500);
  assert.is(one.ejected, 1);
});

const quick = { consecutive_5xx: 1, interval: '10s', base_ejection_time: '30s', max_ejection_time: '80s' };

/** Seconds until a host is let in again. */
function timeOut(rig: Rig): number {
  for (let seconds = 0; seconds < 1000; seconds += 10) {
    if (rig.flags(0) === 'healthy') return seconds;
    rig.clock.advance(10_000);
  }
  throw new Error('still out after 1000 s');
}

test('U12 each ejection lasts longer, up to the greatest time; quiet intervals make it shorter again', () => {
  const rig = new Rig(quick).start();
  const lengths: number[] = [];
  for (let count = 0; count < 4; count++) {
    rig.codes(0, 500);
    lengths.push(timeOut(rig));
  }
  assert.equal(lengths, [30, 60, 80, 80]);
  rig.clock.advance(30_000);
  rig.codes(0, 500);
  assert.is(timeOut(rig), 60, 'of four times, three quiet intervals take three off');
  assert.is(rig.counts().active, undefined);
});

test('the log tells the seconds since the last event of the other kind', () => {
  const rig = new Rig(quick).start();
  rig.codes(0, 500);
  rig.clock.advance(35_000);
  rig.codes(0, 500);
  assert.equal(rig.events(), [
    'CONSECUTIVE_5XX EJECT 1 true -',
    'CONSECUTIVE_5XX UNEJECT 1 false 30',
    'CONSECUTIVE_5XX EJECT 2 true 5',
  ]);
});

test('jitter makes it longer', () => {
  const rig = new Rig({ ...quick, max_ejection_time_jitter: '40s' }).start();
  rig.random = 0.5;
  rig.codes(0, 500);
  assert.is(timeOut(rig), 50);
});

test('a passed health check lets a host in, unless it may not', () => {
  const rig = new Rig(quick).start();
  rig.codes(0, 500);
  rig.at(0).health.set(FAILED_ACTIVE_HC);
  rig.detector.onHealthCheckPassed(rig.at(0));
  assert.is(rig.flags(0), '/failed_active_hc/failed_outlier_check', 'it is not healthy yet');
  rig.at(0).health.clear(FAILED_ACTIVE_HC);
  rig.detector.onHealthCheckPassed(rig.at(0));
  assert.is(rig.flags(0), 'healthy');
  const may = new Rig({ ...quick, successful_active_health_check_uneject_host: false }).start();
  may.codes(0, 500);
  may.detector.onHealthCheckPassed(may.at(0));
  assert.is(may.flags(0), '/failed_outlier_check');
});

/** So many requests for each host, of which so many go wrong. */
function traffic(rig: Rig, requests: number, failures: readonly number[]): void {
  for (const [at, failed] of failures.entries()) {
    for (let count = 0; count < requests; count++) rig.codes(at, count < failed ? 500 : 200);
  }
}

const rates = { consecutive_5xx: 10_000, consecutive_gateway_failure: 10_000 };

test('success rate: far below the others', () => {
  const rig = new Rig(rates, 6).start();
  traffic(rig, 100, [0, 2, 1, 40, 0, 1]);
  rig.clock.advance(10_000);
  assert.is(rig.flags(3), '/failed_outlier_check');
  assert.is(rig.ejected, 1);
  const { average, threshold } = rig.detector.averages.external;
  assert.is(average.toFixed(3), '92.667');
  assert.ok(threshold > 60 && threshold < 92);
  assert.is(rig.at(0).health.outlierMonitor.successRate, 100);
  const event = JSON.parse(rig.lines[0] as string);
  assert.equal(event.eject_success_rate_event, {
    host_success_rate: 60,
    cluster_average_success_rate: 92,
    cluster_success_rate_ejection_threshold: Math.trunc(threshold),
  });
  rig.clock.advance(10_000);
  assert.is(rig.at(0).health.outlierMonitor.successRate, -1, 'nothing came in this interval');
  assert.is(rig.detector.averages.external.average, -1);
});

test('success rate: not with too few hosts, nor with too few requests', () => {
  const few = new Rig(rates, 4).start();
  traffic(few, 100, [0, 0, 0, 90]);
  few.clock.advance(10_000);
  assert.is(few.ejected, 0);
  const idle = new Rig(rates, 6).start();
  traffic(idle, 99, [0, 0, 0, 0, 0, 90]);
  idle.clock.advance(10_000);
  assert.is(idle.ejected, 0);
});

test('failure percentage, where it is enforced', () => {
  const config = { ...rates, enforcing_success_rate: 0, enforcing_failure_percentage: 100 };
  const rig = new Rig(config, 5).start();
  traffic(rig, 50, [43, 42, 0, 0, 0]);
  rig.clock.advance(10_000);
  assert.equal(rig.events(), ['FAILURE_PERCENTAGE EJECT 1 true -']);
  assert.is(rig.flags(0), '/failed_outlier_check');
  assert.is(JSON.parse(rig.lines[0] as string).eject_failure_percentage_event.host_success_rate, 14);
});

test('rates of our own errors, where they are split', () => {
  const config = {
    ...rates,
    split_external_local_origin_errors: true,
    consecutive_local_origin_failure: 10_000,
    success_rate_request_volume: 10,
  };
  const rig = new Rig(config, 5).start();
  for (let at = 0; at < 5; at++) {
    const result = at === 2 ? 'LOCAL_ORIGIN_CONNECT_FAILED' : 'LOCAL_ORIGIN_CONNECT_SUCCESS';
    for (let count = 0; count < 10; count++) rig.results(at, result);
  }
  rig.clock.advance(10_000);
  assert.equal(rig.events(), ['SUCCESS_RATE_LOCAL_ORIGIN EJECT 1 true -']);
  assert.is(rig.at(0).health.outlierMonitor.localOriginSuccessRate, 100);
});

test('a host is ejected once in a sweep, whatever it is found guilty of', () => {
  const config = { ...rates, enforcing_failure_percentage: 100, failure_percentage_minimum_hosts: 1 };
  const rig = new Rig(config, 6).start();
  traffic(rig, 100, [0, 0, 0, 0, 0, 100]);
  rig.clock.advance(10_000);
  assert.is(rig.counts().active, 1);
  assert.is(rig.counts().detected_failure_percentage, 1);
  assert.equal(rig.events(), ['SUCCESS_RATE EJECT 1 true -']);
});

test('degraded for the base time when a good answer says so', () => {
  const rig = new Rig({ detect_degraded_hosts: true }).start();
  const { outlierMonitor } = rig.at(0).health;
  outlierMonitor.putResponse(503, ['x-envoy-degraded', ''], []);
  assert.is(rig.flags(0), 'healthy');
  outlierMonitor.putResponse(200, ['x-envoy-degraded', ''], []);
  assert.is(rig.flags(0), '/degraded_outlier_detection');
  rig.clock.advance(30_000);
  assert.is(rig.flags(0), 'healthy');
  assert.equal(rig.counts(), { detected_degradation: 1 });
});

test('a host that leaves is no longer counted', () => {
  const rig = new Rig({ consecutive_5xx: 1 }, 2).start();
  rig.codes(0, 500);
  assert.is(rig.counts().active, 1);
  rig.detector.update([rig.at(1)]);
  assert.is(rig.counts().active, undefined);
  rig.codes(0, 500);
  assert.is(rig.counts().detected_consecutive_5xx, 1);
});

test('R07 the next generation goes on: with ejections, their number, failures in a row, requests under way', () => {
  const first = new Rig({ ...quick, consecutive_5xx: 3 }, 2).start();
  first.codes(0, 500, 500, 500);
  first.codes(1, 500, 500);
  first.clock.advance(10_000);
  const second = new Rig({ ...quick, consecutive_5xx: 3 }, 2, first.clock);
  for (const at of [0, 1]) second.detector.takeOver(second.at(at).health, first.at(at).health);
  second.start();
  first.detector.stop();
  assert.is(second.flags(0), '/failed_outlier_check');
  assert.is(second.counts().active, 1);
  assert.is(first.counts().active, undefined);
  first.codes(1, 500);
  assert.is(second.flags(1), '/failed_outlier_check', 'a request of the old generation, the third in a row');
  assert.is(first.flags(1), 'healthy');
  second.clock.advance(20_000);
  assert.is(second.flags(0), 'healthy', 'thirty seconds after its ejection');
  second.codes(0, 500, 500, 500);
  assert.is(timeOut(second), 60, 'it is the second time');
});

test('a stopped detector hears nothing', () => {
  const rig = new Rig({ consecutive_5xx: 1 }).start();
  rig.detector.stop();
  rig.codes(0, 500);
  assert.equal(rig.counts(), {});
  assert.is(rig.clock.timers, 0);
});

test('the greatest time is not less than the base time', () => {
  const make = () => new Rig({ base_ejection_time: '2s', max_ejection_time: '1s' });
  assert.throws(
    make,
    (error: unknown) =>
      error instanceof ConfigError &&
      error.message === "outlier detector's max_ejection_time cannot be smaller than base_ejection_time" &&
      error.path.join('.') === 'outlier_detection.max_ejection_time',
  );
  new Rig({ base_ejection_time: '400s' });
});

test('the threshold is below the average, and of equal rates it is the average', () => {
  assert.equal(ejectionThreshold([50, 100, 100, 100, 100], 1900), { average: 90, threshold: 52 });
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 20 }),
      fc.nat(5000),
      (found, factor) => {
        const { average, threshold } = ejectionThreshold(found, factor);
        return threshold <= average + 1e-9;
      },
    ),
  );
});

test('U12 property: never more out than allowed, and the gauge is their number', () => {
  const event = fc.tuple(fc.nat(7), fc.constantFrom(200, 500, 503), fc.nat(20_000));
  fc.assert(
    fc.property(fc.array(event, { maxLength: 120 }), fc.nat(100), (script, percent) => {
      const rig = new Rig({ ...quick, consecutive_5xx: 2, max_ejection_percent: percent }, 8).start();
      for (const [at, code, pauseMs] of script) {
        rig.codes(at, code);
        rig.clock.advance(pauseMs);
        if (rig.ejected > (percent * 8) / 100 || (rig.counts().active ?? 0) !== rig.ejected) return false;
      }
      return true;
    }),
    { numRuns: 60 },
  );
});

test.run();
