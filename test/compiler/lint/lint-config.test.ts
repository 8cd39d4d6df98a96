import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PlainLintSettings } from '../../../compiler/index.js';
import { lintRules } from '../../../compiler/index.js';
import { resolveLint } from '../../../compiler/lint/lint-config.js';

/** `rule: level`, and what is wrong with the settings. */
function levels(settings: PlainLintSettings): Record<string, string> {
  return Object.fromEntries(resolveLint(settings).active.map(({ rule, severity }) => [rule.name, severity]));
}

function complaints(settings: PlainLintSettings): string[] {
  return resolveLint(settings).findings.map(({ message, fix }) => `${message}; ${fix}`);
}

test('the recommended rules, none, and all', () => {
  const recommended = lintRules.filter(({ severity }) => severity !== 'off').map(({ name }) => name);
  assert.equal(Object.keys(levels({})), recommended);
  assert.equal(levels({ extends: 'none' }), {});
  assert.is(Object.keys(levels({ extends: 'all' })).length, lintRules.length);
});

test('packs come before rules', () => {
  const edge = lintRules.filter(({ pack }) => pack === 'edge').map(({ name }) => name);
  const on = levels({ extends: 'none', packs: { edge: 'error' }, rules: { 'no-public-admin': 'warning' } });
  assert.equal(Object.keys(on), edge);
  assert.is(on['no-public-admin'], 'warning');
  assert.is(on['require-connection-limit'], 'error');
  assert.not.ok('no-old-tls' in levels({ packs: { tls: 'off' } }));
});

test('a rule is switched off with a reason only', () => {
  const off = (reason: string): PlainLintSettings => ({
    rules: { 'no-public-admin': { level: 'off', reason } },
  });
  assert.not.ok('no-public-admin' in levels(off('closed network')));
  assert.is(levels(off(' '))['no-public-admin'], 'warning');
  assert.equal(complaints(off(' ')), [
    "the lint rule 'no-public-admin' is switched off without a reason and stays on; write the reason down",
  ]);
});

test('options are laid over the defaults, and switch a rule on', () => {
  const options = (settings: PlainLintSettings) =>
    resolveLint(settings).active.find(({ rule }) => rule.name === 'no-large-header-limit')?.options;
  assert.is(options({}), undefined);
  assert.equal(options({ rules: { 'no-large-header-limit': { maxCount: 5 } } }), {
    maxKilobytes: 96,
    maxCount: 5,
  });
});

test('what does not fit is told', () => {
  const wrong = (rules: unknown) => complaints({ rules: rules as never })[0] ?? '';
  assert.match(wrong({ 'no-pulic-admin': 'error' }), "did you mean 'no-public-admin'?");
  assert.match(wrong({ 'no-old-tls': 'loud' }), 'error, warning or off');
  assert.match(wrong({ 'no-retry-storm': { maxTrie: 1 } }), "did you mean 'maxTries'?");
  assert.match(wrong({ 'no-retry-storm': { maxTries: '1' } }), 'takes a number');
  assert.match(wrong({ 'no-plaintext-tls-port': { ports: 1 } }), 'takes a list');
});

test('own rules have the severity of their definition or of the settings', () => {
  const own = [
    { name: 'acme/a', summary: 's' },
    { name: 'acme/b', summary: 's', severity: 'error' as const },
  ];
  const names = (settings: PlainLintSettings) =>
    resolveLint({ own, ...settings }).own.map(({ name, severity }) => `${name} ${severity}`);
  assert.equal(names({}), ['acme/a warning', 'acme/b error']);
  assert.equal(names({ rules: { 'acme/a': 'error', 'acme/b': { level: 'off', reason: 'later' } } }), [
    'acme/a error',
  ]);
});

test.run();
