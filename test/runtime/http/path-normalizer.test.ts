/** Paths as real Envoy 1.40 forwards them, by option. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { createPathNormalizer } from '../../../runtime/http/path-normalizer.js';

const normal = { normalize_path: true };
const merge = { merge_slashes: true };
const both = { ...normal, ...merge };
const escapes = (action: string) => ({ ...both, path_with_escaped_slashes_action: action });

function go(manager: object, path: string): string {
  const result = createPathNormalizer(manager as never)?.(path);
  if (result === undefined) return path;
  return result.kind === 'reject' ? 'reject' : result.kind === 'redirect' ? `-> ${result.path}` : result.path;
}

test('normalize_path', () => {
  for (const [path, expected] of [
    ['/a/../b', '/b'],
    ['/a/./b', '/a/b'],
    ['/..', '/'],
    ['/a/..', '/'],
    ['/a/.', '/a/'],
    ['/%2e%2E/b', '/b'],
    ['/a\\..\\c', '/c'],
    ['//a', '//a'],
    ['/%61%7E%3a', '/a~%3a'],
    ['/a;x=1/../b', '/b'],
    ['/a/..;/b', '/b'],
    ['/a?x=/../y', '/a?x=/../y'],
    ['/a%2fb', '/a%2fb'],
    ['/a/...', '/a/...'],
    ['/%zz', '/%zz'],
    ['/a%00', 'reject'],
  ] as const) {
    assert.is(go(normal, path), expected, path);
  }
});

test('merge_slashes', () => {
  for (const [path, expected] of [
    ['//a', '/a'],
    ['/a//b', '/a/b'],
    ['///', '//'],
    ['//', '//'],
    ['/a//../b', '/a/../b'],
  ] as const) {
    assert.is(go(merge, path), expected, path);
  }
  assert.is(go(both, '/a//../b'), '/a/b');
});

test('escaped slashes', () => {
  assert.is(go(escapes('UNESCAPE_AND_FORWARD'), '/a%5C..%5Cb'), '/b');
  assert.is(go(escapes('UNESCAPE_AND_FORWARD'), '/a%252fb'), '/a%252fb');
  assert.is(go(escapes('UNESCAPE_AND_REDIRECT'), '/a%2Fb?q'), '-> /a/b?q');
  assert.is(go(escapes('UNESCAPE_AND_REDIRECT'), '/a/../b'), '/b');
  assert.is(go(escapes('REJECT_REQUEST'), '/a%5cb'), 'reject');
  assert.is(go(escapes('KEEP_UNCHANGED'), '/a%2fb'), '/a%2fb');
  assert.is(go({ path_with_escaped_slashes_action: 'UNESCAPE_AND_FORWARD' }, '/a%5Cb'), '/a\\b');
});

test('nothing configured, nothing done', () => {
  assert.is(createPathNormalizer({}), undefined);
});

test('a normal path stays as it is, and no dot segment survives', () => {
  const piece = fc.constantFrom('/', '//', '.', '..', 'a', '%2e', '%2F', '\\', ';p', '%41', '?', '/..');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const path = `/${pieces.join('')}`;
      const once = go(both, path);
      assert.is(go(both, once), once);
      const target = once.split('?', 1)[0] as string;
      assert.not.ok(target.split('/').some((segment) => segment === '.' || segment === '..'));
      assert.ok(once.startsWith('/'));
    }),
  );
});

test.run();
