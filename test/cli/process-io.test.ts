/** Colour and exit codes of the real process. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

/** This file runs from `dist/test/cli`. */
const script = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'cli', 'envoy3.mjs');

function run(argv: readonly string[], env: Record<string, string> = {}, input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...argv], {
    env: { PATH: process.env.PATH ?? '', ...env },
    encoding: 'utf8',
    input,
  });
  return { status, stdout, stderr };
}

test('exit codes', () => {
  assert.is(run(['--version']).status, 0);
  assert.is(run(['check', '-'], {}, 'node: { id: a }').status, 0);
  assert.is(run(['check', '-'], {}, 'nope: 1').status, 1);
  assert.is(run(['nope']).status, 2);
});

test('NO_COLOR goes before FORCE_COLOR, and a pipe has none', () => {
  const colored = (env: Record<string, string>) =>
    run(['check', '-'], env, 'nope: 1').stderr.includes('\u001b[');
  assert.is(colored({}), false);
  assert.is(colored({ FORCE_COLOR: '1' }), true);
  assert.is(colored({ FORCE_COLOR: '0' }), false);
  assert.is(colored({ FORCE_COLOR: '1', NO_COLOR: '1' }), false);
  // https://no-color.org: an empty one is none.
  assert.is(colored({ FORCE_COLOR: '1', NO_COLOR: '' }), true);
});

test.run();
