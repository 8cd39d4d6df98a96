import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Issue } from '../../../dsl/api/index.js';
import { createReader, readMessage } from '../../../dsl/api/index.js';

const cluster = 'envoy.config.cluster.v3.Cluster';

function issuesOf(value: unknown, type = cluster): readonly Issue[] {
  return readMessage(type, value).issues;
}

function lines(value: unknown, type = cluster): string[] {
  return issuesOf(value, type).map((issue) => `${issue.class} ${issue.path.join('.')}: ${issue.message}`);
}

test('a wrapper as a message, as the loader of Envoy 1.40 takes it', () => {
  const read = (max_retries: unknown) =>
    readMessage('envoy.config.cluster.v3.CircuitBreakers.Thresholds', { max_retries });
  for (const [given, canonical] of [
    [{ value: 2 }, 2],
    [{ value: null }, 0],
    [{}, 0],
    [3, 3],
  ] as const) {
    assert.equal(read(given).value, { max_retries: canonical });
  }
  assert.is(read({ value: -1 }).issues.length, 1);
  assert.is(read({ value: 1, more: 1 }).issues.length, 1);
});

test('a duration as a message, as the loader of Envoy 1.40 takes it', () => {
  const read = (connect_timeout: unknown) =>
    readMessage('envoy.config.cluster.v3.Cluster', { name: 'a', connect_timeout });
  const canonical = (given: unknown) => (read(given).value as { connect_timeout?: string }).connect_timeout;
  assert.is(canonical({ seconds: 15 }), '15s');
  assert.is(canonical({ seconds: '1', nanos: '500000000' }), '1.500s');
  assert.is(canonical({ seconds: null }), '0s');
  for (const bad of [
    { foo: 1 },
    { seconds: 1.5 },
    { seconds: true },
    { seconds: 1, nanos: 1e9 },
    { seconds: 1, nanos: -5 },
    { seconds: 315_576_000_001 },
  ]) {
    assert.is(read(bad).issues.length, 1, JSON.stringify(bad));
  }
});

test('the canonical form has proto names, lists, durations in one spelling and no nulls', () => {
  const { value, issues } = readMessage(cluster, {
    name: 'a',
    connectTimeout: '.25s'.replace('.', '0.'),
    lbPolicy: 'least_request',
    type: 2,
    dns_refresh_rate: '1.500s',
    respectDnsTtl: 'yes',
    circuit_breakers: { thresholds: { max_connections: '0x10', maxRequests: 10 } },
    alt_stat_name: null,
  });
  assert.equal(issues, []);
  assert.equal(value, {
    name: 'a',
    connect_timeout: '0.250s',
    lb_policy: 'LEAST_REQUEST',
    type: 'LOGICAL_DNS',
    dns_refresh_rate: '1.500s',
    respect_dns_ttl: true,
    circuit_breakers: { thresholds: [{ max_connections: 16, max_requests: 10 }] },
  });
});

test('everything wrong is reported at once, in document order', () => {
  assert.equal(
    lines({
      name: 5,
      connect_timeout: 15,
      lb_polciy: 'RANDOM',
      lb_policy: 'ROUNDROBIN',
      load_assignment: [],
    }),
    [
      'parse name: expected a string, got 5',
      "parse connect_timeout: expected a duration like '0.25s' or '15s', got 15",
      "unknown-field lb_polciy: envoy.config.cluster.v3.Cluster has no field 'lb_polciy'",
      "unknown-field lb_policy: 'ROUNDROBIN' is not one of ROUND_ROBIN, LEAST_REQUEST, RING_HASH, RANDOM, MAGLEV, CLUSTER_PROVIDED, LOAD_BALANCING_POLICY_CONFIG",
      'parse load_assignment: expected an object, got a list',
    ],
  );
});

test('names that are nearly right are suggested', () => {
  const suggestions = issuesOf({ name: 'a', lb_polciy: 'RANDOM', lb_policy: 'ROUNDROBIN' }).map(
    (issue) => issue.suggestion,
  );
  assert.equal(suggestions, ['lb_policy', 'ROUND_ROBIN']);
});

test('rules apply to absent scalars, not to absent messages', () => {
  assert.equal(lines({}), ['pgv name: is required']);
  assert.equal(lines({ name: 'a', connect_timeout: '0s' }), ['pgv connect_timeout: must be greater than 0s']);
  assert.equal(lines({ name: 'a', circuit_breakers: { thresholds: [{ priority: 7 }] } }), [
    'pgv circuit_breakers.thresholds.0.priority: 7 is not a value of the enum',
  ]);
});

test('members of a oneof exclude each other, and one must be there where Envoy demands it', () => {
  const address = 'envoy.config.core.v3.Address';
  const socket = { address: '127.0.0.1', port_value: 80 };
  assert.equal(lines({ socket_address: socket, pipe: { path: '/x' } }, address), [
    "parse pipe: 'pipe' and 'socket_address' exclude each other",
  ]);
  assert.equal(lines({}, address), ['pgv : needs one of socket_address, pipe, envoy_internal_address']);
  assert.equal(lines({ socketAddress: socket, socket_address: socket }, address), [
    "parse socket_address: 'socket_address' is given twice",
  ]);
});

test('a typed_config is read by its own type and must fit its slot', () => {
  const filter = 'envoy.config.listener.v3.Filter';
  const hcm =
    'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
  assert.equal(lines({ name: 'x' }, filter), [
    "extension-config typed_config: 'x' has no typed_config with an '@type', by which Envoy finds the extension",
  ]);
  assert.equal(lines({ name: 'x', typed_config: { '@type': hcm, route_config: {} } }, filter), [
    'pgv typed_config.stat_prefix: is required',
  ]);
  const router = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';
  assert.equal(lines({ name: 'x', typed_config: { '@type': router } }, filter), [
    'extension-config typed_config: envoy.extensions.filters.http.router.v3.Router is not an extension of envoy.filters.network',
  ]);
  const [typo] = issuesOf({ name: 'x', typed_config: { '@type': hcm.replace('Manager', 'Manger') } }, filter);
  assert.is(typo?.class, 'unknown-type');
  assert.is(typo?.suggestion, hcm);
  const [bare] = issuesOf({ name: 'x', typed_config: { '@type': hcm.slice(20) } }, filter);
  assert.is(bare?.class, 'parse');
  assert.is(bare?.suggestion, hcm);
});

test('a type of an own Envoy build passes when it is allowed by name', () => {
  const filter = { name: 'x', typed_config: { '@type': 'type.googleapis.com/acme.Filter', limit: 5 } };
  const type = 'envoy.config.core.v3.TypedExtensionConfig';
  assert.is(issuesOf(filter, type)[0]?.class, 'unknown-type');
  const read = readMessage(type, filter, { allowedTypes: ['acme.Filter'] });
  assert.equal(read.issues, []);
  assert.equal(read.value, filter);
});

test('objects deeper than a hundred are refused, not followed', () => {
  let value: Record<string, unknown> = { name: 'a' };
  const reader = createReader({
    release: '0',
    messages: { Node: { file: 'x', fields: [{ name: 'next', number: 1, type: 'Node' }] } },
    enums: {},
    extensions: [],
  });
  value = {};
  for (let depth = 0; depth < 5000; depth++) value = { next: value };
  assert.equal(
    reader('Node', value).issues.map((issue) => `${issue.path.length} ${issue.message}`),
    ['100 nested deeper than 100 objects'],
  );
});

test('a name that every object has is an unknown field', () => {
  assert.equal(lines({ name: 'a', constructor: 1, toString: 2 }).length, 2);
});

test.run();
