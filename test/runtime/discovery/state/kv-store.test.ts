import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createCatalog } from '../../../../runtime/discovery/catalog/create-catalog.js';
import { KvStore } from '../../../../runtime/discovery/state/kv-store.js';

function newStore(): KvStore {
  const node = { id: 'id', name: 'n1', address: '127.0.0.1', datacenter: 'dc1', meta: {} };
  return new KvStore(createCatalog({ node }));
}

const set = (store: KvStore, key: string): void =>
  void store.change({ verb: 'set', key, value: '', flags: '0' }, 0);

const keysOf = (store: KvStore, prefix: string): string[] => store.below(prefix).map(({ key }) => key);

/** Half a pair, which is no character, among others. */
const key = fc.array(fc.constantFrom('a', 'b', '/', 'ü', '\uffee', '😀', '\ud83d'), { maxLength: 4 });
const change = fc.record({
  verb: fc.constantFrom('set' as const, 'delete' as const, 'delete-tree' as const),
  key: key.map((letters) => letters.join('')),
});

test('keys are what was set and not deleted, in the order of their octets', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const store = newStore();
      const model = new Set<string>();
      for (const { verb, key } of changes) {
        if (verb === 'set') {
          set(store, key);
          model.add(key);
        } else {
          // Half of a pair begins many keys for JavaScript, and none in UTF-8.
          const gone = verb === 'delete' ? [key] : keysOf(store, key);
          store.change({ verb, key }, 0);
          for (const one of gone) model.delete(one);
        }
        assert.equal(new Set(keysOf(store, '')), model);
        assert.is(store.has(''), model.size > 0);
        for (const one of model) assert.ok(store.get(one) !== undefined && store.has(one));
      }
      const octets = keysOf(store, '').map((one) => Buffer.from(one, 'utf8'));
      assert.equal(octets, [...octets].sort(Buffer.compare));
    }),
    { numRuns: 300 },
  );
});

test('below a prefix, and nothing beside it', () => {
  const store = newStore();
  for (const one of ['b', 'a/2', 'a', 'ab', 'a/1', 'a0']) set(store, one);
  assert.equal(keysOf(store, 'a/'), ['a/1', 'a/2']);
  assert.equal(keysOf(store, 'c'), []);
  assert.ok(store.has('a/') && !store.has('a/3'));
});

test('several changes that do not stay leave no trace but the index of the catalog', () => {
  const store = newStore();
  for (const one of ['a', 'b', 'c']) set(store, one);
  const before = store.dump();
  store.together(() => {
    set(store, 'd');
    store.change({ verb: 'delete', key: 'a' }, 0);
    store.change({ verb: 'set', key: 'b', value: 'eA==', flags: '1' }, 0);
    store.change({ verb: 'delete-tree', key: '' }, 0);
    assert.equal(keysOf(store, ''), []);
    return false;
  });
  assert.equal(keysOf(store, ''), ['a', 'b', 'c']);
  const after = store.dump();
  const sorted = (entries: typeof before.entries) =>
    [...entries].sort((one, other) => (one.key < other.key ? -1 : 1));
  assert.equal(sorted(after.entries), sorted(before.entries));
  assert.is(after.index, before.index);
  assert.throws(() =>
    store.together(() => {
      set(store, 'd');
      throw new Error('a fault');
    }),
  );
  assert.equal(keysOf(store, ''), ['a', 'b', 'c']);
  store.together(() => {
    set(store, 'd');
    return true;
  });
  assert.equal(keysOf(store, ''), ['a', 'b', 'c', 'd']);
});

test.run();
