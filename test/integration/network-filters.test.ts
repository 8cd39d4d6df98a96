/** Network filters in a whole server: what is before the connection manager, behind TLS, and for what is no HTTP. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bootstrap, connectionManager, listener, say } from '../support/bootstrap.js';
import { startProxy } from '../support/serve.js';

const types = 'type.googleapis.com/envoy.extensions.filters.network.';
const rbac = (action: string) => ({
  name: 'rbac',
  typed_config: {
    '@type': `${types}rbac.v3.RBAC`,
    stat_prefix: 'r',
    rules: { action, policies: { p: { permissions: [{ any: true }], principals: [{ any: true }] } } },
  },
});
const direct = {
  name: 'direct',
  typed_config: { '@type': `${types}direct_response.v3.Config`, response: { inline_string: 'not here\n' } },
};

async function ask(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString('latin1');
    if (answer.includes('hello')) socket.end();
  });
  socket.on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

test('the connection manager gets those that rbac lets pass', async () => {
  const manager = connectionManager([say('hello')]);
  for (const [action, expected] of [
    ['ALLOW', /^HTTP\/1\.1 200 [\s\S]*hello$/],
    ['DENY', /^$/],
  ] as const) {
    const chains = { filter_chains: [{ filters: [rbac(action), manager] }] };
    const proxy = await startProxy({ configYaml: bootstrap([listener(manager, chains)]) });
    try {
      assert.match(await ask(proxy.port(), 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'), expected);
    } finally {
      await proxy.server.shutdown();
    }
  }
});

test('what no chain is for meets the default chain', async () => {
  const chains = {
    filter_chains: [
      { filters: [connectionManager([say('hello')])], filter_chain_match: { transport_protocol: 'tls' } },
    ],
    default_filter_chain: { filters: [direct] },
  };
  const proxy = await startProxy({ configYaml: bootstrap([listener(direct, chains)]) });
  try {
    assert.is(await ask(proxy.port(), 'anything'), 'not here\n');
  } finally {
    await proxy.server.shutdown();
  }
});

test('filters in the wrong place and filters that are not built are refused by their path', async () => {
  const sni = { name: 'sni', typed_config: { '@type': `${types}sni_cluster.v3.SniCluster` } };
  for (const [filters, expected] of [
    [[rbac('ALLOW')], /filters\[0\].*non-terminal filter named rbac .* is the last filter/],
    [[direct, direct], /filters\[0\].*terminal filter named direct .* must be the last filter/],
    [[sni, direct], /filters\[0\]\.typed_config.*needs real Envoy/],
  ] as const) {
    const config = bootstrap([listener(direct, { filter_chains: [{ filters }] })]);
    try {
      await startProxy({ configYaml: config });
      assert.unreachable();
    } catch (error) {
      assert.match((error as Error).message, expected);
    }
  }
});

test.run();
