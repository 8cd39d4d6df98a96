/** `build`, `check` and `init` on real folders. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main } from '../../cli/main.js';
import { withFolder } from '../support/temporary-folder.js';
import { recordedIo } from './recorded-io.js';
import { runCommand as run } from './run-command.js';

const sound = "import { bootstrap } from 'envoy3';\nexport default bootstrap({ listeners: [] });\n";
const warned =
  "import { admin, bootstrap } from 'envoy3';\nexport default bootstrap({ admin: admin({ address: '0.0.0.0' }), listeners: [] });\n";
const broken = 'export default { nope: 1 };\n';
const entry = 'envoy3.config.ts';

test('build: default entry and output', async () => {
  const { code, out, err, read } = await run({ [entry]: sound }, ['build']);
  assert.equal([code, out], [0, '']);
  assert.match(err, 'envoy3.yaml written');
  assert.match(
    read('envoy3.yaml'),
    /^# Written by envoy3 \S+ from envoy3\.config\.ts \(inputs [0-9a-f]{16}\).*\nstatic_resources:/,
  );
});

test('build: another output, standard output, and nothing to do', async () => {
  const named = await run({ 'a.ts': sound }, ['build', 'a.ts', '-o', 'b.yaml']);
  assert.equal(named.files, ['a.ts', 'b.yaml']);
  const piped = await run({ [entry]: sound }, ['build', '-o', '-']);
  const body = (text: string): string => text.replace(/^#.*\n/, '');
  assert.is(body(piped.out), body(named.read('b.yaml')));
  assert.equal([piped.err, piped.files.join()], ['', entry]);
  const again = await run({ [entry]: sound, 'envoy3.yaml': piped.out }, ['build']);
  assert.match(again.err, 'is up to date');
});

test('build: errors write nothing, warnings do', async () => {
  const bad = await run({ [entry]: broken, 'envoy3.yaml': 'old' }, ['build']);
  assert.is(bad.code, 1);
  assert.is(bad.read('envoy3.yaml'), 'old');
  assert.match(bad.err, 'error E1002');
  const good = await run({ [entry]: warned }, ['build']);
  assert.is(good.code, 0);
  assert.match(good.err, 'warning no-public-admin');
  assert.ok(good.files.includes('envoy3.yaml'));
});

test('check: what it is given, told apart by content', async () => {
  const yaml = 'node: { id: a }\n';
  const json = '{ "node": { "id": 1 } }';
  const files = { [entry]: sound, yaml, json, 'module.txt': sound, 'sub/envoy3.config.ts': broken };
  assert.is((await run(files, ['check'])).code, 0);
  assert.is((await run(files, ['check', 'yaml'])).code, 0);
  const module = await run(files, ['check', 'module.txt']);
  assert.is(module.code, 2);
  assert.match(module.err, 'give it the ending .ts');
  const bad = await run(files, ['check', 'yaml', 'json', 'sub']);
  assert.is(bad.code, 1);
  assert.match(bad.err, 'at json:1:13');
  assert.match(bad.err, 'at sub/envoy3.config.ts:1:');
  assert.equal(bad.files, [entry, 'json', 'module.txt', 'sub/envoy3.config.ts', 'yaml']);
  assert.is((await run({ 'sub/x': '' }, ['check', 'sub'])).code, 2);
});

test('check: standard input', async () => {
  assert.is((await run({}, ['check', '-'], { input: 'node: { id: a }' })).code, 0);
  const { code, err } = await run({}, ['check', '-'], { input: 'nope: 1' });
  assert.is(code, 1);
  assert.match(err, 'at <stdin>:1:1');
});

test('check: --quiet drops warnings, --format json is one line of data', async () => {
  const files = { [entry]: warned };
  assert.match((await run(files, ['check'])).err, 'no-public-admin');
  const quiet = await run(files, ['check', '--quiet']);
  assert.equal([quiet.code, quiet.out, quiet.err], [0, '', '']);
  const { code, out, err } = await run(files, ['check', '--format', 'json']);
  assert.equal([code, err], [0, '']);
  assert.is(out.indexOf('\n'), out.length - 1);
  const [diagnostic] = JSON.parse(out).diagnostics;
  assert.is(diagnostic.code, 'no-public-admin');
  assert.is(diagnostic.severity, 'warning');
  assert.equal([diagnostic.location.file, diagnostic.location.line], [entry, 2]);
  const none = await run({ [entry]: sound }, ['check', '--format=json']);
  assert.equal(JSON.parse(none.out), { version: 1, diagnostics: [] });
});

test('check: the node of the command line', async () => {
  const files = { 'a.yaml': 'dynamic_resources: { cds_config: { ads: {} } }\n' };
  assert.is((await run(files, ['check', 'a.yaml'])).code, 1);
  assert.is((await run(files, ['check', 'a.yaml', '--service-node', 'a', '--service-cluster', 'b'])).code, 0);
});

test('colour only where it is wanted', async () => {
  const files = { 'a.yaml': 'nope: 1' };
  assert.not.match((await run(files, ['check', 'a.yaml'])).err, /\u001b/);
  assert.match((await run(files, ['check', 'a.yaml'], { color: true })).err, /\u001b\[/);
});

test('init copies a project and overwrites nothing', async () => {
  const fresh = await run({}, ['init', 'proxy']);
  assert.is(fresh.code, 0);
  assert.ok(fresh.files.includes('proxy/envoy3.config.ts'));
  assert.match(fresh.err, /next: cd proxy/);
  const taken = await run({ 'proxy/envoy3.config.ts': 'mine' }, ['init', 'proxy']);
  assert.is(taken.code, 2);
  assert.equal(taken.files, ['proxy/envoy3.config.ts']);
  assert.is(taken.read('proxy/envoy3.config.ts'), 'mine');
  const list = await run({}, ['init', '--list']);
  assert.match(list.out, 'front-proxy\n');
});

test('the project that init copies is sound', () =>
  withFolder({}, async (folder) => {
    assert.is(await main(['init'], recordedIo(folder)), 0);
    const io = recordedIo(folder);
    assert.is(await main(['build'], io), 0, io.err());
    assert.ok(existsSync(join(folder, 'envoy3.yaml')));
  }));

test.run();
