import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Message } from '../support/bootstrap.js';
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
import type { RunningProxy } from '../support/serve.js';
import { inTemporaryFolder, startProxy } from '../support/serve.js';

const saying = (text: string, more: Message = {}): string =>
  bootstrap([listener(connectionManager([say(text)]), more)]);

/** How long a connection waits for the client to close it after the last response. */
const quickClose: Message = { delayed_close_timeout: '0.010s' };

const inForce = /configuration .* is in force/;
const refused = /configuration refused, the one before stays in force/;

async function watching(
  folder: string,
  use: (proxy: RunningProxy, path: string) => Promise<void>,
): Promise<void> {
  const path = join(folder, 'envoy3.yaml');
  const proxy = await startProxy({ configPath: path, watch: true });
  try {
    await use(proxy, path);
  } finally {
    await proxy.server.shutdown();
  }
}

test('a file renamed over the configuration comes into force', async () => {
  await inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'envoy3.yaml'), saying('one'));
    await watching(folder, async ({ logged, port }, path) => {
      assert.is((await get(port(), '/')).body, 'one');
      writeFileSync(`${path}.new`, saying('two'));
      renameSync(`${path}.new`, path);
      await logged(inForce);
      assert.is((await get(port(), '/')).body, 'two');
    });
  });
});

test('a file written in place comes into force', async () => {
  await inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'envoy3.yaml'), saying('one'));
    await watching(folder, async ({ logged, port }, path) => {
      writeFileSync(path, saying('two'));
      await logged(inForce);
      assert.is((await get(port(), '/')).body, 'two');
    });
  });
});

test('a swapped link of a folder comes into force, as Kubernetes swaps it', async () => {
  await inTemporaryFolder(async (folder) => {
    for (const [name, text] of [
      ['..1', 'one'],
      ['..2', 'two'],
    ] as const) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'envoy3.yaml'), saying(text));
    }
    symlinkSync('..1', join(folder, '..data'));
    symlinkSync(join('..data', 'envoy3.yaml'), join(folder, 'envoy3.yaml'));
    await watching(folder, async ({ logged, port }) => {
      assert.is((await get(port(), '/')).body, 'one');
      symlinkSync('..2', join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
      await logged(inForce);
      assert.is((await get(port(), '/')).body, 'two');
    });
  });
});

test('a bad file is told once with its line, and the old configuration goes on', async () => {
  await inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'envoy3.yaml'), saying('one'));
    await watching(folder, async ({ log, logged, port }, path) => {
      writeFileSync(path, 'static_resources:\n  listeners: []\n  clusterz: []\n');
      const line = await logged(refused);
      assert.match(line, /envoy3\.yaml:3:3: static_resources\.clusterz: .*; did you mean 'clusters'\?/);
      assert.is((await get(port(), '/')).body, 'one');
      writeFileSync(path, saying('two'));
      await logged(inForce);
      assert.is((await get(port(), '/')).body, 'two');
      assert.is(log.filter((one) => refused.test(one)).length, 1);
    });
  });
});

test('a connection stays when only routes change, and meets the new ones with its next request', async () => {
  const { port, server } = await startProxy({ configYaml: saying('one') });
  const connection = await openConnection(port());
  assert.is((await connection.get('/')).body, 'one');
  assert.ok(await server.reload(saying('two')));
  const next = await connection.get('/');
  assert.is(next.body, 'two');
  assert.is(next.headers.get('connection'), undefined);
  connection.close();
  await server.shutdown();
});

test('a request under way keeps the route that it took', async () => {
  const upstream = await startUpstream();
  const proxying = (path: string) =>
    bootstrap([listener(connectionManager([toCluster('up', path)]))], [staticCluster('up', upstream.port)]);
  const { port, server } = await startProxy({ configYaml: proxying('/a') });
  const connection = await openConnection(port());
  connection.send('/a');
  const { response } = await upstream.next();
  assert.ok(await server.reload(proxying('/b')));
  response.end('late');
  const answer = await connection.response();
  assert.is(answer.status, 200);
  assert.is((await connection.get('/a')).status, 404);
  connection.close();
  await server.shutdown();
  upstream.close();
});

test('a request under way outlives its cluster', async () => {
  const upstream = await startUpstream();
  const before = bootstrap(
    [listener(connectionManager([toCluster('up')]))],
    [staticCluster('up', upstream.port)],
  );
  const { port, server } = await startProxy({ configYaml: before });
  const connection = await openConnection(port());
  connection.send('/');
  const { response } = await upstream.next();
  assert.ok(await server.reload(saying('without a cluster')));
  response.setHeader('content-length', 4);
  response.end('late');
  assert.is((await connection.response()).body, 'late');
  assert.is((await connection.get('/')).body, 'without a cluster');
  connection.close();
  await server.shutdown();
  upstream.close();
});

