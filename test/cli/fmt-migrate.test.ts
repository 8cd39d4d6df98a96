/** `envoy3 fmt` and `envoy3 migrate` on real folders. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from './run-command.js';

const messy = 'admin:\n    address: {}\nnode: {id: a}\n';
const neat = 'node: { id: a }\nadmin:\n  address: {}\n';

test('fmt: in place, to standard output, a folder', async () => {
  const { code, err, read } = await runCommand({ 'a.yaml': messy }, ['fmt', 'a.yaml']);
  assert.equal([code, read('a.yaml'), err], [0, neat, 'envoy3: a.yaml formatted\n']);
  assert.is((await runCommand({}, ['fmt', '-'], { input: messy })).out, neat);
  const folder = await runCommand({ 'd/a.yml': messy, 'd/node_modules/b.yaml': messy, 'd/c.txt': messy }, [
    'fmt',
    'd',
  ]);
  assert.equal(
    [folder.read('d/a.yml'), folder.read('d/node_modules/b.yaml'), folder.read('d/c.txt')],
    [neat, messy, messy],
  );
});

test('fmt: --check writes nothing', async () => {
  const { code, out, read } = await runCommand({ 'a.yaml': messy, 'b.yaml': neat }, [
    'fmt',
    '--check',
    'a.yaml',
    'b.yaml',
  ]);
  assert.equal([code, out, read('a.yaml')], [1, 'a.yaml\n', messy]);
  assert.is((await runCommand({ 'b.yaml': neat }, ['fmt', '--check', '.'])).code, 0);
});

test('fmt: bad input', async () => {
  const { code, err, read } = await runCommand({ 'a.yaml': 'a: [', 'b.yaml': messy }, [
    'fmt',
    'a.yaml',
    'b.yaml',
  ]);
  assert.equal([code, read('a.yaml'), read('b.yaml')], [1, 'a: [', neat]);
  assert.match(err, /^a\.yaml:1:\d+: /);
  assert.is((await runCommand({}, ['fmt'])).code, 2);
  assert.is((await runCommand({}, ['fmt', 'none'])).code, 2);
});

const old =
  'static_resources:\n  clusters:\n  - name: a\n    type: static\n    hosts: [{ socket_address: { address: 127.0.0.1, port_value: 1 } }]\n';

test('migrate: to standard output, to a file, in place', async () => {
  const { code, err, out, read } = await runCommand({ 'a.yaml': old }, ['migrate', 'a.yaml']);
  assert.is(code, 0);
  assert.match(err, 'a.yaml:5:5: hosts are load_assignment');
  assert.match(err, 'envoy3: 2 rewritten, 0 errors left');
  assert.match(out, 'load_assignment:');
  assert.is(read('a.yaml'), old);
  assert.is((await runCommand({ 'a.yaml': old }, ['migrate', 'a.yaml', '-o', 'b.yaml'])).read('b.yaml'), out);
  assert.is((await runCommand({ 'a.yaml': old }, ['migrate', '-w', 'a.yaml'])).read('a.yaml'), out);
  assert.is((await runCommand({}, ['migrate', '-'], { input: old })).out, out);
});

test('migrate: as data, and with what is left', async () => {
  const json = await runCommand({ 'a.yaml': old }, ['migrate', 'a.yaml', '--format', 'json']);
  assert.is(JSON.parse(json.out).rewrites[0].line, 4);
  const left = await runCommand({ 'a.yaml': `${old}nonsense: 1\n` }, ['migrate', 'a.yaml']);
  assert.is(left.code, 1);
  assert.match(left.err, "'nonsense'");
});

test('migrate: bad input', async () => {
  assert.is((await runCommand({ 'a.yaml': 'a: [' }, ['migrate', 'a.yaml'])).code, 1);
  assert.is((await runCommand({}, ['migrate', 'a.yaml'])).code, 2);
  assert.is((await runCommand({}, ['migrate'])).code, 2);
  assert.is((await runCommand({}, ['migrate', '-', '-w'])).code, 2);
});

test.run();
