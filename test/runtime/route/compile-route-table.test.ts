import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { messageOf } from '../../../runtime/common/message-fields.js';
import { compileRouteTable } from '../../../runtime/route/compile-route-table.js';
import type { RouteRequest, RouteToCluster } from '../../../runtime/route/route-table.js';
import { routeRequest } from '../../support/route-request.js';
import { streamInfoOf } from '../../support/stream-info.js';

const any = { match: { prefix: '/' } };

function oneHost(route: object, virtualHost: object = {}, configuration: object = {}) {
  return compileRouteTable({
    name: 'r',
    virtual_hosts: [{ name: 'v', domains: ['*'], routes: [{ ...any, ...route }], ...virtualHost }],
    ...configuration,
  });
}

function clusterRoute(
  action: object,
  request: RouteRequest = routeRequest('/'),
  virtualHost: object = {},
): RouteToCluster {
  const route = oneHost({ route: action }, virtualHost).match(request);
  assert.is(route?.kind, 'cluster');
  return route as RouteToCluster;
}

/** Expects a ConfigError, `path: message`. */
function refuses(make: () => unknown, expected: string, unsupported = false): void {
  assert.throws(make, (error: { path: unknown[]; message: string; unsupported: boolean }) => {
    assert.is(`${error.path.join('.')}: ${error.message}`, expected);
    return error.unsupported === unsupported;
  });
}

test('a route has its defaults', () => {
  const route = clusterRoute({ cluster: 'web' });
  assert.is(route.cluster(routeRequest('/')), 'web');
  assert.is(route.timeoutMs, 15_000);
  assert.is(route.idleTimeoutMs, undefined);
  assert.is(route.retryPolicy, undefined);
  assert.is(route.priority, 'DEFAULT');
  assert.is(route.clusterNotFoundCode, 503);
  assert.is(route.rewritesPath, false);
  assert.is(route.rewritePath('/a?b'), '/a?b');
  assert.is(route.rewriteAuthority(routeRequest('/')), undefined);
  assert.is(route.name, '');
  assert.is(route.virtualHostName, 'v');
  assert.is(route.requestHeaders, undefined);
  assert.is(route.responseHeaders, undefined);
});

test('a route has what it says', () => {
  const route = clusterRoute(
    {
      cluster: 'web',
      timeout: '0s',
      idle_timeout: '1.5s',
      cluster_not_found_response_code: 'NOT_FOUND',
      append_x_forwarded_host: true,
      auto_host_rewrite: true,
      priority: 'HIGH',
      upgrade_configs: [{ upgrade_type: 'WebSocket' }, { upgrade_type: 'x', enabled: false }],
    },
    routeRequest('/'),
    { include_request_attempt_count: true, include_attempt_count_in_response: true },
  );
  assert.is(route.timeoutMs, 0);
  assert.is(route.idleTimeoutMs, 1500);
  assert.is(route.clusterNotFoundCode, 404);
  assert.ok(route.appendXForwardedHost && route.autoHostRewrite);
  assert.is(route.priority, 'HIGH');
  assert.equal(
    [...route.upgrades],
    [
      ['websocket', true],
      ['x', false],
    ],
  );
  assert.ok(route.includeRequestAttemptCount && route.includeAttemptCountInResponse);
});

test('retry policy: that of the route, or that of its virtual host', () => {
  const own = {
    retry_on: '5xx, reset,,',
    num_retries: 0,
    per_try_timeout: '2s',
    retriable_status_codes: [503],
    retry_back_off: { base_interval: '0.1s' },
  };
  const host = { retry_policy: { retry_on: 'connect-failure' } };
  assert.equal(clusterRoute({ cluster: 'web', retry_policy: own }, undefined, host).retryPolicy, {
    retryOn: new Set(['5xx', 'reset']),
    numRetries: 0,
    perTryTimeoutMs: 2000,
    perTryIdleTimeoutMs: 0,
    retriableStatusCodes: new Set([503]),
    retriableHeaders: [],
    retriableRequestHeaders: [],
    hostPredicates: [],
    hostSelectionMaxAttempts: 1,
    previousPrioritiesFrequency: 0,
    resetHeaders: [],
    resetMaxMs: 300_000,
    backOffBaseMs: 100,
    backOffMaxMs: 1000,
  });
  const inherited = clusterRoute({ cluster: 'web' }, undefined, host).retryPolicy;
  assert.equal(inherited?.retryOn, new Set(['connect-failure']));
  assert.is(inherited?.numRetries, 1);
  assert.is(inherited?.backOffBaseMs, 25);
  assert.is(inherited?.backOffMaxMs, 250);
  refuses(
    () =>
      clusterRoute({
        cluster: 'web',
        retry_policy: { retry_back_off: { base_interval: '1s', max_interval: '0.5s' } },
      }),
    'virtual_hosts.0.routes.0.route.retry_policy.retry_back_off.max_interval: ' +
      'retry_policy.max_interval must greater than or equal to the base_interval',
  );
});

