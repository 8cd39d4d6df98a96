import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ServiceDefinition } from '../../../../runtime/discovery/catalog/catalog.js';
import { createCatalog } from '../../../../runtime/discovery/catalog/create-catalog.js';

const node = { id: 'id', name: 'n1', address: '127.0.0.1', datacenter: 'dc1', meta: {} };

function service(id: string, name: string, more: Partial<ServiceDefinition> = {}): ServiceDefinition {
  return {
    id,
    name,
    tags: [],
    address: '10.0.0.1',
    port: 80,
    meta: {},
    taggedAddresses: {},
    weights: { passing: 1, warning: 1 },
    enableTagOverride: false,
    ...more,
  };
}

const check = (id: string, status: 'passing' | 'critical' = 'critical') => ({
  id,
  name: id,
  notes: '',
  status,
  ttlMs: 1000,
  probe: undefined,
  deregisterAfterMs: undefined,
});

test('a service registered again with the same words changes nothing', () => {
  const catalog = createCatalog({ node, firstIndex: 100 });
  catalog.putService(service('a', 'web'), 'api');
  const { index } = catalog;
  let told = 0;
  catalog.onChange(() => told++);
  catalog.putService(service('a', 'web'), 'api');
  assert.is(catalog.index, index);
  assert.is(told, 0);
  catalog.putService(service('a', 'web', { port: 81 }), 'api');
  assert.is(catalog.index, index + 1);
  assert.is(told, 1);
  assert.is(catalog.service('a')?.createIndex, index);
  assert.is(catalog.service('a')?.modifyIndex, index + 1);
});

test('the index of a name never goes back, not even when the name is gone', () => {
  const catalog = createCatalog({ node, firstIndex: 100 });
  const before = catalog.indexOf('web');
  catalog.putService(service('a', 'web'), 'api');
  catalog.putCheck(check('c'), 'a');
  catalog.report('c', 'passing', '');
  const there = catalog.indexOf('WEB');
  assert.ok(there > before);
  catalog.putService(service('b', 'other'), 'api');
  assert.is(catalog.indexOf('web'), there);
  catalog.removeService('a');
  assert.ok(catalog.indexOf('web') > there);
  assert.equal(catalog.checks(), []);
});

test('a service that changes its name leaves the old one', () => {
  const catalog = createCatalog({ node });
  catalog.putService(service('a', 'web'), 'api');
  const index = catalog.indexOf('web');
  catalog.putService(service('a', 'shop'), 'api');
  assert.equal(catalog.instances('web'), []);
  assert.is(catalog.instances('SHOP').length, 1);
  assert.ok(catalog.indexOf('web') > index);
});

test('a check keeps its status when it is registered again, and output alone raises no index', () => {
  const catalog = createCatalog({ node });
  catalog.putService(service('a', 'web'), 'api');
  catalog.putCheck(check('c'), 'a');
  catalog.report('c', 'passing', 'fine');
  const { index } = catalog;
  catalog.putCheck(check('c'), 'a');
  assert.is(catalog.check('c')?.status, 'passing');
  catalog.report('c', 'passing', 'finer');
  assert.is(catalog.check('c')?.output, 'finer');
  assert.is(catalog.index, index);
});

test('a check of the node counts for every service', () => {
  const catalog = createCatalog({ node });
  catalog.putService(service('a', 'web'), 'api');
  catalog.putService(service('b', 'shop'), 'api');
  const before = catalog.indexOf('shop');
  catalog.putCheck(check('n'), '');
  assert.ok(catalog.indexOf('shop') > before);
  assert.is(catalog.instances('web')[0]?.checks[0]?.id, 'n');
});

test('a check that moves to another service leaves the one it was of', () => {
  const catalog = createCatalog({ node });
  catalog.putService(service('a', 'web'), 'api');
  catalog.putService(service('b', 'shop'), 'api');
  catalog.putCheck(check('c'), 'a');
  const before = catalog.indexOf('web');
  catalog.putCheck(check('c'), 'b');
  assert.equal(catalog.instances('web')[0]?.checks, []);
  assert.is(catalog.instances('shop')[0]?.checks.length, 1);
  assert.ok(catalog.indexOf('web') > before);
  catalog.removeService('b');
  assert.equal(catalog.checks(), []);
});

