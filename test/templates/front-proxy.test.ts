/**
 * The front-proxy project as a user gets it: copied, compiled, run as processes on free ports, scaled, edited, stopped.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../compiler/index.js';
import { takePorts } from '../support/port-block.js';
import { get, processesOf, ProjectRun, root, templateFolder, withProject } from '../support/project-run.js';

const project = templateFolder('front-proxy');

const variables = [
  'HTTP_PORT',
  'HTTPS_PORT',
  'ADMIN_PORT',
  'DISCOVERY_HTTP_PORT',
  'DISCOVERY_DNS_PORT',
  'SERVICE_PORT',
  'APP_PORT',
] as const;
/** As npm does it: in a shell that passes no signal on. */
const inShell = (folder: string, env: NodeJS.ProcessEnv): ProjectRun =>
  new ProjectRun('sh', ['-c', `"${process.execPath}" run.mjs; exit $?`], folder, env);

test('settings come from the environment', async () => {
  const env = { HTTP_PORT: '1234', DISCOVERY_DNS: '10.0.0.1:53', CERTIFICATE: '/etc/tls/own.pem' };
  const { yaml = '' } = await compile({ entry: 'envoy3.config.ts', cwd: project, env });
  for (const line of ['port_value: 1234', 'address: 10.0.0.1', 'filename: /etc/tls/own.pem']) {
    assert.ok(yaml.includes(`${line}\n`), line);
  }
});

/** The project in a folder of its own, with ports of its own. */
function onOwnPorts(
  use: (
    folder: string,
    env: NodeJS.ProcessEnv,
    ports: Readonly<Record<(typeof variables)[number], string>>,
  ) => Promise<void>,
) {
  return withProject('front-proxy', async (folder) => {
    const { ports, release } = await takePorts(variables);
    try {
      await use(folder, { ...process.env, ...ports, ENVOY3_HOME: root, ENGINE: 'envoy3' }, ports);
    } finally {
      await release();
    }
  });
}

test('runs, scales, takes an edit, survives a broken one, and leaves nothing behind', () =>
  onOwnPorts(async (folder, env, ports) => {
    const runner = new ProjectRun(process.execPath, ['run.mjs'], folder, env);
    try {
      await runner.says('Ctrl-C ends all of it.');
      const hello = (service: number, instance: number) =>
        `200 Hello from behind Envoy (service ${service})! hostname: service${service}-${instance} ` +
        `resolvedhostname: 127.0.${service}.${instance}\n`;
      const first = await get(ports.HTTP_PORT, '/service/1');
      assert.ok(
        [1, 2, 3].some((instance) => first === hello(1, instance)),
        first,
      );
      assert.is(await get(ports.HTTPS_PORT, '/service/2', { tls: true }), hello(2, 1));
      assert.match(await get(ports.ADMIN_PORT, '/server_info'), /^200 /);

      const scaled = execFileSync(process.execPath, ['scale.mjs', 'service1', '4'], { cwd: folder, env });
      assert.is(String(scaled), 'service1: 4\n');
      // The front proxy asks DNS each second: a few hundred requests on it has seen all.
      const seen = new Set<string>();
      for (let turn = 0; turn < 10_000 && seen.size < 4; turn++)
        seen.add(await get(ports.HTTP_PORT, '/service/1'));
      assert.equal(
        [...seen].sort(),
        [1, 2, 3, 4].map((instance) => hello(1, instance)),
      );

      const config = join(folder, 'envoy3.config.ts');
      const source = readFileSync(config, 'utf8');
      writeFileSync(config, source.replace("route('/service/2'", "route('/service/zwei'"));
      await runner.says('envoy3.yaml is new');
      let answer = '';
      for (let turn = 0; turn < 10_000 && !answer.startsWith('404'); turn++) {
        answer = await get(ports.HTTP_PORT, '/service/2');
      }
      assert.match(answer, /^404/);
      writeFileSync(config, source.replace('virtualHosts,', 'virtualHots,'));
      await runner.says('the configuration of before goes on');
      assert.match(runner.output, /envoy3\.config\.ts:\d+:\d+/);
      assert.is(await get(ports.HTTP_PORT, '/service/1').then((text) => text.slice(0, 3)), '200');

      const again = new ProjectRun(process.execPath, ['run.mjs'], folder, env);
      assert.is(await again.ended, 1);
      assert.ok(again.output.includes(`port ${ports.HTTP_PORT} is in use`), again.output);

      runner.child.kill('SIGTERM');
      assert.is(await runner.ended, 0);
      assert.equal(processesOf(folder), []);
      assert.ok(existsSync(join(folder, 'envoy3.yaml')));
    } finally {
      runner.kill();
    }
  }));

test('ends with npm, which passes no signal on', () =>
  onOwnPorts(async (folder, env) => {
    const runner = inShell(folder, { ...env, npm_lifecycle_event: 'start' });
    try {
      await runner.says('Ctrl-C ends all of it.');
      assert.ok(processesOf(folder).length >= 5);
      runner.child.kill('SIGTERM');
      // When the last process that holds its output has closed it.
      await runner.ended;
      assert.equal(processesOf(folder), []);
    } finally {
      runner.kill();
    }
  }));

test.run();
