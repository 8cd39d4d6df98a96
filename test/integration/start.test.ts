import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createServer } from '../../runtime/index.js';
import {
  bootstrap,
  connectionManager,
  listener,
  listenerAddress,
  say,
  staticCluster,
  toCluster,
} from '../support/bootstrap.js';
import { startUpstream } from '../support/held-upstream.js';
import { get, openConnection } from '../support/http-connection.js';
import { inTemporaryFolder, startProxy } from '../support/serve.js';

const quiet = { writeLog: () => undefined };

async function failure(start: Promise<unknown>): Promise<string> {
  return start.then(
    () => 'it started',
    (error: Error) => error.message,
  );
}

test('it serves what the configuration says, and 404 for the rest', async () => {
  const upstream = await startUpstream((_request, response) => response.end('from upstream'));
  const { port, server } = await startProxy({
    configYaml: bootstrap(
      [listener(connectionManager([say('hi', '/direct'), toCluster('up', '/up')]))],
      [staticCluster('up', upstream.port)],
    ),
  });
  const direct = await get(port(), '/direct');
  assert.is(direct.status, 200);
  assert.is(direct.body, 'hi');
  assert.is(direct.headers.get('server'), 'envoy');
  const connection = await openConnection(port());
  const proxied = await connection.get('/up', 'connection: close\r\n');
  assert.is(proxied.status, 200);
  assert.is((await get(port(), '/other')).status, 404);
  await server.shutdown();
  assert.is(await server.closed, 0);
  upstream.close();
});

test('the lines that operators wait for come in the order of Envoy', async () => {
  const { log, server } = await startProxy({
    configYaml: bootstrap([listener(connectionManager([say('hi')]))], [staticCluster('up', 1)], {
      admin: { address: listenerAddress() },
    }),
    version: '1.2.3',
  });
  const wanted = [
    /\[main\] initializing epoch 0 \(envoy3 1\.2\.3\)/,
    /\[config\] loading 1 cluster\(s\)/,
    /\[config\] loading 1 listener\(s\)/,
    /\[admin\] admin address: 127\.0\.0\.1:\d+$/,
    /\[main\] starting main dispatch loop/,
    /\[upstream\] cm init: all clusters initialized/,
    /\[main\] all clusters initialized\. initializing init manager/,
    /\[config\] listener 'main' listens on 127\.0\.0\.1:\d+$/,
    /\[config\] all dependencies initialized\. starting workers/,
  ];
  let from = 0;
  for (const pattern of wanted) {
    const at = log.findIndex((line, index) => index >= from && pattern.test(line));
    assert.ok(at >= 0, `${pattern} is missing after line ${from} of\n${log.join('\n')}`);
    from = at + 1;
  }
  await server.shutdown();
});

test('an address that is taken is told in the words of Envoy', async () => {
  const taken = createTcpServer();
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
  const { port } = taken.address() as AddressInfo;
  const yaml = bootstrap([
    listener(connectionManager([say('a')]), { name: 'free' }),
    listener(connectionManager([say('b')]), { name: 'taken', address: listenerAddress(port) }),
  ]);
  const text = await failure(createServer({ configYaml: yaml, ...quiet }));
  assert.is(text, `cannot bind '127.0.0.1:${port}': Address already in use`);
  taken.close();
});

test('everything that is wrong is told at once, with its line', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, 'envoy3.yaml');
    writeFileSync(
      path,
      [
        'static_resources:',
        '  clusters:',
        '    - name: a',
        '      lb_policy: CLUSTER_PROVIDED',
        '    - name: b',
        '      type: ORIGINAL_DST',
        '',
      ].join('\n'),
    );
    const lines = (await failure(createServer({ configPath: path, ...quiet }))).split('\n');
    assert.is(lines.length, 2);
    assert.match(
      lines[0] ?? '',
      /^envoy3\.yaml:4:7: static_resources\.clusters\[0\]\.lb_policy: .*CLUSTER_PROVIDED.*needs real Envoy$/,
    );
    assert.match(lines[1] ?? '', /^envoy3\.yaml:6:7: .*ORIGINAL_DST.*needs real Envoy$/);
  });
});

test('a cluster that comes twice is refused', async () => {
  const yaml = bootstrap([], [staticCluster('c1', 1), staticCluster('c1', 2)]);
  const text = await failure(createServer({ configYaml: yaml, ...quiet }));
  assert.match(text, /static_resources\.clusters\[1\]\.name: cluster manager: duplicate cluster 'c1'$/);
});

