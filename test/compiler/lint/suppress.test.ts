import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkText } from '../../../compiler/index.js';
import { applyBaseline, entriesOf, formatBaseline, parseBaseline } from '../../../compiler/lint/baseline.js';
import { disableComments } from '../../../compiler/lint/disable-comments.js';

/** `code line` of every finding. */
function found(text: string): string[] {
  return checkText(text, { file: 'f.yaml' }).map(({ code, location }) => `${code} ${location?.line}`);
}
const address = 'address: { socket_address: { address: 0.0.0.0, port_value: 1 } }';

test('comments are read in both languages', () => {
  const [one, two, three] = disableComments(
    'a\n  // envoy3-disable-next-line no-a, no-b -- because -- yes\n\n  // more\n  b\nc # envoy3-disable-line no-c -- why\n/* envoy3-disable no-d -- all of it */',
    'f',
  );
  assert.equal([one?.line, one?.column, one?.target], [2, 3, 5]);
  assert.equal([one?.rules, one?.reason], [['no-a', 'no-b'], 'because -- yes']);
  assert.equal([two?.target, two?.rules, two?.reason], [6, ['no-c'], 'why']);
  assert.equal([three?.target, three?.rules, three?.reason], [undefined, ['no-d'], 'all of it']);
  assert.equal(disableComments('x envoy3-disabled no-a', 'f'), []);
});

test('a comment with a reason switches a rule off on its line, the next, or in the file', () => {
  assert.equal(found(`admin:\n  ${address}\n`), ['no-public-admin 2']);
  assert.equal(found(`admin:\n  # envoy3-disable-next-line no-public-admin -- closed\n  ${address}\n`), []);
  assert.equal(found(`admin:\n  ${address} # envoy3-disable-line no-public-admin -- closed\n`), []);
  assert.equal(found(`# envoy3-disable no-public-admin -- closed\nadmin:\n  ${address}\n`), []);
});

test('without a reason, or about an error, it has no effect and is told', () => {
  assert.equal(found(`admin:\n  # envoy3-disable-next-line no-public-admin\n  ${address}\n`), [
    'lint-options 2',
    'no-public-admin 3',
  ]);
  assert.equal(found(`# envoy3-disable E1002 -- so what\nadmin:\n  ${address}\n`), [
    'lint-options 1',
    'no-public-admin 3',
  ]);
});

test('a comment that switches nothing off is reported', () => {
  assert.equal(found('# envoy3-disable no-public-admin -- closed\nnode: { id: a, cluster: b }\n'), [
    'unused-disable 1',
  ]);
  const [typo] = checkText('# envoy3-disable no-pubic-admin -- closed\nnode: {}\n', { file: 'f' });
  assert.match(typo?.help ?? '', "did you mean 'no-public-admin'?");
});

test('a baseline lets known findings through by name, and tells which are gone', () => {
  const text = (names: string[]) =>
    `static_resources: { clusters: [${names.map((name) => `{ name: ${name}, type: STRICT_DNS }`).join(', ')}] }`;
  const before = checkText(text(['a', 'b']), { file: 'f' });
  const entries = before.flatMap((one) => entriesOf(one, (file) => file));
  const baseline = parseBaseline(formatBaseline(entries));
  assert.equal(
    baseline.findings.map(({ at }) => at),
    ['static_resources.clusters["a"]', 'static_resources.clusters["b"]'],
  );
  const apply = (names: string[]) =>
    applyBaseline(
      checkText(text(names), { file: 'f' }),
      baseline,
      () => true,
      (file) => file,
    );
  assert.equal(
    apply(['new', 'b', 'a']).rest.map(({ identity }) => identity),
    ['static_resources.clusters["new"]'],
  );
  assert.equal(
    apply(['b']).unused.map(({ at }) => at),
    ['static_resources.clusters["a"]'],
  );
});

test('what is no baseline is refused', () => {
  for (const text of ['', '{}', '{"version":2,"findings":[]}', '{"version":1,"findings":[{"rule":1}]}']) {
    assert.throws(
      () => parseBaseline(text),
      (error: unknown) => error instanceof SyntaxError,
    );
  }
});

test.run();
