/** Retries, hedging, time-outs, circuit breakers and mirrors, for `balance-parity`. */
import type { BalanceCase, CaseHost, CaseRequest } from './balance-rig.js';

type Json = Record<string, unknown>;

const hosts = (count: number, more: (at: number) => Partial<CaseHost> = () => ({})): CaseHost[] =>
  Array.from({ length: count }, (_, at) => ({ at, ...more(at) }));

const quick = { retry_back_off: { base_interval: '0.001s', max_interval: '0.002s' } };
const counting = { include_request_attempt_count: true, include_attempt_count_in_response: true };

function retry(
  id: string,
  policy: Json,
  plan: readonly string[],
  more: Partial<BalanceCase> = {},
): BalanceCase {
  return {
    id: `retry-${id}`,
    hosts: hosts(1),
    virtualHost: counting,
    plan,
    requests: [{}],
    ...more,
    action: { retry_policy: { ...quick, ...policy }, ...more.action },
  };
}

const on = (retry_on: string, more: Json = {}): Json => ({ retry_on, ...more });
const grpc = { headers: { 'content-type': 'application/grpc' } };
const withHeaders = (headers: Readonly<Record<string, string>>): { requests: CaseRequest[] } => ({
  requests: [{ headers }],
});
const exact = (name: string, value: string): Json => ({ name, string_match: { exact: value } });

const conditions: BalanceCase[] = [
  retry('5xx', on('5xx'), ['500', '200']),
  retry('5xx-not-404', on('5xx'), ['404', '200']),
  retry('5xx-reset', on('5xx'), ['reset', '200']),
  retry('5xx-exhausted', on('5xx', { num_retries: 2 }), ['503']),
  retry('5xx-none', on('5xx', { num_retries: 0 }), ['503', '200']),
  retry('5xx-resets', on('5xx', { num_retries: 1 }), ['reset']),
  retry('gateway', on('gateway-error'), ['502', '200']),
  retry('gateway-500', on('gateway-error'), ['500', '200']),
  retry('gateway-reset', on('gateway-error'), ['reset', '200']),
  retry('4xx', on('retriable-4xx'), ['409', '200']),
  retry('4xx-404', on('retriable-4xx'), ['404', '200']),
  retry('reset', on('reset'), ['reset', '200']),
  retry('reset-503', on('reset'), ['503', '200']),
  retry('before-request', on('reset-before-request'), ['reset', '200']),
  retry('before-request-refused', on('reset-before-request'), ['200'], { hosts: [{ at: 'refused' }] }),
  retry('connect', on('connect-failure'), ['200'], { hosts: [{ at: 'refused' }] }),
  retry('connect-reset', on('connect-failure'), ['reset', '200']),
  retry('refused-stream', on('refused-stream'), ['reset', '200']),
  retry(
    'codes',
    on('retriable-status-codes', { retriable_status_codes: [418, 429] }),
    ['418', '429', '200'],
    {
      action: {},
    },
  ),
  retry('codes-other', on('retriable-status-codes', { retriable_status_codes: [418] }), ['429', '200']),
  retry('headers', on('retriable-headers', { retriable_headers: [exact('x-again', 'yes')] }), [
    '200 x-again:yes',
    '200 x-again:no',
  ]),
  retry('headers-present', on('retriable-headers', { retriable_headers: [{ name: 'x-again' }] }), [
    '404 x-again:1',
    '200',
  ]),
  retry('headers-status', on('retriable-headers', { retriable_headers: [exact(':status', '418')] }), [
    '418',
    '200',
  ]),
  retry(
    'headers-of-request',
    on('retriable-headers', {
      retriable_headers: [exact(':method', 'GET'), { name: ':path' }, { name: 'host' }],
    }),
    ['418', '200'],
  ),
  retry('ratelimited', on('envoy-ratelimited'), ['429 x-envoy-ratelimited:true', '200']),
  retry('ratelimited-not', on('5xx'), ['503 x-envoy-ratelimited:true', '200']),
  retry('unknown-token', on('5xx, nonsense'), ['503', '200']),
  retry('spaces', on(' gateway-error , 5xx '), ['500', '200']),
  retry('post', on('5xx'), ['503', '200'], { requests: [{ method: 'POST', body: 'some body' }] }),
  ...['cancelled 1', 'deadline-exceeded 4', 'resource-exhausted 8', 'internal 13', 'unavailable 14'].flatMap(
    (pair) => {
      const [token = '', status] = pair.split(' ');
      return [
        retry(`grpc-${token}`, on(token), [`200 grpc-status:${status}`, '200 grpc-status:0'], {
          requests: [grpc],
        }),
        retry(`grpc-${token}-not`, on(token), ['200 grpc-status:2', '200'], { requests: [grpc] }),
      ];
    },
  ),
  retry('request-headers', on('5xx', { retriable_request_headers: [exact('x-ok', '1')] }), ['503', '200'], {
    ...withHeaders({ 'x-ok': '1' }),
  }),
  retry('request-headers-not', on('5xx', { retriable_request_headers: [exact('x-ok', '1')] }), [
    '503',
    '200',
  ]),
  retry('twice', on('5xx', { num_retries: 3 }), ['503', '500', '200']),
  {
    ...retry('virtual-host', {}, ['503', '200']),
    action: {},
    virtualHost: { ...counting, retry_policy: on('5xx') },
  },
];

