/** Settings of a folder, applied to modules and to YAML. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main } from '../../../cli/main.js';
import { checkFile, compile } from '../../../compiler/index.js';
import { targetApi } from '../../../dsl/api/history/target-api.js';
import type { TargetApi } from '../../../dsl/api/index.js';
import { findSettings } from '../../../compiler/settings/find-settings.js';
import { recordedIo } from '../../cli/recorded-io.js';
import { withFolder } from '../../support/temporary-folder.js';

const admin = 'admin: { address: { socket_address: { address: 0.0.0.0, port_value: 1 } } }\n';

function settings(lint: string, before = ''): string {
  return `import { defineRule, defineSettings } from 'envoy3';\n${before}\nexport default defineSettings({ lint: ${lint} });\n`;
}

/** `severity code file:line` for a YAML file beside the settings. */
function check(files: Record<string, string>, text = admin, more: object = {}): Promise<string[]> {
  return withFolder(files, async (cwd) => {
    const found = await checkFile(text, { file: 'f.yaml', cwd, env: {}, ...more });
    return found.map(
      ({ severity, code, location }) => `${severity} ${code} ${location?.file}:${location?.line}`,
    );
  });
}

test('settings are found upwards, to the root of the repository', () =>
  withFolder({ 'a/envoy3.settings.ts': '', 'a/b/c/x': '', 'a/b/.git/x': '' }, (folder) => {
    assert.is(findSettings(join(folder, 'a')), join(folder, 'a/envoy3.settings.ts'));
    assert.is(findSettings(join(folder, 'a/b/c')), undefined);
    mkdirSync(join(folder, 'a/d'));
    assert.is(findSettings(join(folder, 'a/d')), join(folder, 'a/envoy3.settings.ts'));
  }));

test('levels and reasons of the settings hold', async () => {
  const name = 'envoy3.settings.ts';
  assert.equal(await check({}), ['warning no-public-admin f.yaml:1']);
  assert.equal(await check({ [name]: settings("{ rules: { 'no-public-admin': 'error' } }") }), [
    'error no-public-admin f.yaml:1',
  ]);
  const off = settings("{ rules: { 'no-public-admin': { level: 'off', reason: 'closed' } } }");
  assert.equal(await check({ [name]: off }), []);
  assert.equal(await check({ [name]: off }, admin, { settings: false }), [
    'warning no-public-admin f.yaml:1',
  ]);
  assert.equal(await check({ 'other.ts': off }, admin, { settings: 'other.ts' }), []);
});

test('settings aim at an older Envoy', async () => {
  const newer =
    'static_resources: { clusters: [{ name: a, type: STATIC, stats_matcher: { reject_all: true } }] }\n';
  const aim = (target: string): Record<string, string> => ({
    'envoy3.settings.ts': `export default { lint: { extends: 'none' }, target: '${target}' };\n`,
  });
  assert.equal(await check(aim('envoy-1.39'), newer), ['error E1007 f.yaml:1']);
  assert.equal(await check(aim('envoy-1.40'), newer), []);
  assert.equal(await check(aim('envoy-1.2'), newer), ['error E2008 envoy3.settings.ts:1']);
  await withFolder(aim('envoy-1.39'), async (cwd) => {
    const admin = "{ address: { pipe: { path: '/a' } }, allow_paths: [{ exact: '/ready' }] }";
    const module = `export default { admin: ${admin} };\n`;
    writeFileSync(join(cwd, 'a.ts'), module);
    const found = async (target?: TargetApi): Promise<string[]> => {
      const options = target === undefined ? {} : { target };
      const { diagnostics } = await compile({ entry: 'a.ts', cwd, env: {}, ...options });
      return diagnostics.map(({ code, path }) => `${code} ${path}`);
    };
    assert.equal(await found(), []);
    // What the caller says goes before the settings.
    assert.equal(await found(targetApi('envoy-1.36')), ['E1007 admin.allow_paths']);
  });
});

