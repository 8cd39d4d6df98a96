/** `envoy3 import` on real folders. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from './run-command.js';

const yaml = 'admin: { address: { socket_address: { address: 127.0.0.1, port_value: 9901 } } }\n';

test('to standard output, to a file, never over a file', async () => {
  const { code, out } = await runCommand({ 'a.yaml': yaml }, ['import', 'a.yaml']);
  assert.is(code, 0);
  assert.match(out, 'admin: admin()');
  const written = await runCommand({ 'a.yaml': yaml }, ['import', 'a.yaml', '-o', 'b.ts']);
  assert.is(written.read('b.ts'), out);
  assert.match(written.err, 'compiles to the same configuration');
  const taken = await runCommand({ 'a.yaml': yaml, 'b.ts': 'mine' }, ['import', 'a.yaml', '-o', 'b.ts']);
  assert.equal([taken.code, taken.read('b.ts')], [2, 'mine']);
  assert.is(
    (await runCommand({ 'a.yaml': yaml, 'b.ts': 'mine' }, ['import', 'a.yaml', '-o', 'b.ts', '-f'])).code,
    0,
  );
});

test('from standard input, and from a dump', async () => {
  assert.match((await runCommand({}, ['import', '-'], { input: yaml })).out, 'admin()');
  const dump = JSON.stringify({
    configs: [
      { '@type': 'type.googleapis.com/envoy.admin.v3.BootstrapConfigDump', bootstrap: { node: { id: 'n' } } },
      {
        '@type': 'type.googleapis.com/envoy.admin.v3.ClustersConfigDump',
        dynamic_active_clusters: [
          {
            cluster: {
              '@type': 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
              name: 'x',
              type: 'STATIC',
            },
          },
        ],
      },
    ],
  });
  assert.match((await runCommand({ 'dump.json': dump }, ['import', 'dump.json'])).out, "cluster('x'");
});

test('bad input', async () => {
  const broken = await runCommand({ 'a.yaml': 'nope: 1' }, ['import', 'a.yaml']);
  assert.is(broken.code, 1);
  assert.match(broken.err, 'E1002');
  assert.is((await runCommand({}, ['import'])).code, 2);
  assert.is((await runCommand({}, ['import', 'none.yaml'])).code, 2);
  assert.is((await runCommand({ 'r.yaml': 'virtual_hosts: []' }, ['import', 'r.yaml'])).code, 2);
});

test.run();