const callers: BalanceCase[] = [
  retry('asked', {}, ['503', '200'], withHeaders({ 'x-envoy-retry-on': '5xx' })),
  retry(
    'asked-more',
    on('reset'),
    ['503', '503', '200'],
    withHeaders({ 'x-envoy-retry-on': '5xx', 'x-envoy-max-retries': '2' }),
  ),
  retry('asked-none', on('5xx'), ['503', '200'], withHeaders({ 'x-envoy-max-retries': '0' })),
  retry(
    'asked-codes',
    {},
    ['418', '200'],
    withHeaders({
      'x-envoy-retry-on': 'retriable-status-codes',
      'x-envoy-retriable-status-codes': '417, 418',
    }),
  ),
  retry(
    'asked-names',
    {},
    ['200 x-a:1', '200'],
    withHeaders({ 'x-envoy-retry-on': 'retriable-headers', 'x-envoy-retriable-header-names': 'X-B, X-A' }),
  ),
  retry(
    'asked-grpc',
    {},
    ['200 grpc-status:14', '200 grpc-status:0'],
    withHeaders({ 'content-type': 'application/grpc', 'x-envoy-retry-grpc-on': 'unavailable' }),
  ),
  retry(
    'asked-wrong-kind',
    {},
    ['200 grpc-status:14', '200'],
    withHeaders({ 'x-envoy-retry-on': 'unavailable' }),
  ),
  retry('added-by-route', {}, ['503', '200'], {
    route: { request_headers_to_add: [{ header: { key: 'x-envoy-retry-on', value: '5xx' } }] },
  }),
  retry('asked-stat-name', on('5xx', { num_retries: 0 }), ['503', '200'], {
    requests: [{}, {}].map(() => ({ headers: { 'x-envoy-upstream-alt-stat-name': 'mine' } })),
  }),
  retry('asked-stat-name-late', {}, ['late'], {
    hosts: hosts(1, () => ({ zone: 'there', lb: { canary: true } })),
    action: { timeout: '0.1s' },
    ...withHeaders({ 'x-envoy-upstream-alt-stat-name': 'mine' }),
  }),
  retry('asked-timeout', {}, ['late'], withHeaders({ 'x-envoy-upstream-rq-timeout-ms': '100' })),
  retry(
    'asked-per-try',
    on('5xx'),
    ['late', '200'],
    withHeaders({ 'x-envoy-upstream-rq-per-try-timeout-ms': '100' }),
  ),
  retry(
    'asked-no-content',
    {},
    ['late'],
    withHeaders({ 'x-envoy-upstream-rq-timeout-ms': '100', 'x-envoy-upstream-rq-timeout-alt-response': '1' }),
  ),
  retry(
    'asked-hedge',
    on('5xx', { per_try_timeout: '0.1s' }),
    ['late', '200'],
    withHeaders({ 'x-envoy-hedge-on-per-try-timeout': 'true' }),
  ),
];

