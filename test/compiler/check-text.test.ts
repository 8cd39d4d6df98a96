import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CheckTextOptions } from '../../compiler/index.js';
import { checkText } from '../../compiler/index.js';

function lines(text: string, options: Partial<CheckTextOptions> = {}): string[] {
  return checkText(text, { file: 'f.yaml', ...options }).map(({ code, location, path }) =>
    `${code} ${location?.line}:${location?.column} ${path ?? ''}`.trim(),
  );
}

test('a sound text says nothing, in YAML and in JSON', () => {
  assert.equal(lines('node: { id: a, cluster: b }\n'), []);
  assert.equal(lines('{"node": {"id": "a", "cluster": "b"}}'), []);
});

test('findings come in the order of their lines', () => {
  const text =
    'static_resources:\n  clusters:\n  - name: a\n    conect_timeout: 1s\n    lb_policy: X\nadmin: 1\n';
  assert.equal(lines(text), [
    'E1002 4:5 static_resources.clusters[0].conect_timeout',
    'E1002 5:5 static_resources.clusters[0].lb_policy',
    'E1001 6:1 admin',
  ]);
});

test('positions in JSON, under camelCase keys, behind aliases', () => {
  assert.equal(lines('{"staticResources":\n {"clusters": [{"name": "a", "connectTimeout": 5}]}}'), [
    'E1001 2:30 static_resources.clusters[0].connect_timeout',
  ]);
  const aliased = 'static_resources:\n  clusters:\n  - &a\n    name: a\n    connect_timeout: 5\n  - *a\n';
  // One place in the text is one finding, wherever it is used.
  const [one, ...others] = checkText(aliased, { file: 'f.yaml' });
  assert.equal([one?.location?.line, one?.path], [5, 'static_resources.clusters[0].connect_timeout']);
  assert.equal(one?.sites, ['static_resources.clusters["a"].connect_timeout']);
  assert.equal(others, []);
});

test('texts that are no YAML have a position and no more', () => {
  assert.equal(
    lines('a: [1\n').map((line) => line.slice(0, 5)),
    ['E1000'],
  );
  assert.equal(lines(''), ['E1000 1:1']);
  assert.equal(lines('- 1\n'), ['E1000 1:1']);
  assert.equal(lines('<<: {}\n'), ['E1000 1:1']);
  assert.equal(checkText('{{ x }}', { file: 'f' })[0]?.message, 'this is a template, not YAML');
});

test('never throws', () => {
  for (const text of ['\u0000', '%', '&a *a', '? ?', '--- !!x', '\ud800', '{'.repeat(300), '[', '"', '*']) {
    assert.ok(Array.isArray(checkText(text, { file: 'f' })), JSON.stringify(text));
  }
});

test('options', () => {
  const text = 'admin:\n  address: { socket_address: { address: 0.0.0.0, port_value: 1 } }\n';
  assert.equal(
    lines(text).map((line) => line.split(' ')[0]),
    ['no-public-admin'],
  );
  const off = [{ rule: 'no-public-admin', reason: 'closed network' }];
  assert.equal(lines(text, { disabledRules: off }), []);
  const dynamic = 'dynamic_resources: { cds_config: { ads: {} } }\n';
  assert.equal(
    lines(dynamic).map((line) => line.split(' ')[0]),
    ['E3017'],
  );
  assert.equal(lines(dynamic, { serviceNode: 'a', serviceCluster: 'b' }), []);
});

test.run();
