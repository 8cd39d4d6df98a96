/**
 * Clusters, routes and requests that try load balancing, hash policies, retries, circuit breakers and mirrors. What real Envoy
 * does with them is not written here: it is asked.
 */
import { retryCases } from './retry-cases.js';
import type { BalanceCase, CaseHost, CaseRequest } from './balance-rig.js';

type Json = Record<string, unknown>;

const hosts = (count: number, more: (at: number) => Partial<CaseHost> = () => ({})): CaseHost[] =>
  Array.from({ length: count }, (_, at) => ({ at, ...more(at) }));

/** One request for each key. */
const keys = (count: number): CaseRequest[] =>
  Array.from({ length: count }, (_, at) => ({ headers: { 'x-key': `key-${at * 7919}` } }));

const byHeader: Json = { hash_policy: [{ header: { header_name: 'x-key' } }] };
const ring = (config: Json = {}): Json => ({ lb_policy: 'RING_HASH', ring_hash_lb_config: config });
const maglev = (config: Json = {}): Json => ({ lb_policy: 'MAGLEV', maglev_lb_config: config });

function hashing(
  id: string,
  cluster: Json,
  of: readonly CaseHost[],
  more: Partial<BalanceCase> = {},
): BalanceCase {
  return { id, cluster, hosts: of, action: byHeader, requests: keys(24), ...more };
}

const weights = (at: number) => ({ weight: [1, 5, 2, 9, 3, 1][at] as number });
const named = (at: number) => ({ hostname: `host-${at}.example` });
const keyed = (at: number) => ({ lb: { hash_key: `shard-${at}` } });
const zones = (at: number) => ({ zone: at < 3 ? 'a' : 'b', zoneWeight: at < 3 ? 1 : 3 });
const common = (config: Json): Json => ({ common_lb_config: config });

const tables: BalanceCase[] = Object.entries({ ring: ring(), maglev: maglev() }).flatMap(
  ([kind, cluster]) => [
    hashing(`${kind}-plain`, cluster, hosts(6)),
    hashing(`${kind}-weights`, cluster, hosts(6, weights)),
    hashing(`${kind}-key`, cluster, hosts(6, keyed)),
    hashing(
      `${kind}-hostname`,
      {
        ...cluster,
        type: 'STRICT_DNS',
        ...common({ consistent_hashing_lb_config: { use_hostname_for_hashing: true } }),
      },
      hosts(6, named),
    ),
    hashing(
      `${kind}-locality`,
      { ...cluster, ...common({ locality_weighted_lb_config: {} }) },
      hosts(6, (at) => ({ ...zones(at), ...weights(at) })),
    ),
    hashing(
      `${kind}-bounded`,
      { ...cluster, ...common({ consistent_hashing_lb_config: { hash_balance_factor: 120 } }) },
      hosts(6),
    ),
    // Many under way for one key: the overflow goes to the same others.
    hashing(
      `${kind}-bounded-busy`,
      { ...cluster, ...common({ consistent_hashing_lb_config: { hash_balance_factor: 100 } }) },
      hosts(6),
      { plan: ['200 slow'], requests: [{ headers: { 'x-key': 'hot' }, times: 7, staggerMs: 100 }] },
    ),
    hashing(
      `${kind}-priorities`,
      cluster,
      hosts(6, (at) => ({ priority: at < 2 ? 0 : 1 })),
    ),
    hashing(`${kind}-no-hash`, cluster, hosts(6), {
      action: {},
      compares: 'none',
      ignoredStats: 'upstream_cx|pending',
    }),
  ],
);

const policy = (type: string, config: Json = {}): Json => ({
  load_balancing_policy: {
    policies: [
      {
        typed_extension_config: {
          name: type,
          typed_config: {
            '@type': `type.googleapis.com/envoy.extensions.load_balancing_policies.${type}`,
            ...config,
          },
        },
      },
    ],
  },
});

