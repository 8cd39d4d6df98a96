import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CompileOptions, CompileResult } from '../../compiler/index.js';
import { compile } from '../../compiler/index.js';
import type { Files } from '../support/temporary-folder.js';
import { withFolder } from '../support/temporary-folder.js';

function run(
  files: Files,
  options: Partial<CompileOptions> = {},
): Promise<CompileResult & { folder: string }> {
  return withFolder(files, async (cwd: string) => ({
    ...(await compile({ entry: 'envoy3.config.ts', cwd, env: {}, ...options })),
    folder: cwd,
  }));
}
const entry = 'envoy3.config.ts';
const sound = `import { admin, bootstrap } from 'envoy3';
export default bootstrap({ admin: admin(), listeners: [] });
`;

test('a module becomes canonical YAML', async () => {
  const { diagnostics, yaml, inputs, folder } = await run({ [entry]: sound });
  assert.equal(diagnostics, []);
  assert.is(
    yaml,
    'static_resources:\n  listeners: []\n  clusters: []\nadmin:\n  address:\n    socket_address:\n      address: 127.0.0.1\n      port_value: 9901\n'.replace(
      '  listeners: []\n',
      '  listeners: []\n',
    ),
  );
  assert.equal(inputs, [join(folder, entry)]);
});

test('the same sources give the same bytes', async () => {
  const [one, other] = [await run({ [entry]: sound }), await run({ [entry]: sound })];
  assert.is(one.yaml, other.yaml);
});

test('nothing is left behind in the folder of temporary files', () =>
  // A folder of its own: other compilations run at the same time.
  withFolder({}, async (temporary) => {
    const outer = process.env.TMPDIR;
    process.env.TMPDIR = temporary;
    try {
      await run({
        [entry]: 'export default { nope: 1 };',
        'envoy3.settings.ts': 'export default {};',
      });
      assert.equal(readdirSync(temporary), []);
    } finally {
      if (outer === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = outer;
    }
  }));

test('modules, JSON, variables and files are inputs', async () => {
  const { diagnostics, bootstrap, inputs, folder } = await run(
    {
      [entry]: `import { bootstrap, env, readFile } from 'envoy3';
import { id } from './parts/id.ts';
import cluster from './cluster.json';
export default bootstrap({ node: { id: id + env('SUFFIX') + readFile('text.txt'), cluster: cluster.name }, listeners: [] });
`,
      'parts/id.ts': "export const id: string = 'a';\n",
      'cluster.json': '{ "name": "c" }',
      'text.txt': 'z',
    },
    { env: { SUFFIX: 'b' } },
  );
  assert.equal(diagnostics, []);
  assert.equal((bootstrap as { node: unknown }).node, { id: 'abz', cluster: 'c' });
  assert.equal(
    [...inputs].sort(),
    [entry, 'parts/id.ts', 'cluster.json', 'text.txt'].map((name) => join(folder, name)).sort(),
  );
});

test('a promise and a function are awaited', async () => {
  for (const text of [
    "export default Promise.resolve({ node: { id: 'a', cluster: 'b' } });",
    "export default () => ({ node: { id: 'a', cluster: 'b' } });",
    "export default async () => ({ node: { id: 'a', cluster: 'b' } });",
  ]) {
    const { diagnostics, bootstrap } = await run({ [entry]: text });
    assert.equal(diagnostics, []);
    assert.equal(bootstrap, { node: { id: 'a', cluster: 'b' } });
  }
});

test('errors leave no YAML; warnings do', async () => {
  const bad = await run({ [entry]: 'export default { nope: 1 };' });
  assert.is(bad.yaml, undefined);
  assert.is(bad.bootstrap, undefined);
  const text =
    "import { admin, bootstrap } from 'envoy3';\nexport default bootstrap({ admin: admin({ address: '0.0.0.0' }), listeners: [] });\n";
  const warned = await run({ [entry]: text });
  assert.equal(
    warned.diagnostics.map(({ code }) => code),
    ['no-public-admin'],
  );
  assert.type(warned.yaml, 'string');
  const reason = 'the network around is closed';
  const silent = await run({ [entry]: text }, { disabledRules: [{ rule: 'no-public-admin', reason }] });
  assert.equal(silent.diagnostics, []);
});

test('a type error and its consequence are one diagnostic, with words that help', async () => {
  const { diagnostics } = await run({
    [entry]:
      "import { defineBootstrap } from 'envoy3';\nexport default defineBootstrap({\n  stats_flush_interval: 5,\n});\n",
  });
  assert.is(diagnostics.length, 1);
  const [{ code, location, help, message } = {}] = diagnostics;
  assert.is(code, 'TS2322');
  assert.equal([location?.line, location?.column], [3, 3]);
  assert.match(String(message), 'expected a duration');
  assert.is(help, "write '5s'");
});

test('extensions of an own Envoy are allowed by name', async () => {
  const text = `const typed_config = { '@type': 'type.googleapis.com/mine.v1.Filter', anything: 1 };
const hcm = {
  '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
  stat_prefix: 'x',
  route_config: {},
  http_filters: [{ name: 'mine', typed_config }],
};
const address = { socket_address: { address: '127.0.0.1', port_value: 1 } };
export default {
  static_resources: { listeners: [{ name: 'l', address, filter_chains: [{ filters: [{ name: 'h', typed_config: hcm }] }] }] },
};
`;
  const refused = await run({ [entry]: text });
  assert.equal(
    refused.diagnostics.map(({ code }) => code),
    ['E1003'],
  );
  const taken = await run({ [entry]: text }, { allowedTypes: ['mine.v1.Filter'] });
  assert.equal(taken.diagnostics, []);
  assert.match(taken.yaml ?? '', 'anything: 1');
});

test('an entry that is not there', async () => {
  const { diagnostics } = await run({}, { entry: 'nope.ts' });
  assert.equal(
    diagnostics.map(({ code }) => code),
    ['E0001'],
  );
});

test.run();
