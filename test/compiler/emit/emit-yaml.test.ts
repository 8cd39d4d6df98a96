import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LineCounter, parse, parseDocument } from 'yaml';
import { emitYaml } from '../../../compiler/emit/emit-yaml.js';
import { readYaml } from '../../../dsl/api/index.js';

test('writes fields in the order of the proto, @type first', () => {
  const { text, lineOf } = emitYaml({
    static_resources: {
      clusters: [
        { type: 'STRICT_DNS', connect_timeout: '0.250s', name: 'a' },
        { load_assignment: { endpoints: [] }, name: 'yes' },
      ],
      listeners: [
        {
          filter_chains: [
            {
              filters: [
                {
                  typed_config: {
                    stat_prefix: 'x: y',
                    '@type':
                      'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
                    codec_type: 'AUTO',
                  },
                },
              ],
            },
          ],
          address: { socket_address: { port_value: 10000, address: '127.0.0.1' } },
        },
      ],
    },
    admin: {},
  });
  assert.is(
    text,
    `static_resources:
  listeners:
  - address:
      socket_address:
        address: 127.0.0.1
        port_value: 10000
    filter_chains:
    - filters:
      - typed_config:
          "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
          codec_type: AUTO
          stat_prefix: "x: y"
  clusters:
  - name: a
    type: STRICT_DNS
    connect_timeout: 0.250s
  - name: "yes"
    load_assignment:
      endpoints: []
admin: {}
`.replace(/"(type\.googleapis[^"]*)"/, '$1'),
  );
  assert.is(lineOf(['static_resources', 'clusters', 1, 'name']), 17);
  assert.is(lineOf(['static_resources', 'clusters', 1, 'no_such', 3]), 17);
  assert.is(lineOf(['admin']), 20);
  assert.is(lineOf([]), 1);
});

test('keeps the order of map keys, though a key may be called like a field', () => {
  const { text } = emitYaml(
    { typed_filter_metadata: { b: {}, a: {} }, filter_metadata: { z: { name: 1, b: [[], [1], {}] } } },
    'envoy.config.core.v3.Metadata',
  );
  assert.is(
    text,
    'filter_metadata:\n  z:\n    name: 1\n    b:\n    - []\n    -\n      - 1\n    - {}\ntyped_filter_metadata:\n  b: {}\n  a: {}\n',
  );
});

test('writes longer texts as blocks', () => {
  const { text, lineOf } = emitYaml({ a: 'function f()\n\n  return 1\nend\n', b: 'x\ny', c: '\nx' }, '');
  assert.is(text, 'a: |\n  function f()\n\n    return 1\n  end\nb: |-\n  x\n  y\nc: "\\nx"\n');
  assert.is(lineOf(['b']), 6);
});

test('quotes whatever some YAML takes for something else', () => {
  const tricky =
    '|null|~|y|N|yes|No|on|OFF|true|1|-1|+1|010|0o10|0x1F|0b1|1_000|1.5|1e3|e5|e-0|e-1_0|.5|.inf|-.INF|.nan|12:30|2020-01-01|=|<<|-|?|:|- a|a: b|a #b|#a|a:|&a|*a|!a|%a|@a|`a|[a]|{a}|a,b|\'a|"a|>|a |\ta|a\tb|a\u0007|\u0085|\u2028|\ufeff|---|...|1s|10.0.0.1|a b|/a|é'.split(
      '|',
    );
  for (const text of [...tricky, '|', 'a|b']) {
    const emitted = emitYaml({ [text]: [text] }, '').text;
    for (const version of ['1.1', '1.2'] as const) {
      assert.equal(parse(emitted, { version }), { [text]: [text] }, `${JSON.stringify(text)} in ${version}`);
    }
    // Envoy refuses `<<` as a key, quoted or not.
    if (text !== '<<') assert.equal(readYaml(emitted).value, { [text]: [text] });
  }
});

/** Texts with the characters that make YAML hard, more often than by chance. */
const piece = fc.constantFrom(
  ' ',
  '\n',
  '\t',
  ':',
  '#',
  '-',
  '"',
  "'",
  '\\',
  'a',
  'é',
  '1',
  '\r',
  '\u0085',
  '😀',
  '|',
);
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.array(piece).map((parts) => parts.join('')),
);
const key = text.filter((name) => name !== '__proto__');
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    text,
    fc.boolean(),
    fc.integer(),
    fc.array(tie('tree')),
    fc.dictionary(key, tie('tree')),
  ),
}));
const root = fc.dictionary(key, tree);

test('every YAML reads back the value that was written', () => {
  fc.assert(
    fc.property(root, (value) => {
      const emitted = emitYaml(value, '').text;
      const expected = JSON.parse(JSON.stringify(value));
      assert.equal(parse(emitted, { version: '1.2' }), expected);
      assert.equal(parse(emitted, { version: '1.1' }), expected);
    }),
    { numRuns: 400 },
  );
});

test('knows the line of every node', () => {
  fc.assert(
    fc.property(root, (value) => {
      const { text, lineOf } = emitYaml(value, '');
      const lines = new LineCounter();
      const document = parseDocument(text, { lineCounter: lines });
      const walk = (node: unknown, path: (string | number)[]): void => {
        const items = (node as { items?: { key?: { value: string; range: [number] }; value?: unknown }[] })
          .items;
        for (const [index, item] of (items ?? []).entries()) {
          const isPair = 'key' in item && item.key !== undefined;
          const at = isPair ? item.key!.range[0] : (item as unknown as { range: [number] }).range[0];
          const here = [...path, isPair ? item.key!.value : index];
          // A list in a list starts on the line after its dash.
          const nested = !isPair && Array.isArray((item as { items?: unknown[] }).items) && text[at] === '-';
          assert.is(lineOf(here), lines.linePos(at).line - (nested ? 1 : 0), `${here.join('/')} in\n${text}`);
          walk(isPair ? item.value : item, here);
        }
      };
      walk(document.contents, []);
    }),
    { numRuns: 200 },
  );
});

test.run();