const sized: BalanceCase[] = [
  hashing('ring-small', ring({ minimum_ring_size: 7, maximum_ring_size: 16 }), hosts(6, weights)),
  hashing('ring-large', ring({ minimum_ring_size: 10_000 }), hosts(6, weights)),
  hashing('ring-cut', ring({ minimum_ring_size: 4, maximum_ring_size: 5 }), hosts(6)),
  hashing('ring-murmur', ring({ hash_function: 'MURMUR_HASH_2' }), hosts(6)),
  hashing('ring-murmur-key', ring({ hash_function: 'MURMUR_HASH_2' }), hosts(6, keyed)),
  hashing('maglev-small', maglev({ table_size: 13 }), hosts(6, weights)),
  hashing('maglev-251', maglev({ table_size: 251 }), hosts(6, weights)),
  hashing('ring-extension', policy('ring_hash.v3.RingHash', { hash_function: 'XX_HASH' }), hosts(6, weights)),
  hashing(
    'ring-extension-murmur',
    policy('ring_hash.v3.RingHash', {
      hash_function: 'MURMUR_HASH_2',
      minimum_ring_size: 64,
      consistent_hashing_lb_config: { use_hostname_for_hashing: true },
    }),
    hosts(6, named),
  ),
  hashing(
    'ring-own-policy',
    policy('ring_hash.v3.RingHash', {
      consistent_hashing_lb_config: { hash_policy: [{ query_parameter: { name: 'k' } }] },
    }),
    hosts(6),
    { requests: ['/?k=1', '/?k=2', '/?k=3', '/?k=4'].map((path) => ({ path, headers: { 'x-key': 'q' } })) },
  ),
  hashing('maglev-extension', policy('maglev.v3.Maglev', { table_size: 503 }), hosts(6, weights)),
];

const hash = (...hash_policy: Json[]): Json => ({ hash_policy });
const texts = ['', 'a', 'ab', 'abcdefgh', 'x'.repeat(31), 'y'.repeat(32), 'z'.repeat(33), 'w'.repeat(200)];

