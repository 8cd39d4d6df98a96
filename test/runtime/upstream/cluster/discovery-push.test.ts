/** Clusters that listen to an agent, against real discovery on sockets of this machine. */
import { createServer } from 'node:http';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { consulService } from '../../../../dsl/index.js';
import { systemClock } from '../../../../runtime/common/clock.js';
import type { Discovery } from '../../../../runtime/discovery/index.js';
import { createDiscovery } from '../../../../runtime/discovery/index.js';
import { createStatsStore } from '../../../../runtime/stats/stats-store.js';
import { createCluster } from '../../../../runtime/upstream/cluster/create-cluster.js';
import { followDiscovery } from '../../../../runtime/upstream/cluster/discovery-push.js';
import type { OwnedCluster } from '../../../../runtime/upstream/cluster/owned-cluster.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { clusterConfig } from '../fixtures.js';

/** No timer of the cluster ends in these tests: what happens, happens by news. */
const hour = '3600s';

async function put(agent: Discovery, path: string, body?: object): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${agent.httpPort}${path}`, {
    method: 'PUT',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  assert.is(response.status, 200, await response.text());
}

const register = (agent: Discovery, id: string, port: number, more: object = {}): Promise<void> =>
  put(agent, '/v1/agent/service/register', {
    ID: id,
    Name: 'orders',
    Address: `10.0.0.${port}`,
    Port: port,
    ...more,
  });

async function follow(agent: Discovery, more: object): Promise<OwnedCluster> {
  const built = consulService('orders', {
    port: 80,
    resolvers: [`127.0.0.1:${agent.dnsPort}`],
    agent: `127.0.0.1:${agent.httpPort}`,
    refreshRate: hour,
    ...more,
  } as Parameters<typeof consulService>[1]);
  const config = clusterConfig({ ...built, dns_failure_refresh_rate: undefined });
  const owned = createCluster(
    config,
    { clock: systemClock, stats: createStatsStore(), random: () => 0.5 },
    undefined,
  );
  await owned.warmed;
  owned.cluster.activate();
  return owned;
}

const hosts = ({ cluster }: OwnedCluster): string[] =>
  cluster.hostSet.hosts.map(({ addressText }) => addressText).sort();

/** Waits for what is to come; what does not come fails the test by its own time limit. */
async function until(isSo: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 5000;
  while (!isSo()) {
    assert.ok(performance.now() < end, what);
    await new Promise((done) => setTimeout(done, 2));
  }
}

async function withAgent(use: (agent: Discovery) => Promise<void>): Promise<void> {
  const agent = await createDiscovery({ httpPort: 0, dnsPort: 0, node: 'n1' });
  try {
    await use(agent);
  } finally {
    await agent.close();
  }
}

test('registered, unwell, maintained or gone: the cluster knows without waiting for its turn', () =>
  withAgent(async (agent) => {
    await register(agent, 'a', 1, { Check: { TTL: '1h', Status: 'passing' } });
    const owned = await follow(agent, {});
    try {
      assert.equal(hosts(owned), ['10.0.0.1:80']);
      // The cluster has to be listening before there is news.
      await until(() => agent.waitingQueries() === 1, 'listens');
      await register(agent, 'b', 2);
      await until(() => hosts(owned).length === 2, 'sees the second');
      await until(() => agent.waitingQueries() === 1, 'listens again');
      await put(agent, '/v1/agent/check/fail/service:a');
      await until(() => hosts(owned).join() === '10.0.0.2:80', 'drops the first');
      await until(() => agent.waitingQueries() === 1, 'listens again');
      await put(agent, '/v1/agent/service/maintenance/b?enable=true');
      await until(() => hosts(owned).length === 0, 'drops the second');
      await until(() => agent.waitingQueries() === 1, 'listens again');
      await put(agent, '/v1/agent/service/maintenance/b?enable=false');
      await until(() => hosts(owned).join() === '10.0.0.2:80', 'takes it back');
    } finally {
      owned.stop();
    }
    await until(() => agent.waitingQueries() === 0, 'lets go');
  }));

test('SRV: ports and weights of the instances', () =>
  withAgent(async (agent) => {
    await register(agent, 'a', 1, { Weights: { Passing: 7, Warning: 1 } });
    await register(agent, 'b', 2);
    const owned = await follow(agent, { port: 'srv', defaultPort: 9 });
    try {
      assert.equal(hosts(owned), ['10.0.0.1:1', '10.0.0.2:2']);
      const weights = owned.cluster.hostSet.hosts.map(({ weight }) => weight);
      assert.equal(weights.sort(), [1, 7]);
    } finally {
      owned.stop();
    }
  }));

test('an agent that is gone is asked again, later each time, and its return is news', async () => {
  const clock = new FakeClock();
  let status = 503;
  const asked: string[] = [];
  let answered = 0;
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.on('close', () => answered++);
    // With an index it waits, as an agent does.
    if (status === 200 && request.url?.includes('index=')) return;
    response.writeHead(status, { 'X-Consul-Index': '7' }).end('[]');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  let news = 0;
  const stop = followDiscovery({
    source: { agent: `http://127.0.0.1:${port}`, service: 'a b', datacenter: 'dc2', srv: false },
    clock,
    random: () => 0,
    onChange: () => news++,
  });
  try {
    // Another timer is that of the question itself, as long as it is on its way.
    await until(() => answered === 1 && clock.untilNext === 500, 'asks');
    assert.is(asked[0], '/v1/health/service/a%20b?dc=dc2');
    clock.advance(499);
    assert.is(asked.length, 1);
    clock.advance(1);
    await until(() => answered === 2, 'asks again');
    assert.is(news, 0);
    status = 200;
    await until(() => clock.untilNext === 1000, 'waits');
    clock.advance(1000);
    await until(() => asked.length === 4, 'is back, and waits with the index');
    assert.is(asked[3], '/v1/health/service/a%20b?dc=dc2&index=7&wait=60000ms');
    assert.is(news, 1);
  } finally {
    stop();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
  assert.is(clock.timers, 0);
});

test.run();