test('build takes settings by name, or none', async () => {
  const loud = settings("{ rules: { 'no-public-admin': 'error' } }");
  const config =
    "export default { admin: { address: { socket_address: { address: '0.0.0.0', port_value: 1 } } } };\n";
  await withFolder({ 'envoy3.config.ts': config, 'loud.ts': loud }, async (cwd) => {
    const run = async (...args: string[]): Promise<string> => {
      const io = recordedIo(cwd);
      const code = await main(['build', '-o', '-', ...args], io);
      return `${code} ${/(?:error|warning) [\w-]+/.exec(io.err())?.[0]}`;
    };
    assert.is(await run(), '0 warning no-public-admin');
    assert.is(await run('--settings', 'loud.ts'), '1 error no-public-admin');
    writeFileSync(join(cwd, 'envoy3.settings.ts'), loud);
    assert.is(await run(), '1 error no-public-admin');
    assert.is(await run('--no-settings'), '0 warning no-public-admin');
  });
});

test('settings are type-checked', async () => {
  const [error] = await check({ 'envoy3.settings.ts': settings("{ rules: { 'no-pubic-admin': 'error' } }") });
  assert.match(error ?? '', /^error TS\d+ envoy3\.settings\.ts:3$/);
});

test('a rule of the user runs over modules and YAML alike', async () => {
  const own = `const named = defineRule({
  name: 'acme/short-names',
  summary: 'names are short',
  options: { max: 3 },
  *check(view, { max }) {
    for (const cluster of view.clusters) {
      if (String(cluster.value.name).length > max) yield { path: [...cluster.path, 'name'], message: 'too long', fix: 'shorten it' };
    }
  },
});`;
  const file = settings("{ own: [named], rules: { 'acme/short-names': { level: 'error', max: 2 } } }", own);
  const yaml =
    'static_resources:\n  clusters:\n  - name: abc\n    type: STATIC\n  - name: ab\n    type: STATIC\n';
  assert.equal(await check({ 'envoy3.settings.ts': file }, yaml), ['error acme/short-names f.yaml:3']);
  const entry =
    "export default { static_resources: { clusters: [\n  { name: 'abc', type: 'STATIC' },\n] } };\n";
  await withFolder({ 'envoy3.settings.ts': file, 'a.ts': entry }, async (cwd) => {
    const { diagnostics, inputs } = await compile({ entry: 'a.ts', cwd, env: {} });
    assert.equal(
      diagnostics.map(({ code, location }) => `${code} ${location?.line}:${location?.column}`),
      ['acme/short-names 2:5'],
    );
    assert.ok(inputs.includes(join(cwd, 'envoy3.settings.ts')));
  });
});

test('a rule that fails is named, and costs only its own findings', async () => {
  const own = `const bad = defineRule({ name: 'acme/bad', summary: 's', check: () => { throw 'oh'; } });
const odd = defineRule({ name: 'acme/odd', summary: 's', check: () => [{ path: 'x', message: 1 }] as never });`;
  const found = await check({ 'envoy3.settings.ts': settings('{ own: [bad, odd] }', own) });
  assert.equal(found, [
    'error E2008 envoy3.settings.ts:1',
    'error E2008 envoy3.settings.ts:1',
    'warning no-public-admin f.yaml:1',
  ]);
});

test('names of rules are checked when they are defined', async () => {
  const own = "const bad = defineRule({ name: 'Acme/x' as never, summary: 's', check: () => [] });";
  const found = await check({ 'envoy3.settings.ts': settings('{ own: [bad] }', own) });
  assert.equal(found, ['error E2001 envoy3.settings.ts:2', 'warning no-public-admin f.yaml:1']);
});

test('the baseline of the settings is relative to them', async () => {
  const baseline =
    '{"version":1,"findings":[{"rule":"no-public-admin","file":"f.yaml","at":"admin.address.socket_address.address"}]}';
  const file = settings("{ baseline: 'known.json' }");
  assert.equal(await check({ 'envoy3.settings.ts': file, 'known.json': baseline }), []);
  assert.equal(await check({ 'envoy3.settings.ts': file, 'known.json': baseline }, 'node: {}\n'), [
    'warning unused-baseline known.json:1',
  ]);
  assert.equal(await check({ 'envoy3.settings.ts': file, 'known.json': '{' }), [
    'error lint-options known.json:1',
    'warning no-public-admin f.yaml:1',
  ]);
});

test('comments in a module are heeded, also where a helper was called', () =>
  withFolder(
    {
      'a.ts': `const open = () => ({ address: { socket_address: { address: '0.0.0.0', port_value: 1 } } });
export default {
  // envoy3-disable-next-line no-public-admin -- the container is closed
  admin: open(),
};
`,
    },
    async (cwd) => {
      const { diagnostics } = await compile({ entry: 'a.ts', cwd, env: {} });
      assert.equal(diagnostics, []);
    },
  ));

test.run();
