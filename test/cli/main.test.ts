/** The contract of the command: what goes where, exit codes, help, and what it says to a slip of the fingers. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { commandTable } from '../../cli/command-table.js';
import { main } from '../../cli/main.js';
import { recordedIo } from './recorded-io.js';

async function run(argv: readonly string[]) {
  const io = recordedIo('/');
  const code = await main(argv, io);
  return { code, out: io.out(), err: io.err() };
}

test('help and version are data', async () => {
  for (const argv of [['--help'], ['-h'], ['help']]) {
    const { code, out, err } = await run(argv);
    assert.equal([code, err], [0, '']);
    for (const { name, summary } of commandTable) assert.ok(out.includes(name) && out.includes(summary));
  }
  for (const argv of [['--version'], ['-V']]) {
    const { code, out, err } = await run(argv);
    assert.equal([code, err], [0, '']);
    assert.match(out, /^\d+\.\d+\.\d+\n$/);
  }
});

test('every command has a page with options and examples, by three ways', async () => {
  for (const { name } of commandTable) {
    for (const argv of [
      [name, '--help'],
      [name, '-h'],
      ['help', name],
    ]) {
      const { code, out, err } = await run(argv);
      assert.equal([code, err], [0, ''], argv.join(' '));
      assert.match(out, new RegExp(`^envoy3 ${name}: .*\n\nUsage: envoy3 ${name} `));
      assert.match(out, /\nOptions:\n[\s\S]*\n\nExamples:\n {2}\S/);
    }
  }
});

test('without a command: the overview on standard error, 2', async () => {
  const { code, out, err } = await run([]);
  assert.equal([code, out], [2, '']);
  assert.match(err, /Usage: envoy3 COMMAND/);
});

test('slips of the fingers', async () => {
  const cases: [string[], RegExp][] = [
    [['chekc'], /unknown command 'chekc'; did you mean 'check'\?/],
    [['x'], /^envoy3: unknown command 'x'\n/],
    [['check', '--formt', 'json'], /unknown option '--formt'; did you mean '--format'\?/],
    [['check', '--format', 'xml'], /'--format' takes text, concise, json, .*; got 'xml'/],
    [['check', '--format'], /'--format' needs a value/],
    [['check', '--quiet=yes'], /'--quiet' takes no value/],
    [['build', 'a.ts', 'b.ts'], /unexpected argument 'b.ts'/],
    [['explain', 'E999'], /there is no code 'E999'/],
    [['explain', 'E10011'], /did you mean 'E1001'\?/],
    [['explain', 'TS2322'], /TypeScript's own code/],
    [['completion', 'tcsh'], /name a shell: bash, zsh or fish/],
    [['init', '--template', 'frnt-proxy'], /did you mean 'front-proxy'\?/],
    [['check', 'no-such-file.yaml'], /there is no file 'no-such-file.yaml'/],
  ];
  for (const [argv, expected] of cases) {
    const { code, out, err } = await run(argv);
    assert.equal([code, out], [2, ''], argv.join(' '));
    assert.match(err, expected);
    assert.match(err, /Try 'envoy3 .*--help'\.\n$/);
  }
});

test('explain', async () => {
  const { code, out } = await run(['explain', 'e1001']);
  assert.is(code, 0);
  assert.match(out, /Fix:\n[\s\S]*Wrong/);
  const list = await run(['explain']);
  assert.match(list.out, /^E0001 {2}.*\nE0002 {2}/);
});

test('completion names every command and its options', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, out } = await run(['completion', shell]);
    assert.is(code, 0);
    for (const { name } of commandTable) assert.ok(out.includes(name), `${shell}: ${name}`);
    assert.ok(out.includes('format') && out.includes('service-node'), shell);
  }
});

test.run();