const cookied: BalanceCase[] = [
  retry('cookie', on('5xx', { num_retries: 2 }), ['503', '503', '200'], {
    cluster: { lb_policy: 'RING_HASH' },
    action: { hash_policy: [{ cookie: { name: 'sess', ttl: '5s' } }] },
  }),
];

const hedged = { hedge_policy: { hedge_on_per_try_timeout: true } };
const timeouts: BalanceCase[] = [
  retry('per-try', on('5xx', { per_try_timeout: '0.1s' }), ['late', '200']),
  retry('per-try-exhausted', on('5xx', { per_try_timeout: '0.1s' }), ['late']),
  retry('per-try-only', { per_try_timeout: '0.1s' }, ['late']),
  retry('per-try-reset', on('reset', { per_try_timeout: '0.1s' }), ['late', '200']),
  retry('per-try-connect', on('connect-failure', { per_try_timeout: '0.1s' }), ['late', '200']),
  retry('per-try-too-long', on('5xx', { per_try_timeout: '3s' }), ['late'], { action: { timeout: '0.2s' } }),
  retry('idle', on('5xx', { per_try_idle_timeout: '0.1s' }), ['late', '200']),
  retry('idle-exhausted', on('5xx', { per_try_idle_timeout: '0.1s' }), ['late']),
  retry('global', on('5xx'), ['late'], { action: { timeout: '0.15s' } }),
  retry(
    'global-while-waiting',
    on('5xx', { retry_back_off: { base_interval: '60s', max_interval: '60s' } }),
    ['503'],
    { action: { timeout: '0.15s' } },
  ),
  retry('is-timeout', on('5xx', { per_try_timeout: '0.1s', num_retries: 2 }), ['late', '503', '200'], {
    virtualHost: { ...counting, include_is_timeout_retry_header: true },
  }),
  retry('hedge-second', on('5xx', { per_try_timeout: '0.1s' }), ['late', '201'], { action: hedged }),
  retry('hedge-first', on('5xx', { per_try_timeout: '0.1s' }), ['201 late', '202 late'], { action: hedged }),
  retry('hedge-second-fails', on('5xx', { per_try_timeout: '0.1s' }), ['201 late', '503'], {
    action: hedged,
  }),
  retry('hedge-second-resets', on('5xx', { per_try_timeout: '0.1s' }), ['201 late', 'reset'], {
    action: hedged,
  }),
  retry('hedge-all-fail', on('5xx', { per_try_timeout: '0.1s', num_retries: 1 }), ['503 late', '503 late'], {
    action: hedged,
  }),
  retry('hedge-without-retry-on', { per_try_timeout: '0.1s' }, ['201 late', '202'], { action: hedged }),
  retry('hedge-global', on('5xx', { per_try_timeout: '0.05s', num_retries: 1 }), ['late'], {
    action: { ...hedged, timeout: '0.2s' },
  }),
];

const afterwards = { rate_limited_retry_back_off: { reset_headers: [{ name: 'Retry-After' }] } };
const waits: BalanceCase[] = [
  retry('reset-seconds', on('5xx', afterwards), ['503 retry-after:1', '200']),
  retry('reset-zero', on('5xx', afterwards), ['503 retry-after:0', '200']),
  retry('reset-nonsense', on('5xx', afterwards), ['503 retry-after:soon', '200']),
  retry(
    'reset-too-long',
    on('5xx', {
      rate_limited_retry_back_off: { reset_headers: [{ name: 'retry-after' }], max_interval: '2s' },
    }),
    ['503 retry-after:3', '200'],
  ),
  retry(
    'reset-past',
    on('5xx', {
      rate_limited_retry_back_off: { reset_headers: [{ name: 'x-reset', format: 'UNIX_TIMESTAMP' }] },
    }),
    ['503 x-reset:1000', '200'],
  ),
];

