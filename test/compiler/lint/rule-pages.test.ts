/** Every rule has a page with a wrong and a right example, and finds something in the one and nothing in the other. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lintTable } from '../../../cli/support/lint-table.js';
import { lintRules } from '../../../compiler/lint/lint-rules.js';
import { examplesOf, rulePage } from '../../../compiler/lint/rule-page.js';
import { contentOf, findings, wholeYaml, wrapped } from './pieces.js';

/** This file runs from `dist/test/compiler/lint`. */
const rules = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'compiler', 'lint', 'rules');

/** Their wrong example is too long to show: `rules.test.ts` makes one, `expired-certificate.test.ts` the last. */
const withoutWrong: ReadonlySet<string> = new Set([
  'no-stat-flood',
  'no-long-route-list',
  'expired-certificate',
]);

test('every file of a rule is in the list, and there are at least fifty', () => {
  const files = readdirSync(rules)
    .filter((name) => name.endsWith('.js'))
    .map((name) => name.slice(0, -3))
    .sort();
  const names = lintRules.map(({ name }) => name);
  assert.equal([...names].sort(), files);
  assert.ok(names.length >= 50);
});

test('every pack has rules', () => {
  const packs = new Set(lintRules.map(({ pack }) => pack));
  const wanted = [
    'correctness',
    'edge',
    'tls',
    'dns',
    'resilience',
    'observability',
    'grpc',
    'style',
    'deprecated',
    'cost',
  ];
  assert.equal([...packs], wanted);
});

/** What a rule finds in the example of a page. */
function found(name: string, piece: string, yaml: string): string[] {
  return findings(name, wholeYaml(piece, yaml), {}, wrapped(piece, contentOf(piece, yaml)));
}

for (const { name, summary } of lintRules) {
  test(name, () => {
    const page = rulePage(name) ?? '';
    assert.ok(page.startsWith(`# ${name}\n\n`), 'the page begins with the name');
    assert.match(page, /^Source: .{10,}/m);
    assert.not.match(summary, /\.$/);
    const examples = examplesOf(page);
    const wrong = examples.filter(({ kind }) => kind === 'wrong');
    const right = examples.filter(({ kind }) => kind === 'right');
    assert.ok(right.length > 0, 'there is a right example');
    assert.ok(wrong.length > 0 || withoutWrong.has(name), 'there is a wrong example');
    for (const { piece, yaml } of wrong) {
      assert.ok(found(name, piece, yaml).length > 0, `nothing was found in\n${yaml}`);
    }
    for (const { piece, yaml } of right) assert.equal(found(name, piece, yaml), [], yaml);
  });
}

test('docs/lint.md is made of the rules', () => {
  const root = join(rules, '..', '..', '..', '..');
  const page = readFileSync(join(root, 'docs', 'lint.md'), 'utf8');
  assert.ok(page === lintTable(), 'docs/lint.md is out of date: run node cli/setup/docs.mjs');
});

test('a page that is not there', () => {
  assert.is(rulePage('no-such-rule'), undefined);
  assert.is(rulePage('../lint-rules'), undefined);
});

test.run();
