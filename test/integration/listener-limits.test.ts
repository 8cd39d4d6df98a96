/** How many connections a listener takes, and all of them. */
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bootstrap, listener, listenerAddress, staticCluster } from '../support/bootstrap.js';
import { inTemporaryFolder, startProxy } from '../support/serve.js';

const types = 'type.googleapis.com/envoy.extensions.';
const echo = { name: 'echo', typed_config: { '@type': `${types}filters.network.echo.v3.Echo` } };

/** Whether the connection is served: what is sent comes back. */
async function served(port: number, open: Socket[]): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  open.push(socket);
  socket.on('error', () => undefined);
  socket.write('x');
  const outcome = await Promise.race([
    once(socket, 'data').then(() => true),
    once(socket, 'close').then(() => false),
  ]);
  return outcome;
}

const layer = (values: object) => ({
  layered_runtime: { layers: [{ name: 'static', static_layer: values }] },
});
const perListener = layer({ envoy: { resource_limits: { listener: { limited: { connection_limit: 1 } } } } });
const monitor = {
  overload_manager: {
    resource_monitors: [
      {
        name: 'envoy.resource_monitors.global_downstream_max_connections',
        typed_config: {
          '@type': `${types}resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig`,
          max_active_downstream_connections: 2,
        },
      },
    ],
  },
};

test('a listener has a limit of its own, also after a reload', async () => {
  const config = (prefix: string) =>
    bootstrap(
      [listener(echo, { name: 'limited', stat_prefix: prefix }), listener(echo, { name: 'free' })],
      [],
      perListener,
    );
  const proxy = await startProxy({ configYaml: config('a') });
  const open: Socket[] = [];
  try {
    assert.is(await served(proxy.port(0), open), true);
    assert.is(await served(proxy.port(0), open), false);
    assert.is(await served(proxy.port(1), open), true);
    assert.is(await proxy.server.reload(config('b')), true);
    assert.is(await served(proxy.port(0), open), false);
    const [first] = open;
    first?.destroy();
    let again = false;
    while (!again) again = await served(proxy.port(0), open);
  } finally {
    for (const socket of open) socket.destroy();
    await proxy.server.shutdown();
  }
});

for (const [how, more] of [
  ['the overload manager', monitor],
  ['a runtime value', layer({ 'overload.global_downstream_max_connections': 2 })],
] as const) {
  test(`all listeners have a limit together by ${how}, but for those that ignore it`, async () => {
    const listeners = [
      listener(echo, { name: 'a' }),
      listener(echo, { name: 'b' }),
      listener(echo, { name: 'c', ignore_global_conn_limit: true }),
    ];
    const proxy = await startProxy({ configYaml: bootstrap(listeners, [], more) });
    const open: Socket[] = [];
    try {
      const found: boolean[] = [];
      for (const at of [2, 0, 1, 0, 1, 2]) found.push(await served(proxy.port(at), open));
      assert.equal(found, [true, true, true, false, false, true]);
    } finally {
      for (const socket of open) socket.destroy();
      await proxy.server.shutdown();
    }
  });
}

test('values that Envoy reads and nothing here does are refused', async () => {
  try {
    await startProxy({
      configYaml: bootstrap([listener(echo)], [], layer({ 'envoy.reloadable_features.other': true })),
    });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /static_layer.*needs real Envoy/);
  }
});

test('Unix sockets on both sides, with their mode', async () => {
  await inTemporaryFolder(async (folder) => {
    const [inside, outside] = [join(folder, 'host'), join(folder, 'proxy')];
    const host = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((done) => host.listen(inside, done));
    const pipe = { endpoint: { address: { pipe: { path: inside } } } };
    const load_assignment = { cluster_name: 'c', endpoints: [{ lb_endpoints: [pipe] }] };
    const tcpProxy = {
      name: 'tcp',
      typed_config: {
        '@type': `${types}filters.network.tcp_proxy.v3.TcpProxy`,
        stat_prefix: 't',
        cluster: 'c',
      },
    };
    const more = {
      address: { pipe: { path: outside, mode: 0o600 } },
      additional_addresses: [{ address: listenerAddress() }],
    };
    const configYaml = bootstrap([listener(tcpProxy, more)], [staticCluster('c', 1, { load_assignment })]);
    const proxy = await startProxy({ configYaml });
    try {
      assert.is(statSync(outside).mode & 0o777, 0o600);
      const socket = connect(outside);
      socket.end('through');
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      assert.is(chunk.toString(), 'through');
      await once(socket, 'close');
      assert.is(proxy.server.listenerAddresses()[0], outside);
    } finally {
      await proxy.server.shutdown();
      host.close();
    }
    assert.is(existsSync(outside), false);
  });
});

test('a listener on IPv6 takes IPv4 as well when asked to', async () => {
  const address = { socket_address: { address: '::', port_value: 0, ipv4_compat: true } };
  const proxy = await startProxy({ configYaml: bootstrap([listener(echo, { address })]) });
  const open: Socket[] = [];
  try {
    assert.is(await served(proxy.port(), open), true);
  } finally {
    for (const socket of open) socket.destroy();
    await proxy.server.shutdown();
  }
});

test.run();
