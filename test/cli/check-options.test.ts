/** `check --fix`, `--watch`, `--lint`, `--max-warnings`, `--update-baseline` and settings. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main } from '../../cli/main.js';
import type { Files } from '../support/temporary-folder.js';
import { withFolder } from '../support/temporary-folder.js';
import { recordedIo } from './recorded-io.js';

function check(files: Files, argv: readonly string[]) {
  return withFolder(files, async (cwd) => {
    const io = recordedIo(cwd);
    const code = await main(['check', ...argv], io);
    const read = new Map(Object.keys(files).map((name) => [name, readFileSync(join(cwd, name), 'utf8')]));
    return { code, err: io.err(), out: io.out(), read: (name: string) => read.get(name) };
  });
}

const open = 'admin: { address: { socket_address: { address: 0.0.0.0, port_value: 1 } } }\n';

test('--fix mends names, values and units in YAML and keeps comments', async () => {
  const text = `# mine
static_resources:
  clusters:
  - name: a # first
    type: STRICT_DSN
    dns_lookup_family: V4_ONLY
    conect_timeout: 5 # seconds
`;
  const { code, err, read } = await check({ 'a.yaml': text }, ['a.yaml', '--fix']);
  assert.is(
    read('a.yaml'),
    text.replace('STRICT_DSN', "'STRICT_DNS'").replace('conect_timeout: 5', "connect_timeout: '5s'"),
  );
  assert.is(code, 0);
  assert.match(err, 'envoy3: 3 changes made');
});

test('--fix mends TypeScript where the value is written out', async () => {
  const text = `import type { Bootstrap } from 'envoy3';
const seconds: any = 5;
const loose: any = {
  static_resources: {
    clusters: [
      { name: 'a', type: 'STATIC', conect_timeout: '1s' },
      { name: 'b', type: 'STATIC', connect_timeout: seconds },
    ],
  },
};
export default loose as Bootstrap;
`;
  const { code, read } = await check({ 'a.ts': text }, ['a.ts', '--fix']);
  assert.is(read('a.ts'), text.replace('conect_timeout', 'connect_timeout'));
  assert.is(code, 1);
});

test('--fix changes nothing where nothing is sure', async () => {
  const { read, err } = await check({ 'a.yaml': open }, ['a.yaml', '--fix']);
  assert.is(read('a.yaml'), open);
  assert.not.match(err, 'made');
});

test('--lint and --max-warnings', async () => {
  const files = { 'a.yaml': open };
  assert.is((await check(files, ['a.yaml', '--lint', 'none'])).err, '');
  assert.is((await check(files, ['a.yaml'])).code, 0);
  assert.is((await check(files, ['a.yaml', '--max-warnings', '0'])).code, 1);
  assert.is((await check(files, ['a.yaml', '--max-warnings', '1'])).code, 0);
  assert.is((await check(files, ['a.yaml', '--max-warnings', 'x'])).code, 2);
});

const settings = (lint: string) =>
  `import { defineSettings } from 'envoy3';\nexport default defineSettings({ lint: ${lint} });\n`;

test('settings are found, named, and left out', async () => {
  const files = {
    'a.yaml': open,
    'envoy3.settings.ts': settings("{ rules: { 'no-public-admin': 'error' } }"),
    'none.ts': settings("{ extends: 'none' }"),
  };
  assert.is((await check(files, ['a.yaml'])).code, 1);
  assert.is((await check(files, ['a.yaml', '--no-settings'])).code, 0);
  assert.is((await check(files, ['a.yaml', '--settings', 'none.ts'])).err, '');
  assert.match((await check(files, ['a.yaml', '--settings', 'nope.ts'])).err, "there is no file 'nope.ts'");
});

test('--update-baseline lets everything through that is there now', () => {
  const two = 'static_resources: { clusters: [{ name: a, type: STRICT_DNS }] }\n';
  const files = { 'a.yaml': two, 'envoy3.settings.ts': settings("{ baseline: 'known.json' }") };
  return withFolder(files, async (cwd) => {
    const run = async (...argv: string[]) => {
      const io = recordedIo(cwd);
      return { code: await main(['check', 'a.yaml', ...argv], io), err: io.err() };
    };
    assert.match((await run()).err, 'require-dns-lookup-family');
    assert.match((await run('--update-baseline')).err, '1 findings are let through');
    assert.equal(await run(), { code: 0, err: '' });
    writeFileSync(join(cwd, 'a.yaml'), two.replace('}]', '}, { name: b, type: STRICT_DNS }]'));
    assert.match((await run()).err, "the cluster 'b'");
    writeFileSync(join(cwd, 'a.yaml'), '{}\n');
    assert.match((await run()).err, 'unused-baseline');
  });
});

test('--update-baseline needs settings that name one', async () => {
  assert.is((await check({ 'a.yaml': open }, ['a.yaml', '--update-baseline'])).code, 2);
});

test('--watch checks again when a file changes, and ends on a signal', () =>
  withFolder({ 'a.yaml': 'nope: 1\n' }, async (cwd) => {
    let signal: (name: 'SIGINT') => void = () => undefined;
    let told = '';
    let wake: () => void = () => undefined;
    const io = {
      ...recordedIo(cwd),
      stderr: (text: string) => {
        told += text;
        wake();
      },
      onSignal: (listener: (name: 'SIGTERM' | 'SIGINT') => void) => {
        signal = listener;
        return () => undefined;
      },
    };
    const until = async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(told)) {
        await new Promise<void>((done) => {
          wake = done;
        });
      }
      told = '';
    };
    const ended = main(['check', 'a.yaml', '--watch'], io);
    await until(/E1002[\s\S]*watching 1 file\n/);
    writeFileSync(join(cwd, 'a.yaml'), '{}\n');
    await until(/nothing found\n[\s\S]*watching/);
    signal('SIGINT');
    assert.is(await ended, 130);
  }));

test.run();
