/**
 * What follows a README must notice when it is wrong.
 */
import { tmpdir } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ReadmeShell } from './readme-shell.js';

test('one shell for all: folders, variables and processes in the background stay', async () => {
  const shell = new ReadmeShell(tmpdir(), { ...process.env, HERE: 'there' });
  const follow = (command: string, promised?: string) =>
    shell.follow({ line: 7, command, ...(promised === undefined ? {} : { promised }) });
  const messageOf = (followed: Promise<void>) =>
    followed.then(
      () => '',
      ({ message }: Error) => message,
    );
  try {
    await follow('cd / && pwd', '/\n');
    await follow('pwd; echo $HERE; echo wrong >&2', '/\nthere\nwrong\n');
    assert.is(await shell.folder(), '/');
    await follow('(sleep 0.1; echo later) &', 'later\n');
    await follow('printf "no line end"', 'no line end\n');
    await follow('true');
    assert.is(
      await messageOf(follow('cd / && false', 'one\n')),
      'README:7: $ cd / && false\npromised:\none\n\nprinted (exit code 1):\n',
    );
    assert.match(await messageOf(follow('false')), 'promised:\nexit code 0\n\nprinted (exit code 1)');
  } finally {
    shell.close();
  }
});

test.run();
