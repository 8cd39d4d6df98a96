/** `envoy3 diff`, `plan`, `graph` and `docs` on real folders. */
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from './run-command.js';

const yaml = (id: string) => `node: { id: ${id} }\n`;
const module = (id: string) => `export default { node: { id: '${id}' } };\n`;

test('diff: files of all kinds, and the exit code', async () => {
  const files = { 'a.yaml': yaml('a'), 'b.ts': module('b'), 'a.json': '{"node":{"id":"a"}}' };
  const { code, out } = await runCommand(files, ['diff', 'a.yaml', 'b.ts']);
  assert.equal([code, out], [0, '~ node\n    ~ id: a -> b\n']);
  assert.is((await runCommand(files, ['diff', 'a.yaml', 'b.ts', '--exit-code'])).code, 1);
  assert.is((await runCommand(files, ['diff', 'a.yaml', 'a.json', '--exit-code'])).code, 0);
  assert.match((await runCommand(files, ['diff', 'a.yaml', 'b.ts', '--format', 'json'])).out, '"version":1');
});

test('diff: a revision of git, with modules that import others', async () => {
  const files = {
    'sub/envoy3.config.ts':
      "import { id } from './id';\nimport { cluster } from 'names';\nexport default { node: { id, cluster } };\n",
    'sub/id.ts': "export const id = 'old';\n",
    '.gitignore': 'node_modules\n',
    'node_modules/names/package.json': '{"name":"names","main":"index.js","types":"index.d.ts"}',
    'node_modules/names/index.js': "exports.cluster = 'c';\n",
    'node_modules/names/index.d.ts': 'export declare const cluster: string;\n',
  };
  const prepare = (folder: string): void => {
    const git = (...args: string[]): void => {
      execFileSync(
        'git',
        ['-c', 'user.name=t', '-c', 'user.email=t@t', '-c', 'commit.gpgsign=false', ...args],
        { cwd: folder, stdio: 'ignore' },
      );
    };
    git('init', '-q');
    git('add', '-A');
    git('commit', '-q', '-m', 'x');
    execFileSync(
      process.execPath,
      ['-e', "require('fs').writeFileSync('sub/id.ts', \"export const id = 'new';\\n\")"],
      { cwd: folder },
    );
  };
  const { code, err, out } = await runCommand(
    files,
    ['diff', 'HEAD:sub/envoy3.config.ts', 'sub/envoy3.config.ts'],
    { prepare },
  );
  assert.equal([code, out], [0, '~ node\n    ~ id: old -> new\n'], err);
  const none = await runCommand(files, ['diff', 'nope:sub/envoy3.config.ts', 'sub'], { prepare });
  assert.is(none.code, 2);
  assert.match(none.err, "no revision 'nope'");
});

test('diff: the dump of a running proxy', async () => {
  const dump = {
    configs: [
      { '@type': 'type.googleapis.com/envoy.admin.v3.BootstrapConfigDump', bootstrap: { node: { id: 'r' } } },
    ],
  };
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/config_dump' ? 200 : 404;
    response.end(JSON.stringify(dump));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    assert.match((await runCommand({ 'a.yaml': yaml('a') }, ['diff', 'a.yaml', url])).out, 'id: a -> r');
    assert.is((await runCommand({ 'a.yaml': yaml('a') }, ['diff', 'a.yaml', `${url}/nope`])).code, 2);
  } finally {
    server.close();
    server.closeAllConnections();
  }
  const gone = await runCommand({ 'a.yaml': yaml('a') }, ['diff', 'a.yaml', url]);
  assert.is(gone.code, 2);
  assert.match(gone.err, 'cannot be read');
});

test('diff: bad input', async () => {
  assert.is((await runCommand({ 'a.yaml': yaml('a') }, ['diff', 'a.yaml'])).code, 2);
  assert.is((await runCommand({ 'a.yaml': yaml('a') }, ['diff', 'a.yaml', 'b.yaml'])).code, 2);
  assert.is((await runCommand({ 'a.yaml': yaml('a') }, ['diff', 'a.yaml', 'http://'])).code, 2);
  const broken = await runCommand({ 'a.yaml': yaml('a'), 'b.yaml': 'nope: 1' }, ['diff', 'a.yaml', 'b.yaml']);
  assert.is(broken.code, 2);
  assert.match(broken.err, 'b.yaml:1:1');
});

test('plan: by default from envoy3.yaml to envoy3.config.ts', async () => {
  const files = { 'envoy3.yaml': yaml('a'), 'envoy3.config.ts': module('b') };
  const { code, out } = await runCommand(files, ['plan']);
  assert.is(code, 0);
  assert.match(out, /restart +node +changed: read when the process starts/);
  assert.is((await runCommand(files, ['plan', '--exit-code'])).code, 1);
  assert.match(
    (await runCommand(files, ['plan', '--engine', 'envoy', '--format', 'markdown'])).out,
    '| restart | `node` |',
  );
  assert.is((await runCommand(files, ['plan', 'envoy3.yaml', 'envoy3.yaml', '--exit-code'])).code, 0);
  assert.is((await runCommand(files, ['plan', '--engine', 'nginx'])).code, 2);
});

const proxy = `import { bootstrap, httpListener, route, staticCluster, virtualHost } from 'envoy3';
export default bootstrap({
  listeners: [httpListener(8080, { virtualHosts: [virtualHost(['*'], [route('/', staticCluster('web', ['127.0.0.1:1']))])] })],
});
`;

test('graph: by format, by the name of the output', async () => {
  const files = { 'envoy3.config.ts': proxy };
  assert.match((await runCommand(files, ['graph'])).out, /^flowchart LR\n/);
  assert.match((await runCommand(files, ['graph', '--format', 'dot'])).out, /^digraph envoy/);
  assert.match((await runCommand(files, ['graph', '-o', 'a.svg'])).read('a.svg'), '>web</text>');
  assert.is(JSON.parse((await runCommand(files, ['graph', '-o', 'a.json'])).read('a.json')).version, 1);
  assert.is((await runCommand({ 'envoy3.config.ts': 'export default 1;' }, ['graph'])).code, 1);
  assert.is((await runCommand({}, ['graph'])).code, 2);
});

test('docs: Markdown and HTML', async () => {
  const files = { 'envoy3.config.ts': proxy };
  assert.match((await runCommand(files, ['docs', '--title', 'Proxy'])).out, /^# Proxy\n/);
  assert.match((await runCommand(files, ['docs', '-o', 'a.html'])).read('a.html'), '<td>web</td>');
  assert.is((await runCommand({ 'r.yaml': 'virtual_hosts: []' }, ['docs', 'r.yaml'])).code, 2);
});

test.run();
