import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LoadedConfig } from '../../../runtime/config/config-loader.js';
import type { ListenerManager, ListenerUpdate } from '../../../runtime/listener/listener-manager.js';
import { ConfigError } from '../../../runtime/network/filter.js';
import type { Generation } from '../../../runtime/server/generation.js';
import { prepareGeneration } from '../../../runtime/server/generation.js';
import type { ReloadableClusterManager } from '../../../runtime/upstream/cluster-manager.js';

type PrepareListeners = ListenerManager['prepare'];

function prepare(
  clusters: readonly string[],
  prepareListeners: PrepareListeners,
  done: string[] = [],
): Generation {
  const config: LoadedConfig = {
    bootstrap: { static_resources: { clusters: clusters.map((name) => ({ name })) } },
    describe: (path, message) => `${path.join('.')}: ${message}`,
  };
  const manager = {
    prepare: () => ({
      warmed: Promise.resolve(),
      commit: () => void done.push('commit clusters'),
      discard: () => void done.push('discard clusters'),
    }),
  } as unknown as ReloadableClusterManager;
  const context = {} as Parameters<typeof prepareGeneration>[3];
  return prepareGeneration(config, manager, { prepare: prepareListeners } as ListenerManager, context);
}

const update = (done: string[]): ListenerUpdate => ({
  bind: () => Promise.resolve(),
  sockets: () => [],
  commit: () => {
    done.push('commit listeners');
    return [];
  },
  discard: () => void done.push('discard listeners'),
});

test('clusters come into force before the listeners whose routes name them', () => {
  const done: string[] = [];
  prepare(['a'], () => update(done), done).commit();
  assert.equal(done, ['commit clusters', 'commit listeners']);
});

test('filters are told the clusters of their own configuration', () => {
  prepare(['a', 'b'], (_configs, { hasCluster }) => {
    assert.ok(hasCluster('b'));
    assert.not(hasCluster('c'));
    return update([]);
  });
});

test('a bad listener discards the clusters, and its path is told', () => {
  const done: string[] = [];
  const bad: PrepareListeners = () => {
    throw new ConfigError('why', ['static_resources', 'listeners', 0]);
  };
  assert.throws(() => prepare(['a'], bad, done), /^static_resources\.listeners\.0: why$/);
  assert.equal(done, ['discard clusters']);
});

test('a cluster name that comes twice is refused before anything is built', () => {
  const done: string[] = [];
  assert.throws(
    () => prepare(['a', 'b', 'a'], () => update(done), done),
    /^static_resources\.clusters\.2\.name: cluster manager: duplicate cluster 'a'$/,
  );
  assert.equal(done, []);
});

test('what filters keep does not keep their generation alive', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let kept: ((name: string) => boolean) | undefined;
  let listeners: WeakRef<ListenerUpdate> | undefined;
  prepare(['a'], (_configs, { hasCluster }) => {
    kept = hasCluster;
    const made = update([]);
    listeners = new WeakRef(made);
    return made;
  });
  // A reference that was looked at stays until the end of the turn.
  await new Promise<void>((done) => setImmediate(done));
  collect();
  assert.is(listeners?.deref(), undefined);
  assert.ok(kept?.('a'));
});

test('the cluster that this proxy belongs to must be there', () => {
  const config: LoadedConfig = {
    bootstrap: {
      cluster_manager: { local_cluster_name: 'mine' },
      static_resources: { clusters: [{ name: 'other' }] },
    },
    describe: (path, message) => `${path.join('.')}: ${message}`,
  };
  const context = {} as Parameters<typeof prepareGeneration>[3];
  assert.throws(
    () => prepareGeneration(config, {} as ReloadableClusterManager, {} as ListenerManager, context),
    /^cluster_manager.local_cluster_name: local cluster 'mine' must be defined$/,
  );
});

test.run();
