/** The quick reader of plain YAML says what the library says, or nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { emitYaml } from '../../../compiler/index.js';
import type { Path } from '../../../dsl/api/index.js';
import { readBlockYaml } from '../../../dsl/api/read-block-yaml.js';
import { readAnyYaml } from '../../../dsl/api/read-yaml.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');

function* pathsOf(value: unknown, path: Path = []): Generator<Path> {
  yield path;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    yield* pathsOf(member, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

/** @returns whether the quick reader took it */
function agree(text: string): boolean {
  const block = readBlockYaml(text);
  if (block === undefined) return false;
  const any = readAnyYaml(text);
  assert.equal(any.errors, [], text);
  assert.equal(any.warnings, [], text);
  assert.equal(block.value, any.value, text);
  for (const path of pathsOf(block.value)) {
    assert.equal(block.locate(path), any.locate(path), `${path.join('.')} of\n${text}`);
  }
  assert.equal(block.locate(['none', 1, 'x']), any.locate(['none', 1, 'x']));
  return true;
}

test('what the compiler writes is read, and as the library reads it', () => {
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'ab -:#\n\'"\\{}[]&*!|>%@`,?~é0') }),
    fc.constantFrom('yes', 'null', '0x10', '1.5', '', '10.0.0.1', 'a: b', '- a', 'a\nb\n', 'a\n\nb', '-1'),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null), fc.constantFrom({}, [])),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('k', 'l_m', 'a:b', '443', 'é'), tie('value'), { maxKeys: 3 }),
    ),
  }));
  let taken = 0;
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('a', 'b_c', '@type', 'x y'), value, { minKeys: 1 }), (one) => {
      if (agree(emitYaml(one).text)) taken++;
    }),
    { numRuns: 1500 },
  );
  assert.ok(taken > 100, `only ${taken} of 1,500 were read quickly`);
});

test('texts that are nearly plain', () => {
  const line = fc.constantFrom(
    ...[
      'a: b',
      'a:',
      'b: 1',
      '- a',
      '- a: b',
      '-',
      '- - a',
      '  c: d',
      '    e: f',
      '  - g',
      '    - h: i',
      '  text',
    ],
    ...[
      '# c',
      'a: b # c',
      '',
      ' ',
      'c: |',
      'c: |-',
      'c: >',
      'c: "x"',
      "c: 'x'",
      'c: "x',
      'c: x: y',
      'c: x:',
      '  k:v',
    ],
    ...[
      'c: {}',
      'c: []',
      'c: { d: 1 }',
      'c: &x 1',
      'c: *x',
      'c: !t 1',
      '---',
      '...',
      '"q": 1',
      "'q': 1",
      '? a',
      'c:  x',
    ],
    ...[
      'c: -',
      'c: -1',
      'c: - 1',
      'c: a#b',
      'c: a #b',
      'c: x ',
      'c: ~',
      'c: @x',
      'c: %x',
      '<<: 1',
      '"a:b": 1',
      '-a: 1',
    ],
  );
  let taken = 0;
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), (lines) => {
      if (agree(`${lines.join('\n')}\n`)) taken++;
    }),
    { numRuns: 6000 },
  );
  assert.ok(taken > 200, `only ${taken} of 6,000 were read quickly`);
});

test('the texts of the golden cases', () => {
  const folder = join(root, 'test', 'golden');
  for (const name of readdirSync(folder).filter((one) => one.endsWith('-yaml'))) {
    agree(readFileSync(join(folder, name, 'input.yaml'), 'utf8'));
  }
});

test('what it leaves to the library', () => {
  for (const text of [
    'a: 1',
    'a: 1\r\n',
    'a:\t1\n',
    '\ufeffa: 1\n',
    '',
    '[]\n',
    'a\n',
    `${'a:\n '.repeat(3)}`,
  ]) {
    assert.is(readBlockYaml(text), undefined, JSON.stringify(text));
  }
});

test.run();