test('with a changed chain the socket stays: the request under way ends, new connections meet the new chain', async () => {
  const upstream = await startUpstream();
  const proxying = (limit: number) =>
    bootstrap(
      [
        listener(connectionManager([toCluster('up')], quickClose), {
          per_connection_buffer_limit_bytes: limit,
        }),
      ],
      [staticCluster('up', upstream.port)],
    );
  const { port, server } = await startProxy({ configYaml: proxying(100_000) });
  const portBefore = port();
  const old = await openConnection(portBefore);
  old.send('/');
  const first = await upstream.next();
  assert.ok(await server.reload(proxying(200_000)));
  assert.is(port(), portBefore);
  const fresh = await openConnection(portBefore);
  fresh.send('/');
  const second = await upstream.next();
  second.response.setHeader('content-length', 3);
  second.response.end('new');
  assert.is((await fresh.response()).headers.get('connection'), undefined);
  first.response.setHeader('content-length', 3);
  first.response.end('old');
  const last = await old.response();
  assert.is(last.body, 'old');
  assert.is(last.headers.get('connection'), 'close');
  await old.closed;
  fresh.close();
  await server.shutdown();
  upstream.close();
});

test('no request is lost on an idle connection whose chain was changed: it is answered, as the last one', async () => {
  const limited = (limit: number) => saying('hi', { per_connection_buffer_limit_bytes: limit });
  const { port, server } = await startProxy({ configYaml: limited(100_000) });
  const connection = await openConnection(port());
  assert.is((await connection.get('/')).headers.get('connection'), undefined);
  assert.ok(await server.reload(limited(200_000)));
  const last = await connection.get('/');
  assert.is(last.body, 'hi');
  assert.is(last.headers.get('connection'), 'close');
  connection.close();
  await server.shutdown();
});

test('a listener that is gone refuses connections, and its request under way ends', async () => {
  const upstream = await startUpstream();
  const { port, server } = await startProxy({
    configYaml: bootstrap(
      [listener(connectionManager([toCluster('up')], quickClose))],
      [staticCluster('up', upstream.port)],
    ),
  });
  const portBefore = port();
  const connection = await openConnection(portBefore);
  connection.send('/');
  const { response } = await upstream.next();
  assert.ok(await server.reload(bootstrap([], [staticCluster('up', upstream.port)])));
  const error = await new Promise<NodeJS.ErrnoException>((done) =>
    connect({ port: portBefore, host: '127.0.0.1' }).on('error', done),
  );
  assert.is(error.code, 'ECONNREFUSED');
  response.setHeader('content-length', 2);
  response.end('ok');
  assert.is((await connection.response()).body, 'ok');
  await connection.closed;
  await server.shutdown();
  upstream.close();
});

test('a new listener whose address is taken leaves everything as it was', async () => {
  const { port, server, log } = await startProxy({ configYaml: saying('one') });
  const { server: other, port: otherPort } = await startProxy({ configYaml: saying('other') });
  const next = bootstrap([
    listener(connectionManager([say('two')])),
    listener(connectionManager([say('new')]), { name: 'new', address: listenerAddress(otherPort()) }),
  ]);
  assert.not(await server.reload(next));
  assert.ok(
    log.some((line) => line.includes(`cannot bind '127.0.0.1:${otherPort()}': Address already in use`)),
  );
  assert.is((await get(port(), '/')).body, 'one');
  assert.is(server.listenerAddresses().length, 1);
  await other.shutdown();
  assert.ok(await server.reload(next), 'the address is free now');
  assert.is((await get(port(0), '/')).body, 'two');
  assert.is((await get(port(1), '/')).body, 'new');
  await server.shutdown();
});

test('reloads come into force one after the other, in their order', async () => {
  const { port, server } = await startProxy({ configYaml: saying('0') });
  const texts = Array.from({ length: 20 }, (_, index) => `${index + 1}`);
  const results = await Promise.all(texts.map((text) => server.reload(saying(text))));
  assert.ok(results.every(Boolean));
  assert.is((await get(port(), '/')).body, '20');
  await server.shutdown();
});

test('reloads are counted, and a change of the admin address is said to need a restart', async () => {
  const withAdmin = (text: string, address: string) =>
    bootstrap([listener(connectionManager([say(text)]))], [], {
      admin: { address: listenerAddress(0, address) },
    });
  const { port, server, log } = await startProxy({ configYaml: withAdmin('one', '127.0.0.1') });
  assert.not(await server.reload('{'));
  assert.ok(await server.reload(withAdmin('two', '127.0.0.2')));
  assert.is((await get(port(), '/')).body, 'two');
  assert.ok(log.some((line) => line.includes("a change of 'admin' needs a restart")));
  const connection = await openConnection(Number(server.adminAddress?.split(':')[1]));
  connection.send('/stats?filter=envoy3', 'connection: close\r\n');
  const text = await connection.closed;
  for (const line of [
    'envoy3.config.generation: 2',
    'envoy3.config.reload_attempt: 2',
    'envoy3.config.reload_rejected: 1',
    'envoy3.config.reload_success: 1',
  ]) {
    assert.ok(text.includes(line), `${line} in ${text}`);
  }
  await server.shutdown();
});

test('requests go on without a fault while the configuration changes all the time', async () => {
  const { port, server } = await startProxy({ configYaml: saying('x') });
  let going = true;
  let served = 0;
  let told: () => void = () => undefined;
  const clients = Array.from({ length: 4 }, async () => {
    const connection = await openConnection(port());
    while (going) {
      const { status } = await connection.get('/');
      assert.is(status, 200);
      served++;
      told();
    }
    connection.close();
  });
  for (let at = 0; at < 50; at++) {
    const next = new Promise<void>((done) => {
      told = done;
    });
    const reloaded = server.reload(saying(`x${at}`));
    await next;
    assert.ok(await reloaded);
  }
  going = false;
  await Promise.all(clients);
  assert.ok(served >= 50);
  await server.shutdown();
});

test.run();
