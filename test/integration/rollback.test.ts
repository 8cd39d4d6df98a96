/** The way back to configurations that were in force before. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bootstrap, connectionManager, listener, listenerAddress, say } from '../support/bootstrap.js';
import { get } from '../support/http-connection.js';
import type { RunningProxy } from '../support/serve.js';
import { startProxy } from '../support/serve.js';

const saying = (text: string): string =>
  bootstrap([listener(connectionManager([say(text)]))], [], { admin: { address: listenerAddress() } });

const ask = async (proxy: RunningProxy, path: string, method = 'POST'): Promise<string> => {
  const response = await fetch(`http://${proxy.server.adminAddress}${path}`, { method });
  return `${response.status} ${await response.text()}`;
};
const body = async (proxy: RunningProxy): Promise<string> => (await get(proxy.port(), '/')).body;

/** Generations that one can go back to, and the one in force. */
async function generations(proxy: RunningProxy): Promise<number[]> {
  const { configurations } = JSON.parse((await ask(proxy, '/config/history', 'GET')).slice(4));
  assert.is(configurations.at(-1).in_force, true);
  assert.match(configurations[0].sha256, /^[0-9a-f]{64}$/);
  return configurations.map(({ generation }: { generation: number }) => generation);
}

test('the one before, then the one before that, then none', async () => {
  const proxy = await startProxy({ configYaml: saying('one'), rollback: true });
  try {
    assert.is(await ask(proxy, '/config/rollback'), '409 there is no configuration to go back to\n');
    await proxy.server.reload(saying('two'));
    await proxy.server.reload('static_resources: [');
    await proxy.server.reload(saying('three'));
    assert.equal(await generations(proxy), [1, 2, 3]);
    assert.is(await ask(proxy, '/config/rollback'), '200 OK\n');
    assert.is(await body(proxy), 'two');
    assert.is(await ask(proxy, '/config/rollback'), '200 OK\n');
    assert.is(await body(proxy), 'one');
    assert.match(await ask(proxy, '/config/rollback'), /^409/);
    assert.equal(await generations(proxy), [1]);
  } finally {
    await proxy.server.shutdown();
  }
});

test('one of five by its number; older ones are forgotten', async () => {
  const proxy = await startProxy({ configYaml: saying('1'), rollback: true });
  try {
    for (let at = 2; at <= 8; at++) await proxy.server.reload(saying(String(at)));
    assert.equal(await generations(proxy), [3, 4, 5, 6, 7, 8]);
    assert.match(await ask(proxy, '/config/rollback?generation=2'), /^409/);
    assert.match(await ask(proxy, '/config/rollback?generation=x'), /^400 usage/);
    assert.is(await ask(proxy, '/config/rollback?generation=4'), '200 OK\n');
    assert.is(await body(proxy), '4');
    await proxy.server.reload(saying('9'));
    assert.equal(await generations(proxy), [3, 4, 9]);
  } finally {
    await proxy.server.shutdown();
  }
});

test('it is not there unless it is asked for, and takes POST alone', async () => {
  const without = await startProxy({ configYaml: saying('one') });
  assert.match(await ask(without, '/config/rollback'), /^404/);
  await without.server.shutdown();
  const proxy = await startProxy({ configYaml: saying('one'), rollback: true });
  assert.match(await ask(proxy, '/config/rollback', 'GET'), /^405/);
  const help = await ask(proxy, '/help', 'GET');
  assert.match(help, '/config/history: print');
  assert.match(help, '/config/rollback (POST): put');
  await proxy.server.shutdown();
});

test.run();
