/**
 * The consul-mesh project as a user gets it: its size, its route tests, what `migrate` makes of the v2 file, and its README
 * run to the letter on free ports.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkText, compile } from '../../compiler/index.js';
import { migrateYaml } from '../../compiler/tools.js';
import { readYaml } from '../../dsl/api/index.js';
import { freePorts, processesOf, ProjectProcess } from '../support/project-process.js';
import { keepsPromise, ReadmeSession, readmeSteps } from '../support/readme-session.js';

/** This file runs from `dist/test/templates`. */
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const project = join(root, 'templates', 'projects', 'consul-mesh');
const readme = readFileSync(join(project, 'README.md'), 'utf8');

/** Ports as the README has them, by the variables that change them. */
const usualPorts = {
  MESH_PORT: '8888',
  ADMIN_PORT: '9901',
  DISCOVERY_HTTP_PORT: '8500',
  DISCOVERY_DNS_PORT: '8600',
  STATSD_PORT: '8125',
  ORDERS_PORT: '5100',
  USERS_PORT: '5200',
  PAYMENTS_PORT: '5300',
} as const;
type Variable = keyof typeof usualPorts;
const variables = Object.keys(usualPorts) as Variable[];

interface Route {
  readonly match: unknown;
  readonly route: { readonly cluster?: string; readonly weighted_clusters?: { readonly clusters: unknown } };
}

function routesOf(yaml: string): readonly (readonly [string, Route])[] {
  const { value } = readYaml(yaml);
  const found: [string, Route][] = [];
  JSON.stringify(value, (_key, one) => {
    for (const host of one?.virtual_hosts ?? []) found.push([host.name, host.routes[0]]);
    return one;
  });
  return found;
}

const errorsOf = (yaml: string) =>
  checkText(yaml, { file: 'migrated.yaml' }).filter(({ severity }) => severity === 'error');

test('three hundred lines of YAML out of forty of TypeScript, without a finding', async () => {
  const { diagnostics, yaml = '' } = await compile({ entry: 'envoy3.config.ts', cwd: project, env: {} });
  assert.equal(diagnostics, []);
  const source = readFileSync(join(project, 'envoy3.config.ts'), 'utf8');
  const statements = source.split('\n').filter((line) => !/^\s*(?:\/\/|\/\*|\*|import |$)/.test(line));
  assert.ok(statements.length <= 45, `${statements.length} lines of TypeScript`);
  const lines = yaml.split('\n').length;
  assert.ok(lines >= 270 && lines <= 330, `${lines} lines of YAML`);
  for (const part of [
    'codec_type: AUTO',
    'type: STRICT_DNS',
    'address: orders.service.consul',
    'grpc_health_check: {}',
    'interval_jitter: 1s',
    'event_log_path: healthcheck.log',
    'grpc: {}',
    '- h2',
    'regex: "cluster.([^.]*).membership_total"',
    'json_format:',
  ]) {
    assert.ok(yaml.includes(`${part}\n`), part);
  }
});

test('a release splits the calls of its service, and leaves the others alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-consul-mesh-'));
  try {
    cpSync(project, folder, { recursive: true });
    writeFileSync(join(folder, 'release.json'), '{"orders":10}');
    const { diagnostics, yaml = '' } = await compile({ entry: 'envoy3.config.ts', cwd: folder, env: {} });
    assert.equal(
      diagnostics.filter(({ severity }) => severity === 'error'),
      [],
    );
    const routes = new Map(routesOf(yaml));
    assert.equal(routes.get('orders')?.route.weighted_clusters?.clusters, [
      { name: 'orders', weight: 90 },
      { name: 'orders-green', weight: 10 },
    ]);
    assert.is(routes.get('users')?.route.cluster, 'users');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the v2 file and each part of it are accepted by migrate', () => {
  const text = readFileSync(join(project, 'v2', 'envoy.yaml'), 'utf8');
  const whole = migrateYaml(text);
  assert.equal(whole.errors, []);
  assert.equal(errorsOf(whole.text), []);
  assert.match(whole.text, '# the certificate of all services');
  // Again there is nothing to do.
  assert.equal(migrateYaml(whole.text).rewrites, []);
  const [[, route] = []] = routesOf(whole.text);
  assert.equal(route?.match, { prefix: '/', grpc: {} });
  const parts = text.split(/^(?=stats_sinks:|stats_config:|static_resources:|admin:)/m).slice(1);
  assert.is(parts.length, 4);
  for (const part of parts) {
    const { errors, rewrites } = migrateYaml(part);
    assert.equal(errors, []);
    assert.ok(rewrites.length > 0, part);
  }
});

test('a time-out without its unit, which 2019 knew as a trap, is told with its line', () => {
  const text = readFileSync(join(project, 'v2', 'envoy.yaml'), 'utf8');
  const wrong = text.replace(/timeout:\n\s+seconds: 15/, 'timeout: 15');
  const found = errorsOf(migrateYaml(wrong).text);
  assert.is(found.length, 1);
  assert.match(JSON.stringify(found), /15s/);
});

test('the README holds, to the letter', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-consul-mesh-'));
  cpSync(project, folder, { recursive: true });
  // As `npm install` leaves it.
  mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
  symlinkSync(root, join(folder, 'node_modules', 'envoy3'));
  symlinkSync(join(root, 'cli', 'envoy3.mjs'), join(folder, 'node_modules', '.bin', 'envoy3'));
  const ports = await freePorts(variables);
  const onTheirPorts = (text: string): string =>
    text.replace(/(\b127(?:\.\d+){3}:)(\d+)/g, (usual, host: string, port: string) => {
      const name = variables.find((one) => usualPorts[one] === port);
      return name === undefined ? usual : `${host}${ports[name]}`;
    });
  const env = { ...process.env, ...ports, CONSUL_HTTP_ADDR: `127.0.0.1:${ports.DISCOVERY_HTTP_PORT}` };
  const node = new ProjectProcess(folder, env);
  const session = new ReadmeSession(folder, env);
  try {
    await node.says('Ctrl-C ends all of it.');
    const steps = readmeSteps(onTheirPorts(readme));
    assert.ok(steps.length >= 25, `${steps.length} commands`);
    for (const step of steps) {
      let output = await session.run(step.command);
      // What is written in batches comes a moment later, as the page says.
      for (let turn = 0; turn < 50 && /^(?:grep|tail) /.test(step.command); turn++) {
        if (keepsPromise(output, step)) break;
        output = await session.run(`sleep 0.1; ${step.command}`);
      }
      assert.ok(keepsPromise(output, step), `$ ${step.command}\n${output}\nand not\n${step.expected}`);
    }
    node.child.kill('SIGTERM');
    assert.is(await node.ended, 0, node.output);
    assert.equal(processesOf(folder), []);
  } finally {
    node.child.kill('SIGKILL');
    session.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
