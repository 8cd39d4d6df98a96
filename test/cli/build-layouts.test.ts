/** Environments, layouts and formats of `envoy3 build`. */
import { execFileSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main } from '../../cli/main.js';
import { packageRoot } from '../../cli/support/package.js';
import { readMessage, readYaml } from '../../dsl/api/index.js';
import { withFolder } from '../support/temporary-folder.js';
import { recordedIo } from './recorded-io.js';
import { runCommand } from './run-command.js';

const base = `import { bootstrap, environment, httpListener, route, staticCluster, virtualHost } from 'envoy3';
const where = environment(['dev', 'prod'], 'dev');
export default bootstrap({
  node: { id: where, cluster: 'c' },
  listeners: [httpListener(8080, { virtualHosts: [virtualHost(['*'], [route('/', staticCluster('web', ['127.0.0.1:1']))])] })],
});
`;
const overlaid = `import { overlay } from 'envoy3';
import base from './envoy3.config';
export default overlay(base, { clusters: { web: { connect_timeout: '9s' } } });
`;
const files = { 'envoy3.config.ts': base };

test('--env: the name for environment(), the overlay where there is one', async () => {
  assert.match((await runCommand(files, ['build', '-o', '-'])).out, 'id: dev');
  assert.match((await runCommand(files, ['build', '-o', '-', '--env', 'prod'])).out, 'id: prod');
  const overlay = { ...files, 'envoy3.config.prod.ts': overlaid };
  const { out } = await runCommand(overlay, ['build', '-o', '-', '--env', 'prod']);
  assert.match(out, 'connect_timeout: 9s');
  assert.match(out, 'id: prod');
  assert.not.match((await runCommand(overlay, ['build', '-o', '-', '--env', 'dev'])).out, '9s');
});

test('several environments in one run, or none when one has an error', async () => {
  const both = await runCommand(files, ['build', '--env', 'dev', '--env', 'prod']);
  assert.equal(both.files, ['envoy3.config.ts', 'envoy3.dev.yaml', 'envoy3.prod.yaml']);
  assert.match(both.read('envoy3.prod.yaml'), 'id: prod');
  const wrong = await runCommand(files, ['build', '--env', 'dev', '--env', 'stage']);
  assert.equal([wrong.code, wrong.files], [1, ['envoy3.config.ts']]);
  assert.match(wrong.err, "there is no environment 'stage'; there are dev, prod");
});

test('--layout split: a bootstrap, and what real Envoy watches', async () => {
  const { read, files: written } = await runCommand(files, [
    'build',
    '--layout',
    'split',
    '-o',
    'out/envoy.yaml',
    '--served-from',
    '/etc/envoy/',
  ]);
  assert.equal(written, ['envoy3.config.ts', 'out/cds.yaml', 'out/envoy.yaml', 'out/lds.yaml']);
  const messageIn = (name: string, type: string): Record<string, unknown> => {
    const { issues, value } = readMessage(type, readYaml(read(name)).value);
    assert.equal(issues, []);
    return value as Record<string, unknown>;
  };
  const bootstrap = messageIn('out/envoy.yaml', 'envoy.config.bootstrap.v3.Bootstrap');
  assert.equal(bootstrap.dynamic_resources, {
    lds_config: { path_config_source: { path: '/etc/envoy/lds.yaml' }, resource_api_version: 'V3' },
    cds_config: { path_config_source: { path: '/etc/envoy/cds.yaml' }, resource_api_version: 'V3' },
  });
  assert.is(bootstrap.static_resources, undefined);
  const [cluster] = messageIn('out/cds.yaml', 'envoy.service.discovery.v3.DiscoveryResponse').resources as {
    name: string;
  }[];
  assert.is(cluster?.name, 'web');
  assert.match(read('out/lds.yaml'), 'envoy.config.listener.v3.Listener');
});

test('--layout split: clusters that the bootstrap names stay in it; each environment has a folder', async () => {
  const entry = `import { bootstrap, statsd, strictDns } from 'envoy3';
export default bootstrap({ listeners: [], statsSinks: [statsd({ cluster: strictDns('stats', ['s:1']) })], clusters: [strictDns('web', ['w:1'])] });
`;
  const who = ['--service-node', 'n', '--service-cluster', 'c'];
  const { read } = await runCommand({ 'envoy3.config.ts': entry }, ['build', '--layout', 'split', ...who]);
  assert.match(read('envoy3.yaml'), /static_resources:\n {2}clusters:\n {2}- name: stats/);
  assert.match(read('envoy3.yaml'), /node:\n {2}id: envoy3\n/);
  assert.not.match(read('cds.yaml'), 'stats');
  const both = await runCommand(files, [
    'build',
    '--layout',
    'split',
    '--env',
    'dev',
    '--env',
    'prod',
    '-o',
    'o/e.yaml',
  ]);
  assert.ok(both.files.includes('o/dev/e.yaml') && both.files.includes('o/prod/lds.yaml'));
  assert.match(both.read('o/prod/e.yaml'), 'path: o/prod/lds.yaml');
});

test('JSON', async () => {
  const { read } = await runCommand(files, ['build', '-o', 'a.json']);
  assert.is(JSON.parse(read('a.json')).node.id, 'dev');
});

test('a change of the inputs that changes nothing leaves the file alone', () =>
  withFolder(files, async (folder) => {
    assert.is(await main(['build'], recordedIo(folder)), 0);
    const before = statSync(join(folder, 'envoy3.yaml'));
    writeFileSync(join(folder, 'envoy3.config.ts'), `// a comment\n${base}`);
    const io = recordedIo(folder);
    assert.is(await main(['build'], io), 0);
    assert.match(io.err(), 'envoy3.yaml is up to date');
    assert.is(statSync(join(folder, 'envoy3.yaml')).ino, before.ino);
  }));

/** The command in a process of its own, whose surroundings are the variables. */
function buildIn(folder: string, variables: Readonly<Record<string, string>>): string {
  const command = join(packageRoot, 'cli', 'envoy3.mjs');
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...variables };
  return execFileSync(process.execPath, [command, 'build', '-o', '-'], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
}

test('the same bytes in any folder, time zone and locale; other inputs, another hash', () =>
  withFolder(
    { 'a/envoy3.config.ts': base, 'b/c/envoy3.config.ts': base, 'd/envoy3.config.ts': `${base}// x\n` },
    (folder) => {
      const one = buildIn(join(folder, 'a'), { TZ: 'UTC', LC_ALL: 'C' });
      assert.is(buildIn(join(folder, 'b', 'c'), { TZ: 'Asia/Kolkata', LC_ALL: 'tr_TR.UTF-8' }), one);
      const hash = (text: string) => /inputs (\w+)/.exec(text)?.[1];
      assert.is.not(hash(buildIn(join(folder, 'd'), {})), hash(one));
    },
  ));

test('an output that cannot be written is told', async () => {
  const { code, err } = await runCommand({ ...files, taken: 'a file' }, ['build', '-o', 'taken/envoy.yaml']);
  assert.is(code, 1);
  assert.match(err, 'taken/envoy.yaml could not be written');
});

test('wrong use', async () => {
  for (const argv of [
    ['--env', '../x'],
    ['--env', 'a', '--env', 'b', '-o', '-'],
    ['--layout', 'split', '-o', '-'],
    ['--layout', 'many'],
  ]) {
    assert.is((await runCommand(files, ['build', ...argv])).code, 2, argv.join(' '));
  }
});

test.run();
