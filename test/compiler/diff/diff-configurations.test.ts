/** Differences by the identity of resources. */
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { diffConfigurations } from '../../../compiler/diff/diff-configurations.js';
import { diffJson, diffMarkdown, diffText } from '../../../compiler/diff/format-diff.js';

type Json = Record<string, unknown>;

const host = (address: string) => ({
  endpoint: { address: { socket_address: { address, port_value: 80 } } },
});
const cluster = (name: string, more: Json = {}) => ({
  name,
  type: 'STATIC',
  load_assignment: {
    cluster_name: name,
    endpoints: [{ lb_endpoints: [host('10.0.0.1'), host('10.0.0.2')] }],
  },
  ...more,
});
const route = (prefix: string, more: Json = {}) => ({ match: { prefix }, route: { cluster: 'a', ...more } });
const hcm =
  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const listener = (routes: readonly unknown[], more: Json = {}) => ({
  name: 'web',
  filter_chains: [
    {
      filters: [
        {
          name: 'hcm',
          typed_config: {
            '@type': hcm,
            route_config: { virtual_hosts: [{ name: 'v', domains: ['*'], routes }] },
          },
        },
      ],
    },
  ],
  ...more,
});
const bootstrap = (clusters: readonly unknown[], listeners: readonly unknown[] = [], more: Json = {}) => ({
  static_resources: { clusters, listeners },
  ...more,
});

function told(before: unknown, after: unknown): string[] {
  return diffConfigurations(before, after).map(({ kind, path, resource }) => `${kind} ${resource}: ${path}`);
}

test('the order of clusters and hosts makes no difference', () => {
  const [a, b] = [cluster('a'), cluster('b')];
  const swapped = { cluster_name: 'a', endpoints: [{ lb_endpoints: [host('10.0.0.2'), host('10.0.0.1')] }] };
  assert.equal(told(bootstrap([a, b]), bootstrap([b, { ...a, load_assignment: swapped }])), []);
});

test('resources that come, go and change', () => {
  const changes = told(
    bootstrap([cluster('a'), cluster('b')], [], { node: { id: 'x' } }),
    bootstrap([cluster('a', { connect_timeout: '1s' }), cluster('c')], [], { node: { id: 'y' }, admin: {} }),
  );
  assert.equal(changes, [
    'added cluster a: connect_timeout',
    'removed cluster b: ',
    'added cluster c: ',
    'changed node: id',
    'added admin: ',
  ]);
});

test('hosts by their address', () => {
  const more = {
    load_assignment: {
      cluster_name: 'a',
      endpoints: [{ lb_endpoints: [host('10.0.0.2'), host('10.0.0.3')] }],
    },
  };
  assert.equal(told(bootstrap([cluster('a')]), bootstrap([cluster('a', more)])), [
    'removed cluster a: load_assignment.endpoints[0].lb_endpoints[10.0.0.1:80]',
    'added cluster a: load_assignment.endpoints[0].lb_endpoints[10.0.0.3:80]',
  ]);
});

const inHost = 'filter_chains[{}].filters[hcm].typed_config.route_config.virtual_hosts[v].routes';

test('routes by their name or match, and moves of them', () => {
  const before = listener([route('/a'), route('/b'), route('/c')]);
  const after = listener([route('/c'), route('/a'), route('/b', { timeout: '1s' })]);
  assert.equal(told(bootstrap([], [before]), bootstrap([], [after])), [
    `added listener web: ${inHost}[/b].route.timeout`,
    `moved listener web: ${inHost}[/c]`,
  ]);
  const named = { ...route('/a'), name: 'r' };
  const renamedMatch = { ...route('/z'), name: 'r' };
  assert.equal(told(bootstrap([], [listener([named])]), bootstrap([], [listener([renamedMatch])])), [
    `changed listener web: ${inHost}[r].match.prefix`,
  ]);
});

test('one name twice is told apart by number', () => {
  assert.equal(
    told(bootstrap([], [listener([route('/a'), route('/a')])]), bootstrap([], [listener([route('/a')])])),
    [`removed listener web: ${inHost}[/a #2]`],
  );
});

test('what is set to its default is not set', () => {
  const set = cluster('a', {
    lb_policy: 'ROUND_ROBIN',
    alt_stat_name: '',
    health_checks: [],
    close_connections_on_host_health_failure: false,
  });
  assert.equal(told(bootstrap([cluster('a')]), bootstrap([set])), []);
  // A wrapper, a message and a member of a oneof are there or not.
  const differs = (more: Json) => told(bootstrap([cluster('a')]), bootstrap([cluster('a', more)])).length;
  assert.equal(
    [
      differs({ per_connection_buffer_limit_bytes: 0 }),
      differs({ outlier_detection: {} }),
      differs({ type: 'EDS' }),
    ],
    [1, 1, 1],
  );
  const [plain, none] = [{ match: { prefix: '' } }, { match: {} }];
  assert.is(told(bootstrap([], [listener([plain])]), bootstrap([], [listener([none])])).length, 1);
});

test('secrets are not shown', () => {
  const secret = (text: string) => ({
    static_resources: { secrets: [{ name: 's', tls_certificate: { private_key: { inline_string: text } } }] },
  });
  const socket = (text: string) =>
    bootstrap([
      cluster('a', {
        transport_socket: { typed_config: { '@type': 't', private_key: { inline_string: text } } },
      }),
    ]);
  for (const [before, after] of [
    [secret('hidden-1'), secret('hidden-2')],
    [socket('hidden-1'), socket('hidden-2')],
    [{}, secret('hidden-2')],
  ] as const) {
    const changes = diffConfigurations(before, after);
    assert.ok(changes.length > 0);
    assert.not.match(diffJson(changes), 'hidden');
    assert.match(diffText(changes) + diffJson(changes), 'redacted');
  }
});

test('text, Markdown, JSON', () => {
  const changes = diffConfigurations(
    bootstrap([cluster('a', { connect_timeout: '1s' })]),
    bootstrap([cluster('a', { connect_timeout: '2s' }), cluster('`b`')]),
  );
  assert.is(diffText(changes), '~ cluster a\n    ~ connect_timeout: 1s -> 2s\n+ cluster `b`\n');
  assert.match(
    diffMarkdown(changes),
    '  - changed: `connect_timeout: 1s -> 2s`\n- **added** `` cluster `b` ``',
  );
  assert.is(JSON.parse(diffJson(changes)).version, 1);
  assert.equal([diffText([]), diffMarkdown([])], ['no difference\n', 'No difference.\n']);
});

test('nothing differs from itself, and what differs is told', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 });
  const clusters = names.map((list) => list.map((name) => cluster(name)));
  const one = fc
    .record({ clusters, id: fc.string() })
    .map(({ clusters: list, id }) => bootstrap(list, [], { node: { id } }));
  fc.assert(
    fc.property(one, one, (left, right) => {
      assert.equal(told(left, structuredClone(left)), []);
      const key = (value: typeof left) => [
        (value as Json).node,
        new Set((value.static_resources.clusters as { name: string }[]).map(({ name }) => name)),
      ];
      const isEqual = diffConfigurations(left, right).length === 0;
      try {
        assert.equal(key(left), key(right));
        assert.ok(isEqual);
      } catch {
        assert.not.ok(isEqual);
      }
    }),
  );
});

test.run();