const hashPolicies: BalanceCase[] = [
  hashing('hash-lengths', ring(), hosts(6), {
    requests: texts.filter((text) => text !== '').map((text) => ({ headers: { 'x-key': text } })),
  }),
  hashing('hash-repeated-header', ring(), hosts(6), {
    requests: [
      { headers: { 'x-key': ['a', 'b'] } },
      { headers: { 'x-key': ['b', 'a'] } },
      { headers: { 'x-key': ['one', 'two', 'three'] } },
      { headers: { 'x-key': ['aa', 'a', 'aaa'] } },
    ],
  }),
  hashing('hash-regex', ring(), hosts(6), {
    action: hash({
      header: {
        header_name: 'x-key',
        regex_rewrite: { pattern: { regex: '^(\\w+)-(\\d)\\d*$' }, substitution: '\\2/\\1' },
      },
    }),
  }),
  hashing('hash-mutated', ring(), hosts(6), {
    route: {
      request_headers_to_add: [
        { header: { key: 'x-key', value: 'same' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
      ],
    },
  }),
  hashing('hash-rewritten', ring(), hosts(6), {
    action: { ...hash({ header: { header_name: ':path' } }), prefix_rewrite: '/hash-rewritten' },
    requests: ['/a', '/b', '/c?d', '/e/f'].map((path) => ({ path })),
  }),
  hashing('hash-path', ring(), hosts(6), {
    action: hash({ header: { header_name: ':path' } }),
    requests: ['/a', '/b', '/c?d', '/e/f'].map((path) => ({ path })),
  }),
  hashing('hash-host', ring(), hosts(6), { action: hash({ header: { header_name: 'host' } }) }),
  hashing('hash-query', ring(), hosts(6), {
    action: hash({ query_parameter: { name: 'k' } }),
    requests: ['/?k=1', '/?k=2', '/?a=b&k=three', '/?k=1&k=2', '/?k', '/?k=%31', '/?k='].map((path) => ({
      path,
    })),
  }),
  hashing('hash-two', ring(), hosts(6), {
    action: hash({ header: { header_name: 'x-key' } }, { query_parameter: { name: 'k' } }),
    requests: ['/?k=1', '/?k=2', '/?k=3', '/?k=4'].map((path) => ({ path, headers: { 'x-key': 'q' } })),
  }),
  hashing('hash-same-twice', ring(), hosts(6), {
    action: hash({ header: { header_name: 'x-key' } }, { header: { header_name: 'x-key' } }),
  }),
  hashing('hash-terminal', ring(), hosts(6), {
    action: hash({ header: { header_name: 'x-key' }, terminal: true }, { query_parameter: { name: 'k' } }),
    requests: [
      { path: '/?k=1', headers: { 'x-key': 'a' } },
      { path: '/?k=2', headers: { 'x-key': 'a' } },
      { path: '/?k=5' },
      { path: '/?k=6' },
    ],
  }),
  hashing('hash-source-ip', ring(), hosts(6), {
    action: hash({ connection_properties: { source_ip: true } }),
  }),
  hashing('hash-cookie-sent', ring(), hosts(6), {
    action: hash({ cookie: { name: 'sess' } }),
    requests: ['sess=1', 'sess="1"', 'a=b; sess=2', ' sess=3 ; x=y', 'sess=4; sess=5', 'Sess=1; sess=7'].map(
      (cookie) => ({ headers: { cookie } }),
    ),
  }),
  ...[
    {},
    { ttl: '60s' },
    { ttl: '0s' },
    { ttl: '1.9s', path: '/p' },
    { ttl: '5s', path: '/', attributes: [{ name: 'SameSite', value: 'Strict' }, { name: 'Secure' }] },
  ].map((cookie, at) =>
    hashing(`hash-cookie-${at}`, ring(), hosts(1), {
      action: hash({ cookie: { name: 'sess', ...cookie } }),
      requests: [{}, {}],
      keepsCookie: true,
    }),
  ),
  {
    id: 'hash-weighted',
    hosts: hosts(2),
    action: {
      ...byHeader,
      weighted_clusters: {
        use_hash_policy: true,
        clusters: [
          { name: 'CLUSTER', weight: 50 },
          { name: 'ring-plain', weight: 50 },
        ],
      },
    },
    cluster: ring(),
    requests: keys(16),
  },
  {
    id: 'header-weighted',
    hosts: hosts(1),
    action: {
      weighted_clusters: {
        header_name: 'x-number',
        clusters: [
          { name: 'CLUSTER', weight: 30 },
          { name: 'priority-empty', weight: 70 },
        ],
      },
    },
    requests: ['0', '29', '30', '99', '100', '18446744073709551615', '4294967296'].map((number) => ({
      headers: { 'x-number': number },
    })),
  },
];

const versions = (at: number) => ({
  lb: { version: at < 2 ? '1' : '2', stage: at % 2 === 0 ? 'prod' : 'dev', n: at, list: ['l', at] },
});
const wants = (lb: Json): Json => ({ metadata_match: { filter_metadata: { 'envoy.lb': lb } } });

function subset(
  id: string,
  config: Json,
  lb: Json | undefined,
  more: Partial<BalanceCase> = {},
): BalanceCase {
  const selectors = { subset_selectors: [{ keys: ['version'] }, { keys: ['stage', 'version'] }] };
  return {
    id: `subset-${id}`,
    hosts: hosts(4, versions),
    cluster: { lb_subset_config: { ...selectors, ...config } },
    action: lb === undefined ? {} : wants(lb),
    requests: Array.from({ length: 12 }, () => ({})),
    compares: 'set',
    ...more,
  };
}

const subsets: BalanceCase[] = [
  subset('found', {}, { version: '1' }),
  subset('found-two-keys', {}, { version: '2', stage: 'prod' }),
  subset('unknown-value', {}, { version: '3' }),
  subset('unknown-key', {}, { colour: 'red' }),
  subset('one-key-of-two', {}, { stage: 'prod' }),
  subset('none-wanted', {}, undefined),
  subset('fallback-any', { fallback_policy: 'ANY_ENDPOINT' }, { version: '3' }),
  subset(
    'fallback-default',
    { fallback_policy: 'DEFAULT_SUBSET', default_subset: { stage: 'dev' } },
    { version: '3' },
  ),
  subset(
    'fallback-default-empty',
    { fallback_policy: 'DEFAULT_SUBSET', default_subset: { stage: 'nowhere' } },
    { version: '3' },
  ),
  subset(
    'panic-any',
    { fallback_policy: 'DEFAULT_SUBSET', default_subset: { stage: 'nowhere' }, panic_mode_any: true },
    { version: '3' },
  ),
  subset('none-wanted-any', { fallback_policy: 'ANY_ENDPOINT' }, undefined),
  subset('number', { subset_selectors: [{ keys: ['n'] }] }, { n: 3 }),
  subset('list-exact', { subset_selectors: [{ keys: ['list'] }] }, { list: ['l', 1] }),
  subset('list-not-any', { subset_selectors: [{ keys: ['list'] }] }, { list: 'l' }),
  subset('list-as-any', { subset_selectors: [{ keys: ['list'] }], list_as_any: true }, { list: 2 }),
  subset('single-host', { subset_selectors: [{ keys: ['n'], single_host_per_subset: true }] }, { n: 2 }),
  subset(
    'selector-any',
    { subset_selectors: [{ keys: ['version'], fallback_policy: 'ANY_ENDPOINT' }] },
    { version: '9' },
  ),
  subset(
    'selector-none',
    {
      fallback_policy: 'ANY_ENDPOINT',
      subset_selectors: [{ keys: ['version'], fallback_policy: 'NO_FALLBACK' }],
    },
    { version: '9' },
  ),
  subset(
    'selector-default',
    {
      default_subset: { stage: 'prod' },
      subset_selectors: [{ keys: ['version'], fallback_policy: 'DEFAULT_SUBSET' }],
    },
    { version: '9' },
  ),
  subset(
    'selector-keys',
    {
      subset_selectors: [
        { keys: ['stage', 'version'], fallback_policy: 'KEYS_SUBSET', fallback_keys_subset: ['version'] },
        { keys: ['version'] },
      ],
    },
    { version: '1', stage: 'test' },
  ),
  subset(
    'fallback-list',
    { metadata_fallback_policy: 'FALLBACK_LIST' },
    { fallback_list: [{ version: '7' }, { version: '2', stage: 'dev' }, { version: '1' }] },
  ),
  subset(
    'redundant',
    {},
    { version: '1', colour: 'red' },
    {
      cluster: policy('subset.v3.Subset', {
        subset_selectors: [{ keys: ['version'] }],
        allow_redundant_keys: true,
        subset_lb_policy: policy('round_robin.v3.RoundRobin').load_balancing_policy,
      }),
    },
  ),
  subset('weighted-clusters', {}, undefined, {
    action: {
      ...wants({ version: '1' }),
      weighted_clusters: {
        clusters: [{ name: 'CLUSTER', weight: 1, ...wants({ stage: 'dev' }) }],
      },
    },
  }),
  subset(
    'ring',
    {},
    { version: '2' },
    {
      cluster: { ...ring(), lb_subset_config: { subset_selectors: [{ keys: ['version'] }] } },
      action: { ...wants({ version: '2' }), ...byHeader },
      requests: keys(8),
      compares: 'order',
    },
  ),
];

const many = (count: number): CaseRequest[] => Array.from({ length: count }, () => ({}));

const lists: BalanceCase[] = [
  { id: 'rr-counts', hosts: hosts(3), requests: many(12), compares: 'counts' },
  { id: 'rr-weights', hosts: hosts(3, weights), requests: many(32), compares: 'counts' },
  {
    id: 'lr-weights',
    cluster: { lb_policy: 'LEAST_REQUEST' },
    hosts: hosts(3, weights),
    requests: many(32),
    compares: 'counts',
  },
  {
    id: 'locality-counts',
    cluster: common({ locality_weighted_lb_config: {} }),
    hosts: hosts(4, (at) => ({ zone: at === 0 ? 'a' : 'b', zoneWeight: at === 0 ? 1 : 3 })),
    requests: many(48),
    compares: 'counts',
  },
  { id: 'rr-plain', hosts: hosts(3), requests: many(9), compares: 'set' },
  {
    id: 'rr-extension',
    cluster: policy('round_robin.v3.RoundRobin'),
    hosts: hosts(3),
    requests: many(9),
    compares: 'set',
  },
  {
    id: 'lr-extension',
    cluster: policy('least_request.v3.LeastRequest', { choice_count: 5, selection_method: 'FULL_SCAN' }),
    hosts: hosts(3),
    requests: many(40),
    compares: 'set',
  },
  {
    id: 'random-extension',
    cluster: policy('random.v3.Random'),
    hosts: hosts(3),
    requests: many(40),
    compares: 'set',
  },
  {
    id: 'priority-first',
    hosts: hosts(4, (at) => ({ priority: at < 2 ? 0 : 1 })),
    requests: many(12),
    compares: 'set',
  },
  {
    id: 'priority-gap',
    hosts: hosts(2, (at) => ({ priority: at * 2 })),
    requests: many(12),
    compares: 'set',
  },
  {
    id: 'priority-empty',
    hosts: [],
    virtualHost: { include_attempt_count_in_response: true },
    requests: many(2),
  },
  {
    id: 'locality-weights',
    cluster: common({ locality_weighted_lb_config: {} }),
    hosts: [
      { at: 0, zone: 'a', zoneWeight: 1 },
      { at: 1, zone: 'b', zoneWeight: 1 },
      { at: 2, zone: 'c' },
    ],
    requests: many(24),
    compares: 'set',
  },
  {
    id: 'locality-no-weights',
    cluster: common({ locality_weighted_lb_config: {} }),
    hosts: [
      { at: 0, zone: 'a' },
      { at: 1, zone: 'b' },
    ],
    requests: many(12),
    compares: 'set',
  },
  {
    id: 'zone-direct',
    cluster: common({ zone_aware_lb_config: { min_cluster_size: 2 } }),
    hosts: [
      { at: 0, zone: 'here' },
      { at: 1, zone: 'here' },
      { at: 2, zone: 'there' },
      { at: 3, zone: 'there' },
    ],
    requests: many(12),
    compares: 'set',
  },
  {
    id: 'zone-too-small',
    hosts: [
      { at: 0, zone: 'here' },
      { at: 1, zone: 'there' },
    ],
    requests: many(12),
    compares: 'set',
  },
  {
    id: 'zone-residual',
    cluster: common({ zone_aware_lb_config: { min_cluster_size: 2 } }),
    hosts: [
      { at: 0, zone: 'here' },
      { at: 1, zone: 'there' },
      { at: 2, zone: 'there' },
      { at: 3, zone: 'there' },
    ],
    requests: many(60),
    compares: 'set',
    ignoredStats: 'zone_routing|zone\\.here|upstream_cx|pending',
  },
  {
    id: 'zone-none-here',
    cluster: common({ zone_aware_lb_config: { min_cluster_size: 1 } }),
    hosts: [
      { at: 1, zone: 'there' },
      { at: 2, zone: 'elsewhere' },
    ],
    requests: many(40),
    compares: 'set',
    ignoredStats: 'zone_routing|zone\\.here|upstream_cx|pending',
  },
  ...[
    { force_local_zone: {} },
    { force_local_zone: { min_size: 2 } },
    { force_locality_direct_routing: true },
    { locality_basis: 'HEALTHY_HOSTS_WEIGHT' },
  ].map((config, at) => ({
    id: `zone-extension-${at}`,
    cluster: policy('round_robin.v3.RoundRobin', {
      locality_lb_config: { zone_aware_lb_config: { min_cluster_size: 2, ...config } },
    }),
    hosts: [
      { at: 0, zone: 'here', weight: 3 },
      { at: 1, zone: 'there' },
      { at: 2, zone: 'there' },
    ],
    requests: many(40),
    compares: 'set' as const,
    ignoredStats: at === 1 ? 'zone_routing|zone\\.here|upstream_cx|pending' : '^$',
  })),
  {
    id: 'zone-off',
    cluster: common({ zone_aware_lb_config: { min_cluster_size: 2, routing_enabled: { value: 0 } } }),
    hosts: [
      { at: 0, zone: 'here' },
      { at: 1, zone: 'here' },
      { at: 2, zone: 'there' },
    ],
    requests: many(12),
    compares: 'set',
  },
];

export const balanceCases: readonly BalanceCase[] = [
  ...tables,
  ...sized,
  ...hashPolicies,
  ...subsets,
  ...lists,
  ...retryCases,
];