test('cluster_header: the first value, absent when empty', () => {
  const cluster = (lines: string[], cluster_header = 'Cl') => {
    const request = routeRequest('/', lines, { authority: 'h' });
    return clusterRoute({ cluster_header }, request).cluster(request);
  };
  assert.is(cluster(['cl: a', 'cl: b']), 'a');
  assert.is(cluster([]), undefined);
  assert.is(cluster(['cl:']), undefined);
  assert.is(cluster([], ':authority'), 'h');
});

test('weighted clusters: by a number of the request, or by its hash', () => {
  const clusters = [
    { name: 'a', weight: 30 },
    { name: 'b', weight: 70 },
  ];
  const chosen = (weighted: object, headers: string[], more: object = {}): string | undefined => {
    const request = routeRequest('/', headers, { random: 50 });
    const table = oneHost({
      match: { prefix: '/' },
      route: { weighted_clusters: { clusters, ...weighted }, ...more },
    });
    return (table.match(request) as RouteToCluster).cluster(request);
  };
  const by = { header_name: 'X-Number' };
  assert.is(chosen(by, ['x-number: 129']), 'a');
  assert.is(chosen(by, ['x-number: 130']), 'b');
  assert.is(chosen(by, ['x-number: 18446744073709551615']), 'a', '2^64 - 1 is 15 of 100');
  assert.is(chosen(by, ['x-number: 18446744073709551616']), 'b', 'none: the random number');
  assert.is(chosen(by, []), 'b');
  const hash_policy = [{ header: { header_name: 'x-key' } }];
  const hashed = (key: string) => chosen({ use_hash_policy: true }, [`x-key: ${key}`], { hash_policy });
  const found = new Set(Array.from({ length: 40 }, (_, at) => hashed(`k${at}`)));
  assert.is(found.size, 2);
  for (let at = 0; at < 40; at++) assert.is(hashed(`k${at}`), hashed(`k${at}`));
  assert.is(
    chosen({ use_hash_policy: true }, [], { hash_policy }),
    'b',
    'nothing to hash: the random number',
  );
});

test('a weighted cluster may be named by the request, and have a host of its own', () => {
  const clusters = [{ cluster_header: 'X-Cluster', weight: 1, host_rewrite_literal: 'own.example' }];
  const request = routeRequest('/', ['x-cluster: web']);
  const route = oneHost({ route: { weighted_clusters: { clusters } } }).match(request) as RouteToCluster;
  assert.is(route.cluster(request), 'web');
  assert.is(route.cluster(routeRequest('/')), undefined);
  assert.is(route.ownAuthority, 'own.example');
  assert.is(route.rewriteAuthority(request), undefined, 'what the route says comes after it');
});

test('metadata_match of a weighted cluster goes before that of the route', () => {
  const match = (lb: object) => ({ metadata_match: { filter_metadata: { 'envoy.lb': lb } } });
  const clusters = [{ name: 'a', weight: 1, ...match({ v: '2', w: true }) }];
  const route = oneHost({
    match: { prefix: '/' },
    route: { weighted_clusters: { clusters }, ...match({ v: '1', stage: 'prod' }) },
  }).match(routeRequest('/')) as RouteToCluster;
  assert.equal(
    route.metadataMatch?.map(({ key, value }) => [key, value]),
    [
      ['stage', 'prod'],
      ['v', '2'],
      ['w', true],
    ],
  );
});

test('mirrors: of the route, else of the virtual host, else of all', () => {
  const level = (cluster: string) => ({ request_mirror_policies: [{ cluster }] });
  const names = (route: object, host: object, configuration: object): (string | undefined)[] => {
    const table = compileRouteTable({
      virtual_hosts: [
        {
          name: 'v',
          domains: ['*'],
          routes: [{ match: { prefix: '/' }, route: { cluster: 'c', ...route } }],
          ...host,
        },
      ],
      ...configuration,
    });
    const request = routeRequest('/');
    return (table.match(request) as RouteToCluster).mirrorPolicies.map((one) => one.cluster(request));
  };
  assert.equal(names(level('a'), level('b'), level('c')), ['a']);
  assert.equal(names({}, level('b'), level('c')), ['b']);
  assert.equal(names({}, {}, level('c')), ['c']);
  assert.equal(names({}, {}, {}), []);
});

