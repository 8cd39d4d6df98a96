import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Change } from '../../../compiler/fix/change.js';
import { applyEdits, editFor } from '../../../compiler/fix/text-edits.js';

/** The text with the change made at the bar, which is taken out. */
function fixed(marked: string, step: string, change: Change, file = 'f.yaml'): string | undefined {
  const at = marked.indexOf('¦');
  const text = marked.replace('¦', '');
  const before = text.slice(0, at).split('\n');
  const location = { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  const edit = editFor(text, location, step, change);
  return edit === undefined ? undefined : applyEdits(text, [edit]).text;
}
const rename: Change = { kind: 'rename', to: 'b' };
const value: Change = { kind: 'value', to: '5s' };

test('a key is renamed, quoted or not', () => {
  assert.is(fixed('x:\n  ¦a: 1\n', 'a', rename), 'x:\n  b: 1\n');
  assert.is(fixed('{ ¦"a": {} }', 'a', rename), undefined);
  assert.is(fixed('{ ¦"a": 1 }', 'a', rename), '{ "b": 1 }');
  assert.is(fixed('¦a:\n  - 1\n', 'a', rename), 'b:\n  - 1\n');
  assert.is(fixed("  ¦a: 'x', // why\n", 'a', rename, 'f.ts'), "  b: 'x', // why\n");
});

test('a value is replaced up to its end', () => {
  assert.is(fixed('¦a: 5 # why\nb: 1', 'a', value), "a: '5s' # why\nb: 1");
  assert.is(fixed('{ ¦a: 5m, b: 1 }', 'a', value), "{ a: '5s', b: 1 }");
  assert.is(fixed('{"x": 1, ¦"a": "5m"}', 'a', value), '{"x": 1, "a": "5s"}');
  assert.is(fixed('  ¦a: 5,\n', 'a', value, 'f.ts'), "  a: '5s',\n");
  assert.is(fixed('¦aB: 5\n', 'a_b', value), "aB: '5s'\n");
});

test('what is not written out there is left alone', () => {
  assert.is(fixed('¦a: seconds,', 'a', value, 'f.ts'), undefined);
  assert.is(fixed('¦a: [5]', 'a', value), undefined);
  assert.is(fixed('¦a: *alias', 'a', value), undefined);
  assert.is(fixed('¦a: |\n  5\n', 'a', value), undefined);
  assert.is(fixed('¦other: 5', 'a', value), undefined);
  assert.is(fixed('¦admin({ a: 5 })', 'a', value, 'f.ts'), undefined);
});

test('edits that overlap are not both made', () => {
  const edit = (start: number, end: number, text: string) => ({ file: 'f', start, end, text });
  assert.equal(applyEdits('abcdef', [edit(3, 5, 'X'), edit(0, 1, 'Y'), edit(4, 6, 'Z')]), {
    text: 'YbcXf',
    count: 2,
  });
  assert.equal(applyEdits('ab', [edit(1, 9, 'X')]), { text: 'ab', count: 0 });
});

test.run();
