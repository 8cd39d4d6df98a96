import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileFilter } from '../../../../runtime/discovery/filter/compile-filter.js';
import { FilterError, parseFilter } from '../../../../runtime/discovery/filter/parse-filter.js';
import { agentServiceShape, checkServiceNodeShape } from '../../../../runtime/discovery/filter/shapes.js';

const service = {
  ID: 'web1',
  Service: 'web',
  Tags: ['primary', 'v1'],
  Port: 8080,
  Address: '',
  Meta: { version: '1.2', 'a.b': 'c' },
  EnableTagOverride: true,
  Weights: { Passing: 10, Warning: 1 },
};

const passes = (text: string): boolean => compileFilter(text, agentServiceShape)(service);

const cases: readonly (readonly [string, boolean])[] = [
  ['Service == web', true],
  ['Service=="web"', true],
  ['Service != `web`', false],
  ['Port == 8080', true],
  ['Port != 8080', false],
  ['EnableTagOverride == true', true],
  ['Weights.Passing == 10', true],
  ['Tags contains "primary"', true],
  ['Tags contains primary', true],
  ['"v1" in Tags', true],
  ['"v2" not in Tags', true],
  ['Tags not contains v1', false],
  ['Tags is empty', false],
  ['Address is empty', true],
  ['Meta is not empty', true],
  ['Meta.version == "1.2"', true],
  ['Meta["a.b"] == c', true],
  ['version in Meta', true],
  ['Meta.none == x', false],
  ['Meta.none != x', true],
  ['Service matches "^w.b$"', true],
  ['Service not matches "^x"', true],
  ['"eb" in Service', true],
  ['Service == web and Port == 1 or Port == 8080', true],
  ['Service == web and (Port == 1 or Port == 2)', false],
  ['not Service == web', false],
  ['not (Service == x)', true],
  ['not not Service == web', true],
  ['  ( Service == web )  ', true],
  ['', true],
];

for (const [text, expected] of cases) {
  test(`'${text}'`, () => {
    assert.is(passes(text), expected);
  });
}

test('a list of objects passes when one of them does', () => {
  const instance = { Node: {}, Service: service, Checks: [{ Status: 'passing' }, { Status: 'warning' }] };
  const test = (text: string) => compileFilter(text, checkServiceNodeShape)(instance);
  assert.ok(test('Checks.Status == warning'));
  assert.not(test('Checks.Status == critical'));
  assert.ok(test('Service.Meta.version == "1.2" and "primary" in Service.Tags'));
});

const refusals: readonly (readonly [string, string | RegExp])[] = [
  ['Bad ==', '1:7 (6): no match found, expected: "-", "0", "\\"", "`", [ \\t\\r\\n], [1-9] or [a-zA-Z]'],
  ['Bad', '1:4 (3): no match found, expected: "!=", ".", "==", "[", [ \\t\\r\\n] or [a-zA-Z0-9_]'],
  ['Nope == 1', 'Selector "Nope" is not valid'],
  ['Service.x == 1', 'Selector "Service.x" is not valid'],
  ['Port == x', /invalid syntax/],
  ['Port contains 1', /Invalid match operator "In" for selector "Port"/],
  ['Tags == x', /Invalid match operator "Equal"/],
  ['Service matches "("', /Failed to compile regular expression/],
  ['(Service == web', /no match found/],
  [`${'('.repeat(100)}Service == web${')'.repeat(100)}`, /nested too deep/],
  [`Service == "${'x'.repeat(9000)}"`, /longer than/],
];

for (const [text, message] of refusals) {
  test(`refuses '${text.slice(0, 40)}'`, () => {
    try {
      compileFilter(text, agentServiceShape);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, FilterError);
      if (typeof message === 'string') assert.is((error as Error).message, message);
      else assert.match((error as Error).message, message);
    }
  });
}

test('any text is a filter or an error in words, and soon', () => {
  const pieces = [
    'Service',
    'Tags',
    '==',
    '!=',
    'in',
    'not',
    'and',
    'or',
    '(',
    ')',
    '"x"',
    '`',
    ' ',
    '.',
    '[',
    ']',
    '1',
    'is empty',
  ];
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((list) => list.join(' ')),
  );
  fc.assert(
    fc.property(text, (filter) => {
      try {
        compileFilter(filter, agentServiceShape)(service);
      } catch (error) {
        assert.instance(error, FilterError);
        assert.ok((error as Error).message.length > 0);
      }
    }),
    { numRuns: 1500 },
  );
});

test('long chains are read, and do not nest', () => {
  const chain = Array.from({ length: 300 }, () => 'Port == 1').join(' or ');
  assert.is(parseFilter(chain).kind, 'or');
  assert.ok(passes(`${chain} or Port == 8080`));
});

test.run();
