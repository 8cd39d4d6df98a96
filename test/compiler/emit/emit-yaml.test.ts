import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { emitYaml } from '../../../compiler/emit/emit-yaml.js';
import { readYaml } from '../../../dsl/api/index.js';

test('fields stand in proto order, types first, lists under their key', () => {
  const { text } = emitYaml({
    static_resources: {
      clusters: [{ connect_timeout: '0.250s', name: 'a', lb_subset_config: {}, health_checks: [] }],
      listeners: [
        {
          name: 'l',
          filter_chains: [
            { filters: [{ typed_config: { stat_prefix: 'x', '@type': 'type.googleapis.com/a.B' } }] },
          ],
        },
      ],
    },
    node: { id: 'n' },
  });
  assert.is(
    text,
    `node:
  id: "n"
static_resources:
  listeners:
    - name: l
      filter_chains:
        - filters:
            - typed_config:
                stat_prefix: x
                "@type": type.googleapis.com/a.B
  clusters:
    - name: a
      connect_timeout: 0.250s
      health_checks: []
      lb_subset_config: {}
`,
  );
});

test('texts that a YAML could take for something else are quoted', () => {
  const values = [
    '1',
    '010',
    '0x10',
    '1.5',
    '1e3',
    'true',
    'Yes',
    'off',
    'n',
    'null',
    '~',
    '',
    ' a',
    'a ',
    '2020-01-01',
    '1:30',
    '.inf',
    'e5',
    '- a',
    'a: b',
    'a #b',
    '*',
    '&a',
    '!x',
    '%x',
    '@x',
    '`x',
    '127.0.0.1',
    '1_000',
    '<<',
    '=',
    'a\tb',
    'é\u0085',
    '\u2028',
    '😀',
  ];
  const { text } = emitYaml({ node: { metadata: { list: values } } });
  for (const version of ['1.1', '1.2'] as const) {
    assert.equal(parse(text, { version }), { node: { metadata: { list: values } } }, version);
  }
  assert.equal(readYaml(text).value, { node: { metadata: { list: values } } });
});

test('several lines become a block, unless a block would change them', () => {
  const values = ['a\nb\n', 'a\nb', 'a\n\nb\n', 'a\n  b\n', ' a\nb', 'a\n\n', '\na', 'a\r\nb', 'a: b\n# c\n'];
  const { text } = emitYaml({ node: { metadata: { values } } });
  assert.match(text, /- \|\n {8}a\n {8}b\n/);
  assert.match(text, /- \|-\n {8}a\n {8}b\n/);
  assert.equal(parse(text), { node: { metadata: { values } } });
});

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom(...'ab01-.:# \n\t"\'{}[]&*!|>%@~e') }),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: fc.constantFrom(...'abyn01-.: #') }), tie('value'), { maxKeys: 4 }),
  ),
}));

test('YAML 1.2, YAML 1.1 and our own reader read back what was written', () => {
  fc.assert(
    fc.property(json.value, (value) => {
      const whole = { node: { metadata: { value } } };
      const { text } = emitYaml(whole);
      const plain = JSON.parse(JSON.stringify(whole)) as unknown;
      assert.equal(JSON.parse(JSON.stringify(parse(text, { version: '1.2' }))), plain);
      assert.equal(JSON.parse(JSON.stringify(parse(text, { version: '1.1', merge: false }))), plain);
      assert.equal(JSON.parse(JSON.stringify(readYaml(text).value)), plain);
    }),
    { numRuns: 300 },
  );
});

test('every node knows its line', () => {
  const value = {
    static_resources: {
      clusters: [
        { name: 'a' },
        { name: 'b', connect_timeout: '1s', metadata: { x: 'p\nq\n' }, alt_stat_name: 'z' },
      ],
    },
  };
  const emitted = emitYaml(value);
  const lines = emitted.text.split('\n');
  const at = (...path: (string | number)[]) => lines[emitted.lineOf(path) - 1]?.trim();
  assert.is(at('static_resources', 'clusters', 1, 'connect_timeout'), 'connect_timeout: 1s');
  assert.is(at('static_resources', 'clusters', 1, 'alt_stat_name'), 'alt_stat_name: z');
  assert.is(at('static_resources', 'clusters', 0), '- name: a');
  assert.is(at('static_resources', 'clusters', 1, 'type'), '- name: b');
  assert.is(at('nothing'), 'static_resources:');
});

test.run();