const predicate = (type: string, config: Json = {}): Json => ({
  name: type,
  typed_config: { '@type': `type.googleapis.com/envoy.extensions.retry.${type}`, ...config },
});
const previous = predicate('host.previous_hosts.v3.PreviousHostsPredicate');
const canaries = predicate('host.omit_canary_hosts.v3.OmitCanaryHostsPredicate');
const ofMetadata = predicate('host.omit_host_metadata.v3.OmitHostMetadataConfig', {
  metadata_match: { filter_metadata: { 'envoy.lb': { slow: true } } },
});
const priorities = (update_frequency: number): Json =>
  predicate('priority.previous_priorities.v3.PreviousPrioritiesConfig', { update_frequency });

/** One key, so that the order of the hosts is that of the table. */
function choosy(
  id: string,
  kind: 'RING_HASH' | 'MAGLEV',
  policy: Json,
  more: Partial<BalanceCase> = {},
): BalanceCase {
  return retry(
    `${id}-${kind === 'MAGLEV' ? 'maglev' : 'ring'}`,
    on('5xx', { num_retries: 4, ...policy }),
    ['503'],
    {
      hosts: hosts(6),
      cluster: { lb_policy: kind },
      requests: ['a', 'b', 'c'].map((key) => ({ headers: { 'x-key': key } })),
      action: { hash_policy: [{ header: { header_name: 'x-key' } }] },
      ...more,
    },
  );
}

const otherHosts: BalanceCase[] = (['RING_HASH', 'MAGLEV'] as const).flatMap((kind) => [
  choosy('same', kind, {}),
  choosy('previous', kind, { retry_host_predicate: [previous] }),
  choosy('previous-5', kind, { retry_host_predicate: [previous], host_selection_retry_max_attempts: 5 }),
  choosy(
    'canary',
    kind,
    { retry_host_predicate: [canaries], host_selection_retry_max_attempts: 9 },
    {
      hosts: hosts(6, (at) => ({ lb: { canary: at > 1 } })),
    },
  ),
  choosy(
    'metadata',
    kind,
    { retry_host_predicate: [ofMetadata], host_selection_retry_max_attempts: 9 },
    {
      hosts: hosts(6, (at) => ({ lb: { slow: at < 4 } })),
    },
  ),
]);

const levels = hosts(3, (at) => ({ priority: at }));
const otherPriorities: BalanceCase[] = [1, 2].map((frequency) =>
  retry(
    `priorities-${frequency}`,
    on('5xx', { num_retries: 6, retry_priority: priorities(frequency) }),
    ['503'],
    { hosts: levels },
  ),
);

const thresholds = (...list: Json[]): Json => ({ circuit_breakers: { thresholds: list } });
const tracked = { track_remaining: true };

function busy(id: string, limits: Json, more: Partial<BalanceCase> = {}): BalanceCase {
  return {
    id: `breaker-${id}`,
    hosts: hosts(1),
    cluster: thresholds({ ...tracked, ...limits }),
    plan: ['200 late'],
    requests: [{ times: 4, staggerMs: 60 }],
    ...more,
  };
}

/** Keys of which each of two hosts has some. */
const keysOfTwo: CaseRequest[] = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => ({ headers: { 'x-key': key } }));
const onePool: Partial<BalanceCase> = {
  hosts: hosts(2),
  cluster: { lb_policy: 'RING_HASH', ...thresholds({ ...tracked, max_connection_pools: 1 }) },
  action: { hash_policy: [{ header: { header_name: 'x-key' } }] },
  requests: keysOfTwo,
};

