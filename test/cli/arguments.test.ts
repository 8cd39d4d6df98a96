import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { numberOption, parseArguments, textOption } from '../../cli/arguments.js';
import type { Command } from '../../cli/command.js';
import { UsageError } from '../../cli/command.js';

const command: Command = {
  name: 'x',
  summary: '',
  usage: '',
  description: '',
  options: {
    output: { type: 'string', short: 'o', description: '' },
    'no-watch': { type: 'boolean', description: '' },
    quiet: { type: 'boolean', short: 'q', description: '' },
    n: { type: 'string', description: '' },
  },
  maxPositionals: 1,
  examples: [],
  run: async () => 0,
};

const parse = (...argv: string[]) => parseArguments(command, argv);

test('long, short, joined and separate', () => {
  for (const argv of [['-o', 'f'], ['-of'], ['--output', 'f'], ['--output=f']]) {
    assert.is(textOption(parse(...argv), 'output'), 'f', argv.join(' '));
  }
  assert.is(textOption(parse('-o', '-'), 'output'), '-');
  assert.is(parse('--no-watch').values['no-watch'], true);
  assert.is(parse('-q').values.quiet, true);
  assert.is(textOption(parse(), 'output'), undefined);
});

test('what follows -- is no option', () => {
  assert.equal(parse('--', '-q').positionals, ['-q']);
  assert.equal(parse('-').positionals, ['-']);
});

test('the last of equal options counts', () => {
  assert.is(textOption(parse('-o', 'a', '-o', 'b'), 'output'), 'b');
});

test('numbers', () => {
  assert.is(numberOption(parse('--n', '5'), 'n', 1, 9), 5);
  assert.is(numberOption(parse(), 'n', 1, 9), undefined);
  for (const bad of ['0', '10', '1.5', 'x', '1e0', '']) {
    assert.throws(
      () => numberOption(parse(`--n=${bad}`), 'n', 1, 9),
      (error: unknown) => error instanceof UsageError,
      bad,
    );
  }
});

test.run();
