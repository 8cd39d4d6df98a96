/**
 * The sidecar project: each practice compiles, all are seen in the configuration, and the project runs on free ports.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../compiler/index.js';
import { takePorts } from '../support/port-block.js';
import { get, ProjectRun, root, templateFolder, withProject } from '../support/project-run.js';

const project = templateFolder('sidecar');

/** Each practice, and what it adds to the configuration. */
const practices = {
  HEALTH_CHECKS: 'health_checks:',
  TLS_TERMINATION: 'DownstreamTlsContext',
  TLS_ORIGINATION: 'UpstreamTlsContext',
  ACCESS_LOG: 'path: access.log',
  CIRCUIT_BREAKERS: 'priority: HIGH',
  RATE_LIMIT: 'LocalRateLimit',
  GLOBAL_RATE_LIMIT: 'cluster_name: rate_limit_service',
  DISCOVERY: 'backend_service.service.consul',
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

const portNames = [
  'SIDECAR_PORT',
  'ADMIN_PORT',
  'BACKEND_PORT',
  'CANARY_PORT',
  'RATE_LIMIT_PORT',
  'DISCOVERY_HTTP',
  'DISCOVERY_DNS',
] as const;

interface Running {
  readonly runner: ProjectRun;
  readonly ports: Readonly<Record<(typeof portNames)[number], string>>;
}

/** The project with ports of its own, when all of it serves. */
function whileRunning(practice: Record<string, string>, use: (running: Running) => Promise<void>) {
  return withProject('sidecar', async (folder) => {
    const { ports, release } = await takePorts(portNames);
    const runner = new ProjectRun(process.execPath, ['run.mjs'], folder, {
      ...process.env,
      ...ports,
      DISCOVERY_HTTP: `127.0.0.1:${ports.DISCOVERY_HTTP}`,
      DISCOVERY_DNS: `127.0.0.1:${ports.DISCOVERY_DNS}`,
      ENVOY3_HOME: root,
      ...practice,
    });
    try {
      await runner.says('Ctrl-C ends all of it.');
      await use({ runner, ports });
    } finally {
      runner.kill();
      await release();
    }
  });
}

for (const all of [false, true]) {
  test(`runs ${all ? 'with all practices' : 'as it is'}, and ends on a signal`, () =>
    whileRunning(all ? { ALL: 'on' } : {}, async ({ runner, ports }) => {
      const ask = (path: string, headers = {}) => get(ports.SIDECAR_PORT, path, { tls: all, headers });
      assert.is(await ask('/important'), '200 Hello from backend!\n');
      if (all) {
        assert.is(await ask('/', { 'x-variant': 'b' }), '200 Hello from canary!\n');
        assert.is(await ask('/', { cookie: 'variant=b' }), '200 Hello from canary!\n');
      }
      assert.match(await get(ports.ADMIN_PORT, '/stats/prometheus'), /^200 /);
      runner.child.kill('SIGTERM');
      assert.is(await runner.ended, 0, runner.output);
    }));
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`a request under way when ${signal} comes gets its answer`, () =>
    whileRunning({}, async ({ runner, ports }) => {
      const active = 'http.ingress_http.downstream_rq_active';
      const answer = get(ports.SIDECAR_PORT, '/slow');
      // Not before the sidecar has it.
      while (!(await get(ports.ADMIN_PORT, `/stats?filter=${active}`)).includes(`${active}: 1`));
      if (signal === 'SIGINT') void runner.interrupt();
      else runner.child.kill(signal);
      assert.is(await answer, '200 Hello from backend!\n');
      assert.is(await runner.ended, 0, runner.output);
    }));
}

test.run();