test('whatever is done, indexes only rise and look-ups agree with a plain model', () => {
  const id = fc.constantFrom('a', 'b', 'c');
  const name = fc.constantFrom('web', 'Web', 'shop');
  const step = fc.oneof(
    fc.record({ kind: fc.constant('put' as const), id, name, port: fc.nat(3) }),
    fc.record({ kind: fc.constant('remove' as const), id }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const catalog = createCatalog({ node });
      const model = new Map<string, string>();
      const last = { web: 0, shop: 0, all: 0 };
      for (const one of steps) {
        if (one.kind === 'put') {
          catalog.putService(service(one.id, one.name, { port: one.port }), 'api');
          model.set(one.id, one.name);
        } else {
          assert.is(catalog.removeService(one.id), model.delete(one.id));
        }
        const now = { web: catalog.indexOf('web'), shop: catalog.indexOf('shop'), all: catalog.index };
        assert.ok(now.web >= last.web && now.shop >= last.shop && now.all >= last.all);
        Object.assign(last, now);
        for (const wanted of ['web', 'shop']) {
          const expected = [...model].filter(([, own]) => own.toLowerCase() === wanted).map(([key]) => key);
          const found = catalog.instances(wanted).map((instance) => instance.service.id);
          assert.equal(found.sort(), expected.sort());
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('a node whose id is given to another name is gone with all that was on it; this node stays', () => {
  const catalog = createCatalog({ node });
  const ext = { id: 'u1', name: 'ext', address: '10.0.0.9', taggedAddresses: null, meta: null };
  catalog.putNode(ext);
  catalog.putService(service('db', 'db'), 'catalog', 'ext');
  assert.is(catalog.instances('db')[0]?.node.name, 'ext');
  const before = catalog.indexOf('db');
  catalog.putNode({ ...ext, name: 'other' });
  assert.equal(catalog.instances('db'), []);
  assert.ok(catalog.indexOf('db') > before);
  assert.is(catalog.findNode('u1')?.name, 'other');
  assert.not(catalog.removeNode('n1'));
  assert.ok(catalog.removeNode('OTHER'));
});

test('who is at an address, whatever came and went', () => {
  const address = fc.constantFrom('10.0.0.1', '10.0.0.2', '127.0.0.1', '');
  const name = fc.constantFrom('web', 'WEB', 'db');
  const id = fc.constantFrom('a', 'b', 'c');
  const place = fc.constantFrom('n1', 'x', 'y');
  const step = fc.oneof(
    fc.record({ kind: fc.constant('put' as const), id, name, address, place }),
    fc.record({ kind: fc.constant('remove' as const), id, place }),
    fc.record({ kind: fc.constant('node' as const), place, address, uuid: fc.constantFrom('', 'u1', 'u2') }),
    fc.record({ kind: fc.constant('drop' as const), place }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const catalog = createCatalog({ node });
      for (const one of steps) {
        if (one.kind === 'put' && catalog.findNode(one.place) !== undefined) {
          catalog.putService(service(one.id, one.name, { address: one.address }), 'catalog', one.place);
        } else if (one.kind === 'remove') catalog.removeService(one.id, one.place);
        else if (one.kind === 'node' && one.place !== 'n1') {
          catalog.putNode({
            id: one.uuid,
            name: one.place,
            address: one.address,
            taggedAddresses: null,
            meta: null,
          });
        } else if (one.kind === 'drop') catalog.removeNode(one.place);
        for (const where of ['10.0.0.1', '10.0.0.2', '127.0.0.1']) {
          const found = catalog.at(where);
          const there = catalog.nodes().find((other) => other.address === where);
          const services = catalog.services().filter((other) => other.service.address === where);
          if (there !== undefined) assert.equal(found, { kind: 'node', name: there.name });
          else if (services.length === 0) assert.is(found, undefined);
          else
            assert.ok(
              services.some((other) => other.service.name === found?.name),
              where,
            );
        }
        for (const uuid of ['u1', 'u2']) {
          assert.is(catalog.findNode(uuid)?.name, catalog.nodes().find((other) => other.id === uuid)?.name);
        }
        for (const wanted of ['web', 'db']) {
          const all = catalog.services().filter((other) => other.service.name.toLowerCase() === wanted);
          assert.is(catalog.instances(wanted).length, all.length);
        }
      }
    }),
  );
});

test('tags alone can be changed', () => {
  const catalog = createCatalog({ node });
  catalog.putService(service('a', 'web', { port: 81 }), 'file');
  catalog.setTags('a', ['x']);
  assert.equal(catalog.service('a')?.tags, ['x']);
  assert.is(catalog.service('a')?.port, 81);
  assert.is(catalog.service('a')?.origin, 'file');
});

test('what is dumped is put back, look-ups and indexes included', () => {
  const catalog = createCatalog({ node });
  catalog.putNode({ id: '', name: 'ext', address: '10.0.0.9', taggedAddresses: null, meta: { a: 'b' } });
  catalog.putService(service('a', 'web'), 'api');
  catalog.putService(service('a', 'web'), 'catalog', 'ext');
  catalog.putCheck(check('c', 'passing'), 'a');
  catalog.removeService('a');
  const copy = createCatalog({ node });
  copy.restore(JSON.parse(JSON.stringify(catalog.dump())));
  assert.is(copy.indexOf('WEB'), catalog.indexOf('web'));
  assert.is(copy.instances('web').length, 1);
  assert.equal(copy.dump(), JSON.parse(JSON.stringify(catalog.dump())));
});

test.run();