test('a mirror takes a part of the requests', () => {
  const runtime_fraction = { default_value: { numerator: 25, denominator: 'HUNDRED' } };
  const route = clusterRoute({ cluster: 'c', request_mirror_policies: [{ cluster: 'm', runtime_fraction }] });
  const applies = (random: number) => route.mirrorPolicies[0]?.applies(routeRequest('/', [], { random }));
  assert.ok(applies(24));
  assert.not.ok(applies(25));
  refuses(
    () => clusterRoute({ cluster: 'c', request_mirror_policies: [{}] }),
    'virtual_hosts.0.routes.0.route.request_mirror_policies.0: ' +
      'Exactly one of cluster or cluster_header in request mirror policy need to be specified',
  );
});

test('how much of a body is kept for retries', () => {
  const limit = (route: object, host: object = {}) =>
    (
      compileRouteTable({
        virtual_hosts: [
          {
            name: 'v',
            domains: ['*'],
            routes: [{ match: { prefix: '/' }, route: { cluster: 'c' }, ...route }],
            ...host,
          },
        ],
      }).match(routeRequest('/')) as RouteToCluster
    ).bufferLimit;
  assert.is(limit({}), undefined);
  assert.equal(limit({ per_request_buffer_limit_bytes: 0 }), { bytes: 0, mayExceed: false });
  assert.equal(limit({}, { request_body_buffer_limit: '7' }), { bytes: 7, mayExceed: true });
  assert.equal(limit({ per_request_buffer_limit_bytes: 5 }, { request_body_buffer_limit: 7 }), {
    bytes: 5,
    mayExceed: false,
  });
});

test('weighted clusters: by the random number, each with its headers first', () => {
  const add = (value: string) => ({ request_headers_to_add: [{ header: { key: 'x', value } }] });
  const clusters = [
    { name: 'a', weight: 1, ...add('a') },
    { name: 'none', weight: 0 },
    { name: 'b', weight: 3, typed_per_filter_config: { f: { at: 'weighted' } } },
  ];
  const table = oneHost({
    route: { weighted_clusters: { clusters } },
    ...add('route'),
    typed_per_filter_config: { f: { at: 'route' }, g: { at: 1 } },
  });
  const at = (random: number) => {
    const request = routeRequest('/', [], { random });
    const route = table.match(request) as RouteToCluster;
    const headers: string[] = [];
    route.requestHeaders?.(headers, streamInfoOf());
    return [
      route.cluster(request),
      headers.join(' '),
      messageOf(route.filterConfigs.get('f')?.mostSpecific).at,
      messageOf(route.filterConfigs.get('g')?.mostSpecific).at,
    ];
  };
  assert.equal(at(0), ['a', 'x a x route', 'route', 1]);
  assert.equal(at(1), ['b', 'x route', 'weighted', 1]);
  assert.equal(at(3), ['b', 'x route', 'weighted', 1]);
  assert.equal(at(4), ['a', 'x a x route', 'route', 1]);
  refuses(
    () => oneHost({ route: { weighted_clusters: { clusters: [{ name: 'a', weight: 0 }] } } }),
    'virtual_hosts.0.routes.0.route.weighted_clusters: Sum of weights in the weighted_cluster must be greater than 0.',
  );
});

test('levels of header mutations: outwards, or inwards where the most specific is to win', () => {
  const level = (value: string) => ({ response_headers_to_add: [{ header: { key: 'x', value } }] });
  const order = (configuration: object): string => {
    const route = oneHost({ route: { cluster: 'web' }, ...level('route') }, level('host'), {
      ...level('configuration'),
      ...configuration,
    }).match(routeRequest('/'));
    const headers: string[] = [];
    route?.responseHeaders?.(headers, streamInfoOf());
    return headers.filter((_, at) => at % 2 === 1).join(' ');
  };
  assert.is(order({}), 'route host configuration');
  assert.is(order({ most_specific_header_mutations_wins: true }), 'configuration host route');
});

const regex = (pattern: string, substitution: string) => ({ pattern: { regex: pattern }, substitution });

