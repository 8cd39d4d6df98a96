import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isOutput, readmeCommands } from './readme-run.js';

test('commands of both kinds of blocks, in their order', () => {
  const text = [
    'Text, `npm start` in it.',
    '```sh',
    'npm start',
    'curl -X PUT a \\',
    '  -d b',
    '```',
    '```ts',
    "const a = '$ no';",
    '```',
    '```console',
    '$ curl a',
    'one',
    'two',
    '',
    '$ curl b',
    '```',
  ].join('\n');
  assert.equal(readmeCommands(text), [
    { command: 'npm start' },
    { command: 'curl -X PUT a   -d b' },
    { command: 'curl a', output: 'one\ntwo' },
    { command: 'curl b' },
  ]);
});

test('what is printed is compared as a whole, dots stand for anything', () => {
  assert.ok(isOutput('a\nb', 'a  \r\nb\n\n'));
  assert.not.ok(isOutput('a', 'a\nb'));
  assert.not.ok(isOutput('a', 'ba'));
  assert.ok(isOutput('a ... c\n...\nz', 'a b c\nd\ne\nz\n'));
  assert.not.ok(isOutput('a.c', 'abc'));
});

test.run();
