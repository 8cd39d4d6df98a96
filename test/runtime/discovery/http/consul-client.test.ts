/** The npm client of Consul, against our agent: what a Node service does with one. */
import Consul from 'consul';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Discovery } from '../../../../runtime/discovery/index.js';
import { createDiscovery } from '../../../../runtime/discovery/index.js';

// biome-ignore lint/suspicious/noExplicitAny: replies are what is tested.
type Reply = any;

async function withClient(use: (consul: Consul, agent: Discovery) => Promise<void>): Promise<void> {
  const agent = await createDiscovery({ httpPort: 0, dnsPort: 0, node: 'node1' });
  try {
    await use(new Consul({ host: '127.0.0.1', port: agent.httpPort }), agent);
  } finally {
    await agent.close();
  }
}

test('agent: services, checks, maintenance, members', () =>
  withClient(async (consul) => {
    await consul.agent.service.register({
      name: 'web',
      id: 'web1',
      port: 80,
      tags: ['a'],
      check: { ttl: '30s', name: 'beat' },
    } as never);
    assert.equal(Object.keys(await consul.agent.services()), ['web1']);
    await consul.agent.check.pass('service:web1');
    assert.is(((await consul.agent.checks()) as Reply)['service:web1'].Status, 'passing');
    await consul.agent.check.warn({ id: 'service:web1', note: 'slow' } as never);
    assert.is(((await consul.agent.checks()) as Reply)['service:web1'].Output, 'slow');
    await consul.agent.check.fail('service:web1');
    await consul.agent.check.register({ name: 'mem', ttl: '10s' } as never);
    await consul.agent.check.deregister('mem');
    await consul.agent.service.maintenance({ id: 'web1', enable: true, reason: 'x' } as never);
    await consul.agent.service.maintenance({ id: 'web1', enable: false } as never);
    await consul.agent.maintenance(true);
    await consul.agent.maintenance(false);
    assert.is(((await consul.agent.self()) as Reply).Member.Name, 'node1');
    assert.is(((await consul.agent.members()) as Reply).length, 1);
    await consul.agent.service.deregister('web1');
    assert.equal(await consul.agent.services(), {});
  }));

test('catalog and health', () =>
  withClient(async (consul) => {
    await consul.catalog.register({
      node: 'ext1',
      address: '10.9.9.9',
      service: { service: 'db', port: 5432, tags: ['master'] },
      check: { name: 'up', status: 'passing', serviceid: 'db' },
    } as never);
    assert.equal(await consul.catalog.datacenters(), ['dc1']);
    assert.equal(await consul.catalog.services(), { consul: [], db: ['master'] });
    assert.is(((await consul.catalog.service.nodes('db')) as Reply)[0].ServicePort, 5432);
    assert.is(((await consul.catalog.nodes({} as never)) as Reply).length, 2);
    assert.is(((await consul.catalog.node.services('ext1')) as Reply).Services.db.Port, 5432);
    const [instance] = (await consul.health.service({ service: 'db', passing: true } as never)) as Reply;
    assert.is(instance.Checks[0].Status, 'passing');
    assert.is(((await consul.health.checks('db')) as Reply)[0].Node, 'ext1');
    assert.is(((await consul.health.node('ext1')) as Reply).length, 1);
    assert.is(((await consul.health.state('any')) as Reply).length, 2);
    await consul.catalog.deregister({ node: 'ext1' } as never);
    assert.is(((await consul.catalog.nodes({} as never)) as Reply).length, 1);
    assert.match(String(await consul.status.leader()), /^127\.0\.0\.1:\d+$/);
  }));

test('keys, locks and transactions', () =>
  withClient(async (consul) => {
    assert.is(await consul.kv.get('none'), undefined);
    assert.is(await consul.kv.set('a/b', 'ü\u0000'), true);
    const entry = (await consul.kv.get('a/b')) as Reply;
    assert.is(entry.Value, 'ü\u0000');
    // The client makes undefined of false.
    assert.not(await consul.kv.set({ key: 'a/b', value: 'x', cas: '0' } as never));
    assert.is(await consul.kv.set({ key: 'a/b', value: 'x', cas: String(entry.ModifyIndex) } as never), true);
    await consul.kv.set('a/c', '2');
    assert.equal(await consul.kv.keys('a/'), ['a/b', 'a/c']);
    assert.is(((await consul.kv.get({ key: 'a', recurse: true } as never)) as Reply).length, 2);
    const { ID } = (await consul.session.create({
      ttl: '10s',
      behavior: 'delete',
      lockdelay: '0s',
    } as never)) as Reply;
    assert.is(await consul.kv.set({ key: 'lock', value: 'me', acquire: ID } as never), true);
    const other = (await consul.session.create({} as never)) as Reply;
    // The client makes undefined of false.
    assert.not(await consul.kv.set({ key: 'lock', value: 'you', acquire: other.ID } as never));
    await consul.session.renew(ID);
    assert.is(((await consul.session.list()) as Reply).length, 2);
    assert.is(((await consul.session.get(ID)) as Reply).Behavior, 'delete');
    await consul.session.destroy(ID);
    assert.is(await consul.kv.get('lock'), undefined);
    await consul.kv.del({ key: 'a', recurse: true } as never);
    assert.is(await consul.kv.get('a/b'), undefined);
  }));

test('prepared queries and events', () =>
  withClient(async (consul) => {
    await consul.agent.service.register({ name: 'web', port: 80 } as never);
    const { ID } = (await consul.query.create({ name: 'q', service: { service: 'web' } } as never)) as Reply;
    assert.is(((await consul.query.execute('q')) as Reply).Nodes.length, 1);
    assert.is(((await consul.query.list()) as Reply).length, 1);
    await (consul.query as Reply).destroy(ID);
    assert.equal(await consul.query.list(), []);
    const event = (await consul.event.fire('deploy', 'v2')) as Reply;
    assert.is(((await consul.event.list('deploy')) as Reply)[0].ID, event.ID);
  }));

test('a watch sees each change', () =>
  withClient(async (consul, agent) => {
    const seen: number[] = [];
    const watch = consul.watch({
      method: consul.health.service,
      options: { service: 'web', passing: true } as never,
    });
    const changed = (count: number): Promise<void> =>
      new Promise((done, fail) => {
        const look = (data: Reply): void => {
          if (data.length !== count) return;
          watch.off('change', look);
          done();
        };
        watch.on('change', look);
        watch.on('error', fail);
      });
    watch.on('change', (data: Reply) => seen.push(data.length));
    const first = changed(0);
    await first;
    const second = changed(1);
    while (agent.waitingQueries() === 0) await new Promise((done) => setTimeout(done, 2));
    await consul.agent.service.register({ name: 'web', port: 80 } as never);
    await second;
    watch.end();
    assert.equal(seen, [0, 1]);
  }));

test.run();