const rewrites: [object, object, string, string | undefined][] = [
  [{ prefix: '/a' }, { prefix_rewrite: '/b' }, '/a/x?q=/a', '/b/x?q=/a'],
  [{ prefix: '/A', case_sensitive: false }, { prefix_rewrite: '/b' }, '/a/x', '/b/x'],
  [{ prefix: '/a' }, { prefix_rewrite: '/' }, '/a/x', '//x'],
  [{ path: '/a' }, { prefix_rewrite: '/b' }, '/a?q', '/b?q'],
  [{ path_separated_prefix: '/a' }, { prefix_rewrite: '/b' }, '/a/x', '/b/x'],
  [{ safe_regex: { regex: '/a.*' } }, { prefix_rewrite: '/b' }, '/a/x?q', '/b?q'],
  [{ prefix: '/a' }, { regex_rewrite: regex('^/a/([^?]*)', '/\\1') }, '/a/x?q=/a/', '/x?q=/a/'],
  [{ prefix: '/a' }, { regex_rewrite: regex('.*', '') }, '/a/x?q', undefined],
  [{ prefix: '/a' }, { regex_rewrite: regex('nothing', '-') }, '/a?q', '/a?q'],
];

for (const [match, action, path, expected] of rewrites) {
  test(`${JSON.stringify(match)} with ${JSON.stringify(action)}: ${path} -> ${expected}`, () => {
    const route = oneHost({ match, route: { cluster: 'web', ...action } }).match(
      routeRequest(path),
    ) as RouteToCluster;
    assert.is(route.rewritePath(path), expected);
    assert.ok(route.rewritesPath);
  });
}

const hosts: [object, string | undefined][] = [
  [{ host_rewrite_literal: 'new' }, 'new'],
  [{ host_rewrite_header: 'X-Host' }, 'one'],
  [{ host_rewrite_header: 'nope' }, undefined],
  [{ host_rewrite_header: 'empty' }, undefined],
  [{ host_rewrite_path_regex: regex('^/a/([^/]+).*$', '\\1.h') }, 'x.h'],
  [{ host_rewrite_path_regex: regex('nothing', '-') }, '/a/x/y'],
  [{ host_rewrite_path_regex: regex('.*', '') }, undefined],
];

for (const [action, expected] of hosts) {
  test(`host: ${JSON.stringify(action)} -> ${expected}`, () => {
    const request = routeRequest('/a/x/y?q', ['x-host: one', 'x-host: two', 'empty:']);
    assert.is(clusterRoute({ cluster: 'web', ...action }, request).rewriteAuthority(request), expected);
  });
}

test('virtual hosts: the port counts, unless it is ignored', () => {
  const configuration = {
    virtual_hosts: [
      { name: 'v', domains: ['a.example', '[::1]'], routes: [{ ...any, route: { cluster: 'w' } }] },
    ],
  };
  const matches = (authority: string, more: object = {}) =>
    compileRouteTable({ ...configuration, ...more }).match(routeRequest('/', [], { authority })) !==
    undefined;
  const ignoring = { ignore_port_in_host_matching: true };
  assert.ok(matches('A.example'));
  assert.not(matches('a.example:80'));
  assert.ok(matches('a.example:80', ignoring));
  assert.ok(matches('[::1]', ignoring));
  assert.ok(matches('[::1]:80', ignoring));
  assert.not(matches('', ignoring));
});

test('require_tls: the client is sent to https unless it is there', () => {
  const plain = routeRequest('/a?b', [], { authority: 'h:80' });
  const location = (require_tls: string, request: RouteRequest) => {
    const route = oneHost({ route: { cluster: 'w' } }, { require_tls }).match(request);
    return route?.kind === 'redirect' ? `${route.code} ${route.location(request)}` : route?.kind;
  };
  assert.is(location('ALL', plain), '301 https://h:80/a?b');
  assert.is(location('ALL', routeRequest('/', ['x-forwarded-proto: https'])), 'cluster');
  assert.is(location('ALL', routeRequest('/', [], { scheme: 'https' })), 'cluster');
  assert.is(location('ALL', routeRequest('/', ['x-envoy-internal: true'])), '301 https://example.com/');
  assert.is(location('EXTERNAL_ONLY', plain), '301 https://h:80/a?b');
  assert.is(location('EXTERNAL_ONLY', routeRequest('/', ['x-envoy-internal: true'])), 'cluster');
  assert.is(location('NONE', plain), 'cluster');
});

