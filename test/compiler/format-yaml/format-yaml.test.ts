/** Order and indentation of YAML; comments and content stay. */
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatYaml } from '../../../compiler/format-yaml/format-yaml.js';
import { readYaml } from '../../../dsl/api/index.js';

function format(text: string): string {
  const formatted = formatYaml(text);
  assert.ok('text' in formatted);
  return (formatted as { text: string }).text;
}

test('fields in the order of the API, comments with their fields', () => {
  const text = `# the file

static_resources:
    clusters:
        # first
        - connect_timeout: 1s   # short
          # the name
          name: "a"
          unknown: 1
admin:
    address: {socket_address: {port_value: 1, address: '::1'}}
`;
  assert.is(
    format(text),
    `# the file

static_resources:
  clusters:
  # first
  - # the name
    name: "a"
    connect_timeout: 1s # short
    unknown: 1
admin:
  address: { socket_address: { address: '::1', port_value: 1 } }
`,
  );
});

test('payloads by their @type, maps in their own order, camelCase too', () => {
  const text = `typed_config:
  path: /b
  "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
`;
  const inside = `admin:\n  access_log:\n  - ${text.replaceAll('\n', '\n    ').trimEnd()}\n    name: a\n`;
  assert.match(format(inside), /- name: a\n {4}typed_config:\n {6}"@type": .*\n {6}path: \/b\n/);
  const map =
    'static_resources: { clusters: [{ typedExtensionProtocolOptions: { b: {}, a: {} }, name: x }] }\n';
  assert.match(format(map), '{ name: x, typedExtensionProtocolOptions: { b: {}, a: {} } }');
});

test('route configurations and answers of discovery', () => {
  assert.match(format('virtual_hosts: []\nname: r\n'), /^name: r\nvirtual_hosts: \[\]\n$/);
  const answer = 'resources:\n- name: c\n  "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster\n';
  assert.match(format(answer), /- "@type": .*\n {2}name: c\n/);
});

test('an anchor stays before its alias', () => {
  const text = 'static_resources:\n  clusters:\n  - &a\n    name: x\n  - *a\n  listeners: []\n';
  const out = format(text);
  assert.equal(readYaml(out).value, readYaml(text).value);
  const crossing = 'static_resources: { clusters: [{ name: &n x }], listeners: [{ name: *n }] }\n';
  assert.equal(readYaml(format(crossing)).value, readYaml(crossing).value);
});

test('JSON stays JSON; scalars stay as they are written; several documents', () => {
  assert.is(format('{"admin":{}}'), '{\n  "admin": {}\n}\n');
  const huge = '{"a": 12345678901234567890}';
  assert.is(format(huge), huge);
  assert.is(format('a: 0x10\nb: yes\nc: "no"\nd: 1.50\n'), 'a: 0x10\nb: yes\nc: "no"\nd: 1.50\n');
  assert.match(format('a: 1\n---\nb: 2\n'), /a: 1\n---\nb: 2\n/);
});

test('what is no YAML is told with its place', () => {
  const formatted = formatYaml('a: 1\nb: [');
  assert.ok('errors' in formatted && formatted.errors[0]?.line === 2);
});

test('formatting twice changes nothing, once changes no content', () => {
  const key = fc.constantFrom(
    'name',
    'clusters',
    'listeners',
    'admin',
    'static_resources',
    'x y',
    '- a',
    '@type',
  );
  const scalar = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom('yes', '~', '1.0', '# a', 'a: b'),
  );
  const tree = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie('value'), { maxLength: 3 }), tie('object')),
    object: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  })).object;
  fc.assert(
    fc.property(tree, (value) => {
      const text = `${JSON.stringify({ ...value, 'no json': 1 }).replace(/^/, '# c\n')}\n`;
      const before = readYaml(text);
      fc.pre(before.errors.length === 0);
      const once = format(text);
      assert.equal(readYaml(once).value, before.value);
      assert.is(format(once), once);
    }),
    { numRuns: 200 },
  );
});

test.run();
