/**
 * The sidecar project: each practice compiles, all are seen in the configuration, and the project runs on free ports.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../compiler/index.js';

/** This file runs from `dist/test/templates`. */
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const project = join(root, 'templates', 'projects', 'sidecar');

/** Each practice, and what it adds to the configuration. */
const practices = {
  HEALTH_CHECKS: 'health_checks:',
  TLS_TERMINATION: 'DownstreamTlsContext',
  TLS_ORIGINATION: 'UpstreamTlsContext',
  ACCESS_LOG: 'path: access.log',
  CIRCUIT_BREAKERS: 'priority: HIGH',
  RATE_LIMIT: 'LocalRateLimit',
  CANARY: 'weighted_clusters:',
  AB_TEST: 'x-variant',
} as const;

async function build(env: Record<string, string>): Promise<string> {
  const { diagnostics, yaml = '' } = await compile({ entry: 'envoy3.config.ts', cwd: project, env });
  assert.equal(
    diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  );
  return yaml;
}

test('without a practice there is none', async () => {
  const yaml = await build({});
  for (const [name, text] of Object.entries(practices)) assert.not.ok(yaml.includes(text), name);
});

for (const [name, text] of Object.entries(practices)) {
  test(`${name} adds its part alone`, async () => {
    const yaml = await build({ [name]: 'on' });
    for (const [other, part] of Object.entries(practices)) {
      assert.is(yaml.includes(part), other === name, `${other}: ${part}`);
    }
    assert.ok((await build({ ALL: 'on' })).includes(text));
  });
}

async function freePorts(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<string>((done) => {
          server.listen(0, '127.0.0.1', () => done(String((server.address() as { port: number }).port)));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

function get(port: string, path: string, tls: boolean, headers = {}): Promise<string> {
  return new Promise((done, fail) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      headers,
      agent: false as const,
      rejectUnauthorized: false,
    };
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

for (const all of [false, true]) {
  test(`runs ${all ? 'with all practices' : 'as it is'}, and ends on a signal`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'envoy3-sidecar-'));
    cpSync(project, folder, { recursive: true });
    const [SIDECAR_PORT = '', ADMIN_PORT = '', BACKEND_PORT = '', CANARY_PORT = ''] = await freePorts(4);
    const env = { ...process.env, SIDECAR_PORT, ADMIN_PORT, BACKEND_PORT, CANARY_PORT, ENVOY3_HOME: root };
    const child = spawn(process.execPath, ['run.mjs'], {
      cwd: folder,
      env: all ? { ...env, ALL: 'on' } : env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const ended = new Promise<number | null>((done) => child.on('exit', (code) => done(code)));
    const said = new Promise<undefined>((done) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (chunk: string) => {
          output += chunk;
          if (output.includes('Ctrl-C ends all of it.')) done(undefined);
        });
      }
    });
    try {
      assert.is(await Promise.race([said, ended]), undefined, output);
      assert.is(await get(SIDECAR_PORT, '/important', all), '200 Hello from backend!\n');
      if (all) {
        assert.is(await get(SIDECAR_PORT, '/', true, { 'x-variant': 'b' }), '200 Hello from canary!\n');
        assert.is(await get(SIDECAR_PORT, '/', true, { cookie: 'variant=b' }), '200 Hello from canary!\n');
      }
      assert.match(await get(ADMIN_PORT, '/stats/prometheus', false), /^200 /);
      child.kill('SIGTERM');
      assert.is(await ended, 0, output);
    } finally {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

test.run();