test('direct response: status and body, within the limit', () => {
  const answer = (response: object, configuration: object = {}) => {
    const route = oneHost({ direct_response: response }, {}, configuration).match(routeRequest('/'));
    return route?.kind === 'direct_response' ? [route.code, route.body.toString('utf8')] : route?.kind;
  };
  assert.equal(answer({ status: 204 }), [204, '']);
  assert.equal(answer({ status: 200, body: { inline_string: 'é' } }), [200, 'é']);
  assert.equal(answer({ status: 200, body: { inline_bytes: 'aGk=' } }), [200, 'hi']);
  const long = { status: 200, body: { inline_string: 'x'.repeat(4097) } };
  refuses(
    () => answer(long),
    'virtual_hosts.0.routes.0.direct_response.body: response body size is 4097 bytes; maximum is 4096',
  );
  assert.is(
    (answer(long, { max_direct_response_body_size_bytes: 5000 }) as [number, string])[1].length,
    4097,
  );
});

test('clusters that routes name, with their paths', () => {
  const weighted_clusters = {
    clusters: [
      { name: 'a', weight: 1 },
      { cluster_header: 'x', weight: 1 },
    ],
  };
  const table = compileRouteTable({
    virtual_hosts: [
      {
        name: 'v',
        domains: ['x'],
        request_mirror_policies: [{ cluster: 'm' }, { cluster_header: 'h' }],
        routes: [
          { ...any, redirect: {} },
          { ...any, route: { cluster: 'web' } },
        ],
      },
      {
        name: 'w',
        domains: ['y'],
        routes: [
          { ...any, route: { weighted_clusters } },
          { ...any, route: { cluster_header: 'c' } },
        ],
      },
    ],
  });
  assert.equal(
    table.clusterReferences.map(({ cluster, kind, path }) => `${kind} ${cluster} ${path.join('.')}`),
    [
      'shadow cluster m virtual_hosts.0.request_mirror_policies.0.cluster',
      'cluster web virtual_hosts.0.routes.1.route.cluster',
      'weighted cluster a virtual_hosts.1.routes.0.route.weighted_clusters.clusters.0.name',
    ],
  );
});

test('refuses what it does not have, with the path', () => {
  refuses(() => oneHost({}), 'virtual_hosts.0.routes.0: this kind of route needs real Envoy', true);
  refuses(
    () => oneHost({ match: { connect_matcher: {} }, route: { cluster: 'w' } }),
    'virtual_hosts.0.routes.0.match: this kind of route match needs real Envoy',
    true,
  );
  refuses(
    () =>
      oneHost({
        route: { cluster: 'w' },
        request_headers_to_add: [{ header: { key: 'x', value: '%UPSTREAM_WIRE_BYTES_SENT%' } }],
      }),
    'virtual_hosts.0.routes.0.request_headers_to_add.0.header.value: %UPSTREAM_WIRE_BYTES_SENT% needs real Envoy',
    true,
  );
});

test('a bad header format is told where it stands', () => {
  const bad = { response_headers_to_add: [{ header: { key: 'x', value: '%' } }] };
  const tail =
    "response_headers_to_add.0.header.value: Incorrect configuration: %. Couldn't find valid command at position 0";
  const good = { route: { cluster: 'w' } };
  refuses(() => oneHost(good, {}, bad), tail);
  refuses(() => oneHost(good, bad), `virtual_hosts.0.${tail}`);
  refuses(() => oneHost({ ...good, ...bad }), `virtual_hosts.0.routes.0.${tail}`);
  const weighted_clusters = { clusters: [{ name: 'a', weight: 1, ...bad }] };
  refuses(
    () => oneHost({ route: { weighted_clusters } }),
    `virtual_hosts.0.routes.0.route.weighted_clusters.clusters.0.${tail}`,
  );
});

test('refuses a domain that occurs twice, in Envoy’s words', () => {
  const table = (...domains: string[][]) =>
    compileRouteTable({
      name: 'r',
      virtual_hosts: domains.map((one) => ({ name: 'v', domains: one, routes: [] })),
    });
  refuses(
    () => table(['a.com'], ['b.com', 'A.com']),
    'virtual_hosts.1.domains.1: Only unique values for domains are permitted. Duplicate entry of domain a.com in route r',
  );
  refuses(
    () => table(['*'], ['*']),
    'virtual_hosts.1.domains.0: Only a single wildcard domain is permitted in route r',
  );
});

test('no virtual host, or no route, is no route', () => {
  assert.is(compileRouteTable({}).match(routeRequest('/')), undefined);
  assert.is(oneHost({ match: { path: '/x' }, route: { cluster: 'w' } }).match(routeRequest('/')), undefined);
});

test.run();
