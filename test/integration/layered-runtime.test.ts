/** Values of the layered runtime that change while the proxy runs. */
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Message } from '../support/bootstrap.js';
import { bootstrap, connectionManager, listener, listenerAddress, say } from '../support/bootstrap.js';
import { get, openConnection } from '../support/http-connection.js';
import type { RunningProxy } from '../support/serve.js';
import { inTemporaryFolder, startProxy } from '../support/serve.js';

const routes = [
  {
    match: { prefix: '/', runtime_fraction: { default_value: { numerator: 0 }, runtime_key: 'canary' } },
    direct_response: { status: 200, body: { inline_string: 'canary' } },
  },
  say('stable'),
];

const configured = (layers: readonly Message[]): string =>
  bootstrap([listener(connectionManager(routes))], [], {
    admin: { address: listenerAddress() },
    layered_runtime: { layers },
  });

const ask = async (proxy: RunningProxy, path: string, method = 'POST'): Promise<string> => {
  const response = await fetch(`http://${proxy.server.adminAddress}${path}`, { method });
  return `${response.status} ${await response.text()}`;
};

const body = async (proxy: RunningProxy): Promise<string> => (await get(proxy.port(), '/')).body;

test('/runtime_modify is in force when it answers, and touches no connection', async () => {
  const proxy = await startProxy({
    configYaml: configured([
      { name: 'base', static_layer: { canary: 0 } },
      { name: 'admin', admin_layer: {} },
    ]),
  });
  try {
    const kept = await openConnection(proxy.port());
    assert.is((await kept.get('/')).body, 'stable');
    assert.is(await ask(proxy, '/runtime_modify?canary=100&other=x'), '200 OK\n');
    assert.is((await kept.get('/')).body, 'canary');
    const runtime = JSON.parse((await ask(proxy, '/runtime', 'GET')).slice(4));
    assert.equal(runtime.layers, ['base', 'admin']);
    assert.equal(runtime.entries.canary, { layer_values: ['0', '100'], final_value: '100' });
    const stats = await ask(proxy, '/stats?filter=^runtime', 'GET');
    for (const line of ['admin_overrides_active: 1', 'load_success: 2', 'num_keys: 2', 'num_layers: 2']) {
      assert.match(stats, `runtime.${line}\n`);
    }
    assert.is(await ask(proxy, '/runtime_modify?canary=&other='), '200 OK\n');
    assert.is((await kept.get('/')).body, 'stable');
    assert.match(await ask(proxy, '/stats?filter=^runtime', 'GET'), 'runtime.admin_overrides_active: 0\n');
    kept.close();
  } finally {
    await proxy.server.shutdown();
  }
});

test('what was set goes on over a reload', async () => {
  const layers = [{ name: 'admin', admin_layer: {} }];
  const proxy = await startProxy({ configYaml: configured(layers) });
  try {
    await ask(proxy, '/runtime_modify?canary=100');
    assert.ok(
      await proxy.server.reload(configured([{ name: 'base', static_layer: { canary: 0 } }, ...layers])),
    );
    assert.is(await body(proxy), 'canary');
    assert.ok(await proxy.server.reload(configured([{ name: 'base', static_layer: { canary: 0 } }])));
    assert.is(await body(proxy), 'stable');
  } finally {
    await proxy.server.shutdown();
  }
});

test('without an admin layer nothing can be set', async () => {
  const proxy = await startProxy({ configYaml: configured([]) });
  try {
    assert.is(await ask(proxy, '/runtime_modify?canary=100'), '503 No admin layer specified');
    assert.is(await body(proxy), 'stable');
  } finally {
    await proxy.server.shutdown();
  }
});

test('a disk layer is read again when its link moves', async () => {
  await inTemporaryFolder(async (folder) => {
    const put = (version: string, value: string): void => {
      mkdirSync(join(folder, version, 'routing'), { recursive: true });
      writeFileSync(join(folder, version, 'canary'), `# part of the requests\n${value} \n`);
      writeFileSync(join(folder, version, 'routing', 'other'), 'text');
      symlinkSync(version, join(folder, 'next'));
      renameSync(join(folder, 'next'), join(folder, 'current'));
    };
    put('one', '100');
    const disk = { name: 'disk', disk_layer: { symlink_root: join(folder, 'current') } };
    const proxy = await startProxy({ configYaml: configured([disk]), watch: true });
    try {
      assert.is(await body(proxy), 'canary');
      const runtime = JSON.parse((await ask(proxy, '/runtime', 'GET')).slice(4));
      assert.equal(Object.keys(runtime.entries), ['canary', 'routing.other']);
      put('two', '0');
      while ((await body(proxy)) !== 'stable') await new Promise((done) => setTimeout(done, 5));
    } finally {
      await proxy.server.shutdown();
    }
  });
});

test('layers that make no sense are told with their line', async () => {
  for (const [layers, message] of [
    [[{ name: 'a', static_layer: { x: [1] } }], /static_layer: Invalid runtime entry value for x$/],
    [
      [
        { name: 'a', static_layer: {} },
        { name: 'a', static_layer: {} },
      ],
      /Duplicate layer name: a$/,
    ],
    [
      [
        { name: 'a', admin_layer: {} },
        { name: 'b', admin_layer: {} },
      ],
      /Too many admin layers/,
    ],
    [[{ name: 'a', static_layer: { 'envoy.reloadable_features.x': true } }], /needs real Envoy$/],
    [[{ name: 'a', rtds_layer: { name: 'x' } }], /rtds_layer.*needs real Envoy$/],
  ] as const) {
    const refusal = await startProxy({ configYaml: configured(layers) }).then(
      () => '',
      (error: Error) => error.message,
    );
    assert.match(refusal, message);
    assert.match(refusal, /^<yaml>:\d+:\d+: layered_runtime\.layers\[/);
  }
});

test.run();
