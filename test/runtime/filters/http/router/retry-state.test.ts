/** When a failed try is followed by another one, after how long, and where it goes. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PreviousPriorities } from '../../../../../runtime/filters/http/router/previous-priorities.js';
import { RetryState } from '../../../../../runtime/filters/http/router/retry-state.js';
import { compileRetryPolicy } from '../../../../../runtime/route/compile-retry-policy.js';
import { createStatsStore } from '../../../../../runtime/stats/stats-store.js';
import type { Cluster } from '../../../../../runtime/upstream/cluster/cluster.js';
import { CircuitBreaker } from '../../../../../runtime/upstream/cluster/circuit-breaker.js';
import { createClusterStats } from '../../../../../runtime/upstream/cluster/create-cluster-stats.js';
import type { Host } from '../../../../../runtime/upstream/host/host.js';
import { levelsOf } from '../../../../../runtime/upstream/load-balancing/level-hosts.js';
import { levelStates } from '../../../../../runtime/upstream/load-balancing/priority-load.js';
import { host, hostSet, nonZero } from '../../../upstream/fixtures.js';

const request = { method: 'GET', scheme: 'http', authority: 'a', path: '/' };
const nine = Date.UTC(2026, 0, 1, 9);

class Rig {
  readonly stats = createStatsStore();
  readonly breaker: CircuitBreaker;
  readonly state: RetryState;

  constructor(policy: object, more: { headers?: readonly string[]; cluster?: object; random?: number } = {}) {
    this.breaker = new CircuitBreaker(more.cluster ?? {}, 'DEFAULT', 'c.', this.stats);
    const cluster = {
      stats: createClusterStats('c.', this.stats),
      resources: () => this.breaker,
    } as unknown as Cluster;
    const context = { random: () => more.random ?? 0.5, wallClock: () => nine };
    this.state = new RetryState(
      compileRetryPolicy({ num_retries: 9, ...policy }),
      request,
      more.headers ?? [],
      cluster,
      'DEFAULT',
      context,
    );
  }

  get counts(): Record<string, number> {
    return nonZero(this.stats, 'c.upstream_rq_');
  }
}

const retries = (decision: unknown): boolean => typeof decision === 'number';

test('responses', () => {
  const cases: readonly (readonly [
    retryOn: string,
    status: number,
    headers: readonly string[],
    tries: boolean,
  ])[] = [
    ['5xx', 500, [], true],
    ['5xx', 404, [], false],
    ['gateway-error', 502, [], true],
    ['gateway-error', 500, [], false],
    ['retriable-4xx', 409, [], true],
    ['retriable-4xx', 408, [], false],
    ['retriable-status-codes', 418, [], true],
    ['retriable-status-codes', 419, [], false],
    ['retriable-headers', 200, ['x-again', 'now'], true],
    ['retriable-headers', 200, [], false],
    ['retriable-headers', 421, [], true],
    ['5xx', 503, ['x-envoy-ratelimited', 'true'], false],
    ['envoy-ratelimited', 429, ['x-envoy-ratelimited', 'true'], true],
    ['envoy-ratelimited', 429, [], false],
    ['cancelled', 200, ['grpc-status', '1'], true],
    ['deadline-exceeded', 200, ['grpc-status', '4'], true],
    ['resource-exhausted', 200, ['grpc-status', '8'], true],
    ['internal', 200, ['grpc-status', '13'], true],
    ['unavailable', 200, ['grpc-status', '14'], true],
    ['unavailable', 200, ['grpc-status', '0'], false],
    ['connect-failure,reset', 503, [], false],
  ];
  for (const [retry_on, status, headers, tries] of cases) {
    const policy = {
      retry_on,
      retriable_status_codes: [418],
      retriable_headers: [
        { name: 'x-again' },
        { name: ':status', string_match: { exact: '421' } },
        { name: ':path' },
      ],
    };
    assert.is(retries(new Rig(policy).state.afterResponse(status, headers)), tries, `${retry_on} ${status}`);
  }
});

test('resets', () => {
  const cases = [
    ['5xx', 'connection termination', true, true],
    ['gateway-error', 'remote reset', true, true],
    ['reset', 'protocol error', true, true],
    ['reset', 'per try timeout', true, true],
    ['reset-before-request', 'connection termination', true, false],
    ['reset-before-request', 'remote connection failure', false, true],
    ['connect-failure', 'connection timeout', false, true],
    ['connect-failure', 'connection termination', true, false],
    ['refused-stream', 'remote refused stream reset', true, true],
    ['refused-stream', 'remote reset', true, false],
    ['5xx,reset,connect-failure', 'overflow', false, false],
  ] as const;
  for (const [retry_on, cause, started, tries] of cases) {
    assert.is(retries(new Rig({ retry_on }).state.afterReset(cause, started)), tries, `${retry_on} ${cause}`);
  }
});

test('only requests that may be tried again', () => {
  const policy = {
    retry_on: '5xx',
    retriable_request_headers: [
      { name: 'x-a', string_match: { exact: '1' } },
      { name: ':method', string_match: { exact: 'PUT' } },
    ],
  };
  assert.ok(retries(new Rig(policy, { headers: ['x-a', '1'] }).state.afterResponse(503, [])));
  assert.is(new Rig(policy, { headers: ['x-a', '2'] }).state.afterResponse(503, []), 'no');
  assert.is(new Rig(policy).state.afterReset('remote reset', true), 'no');
});

test('the wait doubles up to its limit', () => {
  const policy = { retry_on: '5xx', retry_back_off: { base_interval: '0.1s', max_interval: '0.5s' } };
  const { state } = new Rig(policy);
  const waits = Array.from({ length: 5 }, () => state.afterResponse(503, []));
  assert.equal(waits, [50, 100, 200, 250, 250]);
  const { state: byDefault } = new Rig({ retry_on: '5xx' }, { random: 0.999 });
  assert.equal(
    Array.from({ length: 6 }, () => byDefault.afterResponse(503, [])),
    [24, 49, 99, 199, 249, 249],
  );
});

test('the wait that a response asks for, within its limit, and the usual one otherwise', () => {
  const wait = (header: string, value: string, format?: string): unknown => {
    const reset = { name: 'Retry-After', ...(format === undefined ? {} : { format }) };
    const policy = {
      retry_on: '5xx',
      rate_limited_retry_back_off: { reset_headers: [{ name: 'x-none' }, reset], max_interval: '60s' },
    };
    return new Rig(policy).state.afterResponse(503, [header, value]);
  };
  assert.is(wait('retry-after', '10'), 12_500, 'up to half as long again');
  assert.is(wait('retry-after', '61'), 12);
  assert.is(wait('retry-after', '0'), 12);
  assert.is(wait('retry-after', 'soon'), 12);
  assert.is(wait('x-other', '10'), 12);
  assert.is(wait('retry-after', String(nine / 1000 + 20), 'UNIX_TIMESTAMP'), 25_000);
  assert.is(wait('retry-after', String(nine / 1000 - 20), 'UNIX_TIMESTAMP'), 12);
});

test('what is counted, and when', () => {
  const rig = new Rig({
    retry_on: '5xx',
    num_retries: 1,
    rate_limited_retry_back_off: { reset_headers: [{ name: 'r' }] },
  });
  rig.state.afterResponse(503, ['r', '2']);
  assert.equal(rig.counts, {}, 'not before it begins');
  assert.is(rig.breaker.retries, 1);
  rig.state.onRetry();
  assert.equal(rig.counts, { retry: 1, retry_backoff_ratelimited: 1 });
  assert.is(rig.state.afterResponse(503, []), 'exhausted');
  assert.equal(rig.counts, { retry: 1, retry_backoff_ratelimited: 1, retry_limit_exceeded: 1 });
  assert.is(rig.breaker.retries, 0);
  const lucky = new Rig({ retry_on: '5xx' });
  lucky.state.afterResponse(503, []);
  lucky.state.onRetry();
  assert.is(lucky.state.afterResponse(200, []), 'no');
  assert.equal(lucky.counts, { retry: 1, retry_backoff_exponential: 1, retry_success: 1 });
});

const breakers = (fields: object) => ({ cluster: { circuit_breakers: { thresholds: [fields] } } });

test('no more retries than the breaker allows, by number or by budget', () => {
  const none = new Rig({ retry_on: '5xx' }, breakers({ max_retries: 0 }));
  assert.is(none.state.afterResponse(503, []), 'overflow');
  assert.equal(none.counts, { retry_overflow: 1 });

  const budget = { retry_budget: { budget_percent: { value: 50 }, min_retry_concurrency: 1 } };
  const rig = new Rig({ retry_on: '5xx' }, breakers({ max_retries: 0, ...budget }));
  assert.ok(rig.breaker.canRetry, 'the least is always allowed');
  rig.breaker.retries = 1;
  assert.not.ok(rig.breaker.canRetry);
  rig.breaker.requests = 3;
  rig.breaker.pendingRequests = 1;
  assert.ok(rig.breaker.canRetry, 'half of 4');
  rig.breaker.retries = 2;
  assert.not.ok(rig.breaker.canRetry);
  const plain = new Rig({ retry_on: '5xx' }, breakers({ retry_budget: {} }));
  plain.breaker.requests = 100;
  plain.breaker.retries = 19;
  assert.ok(plain.breaker.canRetry, '20 percent by default');
});

const predicate = (type: string, config: object = {}) => ({
  name: type,
  typed_config: { '@type': `type.googleapis.com/envoy.extensions.retry.host.${type}`, ...config },
});

test('hosts that a retry would rather not have', () => {
  const canary = host('1.1.1.1', { lbMetadata: { canary: true } });
  const slow = host('1.1.1.2', { lbMetadata: { tags: ['slow', 'old'] } });
  const plain = host('1.1.1.3');
  const judge = (retry_host_predicate: object[], before: readonly Host[] = []): string => {
    const { state } = new Rig({
      retry_on: '5xx',
      retry_host_predicate,
      host_selection_retry_max_attempts: 4,
    });
    for (const one of before) state.onHostAttempted(one);
    assert.is(state.hostSelectionMaxAttempts, retry_host_predicate.length === 0 ? 0 : 4);
    return [canary, slow, plain].map((one) => (state.shouldSelectAnotherHost(one) ? 'x' : '-')).join('');
  };
  assert.is(judge([]), '---');
  assert.is(judge([predicate('previous_hosts.v3.PreviousHostsPredicate')], [slow]), '-x-');
  assert.is(judge([predicate('omit_canary_hosts.v3.OmitCanaryHostsPredicate')]), 'x--');
  const metadata_match = { filter_metadata: { 'envoy.lb': { tags: 'slow' } } };
  assert.is(judge([predicate('omit_host_metadata.v3.OmitHostMetadataConfig', { metadata_match })]), '-x-');
});

test('priorities that were tried are left out, until all were', () => {
  const hosts = [0, 1, 2].map((priority) => host(`1.1.1.${priority}`, { priority }));
  const levels = levelsOf(hostSet(...hosts), undefined);
  const options = { panicThreshold: 50, overprovisioningFactor: 140, weightedHealth: false };
  const { loads } = levelStates(levels, options);
  const run = (frequency: number, tries: number): number[] => {
    const previous = new PreviousPriorities(frequency);
    return Array.from({ length: tries }, () => {
      const level = previous.adjust(loads, levels).healthy.indexOf(100);
      previous.add(hosts[level] as Host);
      return level;
    });
  };
  assert.equal(run(1, 7), [0, 1, 2, 0, 1, 2, 0]);
  assert.equal(run(2, 7), [0, 0, 1, 1, 2, 2, 0]);
});

test('what is not built is refused by name', () => {
  assert.throws(
    () => compileRetryPolicy({ retry_host_predicate: [{ name: 'mine', typed_config: { '@type': 'x/y' } }] }),
    /the host predicate mine needs real Envoy/,
  );
  assert.throws(
    () => compileRetryPolicy({ retry_priority: { name: 'mine', typed_config: { '@type': 'x/y' } } }),
    /the retry priority mine needs real Envoy/,
  );
});

test.run();
