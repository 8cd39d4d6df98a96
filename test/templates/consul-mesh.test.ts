/**
 * The consul-mesh project as a user gets it: its size, its route tests, what `migrate` makes of the v2 file, and its README
 * run to the letter on free ports.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkText, compile } from '../../compiler/index.js';
import { migrateYaml } from '../../compiler/tools.js';
import { readYaml } from '../../dsl/api/index.js';
import { followReadme } from '../support/follow-readme.js';

/** This file runs from `dist/test/templates`. */
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const project = join(root, 'templates', 'projects', 'consul-mesh');

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
  const count = await followReadme('consul-mesh');
  assert.ok(count >= 25, `${count} commands`);
});

test.run();
