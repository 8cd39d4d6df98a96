import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createStatsStore } from '../../../../runtime/stats/stats-store.js';
import { CircuitBreaker, checkBreakers } from '../../../../runtime/upstream/cluster/circuit-breaker.js';
import { nonZero, statValue } from '../fixtures.js';

const thresholds = (...list: object[]) => ({ circuit_breakers: { thresholds: list } });

test('defaults are those of Envoy, for each priority', () => {
  const stats = createStatsStore();
  const expected = {
    maxConnections: 1024,
    maxPendingRequests: 1024,
    maxRequests: 1024,
    maxRetries: 3,
    maxConnectionPools: Number.POSITIVE_INFINITY,
    maxConnectionsPerHost: Number.POSITIVE_INFINITY,
  };
  assert.equal(new CircuitBreaker({}, 'DEFAULT', 'cluster.a.', stats).limits, expected);
  const onlyHigh = thresholds({ priority: 'HIGH', max_connections: 7 });
  assert.equal(new CircuitBreaker(onlyHigh, 'DEFAULT', 'cluster.a.', stats).limits, expected);
  assert.is(new CircuitBreaker(onlyHigh, 'HIGH', 'cluster.a.', stats).limits.maxConnections, 7);
});

test('of two thresholds of one priority the first counts', () => {
  const config = thresholds({ max_requests: 1 }, { priority: 'DEFAULT', max_requests: 2 });
  assert.is(new CircuitBreaker(config, 'DEFAULT', 'cluster.a.', createStatsStore()).limits.maxRequests, 1);
});

test('a gauge is 1 while its limit is reached', () => {
  const stats = createStatsStore();
  const breaker = new CircuitBreaker(thresholds({ max_requests: 2 }), 'DEFAULT', 'cluster.a.', stats);
  const open = () => statValue(stats, 'cluster.a.circuit_breakers.default.rq_open');
  const seen = [open()];
  breaker.requests++;
  seen.push(open());
  breaker.requests++;
  seen.push(open());
  breaker.requests--;
  seen.push(open());
  assert.equal(seen, [0, 0, 1, 0]);
});

test('what remains is told only where it was asked for', () => {
  const stats = createStatsStore();
  const config = thresholds({ max_connections: 100, track_remaining: true });
  const breaker = new CircuitBreaker(config, 'DEFAULT', 'cluster.a.', stats);
  new CircuitBreaker({}, 'HIGH', 'cluster.a.', stats);
  breaker.connections = 3;
  breaker.retries = 5;
  assert.equal(nonZero(stats, 'cluster.a.circuit_breakers.'), {
    'default.remaining_cx': 97,
    'default.remaining_pending': 1024,
    'default.remaining_rq': 1024,
    'default.rq_retry_open': 1,
  });
});

test('a host is limited in its connections alone', () => {
  const config = (fields: object) => ({ circuit_breakers: { per_host_thresholds: [fields] } });
  checkBreakers({});
  checkBreakers(config({ priority: 'HIGH', max_connections: 3 }));
  assert.throws(
    () => checkBreakers(config({ max_requests: 3 })),
    (error: { path: unknown[]; message: string }) =>
      error.path.join('.') === 'circuit_breakers.per_host_thresholds.0.max_requests' &&
      error.message === 'Unsupported field in per_host_thresholds',
  );
});

test.run();
