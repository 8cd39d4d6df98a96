/**
 * The front-proxy project as a user gets it: copied, compiled, run as processes on free ports, scaled, edited, stopped.
 */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
type Ports = Readonly<Record<(typeof variables)[number], string>>;

/** Free on all addresses, held until all are known, so that they differ. */
async function freePorts(): Promise<Ports> {
  const servers = await Promise.all(
    variables.map(
      () =>
        new Promise<ReturnType<typeof createServer>>((done, fail) => {
          const server = createServer().on('error', fail);
          server.listen(0, '0.0.0.0', () => done(server));
        }),
    ),
  );
  const ports = servers.map((server) => String((server.address() as { port: number }).port));
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return Object.fromEntries(variables.map((name, at) => [name, ports[at]])) as Ports;
}

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

/** The runner, with all that it said. */
class Runner {
  readonly child: ChildProcess;
  output = '';
  readonly ended: Promise<number | null>;
  #waiting: { text: string; done: () => void } | undefined;

  /** @param shell as npm does it: in a shell that passes no signal on */
  constructor(folder: string, env: NodeJS.ProcessEnv, shell = false) {
    const command = shell ? 'sh' : process.execPath;
    const args = shell ? ['-c', `"${process.execPath}" run.mjs; exit $?`] : ['run.mjs'];
    this.child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.output += chunk;
        this.#look();
      });
    }
    this.ended = new Promise((done) => this.child.on('exit', (code) => done(code)));
  }

  #look(): void {
    if (this.#waiting !== undefined && this.output.includes(this.#waiting.text)) this.#waiting.done();
  }

  /** Waits until it says so. @throws when it ends before */
  async says(text: string): Promise<void> {
    const said = new Promise<void>((done) => {
      this.#waiting = { text, done };
      this.#look();
    });
    const how = await Promise.race([said, this.ended.then((code) => `ended with ${code}`)]);
    if (how !== undefined) throw new Error(`${how} before it said '${text}':\n${this.output}`);
  }
}

/** Ids of processes that have this text on their command line. */
function processesOf(text: string): string[] {
  return readdirSync('/proc').filter((id) => {
    if (!/^\d+$/.test(id) || id === String(process.pid)) return false;
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(text);
    } catch {
      return false;
    }
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
  const ports = await freePorts();
  const env = { ...process.env, ...ports, ENVOY3_HOME: root, ENGINE: 'envoy3' };
  const runner = new Runner(folder, env);
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

    const again = new Runner(folder, env);
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
  const env = { ...process.env, ...(await freePorts()), ENVOY3_HOME: root, npm_lifecycle_event: 'start' };
  const runner = new Runner(folder, env, true);
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
