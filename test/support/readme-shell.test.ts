/**
 * What follows a README must notice when it is wrong.
 */
import { tmpdir } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isInstalled } from '../bench/processes.js';
import { keepsPromise, ReadmeShell, readmeSteps } from './readme-shell.js';

test('commands are the lines with a dollar in console blocks, what stands below is promised', () => {
  const text = ['$ not this', '```sh', '$ nor this', '```', '```console', '$ a | b', 'one', '', '$ c', '```'];
  assert.equal(readmeSteps(text.join('\n')), [
    { line: 6, command: 'a | b', promised: 'one\n\n' },
    { line: 9, command: 'c', promised: '' },
  ]);
  assert.throws(() => readmeSteps('```console\none\n'), /line 2: output without a command/);
});

test('dots stand for anything, all else for itself', () => {
  for (const [output, promised, isKept] of [
    ['one\n', 'one\n', true],
    ['one\ntwo\n', 'one\n', false],
    ['', 'one\n', false],
    ['1x2\n', '1.2\n', false],
    ['at 12:00 [a](b)\n', 'at ... [a](b)\n', true],
    ['first\nmore\nmore\nlast\n', 'first\n...\nlast\n', true],
    ['first\nmore\n', 'first\n...\nlast\n', false],
  ] as const) {
    assert.is(keepsPromise(output, promised), isKept, `${output} / ${promised}`);
  }
});

const withBash = isInstalled('bash') ? test : test.skip;

withBash('one shell for all: folders, variables and processes in the background stay', async () => {
  const shell = new ReadmeShell(tmpdir(), { ...process.env, HERE: 'there' });
  const follow = (command: string, promised: string) => shell.follow({ line: 7, command, promised });
  try {
    await follow('cd / && pwd', '/\n');
    await follow('pwd; echo $HERE; echo wrong >&2', '/\nthere\nwrong\n');
    await follow('(sleep 0.1; echo later) &', 'later\n');
    let message = '';
    await follow('echo other', 'one\n').catch((error: Error) => {
      message = error.message;
    });
    assert.is(message, 'README:7: $ echo other\npromised:\none\n\nprinted:\nother\n');
  } finally {
    shell.close();
  }
});

test.run();
