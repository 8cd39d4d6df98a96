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

for (const all of [false, true]) {
  test(`runs ${all ? 'with all practices' : 'as it is'}, and ends on a signal`, () =>
    withProject('sidecar', async (folder) => {
      const { ports, release } = await takePorts([
        'SIDECAR_PORT',
        'ADMIN_PORT',
        'BACKEND_PORT',
        'CANARY_PORT',
      ]);
      const env = { ...process.env, ...ports, ENVOY3_HOME: root, ...(all ? { ALL: 'on' } : {}) };
      const runner = new ProjectRun(process.execPath, ['run.mjs'], folder, env);
      const ask = (path: string, headers = {}) => get(ports.SIDECAR_PORT, path, { tls: all, headers });
      try {
        await runner.says('Ctrl-C ends all of it.');
        assert.is(await ask('/important'), '200 Hello from backend!\n');
        if (all) {
          assert.is(await ask('/', { 'x-variant': 'b' }), '200 Hello from canary!\n');
          assert.is(await ask('/', { cookie: 'variant=b' }), '200 Hello from canary!\n');
        }
        assert.match(await get(ports.ADMIN_PORT, '/stats/prometheus'), /^200 /);
        runner.child.kill('SIGTERM');
        assert.is(await runner.ended, 0, runner.output);
      } finally {
        runner.kill();
        await release();
      }
    }));
}

test.run();
