/** What a change does to connections, requests and clusters. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { planJson, planMarkdown, planText } from '../../../compiler/plan/format-plan.js';
import type { PlanEngine } from '../../../compiler/plan/plan-change.js';
import { planChange } from '../../../compiler/plan/plan-change.js';

type Json = Record<string, unknown>;

const hcm =
  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const address = (port: number, ip = '127.0.0.1') => ({ socket_address: { address: ip, port_value: port } });
const cluster = (name: string, ...ports: number[]) => ({
  name,
  type: 'STATIC',
  load_assignment: {
    cluster_name: name,
    endpoints: [{ lb_endpoints: ports.map((port) => ({ endpoint: { address: address(port) } })) }],
  },
});

interface Given {
  readonly routes?: readonly unknown[];
  readonly manager?: Json;
  readonly listener?: Json;
  readonly clusters?: readonly unknown[];
  readonly root?: Json;
}

const toA = { match: { prefix: '/' }, route: { cluster: 'a' } };

function bootstrap({
  routes = [toA],
  manager,
  listener,
  clusters = [cluster('a', 1, 2)],
  root,
}: Given = {}): Json {
  const virtual_hosts = [{ name: 'v', domains: ['a.com', '*.b.com'], routes }];
  const typed_config = {
    '@type': hcm,
    stat_prefix: 'p',
    route_config: { name: 'r', virtual_hosts },
    ...manager,
  };
  const web = {
    name: 'web',
    address: address(80),
    filter_chains: [{ filters: [{ name: 'hcm', typed_config }] }],
    ...listener,
  };
  return { static_resources: { listeners: [web], clusters }, ...root };
}

function impacts(after: Given, engine: PlanEngine = 'bundled', before: Given = {}): string[] {
  return planChange(bootstrap(before), bootstrap(after), engine).impacts.map(
    ({ impact, kind, resource }) => `${impact} ${kind} ${resource}`,
  );
}

test('hot, drain, restart with the bundled runtime', () => {
  assert.equal(impacts({}), []);
  assert.equal(impacts({ routes: [{ ...toA, route: { cluster: 'a', timeout: '1s' } }] }), [
    'hot changed listener web',
  ]);
  assert.equal(impacts({ manager: { use_remote_address: true } }), ['hot changed listener web']);
  assert.equal(impacts({ manager: { stat_prefix: 'q' } }), ['drain changed listener web']);
  assert.equal(impacts({ manager: { common_http_protocol_options: { idle_timeout: '1s' } } }), [
    'drain changed listener web',
  ]);
  assert.equal(impacts({ listener: { address: address(81) } }), ['hot changed listener web']);
  assert.equal(impacts({ listener: { filter_chains: [] } }), ['drain changed listener web']);
  assert.equal(impacts({ listener: { listener_filters: [{ name: 'x' }] } }), ['hot changed listener web']);
  assert.equal(impacts({ listener: { per_connection_buffer_limit_bytes: 1 } }), [
    'drain changed listener web',
  ]);
  assert.equal(impacts({ listener: { name: 'other' } }), ['hot changed listener other']);
  assert.equal(impacts({ listener: { name: 'other', address: address(81) } }), [
    'drain removed listener web',
    'hot added listener other',
  ]);
  assert.equal(impacts({ clusters: [cluster('a', 1), cluster('b', 3)] }), [
    'hot changed cluster a',
    'hot added cluster b',
  ]);
  assert.equal(impacts({ root: { node: { id: 'x' }, admin: {} } }), [
    'restart added node',
    'restart added admin',
  ]);
});

test('real Envoy: everything static needs a restart; in files of their own, listeners drain', () => {
  const after = { routes: [{ ...toA, route: { cluster: 'a', timeout: '1s' } }], clusters: [cluster('a', 1)] };
  assert.equal(impacts(after, 'envoy'), ['restart changed listener web', 'restart changed cluster a']);
  assert.equal(impacts(after, 'envoy-split'), ['drain changed listener web', 'hot changed cluster a']);
});

test('routes that answer otherwise, each with a request that shows it', () => {
  const shadow = {
    match: { prefix: '/x', headers: [{ name: 'x-v', string_match: { exact: '2' } }] },
    route: { cluster: 'b' },
  };
  const { routes } = planChange(
    bootstrap(),
    bootstrap({ routes: [shadow, toA], clusters: [cluster('a', 1, 2), cluster('b', 1)] }),
  );
  assert.equal(routes, [
    {
      request: "GET http://a.com/x -H 'x-v: 2' --listener web",
      before: 'cluster a, path /x, host a.com, timeout 15s',
      after: 'cluster b, path /x, host a.com, timeout 15s',
    },
    {
      request: "GET http://witness.b.com/x -H 'x-v: 2' --listener web",
      before: 'cluster a, path /x, host witness.b.com, timeout 15s',
      after: 'cluster b, path /x, host witness.b.com, timeout 15s',
    },
  ]);
});

test('weights, regexes, query parameters and methods are met', () => {
  const split = (canary: string) => ({
    match: {
      safe_regex: { regex: '/v[0-9]+/(?:users|teams)/[^/]+' },
      query_parameters: [{ name: 'q', string_match: { exact: '1' } }],
      headers: [{ name: ':method', string_match: { exact: 'POST' } }],
    },
    route: {
      weighted_clusters: {
        clusters: [
          { name: 'a', weight: 90 },
          { name: canary, weight: 10 },
        ],
      },
    },
  });
  const clusters = [cluster('a', 1), cluster('b', 1), cluster('c', 1)];
  const { routes } = planChange(
    bootstrap({ routes: [split('b')], clusters }),
    bootstrap({ routes: [split('c')], clusters }),
  );
  assert.match(routes[0]?.request ?? '', /^POST http:\/\/a\.com\/v0\/users\/a\?q=1 --random 90/);
  assert.match(routes[0]?.after ?? '', 'cluster c');
});

test('an order that changes who wins', () => {
  const [special, all] = [{ match: { prefix: '/s' }, direct_response: { status: 204 } }, toA];
  const { routes } = planChange(bootstrap({ routes: [special, all] }), bootstrap({ routes: [all, special] }));
  assert.ok(routes.some(({ after, before }) => before.startsWith('204') && after.startsWith('cluster a')));
});

test('a listener under another name is found by its port', () => {
  const { routes } = planChange(bootstrap(), bootstrap({ listener: { name: 'other' } }));
  assert.equal(routes, []);
});

test('clusters that lose hosts', () => {
  const { hosts } = planChange(bootstrap(), bootstrap({ clusters: [cluster('a', 2, 3)] }));
  assert.equal(hosts, [{ cluster: 'a', lost: ['127.0.0.1:1'], gained: ['127.0.0.1:3'], left: 2 }]);
  assert.is(planChange(bootstrap(), bootstrap({ clusters: [] })).hosts[0]?.left, 0);
});

test('text, Markdown, JSON', () => {
  const made = planChange(bootstrap(), bootstrap({ clusters: [cluster('a', 2)], routes: [] }));
  const text = planText(made);
  assert.match(
    text,
    /hot +listener web +changed: only what is looked up for each request or connection changes/,
  );
  assert.match(text, 'a: loses 127.0.0.1:1; 1 left');
  assert.match(text, '+ 404, no route');
  const markdown = planMarkdown(made);
  assert.match(markdown, '| hot | `listener web` | changed |');
  assert.match(markdown, '<summary>All differences</summary>');
  assert.is(JSON.parse(planJson(made)).engine, 'bundled');
  const none = planChange({}, {});
  assert.equal([planText(none), planMarkdown(none)], ['nothing changes\n', 'Nothing changes.\n']);
});

test.run();