test('two listeners on one address are refused, two on port 0 are not', async () => {
  const two = (port: number) =>
    bootstrap([
      listener(connectionManager([say('a')]), { name: 'l1', address: listenerAddress(port) }),
      listener(connectionManager([say('b')]), { name: 'l2', address: listenerAddress(port) }),
    ]);
  const text = await failure(createServer({ configYaml: two(21500), mode: 'validate', ...quiet }));
  assert.match(text, /'l2' has duplicate address '127\.0\.0\.1:21500' as existing listener/);
  const { port, server } = await startProxy({ configYaml: two(0) });
  assert.is((await get(port(0), '/')).body, 'a');
  assert.is((await get(port(1), '/')).body, 'b');
  await server.shutdown();
});

test('of two listeners of one name the first one is served', async () => {
  const { log, port, server } = await startProxy({
    configYaml: bootstrap([
      listener(connectionManager([say('first')])),
      listener(connectionManager([say('second')])),
    ]),
  });
  assert.is(server.listenerAddresses().length, 1);
  assert.is((await get(port(), '/')).body, 'first');
  assert.ok(log.some((line) => line.includes('[warning]') && line.includes("listener 'main' already")));
  await server.shutdown();
});

test('validation builds everything and binds nothing', async () => {
  const taken = createTcpServer();
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
  const { port } = taken.address() as AddressInfo;
  const yaml = bootstrap([listener(connectionManager([say('a')]), { address: listenerAddress(port) })], [], {
    admin: { address: listenerAddress(port) },
  });
  const server = await createServer({ configYaml: yaml, mode: 'validate', ...quiet });
  await server.shutdown();
  const broken = bootstrap([listener(connectionManager([toCluster('nope')]))]);
  const text = await failure(createServer({ configYaml: broken, mode: 'validate', ...quiet }));
  assert.match(text, /unknown cluster 'nope'/);
  taken.close();
});

test('additional addresses lead to the same chains', async () => {
  const { port, server } = await startProxy({
    configYaml: bootstrap([
      listener(connectionManager([say('hi')]), {
        additional_addresses: [{ address: listenerAddress(0, '127.0.0.2') }],
      }),
    ]),
  });
  assert.is((await get(port(), '/')).body, 'hi');
  const [line = ''] = server.listenerAddresses();
  assert.match(line, /^127\.0\.0\.1:/);
  await server.shutdown();
});

test('a listener on a pipe takes the place of a socket file that was left behind', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, 'proxy.sock');
    const configYaml = bootstrap([
      listener(connectionManager([say('piped')]), { address: { pipe: { path, mode: 0o600 } } }),
    ]);
    // A server whose process dies leaves its file; here another server holds it.
    const before = createTcpServer();
    await new Promise<void>((done) => before.listen(path, done));
    const { server } = await startProxy({ configYaml });
    assert.equal(server.listenerAddresses(), [path]);
    const { connect } = await import('node:net');
    const { HttpConnection } = await import('../support/http-connection.js');
    const socket = connect(path);
    const response = await new HttpConnection(socket).get('/');
    assert.is(response.body, 'piped');
    socket.destroy();
    await server.shutdown();
    before.close();
  });
});

test('the address of the admin interface and the application log go to the files of the flags', async () => {
  await inTemporaryFolder(async (folder) => {
    const adminAddressPath = join(folder, 'admin-address');
    const logPath = join(folder, 'envoy3.log');
    const server = await createServer({
      configYaml: bootstrap([], [], { admin: { address: listenerAddress() } }),
      adminAddressPath,
      logPath,
    });
    assert.is(readFileSync(adminAddressPath, 'utf8'), server.adminAddress);
    const ready = await get(Number(server.adminAddress?.split(':')[1]), '/server_info');
    assert.is(ready.status, 200);
    await server.shutdown();
    assert.match(readFileSync(logPath, 'utf8'), /starting workers[\s\S]*exiting\n$/);
    assert.ok(existsSync(logPath));
  });
});

test('a start that waits for its clusters can be given up', async () => {
  const abort = new AbortController();
  // Nobody answers there: an address that takes datagrams and says nothing.
  const { createSocket } = await import('node:dgram');
  const silent = createSocket('udp4');
  await new Promise<void>((done) => silent.bind(0, '127.0.0.1', done));
  const resolver = {
    name: 'envoy.network.dns_resolver.cares',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig',
      resolvers: [{ socket_address: { address: '127.0.0.1', port_value: silent.address().port } }],
    },
  };
  const cluster = {
    name: 'dns',
    type: 'STRICT_DNS',
    dns_lookup_family: 'V4_ONLY',
    typed_dns_resolver_config: resolver,
    load_assignment: {
      cluster_name: 'dns',
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address: 'x.test', port_value: 80 } } } },
          ],
        },
      ],
    },
  };
  const asked = new Promise<void>((done) => silent.once('message', () => done()));
  const starting = createServer({ configYaml: bootstrap([], [cluster]), signal: abort.signal, ...quiet });
  await asked;
  abort.abort(new Error('given up'));
  assert.is(await failure(starting), 'given up');
  silent.close();
});

test.run();
