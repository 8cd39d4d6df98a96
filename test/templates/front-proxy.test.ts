/**
 * The front-proxy project as a user gets it: copied, compiled, run as processes on free ports, scaled, edited, stopped.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../compiler/index.js';
import { freePorts, processesOf, ProjectProcess } from '../support/project-process.js';

/** This file runs from `dist/test/templates`. */
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const project = join(root, 'templates', 'projects', 'front-proxy');

const variables = [
  'HTTP_PORT',
  'HTTPS_PORT',
  'ADMIN_PORT',
  'DISCOVERY_HTTP_PORT',
  'DISCOVERY_DNS_PORT',
  'SERVICE_PORT',
  'APP_PORT',
] as const;

function get(port: string, path: string, tls = false): Promise<string> {
  return new Promise((done, fail) => {
    const options = { host: '127.0.0.1', port, path, agent: false as const, rejectUnauthorized: false };
    const request = (tls ? httpsRequest : httpRequest)(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => done(`${response.statusCode} ${text}`));
    });
    request.on('error', fail);
    request.end();
  });
}

for (const entry of ['envoy3.config.ts', 'service-envoy.config.ts']) {
  test(`${entry} compiles without a finding`, async () => {
    const { diagnostics, yaml } = await compile({ entry, cwd: project, env: {} });
    assert.equal(diagnostics, []);
    assert.ok(yaml);
  });
}

test('settings come from the environment', async () => {
  const env = { HTTP_PORT: '1234', DISCOVERY_DNS: '10.0.0.1:53', CERTIFICATE: '/etc/tls/own.pem' };
  const { yaml = '' } = await compile({ entry: 'envoy3.config.ts', cwd: project, env });
  for (const line of ['port_value: 1234', 'address: 10.0.0.1', 'filename: /etc/tls/own.pem']) {
    assert.ok(yaml.includes(`${line}\n`), line);
  }
});

test('runs, scales, takes an edit, survives a broken one, and leaves nothing behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-front-proxy-'));
  cpSync(project, folder, { recursive: true });
  const ports = await freePorts(variables);
  const env = { ...process.env, ...ports, ENVOY3_HOME: root, ENGINE: 'envoy3' };
  const runner = new ProjectProcess(folder, env);
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
    assert.is(await get(ports.HTTPS_PORT, '/service/2', true), hello(2, 1));
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

    const again = new ProjectProcess(folder, env);
    assert.is(await again.ended, 1);
    assert.ok(again.output.includes(`port ${ports.HTTP_PORT} is in use`), again.output);

    runner.child.kill('SIGTERM');
    assert.is(await runner.ended, 0);
    assert.equal(processesOf(folder), []);
    assert.ok(existsSync(join(folder, 'envoy3.yaml')));
  } finally {
    runner.child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

test('ends with npm, which passes no signal on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-front-proxy-'));
  cpSync(project, folder, { recursive: true });
  const env = {
    ...process.env,
    ...(await freePorts(variables)),
    ENVOY3_HOME: root,
    npm_lifecycle_event: 'start',
  };
  const runner = new ProjectProcess(folder, env, true);
  try {
    await runner.says('Ctrl-C ends all of it.');
    assert.ok(processesOf(folder).length >= 5);
    const ended = new Promise((done) => runner.child.stdout?.on('close', done));
    runner.child.kill('SIGTERM');
    // Closed by the last process that holds it.
    await ended;
    assert.equal(processesOf(folder), []);
  } finally {
    runner.child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