const breakers: BalanceCase[] = [
  busy('pools', {}, { ...onePool, plan: ['200'] }),
  busy('pools-busy', {}, { ...onePool, plan: ['200 late'], allAtOnce: true }),
  busy('requests', { max_requests: 2 }),
  busy('requests-0', { max_requests: 0 }),
  busy('connections', { max_connections: 1, max_pending_requests: 1 }),
  busy('pending-0', { max_pending_requests: 0 }),
  busy(
    'high',
    {},
    {
      cluster: thresholds({ ...tracked, max_requests: 1 }, { ...tracked, priority: 'HIGH', max_requests: 3 }),
      action: { priority: 'HIGH' },
    },
  ),
  busy(
    'default-beside-high',
    {},
    {
      cluster: thresholds({ ...tracked, max_requests: 1 }, { ...tracked, priority: 'HIGH', max_requests: 3 }),
    },
  ),
  busy(
    'per-host',
    {},
    {
      cluster: { circuit_breakers: { per_host_thresholds: [{ max_connections: 1 }] } },
      requests: [{ times: 2, staggerMs: 60 }],
    },
  ),
  busy(
    'one-request-each',
    {},
    {
      cluster: { max_requests_per_connection: 1 },
      plan: ['200'],
      requests: [{}, {}, {}],
    },
  ),
  busy(
    'two-requests-each',
    {},
    {
      cluster: { max_requests_per_connection: 2 },
      plan: ['200'],
      requests: [{}, {}, {}],
    },
  ),
  { ...retry('max-0', on('5xx'), ['503', '200']), cluster: thresholds({ ...tracked, max_retries: 0 }) },
  {
    ...retry(
      'max-1-waiting',
      on('5xx', { retry_back_off: { base_interval: '60s', max_interval: '60s' } }),
      ['503'],
      { action: { timeout: '0.5s' }, requests: [{ times: 2, staggerMs: 60 }] },
    ),
    cluster: thresholds({ ...tracked, max_retries: 1 }),
  },
  {
    ...retry('budget-0', on('5xx'), ['503', '200']),
    cluster: thresholds({ retry_budget: { budget_percent: { value: 0 }, min_retry_concurrency: 0 } }),
  },
  {
    ...retry('budget-min', on('5xx'), ['503', '200']),
    cluster: thresholds({ max_retries: 0, retry_budget: { min_retry_concurrency: 1 } }),
  },
  {
    ...retry('buffer-limit', on('5xx'), ['503', '200'], {
      requests: [{ method: 'POST', body: 'x'.repeat(50) }],
    }),
    route: { per_request_buffer_limit_bytes: 10 },
  },
  {
    ...retry('buffer-enough', on('5xx'), ['503', '200'], {
      requests: [{ method: 'POST', body: 'x'.repeat(50) }],
    }),
    route: { request_body_buffer_limit: 50 },
  },
];

const target = 'mirror-target';
function mirror(id: string, policy: Json, more: Partial<BalanceCase> = {}): BalanceCase {
  return {
    id: `mirror-${id}`,
    hosts: hosts(1),
    action: { request_mirror_policies: [policy] },
    requests: [{}],
    compares: 'set',
    ...more,
  };
}

const mirrors: BalanceCase[] = [
  { id: target, hosts: [{ at: 5 }], requests: [], ignoredStats: 'upstream_cx|pending' },
  mirror('plain', { cluster: target }),
  mirror('post', { cluster: target }, { requests: [{ method: 'POST', body: 'body' }] }),
  mirror('no-suffix', { cluster: target, disable_shadow_host_suffix_append: true }),
  mirror('host', { cluster: target, host_rewrite_literal: 'other.example' }),
  mirror('never', { cluster: target, runtime_fraction: { default_value: { numerator: 0 } } }),
  mirror('always', { cluster: target, runtime_fraction: { default_value: { numerator: 100 } } }),
  mirror('header', { cluster_header: 'x-mirror' }, withHeaders({ 'x-mirror': target })),
  mirror('no-header', { cluster_header: 'x-mirror' }),
  mirror(
    'of-virtual-host',
    {},
    {
      action: {},
      virtualHost: { request_mirror_policies: [{ cluster: target }] },
    },
  ),
  mirror('unknown', { cluster_header: 'x-mirror' }, withHeaders({ 'x-mirror': 'nobody' })),
];

export const retryCases: readonly BalanceCase[] = [
  ...conditions,
  ...callers,
  ...cookied,
  ...timeouts,
  ...waits,
  ...otherHosts,
  ...otherPriorities,
  ...breakers,
  ...mirrors,
];
