/**
 * The shape of a mesh in one process: services register themselves, and a proxy finds all of them by name. Nothing is
 * asked for by time: what changes is known by news.
 */
import type { Server as HttpServer } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bootstrap, consulService, httpListener, route, virtualHost } from '../../dsl/index.js';
import type { Discovery } from '../../runtime/discovery/index.js';
import { createDiscovery } from '../../runtime/discovery/index.js';
import { startProxy } from '../support/serve.js';

const count = 20;
const nameOf = (n: number): string => `service${n}`;

function backend(name: string): Promise<{ server: HttpServer; port: number }> {
  const server = createHttpServer((_request, response) => response.end(name));
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => done({ server, port: (server.address() as { port: number }).port }));
  });
}

async function put(agent: Discovery, path: string, body?: object): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${agent.httpPort}${path}`, {
    method: 'PUT',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  assert.is(response.status, 200, await response.text());
}

async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await isSo())) {
    assert.ok(performance.now() < end, what);
    await new Promise((done) => setTimeout(done, 5));
  }
}

test(`${count} services register, are found by a proxy, leave and come back`, async () => {
  const agent = await createDiscovery({ httpPort: 0, dnsPort: 0, node: 'n1' });
  const backends = await Promise.all(Array.from({ length: count }, (_, n) => backend(nameOf(n))));
  const register = (n: number) =>
    put(agent, '/v1/agent/service/register', {
      Name: nameOf(n),
      Address: '127.0.0.1',
      Port: backends[n]?.port,
      Check: { TTL: '1h', Status: 'passing' },
    });
  const clusters = Array.from({ length: count }, (_, n) =>
    consulService(nameOf(n), {
      port: 'srv',
      defaultPort: 1,
      resolvers: [`127.0.0.1:${agent.dnsPort}`],
      agent: `127.0.0.1:${agent.httpPort}`,
      refreshRate: '3600s',
      raw: { dns_failure_refresh_rate: { base_interval: '3600s', max_interval: '3600s' } },
    }),
  );
  const routes = clusters.map((cluster, n) => route(`/${n}/`, cluster));
  const config = bootstrap({
    listeners: [httpListener(0, { virtualHosts: [virtualHost(['*'], routes)] })],
    clusters,
  });
  const proxy = await startProxy({ configYaml: JSON.stringify(config), logLevel: 'error' });
  const ask = async (n: number): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${proxy.port()}/${n}/`);
    const text = await response.text();
    return response.status === 200 ? text : String(response.status);
  };
  try {
    await until(() => agent.waitingQueries() === count, 'all clusters listen');
    assert.is(await ask(3), '503');
    await Promise.all(backends.map((_, n) => register(n)));
    for (let n = 0; n < count; n++) await until(async () => (await ask(n)) === nameOf(n), nameOf(n));
    await until(() => agent.waitingQueries() === count, 'all clusters listen again');
    await put(agent, '/v1/agent/check/fail/service:service7');
    await until(async () => (await ask(7)) === '503', 'one is unwell');
    assert.is(await ask(8), 'service8');
    await until(() => agent.waitingQueries() === count, 'all clusters listen again');
    await put(agent, '/v1/agent/check/pass/service:service7');
    await until(async () => (await ask(7)) === 'service7', 'it is well again');
    await agent.close();
    for (let n = 0; n < count; n++) assert.is(await ask(n), nameOf(n), 'without the agent the hosts stay');
  } finally {
    await proxy.server.shutdown();
    await agent.close();
    for (const { server } of backends) {
      server.closeAllConnections();
      server.close();
    }
  }
});

test.run();
