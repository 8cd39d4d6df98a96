/**
 * What reads a README must notice when it is wrong.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { keepsPromise, readmeSteps } from './readme-steps.js';

const text = [
  'Text, `npm start` in it.',
  '$ not this',
  '```sh',
  'npm start',
  'curl -X PUT a \\',
  '  -d b',
  '```',
  '```ts',
  "const a = '$ no';",
  '```',
  '```console',
  '$ a | b',
  'one',
  'two',
  '',
  '$ c',
  '```',
  '```sh envoy',
  'ENGINE=envoy npm start',
  '```',
].join('\n');

test('commands of both kinds of blocks, in their order, each with what stands below', () => {
  const common = [
    { line: 4, command: 'npm start' },
    { line: 5, command: 'curl -X PUT a   -d b' },
    { line: 12, command: 'a | b', promised: 'one\ntwo\n\n' },
    { line: 16, command: 'c', promised: '' },
  ];
  assert.equal(readmeSteps(text), common);
  assert.equal(readmeSteps(text, true), [...common, { line: 19, command: 'ENGINE=envoy npm start' }]);
  assert.throws(() => readmeSteps('```console\none\n'), /line 2: output without a command/);
});

test('dots stand for anything, two spaces for columns, all else for itself', () => {
  for (const [output, promised, isKept] of [
    ['one\n', 'one\n', true],
    ['\none\n', 'one\n', true],
    ['one\ntwo\n', 'one\n', false],
    ['', 'one\n', false],
    ['one\n', '', false],
    ['1x2\n', '1.2\n', false],
    ['a  \r\nb\n\n', 'a\nb', true],
    ['name     age\n', 'name  age\n', true],
    ['name age\n', 'name  age\n', false],
    ['at 12:00 [a](b)\n', 'at ... [a](b)\n', true],
    ['first\nmore\nmore\nlast\n', 'first\n...\nlast\n', true],
    ['first\nmore\n', 'first\n...\nlast\n', false],
  ] as const) {
    assert.is(keepsPromise(output, promised), isKept, `${output} / ${promised}`);
  }
});

test.run();
