/** What a request meets, told without a proxy. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRequestLine } from '../../../compiler/route-test/request-line.js';
import { routeCoverage } from '../../../compiler/route-test/route-coverage.js';
import { RouteSimulator } from '../../../compiler/route-test/route-simulator.js';
import type { RouteTestRequest } from '../../../compiler/route-test/route-test.js';

type Json = Record<string, unknown>;

const hcm =
  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

function chain(routes: readonly unknown[], more: { manager?: Json; chain?: Json; host?: Json } = {}): Json {
  const virtual_hosts = [{ name: 'v', domains: ['*'], routes, ...more.host }];
  const typed_config = { '@type': hcm, route_config: { name: 'r', virtual_hosts }, ...more.manager };
  return { filters: [{ name: 'hcm', typed_config }], ...more.chain };
}

function listener(port: number, chains: readonly Json[], name = `l${port}`): Json {
  const address = { socket_address: { address: '0.0.0.0', port_value: port } };
  return { name, address, filter_chains: chains };
}

function simulator(...listeners: readonly Json[]): RouteSimulator {
  return RouteSimulator.ofBootstrap({ static_resources: { listeners } });
}

function ask(subject: RouteSimulator, line: string, more: Partial<RouteTestRequest> = {}) {
  return subject.simulate({ ...parseRequestLine(line), ...more });
}

const toWeb = { match: { prefix: '/' }, route: { cluster: 'web' } };
const canary = {
  name: 'canary',
  match: { prefix: '/api', headers: [{ name: 'x-canary', string_match: { exact: '1' } }] },
  route: { cluster: 'canary', prefix_rewrite: '/v2', host_rewrite_literal: 'c.internal', timeout: '3s' },
};

test('the route, and what it makes of the request', () => {
  const outcome = ask(simulator(listener(80, [chain([canary, toWeb])])), 'http://example.com/api/x?q', {
    headers: [['x-canary', '1']],
  });
  assert.is(outcome.kind, 'cluster');
  assert.is(outcome.cluster, 'canary');
  assert.is(outcome.route, 'canary');
  assert.is(outcome.path, '/v2/x?q');
  assert.is(outcome.host, 'c.internal');
  assert.is(outcome.timeoutMs, 3000);
  assert.is(outcome.place?.route, 0);
  assert.is(outcome.listener, 'l80');
});

test('the trace says why routes lost, the last line which one took it', () => {
  const subject = simulator(listener(80, [chain([canary, toWeb])]));
  const lostTo = (more: Partial<RouteTestRequest>, line = 'http://a/api') =>
    ask(subject, line, more).trace[0] ?? '';
  assert.match(lostTo({}), 'lost because header x-canary was absent');
  assert.match(lostTo({ headers: [['x-canary', '2']] }), 'header x-canary was "2", which must be "1"');
  assert.match(lostTo({}, 'http://a/web'), 'path "/web" does not begin with "/api"');
  assert.is(ask(subject, 'http://a/').trace.at(-1), 'routes[1] (prefix "/" -> web) took it');
});

test('query parameters, gRPC, fractions and regexes in the trace', () => {
  const match = (more: Json) => ({ match: { prefix: '/', ...more }, route: { cluster: 'a' } });
  const half = { default_value: { numerator: 50, denominator: 'HUNDRED' } };
  const subject = simulator(
    listener(80, [
      chain([
        match({ query_parameters: [{ name: 'q', string_match: { prefix: 'x' } }] }),
        match({ grpc: {} }),
        match({ runtime_fraction: half }),
        { match: { safe_regex: { regex: '/b+' } }, route: { cluster: 'a' } },
        match({ headers: [{ name: 'x-a', present_match: true, invert_match: true }] }),
      ]),
    ]),
  );
  const { kind, trace } = ask(subject, 'http://a/?q=y', { random: 70, headers: [['x-a', '']] });
  assert.is(kind, 'no_route');
  assert.match(trace[0] as string, 'query parameter q was "y", which must begin with "x"');
  assert.match(trace[1] as string, 'content-type was "", not one of gRPC');
  assert.match(trace[2] as string, 'the random number 70 is outside of its fraction');
  assert.match(trace[3] as string, 'path "/" does not fit "/b+"');
  assert.match(trace[4] as string, 'header x-a was present');
});

test('no domain, no route', () => {
  const subject = simulator(listener(80, [chain([canary], { host: { domains: ['a.com'] } })]));
  assert.match(ask(subject, 'http://b.com/').trace[0] as string, 'has a domain for "b.com"');
  const inHost = ask(subject, 'http://a.com/');
  assert.equal([inHost.kind, inHost.status, inHost.virtualHost], ['no_route', 404, 'v']);
});

test('listeners by port, by scheme, by name; else a question', () => {
  const tls = { transport_socket: { name: 'tls' } };
  const subject = simulator(
    listener(8080, [chain([toWeb])], 'plain'),
    listener(8443, [chain([toWeb], { chain: tls })], 'secure'),
  );
  assert.is(ask(subject, 'http://a:8443/').listener, 'secure');
  assert.is(ask(subject, 'http://a/').listener, 'plain');
  assert.is(ask(subject, 'https://a/').listener, 'secure');
  assert.is(ask(subject, 'https://a/', { listener: 'plain' }).listener, 'plain');
  assert.match(
    ask(subject, 'http://a/', { listener: 'x' }).problem ?? '',
    "no HTTP listener 'x'; there are plain",
  );
  const two = simulator(listener(1, [chain([toWeb])]), listener(2, [chain([toWeb])]));
  assert.match(ask(two, 'http://a/').problem ?? '', 'say which listener is meant');
  assert.match(ask(simulator(), 'http://a/').problem ?? '', 'no static listener for HTTP');
});

test('filter chains by server name', () => {
  const named = (name: string) => ({
    name,
    transport_socket: { name: 'tls' },
    filter_chain_match: { server_names: [name] },
  });
  const subject = simulator(
    listener(443, [
      chain([toWeb], { chain: named('a.com') }),
      chain([{ ...toWeb, route: { cluster: 'b' } }], { chain: named('b.com') }),
    ]),
  );
  assert.equal(
    [ask(subject, 'https://b.com/').cluster, ask(subject, 'https://b.com/').filterChain],
    ['b', 'b.com'],
  );
  assert.is(ask(subject, 'https://b.com/', { serverName: 'a.com' }).cluster, 'web');
  assert.match(ask(subject, 'https://c.com/').problem ?? '', 'no filter chain of l443 takes this connection');
});

test('what the connection manager does before routing', () => {
  const manager = {
    normalize_path: true,
    path_with_escaped_slashes_action: 'UNESCAPE_AND_REDIRECT',
    strip_any_host_port: true,
  };
  const subject = simulator(listener(8080, [chain([canary, toWeb], { manager })]));
  assert.is(ask(subject, 'http://a:8080/x/../api').path, '/api');
  assert.is(ask(subject, 'http://a:8080/').host, 'a');
  const redirected = ask(subject, 'http://a:8080/a%2fb');
  assert.equal([redirected.kind, redirected.status, redirected.location], ['rejected', 307, '/a/b']);
  const edge = simulator(
    listener(80, [
      chain(
        [{ ...toWeb, match: { prefix: '/', headers: [{ name: 'x-envoy-internal', present_match: true }] } }],
        {
          manager: { use_remote_address: true },
        },
      ),
    ]),
  );
  assert.is(ask(edge, 'http://a/', { headers: [['x-envoy-internal', 'true']] }).kind, 'no_route');
});

test('redirects, direct responses, require_tls', () => {
  const routes = [
    { match: { path: '/r' }, redirect: { https_redirect: true, path_redirect: '/s' } },
    {
      match: { path: '/d' },
      direct_response: { status: 200, body: { inline_string: 'hi' } },
      response_headers_to_add: [{ header: { key: 'x-a', value: '%REQ(:path)%' } }],
    },
  ];
  const subject = simulator(listener(80, [chain(routes)]));
  const redirect = ask(subject, 'http://a/r');
  assert.equal([redirect.status, redirect.location], [301, 'https://a/s']);
  const direct = ask(subject, 'http://a/d');
  assert.equal([direct.status, direct.body], [200, 'hi']);
  assert.equal(direct.responseHeaders, ['content-length', '2', 'content-type', 'text/plain', 'x-a', '/d']);
  const tls = simulator(listener(80, [chain(routes, { host: { require_tls: 'ALL' } })]));
  assert.is(ask(tls, 'http://a/d').location, 'https://a/d');
});

test('weighted clusters by the random number, and their coverage', () => {
  const clusters = [
    { name: 'a', weight: 90 },
    { name: 'b', weight: 10 },
  ];
  const subject = simulator(
    listener(80, [chain([{ match: { prefix: '/' }, route: { weighted_clusters: { clusters } } }])]),
  );
  const [low, high] = [ask(subject, 'http://a/', { random: 89 }), ask(subject, 'http://a/', { random: 90 })];
  assert.equal([low.cluster, high.cluster], ['a', 'b']);
  assert.equal([low.place?.weighted, high.place?.weighted], [0, 1]);
  const half = routeCoverage(subject.configurations, [low.place as NonNullable<typeof low.place>]);
  assert.equal([half.covered, half.total, half.percent], [1, 2, 50]);
  assert.match(half.missing[0] as string, ', cluster b');
  assert.is(routeCoverage([], []).percent, 100);
});

test('what the matcher does not know gives no answer instead of a wrong one', () => {
  const odd = { match: { prefix: '/a', dynamic_metadata: [{}] }, route: { cluster: 'odd' } };
  const subject = simulator(listener(80, [chain([odd, toWeb])]));
  assert.match(ask(subject, 'http://a/a').problem ?? '', 'asks for dynamic_metadata, which needs real Envoy');
  assert.is(ask(subject, 'http://a/b').cluster, 'web');
  const filter = simulator(listener(80, [chain([{ match: { prefix: '/' }, filter_action: {} }])]));
  assert.match(ask(filter, 'http://a/').problem ?? '', 'filter_action');
  const rds = simulator(listener(80, [chain([], { manager: { route_config: undefined, rds: {} } })]));
  assert.match(ask(rds, 'http://a/').problem ?? '', 'come from RDS');
  const broken = simulator(listener(80, [chain([{ ...toWeb, match: { safe_regex: { regex: '(' } } }])]));
  assert.match(ask(broken, 'http://a/').problem ?? '', 'routes[0].match.safe_regex');
});

test.run();
