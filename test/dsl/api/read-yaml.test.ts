import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readYaml } from '../../../dsl/api/index.js';

test('quotes decide: plain scalars are resolved, quoted ones are text', () => {
  const { value, errors } = readYaml('a: 1\nb: "1"\nc: on\nd: 1.5\ne: ~\nf: |\n  x\n  y\ng: \'yes\'\n');
  assert.equal(errors, []);
  assert.equal(value, { a: 1, b: '1', c: true, d: '1.5', e: null, f: 'x\ny\n', g: 'yes' });
});

test('the last of two equal keys wins, later documents and ignored values are left out', () => {
  assert.equal(readYaml('a: 1\na: 2\n---\nb: 1\n').value, { a: 2 });
  assert.equal(readYaml('!ignore x: &p {q: 1}\na: *p\n').value, { a: { q: 1 } });
});

test('JSON is YAML', () => {
  assert.equal(readYaml('{"a": [1, true, null, "x"]}').value, { a: [1, true, null, 'x'] });
});

test('errors have a position', () => {
  const [error] = readYaml('a: 1\nb: [1, 2\nc: 3\n').errors;
  assert.ok(error !== undefined && error.line >= 2, JSON.stringify(error));
  assert.match(readYaml('a:\n  <<: {b: 1}\n').errors[0]?.message ?? '', /merge keys/);
  assert.is(readYaml('a:\n  <<: {b: 1}\n').errors[0]?.line, 2);
  assert.match(readYaml('').errors[0]?.message ?? '', /empty/);
  assert.match(readYaml('just text').errors[0]?.message ?? '', /not an object/);
  assert.match(readYaml('- a\n').errors[0]?.message ?? '', /not an object/);
});

test('a path is found in either spelling, and else its nearest ancestor', () => {
  const { locate } = readYaml('static_resources:\n  clusters:\n  - name: a\n    connectTimeout: 1s\n');
  assert.equal(locate(['static_resources', 'clusters', 0, 'connect_timeout']), { line: 4, column: 5 });
  assert.equal(locate(['static_resources', 'clusters', 0, 'type']), { line: 3, column: 5 });
  assert.equal(locate(['static_resources', 'clusters', 9]), { line: 2, column: 3 });
  assert.equal(locate([]), { line: 1, column: 1 });
});

test('aliases that multiply are refused instead of expanded', () => {
  const levels = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 9; level++) {
    levels.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  }
  const { errors } = readYaml(`${levels.join('\n')}\n`);
  assert.match(errors[0]?.message ?? '', /too large/);
});

test('a key that every object has is an ordinary key', () => {
  const { value } = readYaml('__proto__: {x: 1}\nconstructor: 2\n');
  assert.equal(Object.keys(value as object), ['__proto__', 'constructor']);
});

test.run();
