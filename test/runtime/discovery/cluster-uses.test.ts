import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { consulService } from '../../../dsl/index.js';
import { clusterUses } from '../../../runtime/discovery/cluster-uses.js';
import { dnsClustersOf } from '../../../runtime/discovery/dns-clusters.js';

const clustersOf = (...clusters: readonly unknown[]) => dnsClustersOf({ static_resources: { clusters } });

const uses = (clusters: ReturnType<typeof dnsClustersOf>) =>
  clusterUses({
    clusters,
    config: { domain: 'consul', altDomain: 'mesh' },
    datacenter: 'dc1',
    queries: {
      resolve: (name) => (name === 'near' ? ({ service: 'Orders' } as never) : undefined),
    },
  }).map(({ cluster, service }) => `${cluster}: ${service}`);

test('what clusters ask DNS for; addresses are no names', () => {
  const endpoint = (address: string) => ({
    endpoint: { address: { socket_address: { address, port_value: 1 } } },
  });
  const cluster = (name: string, ...addresses: readonly string[]) => ({
    name,
    load_assignment: { endpoints: [{ lb_endpoints: addresses.map(endpoint) }] },
  });
  const found = clustersOf(
    cluster('a', 'x.example', '10.0.0.1', 'x.example', 'y.example'),
    cluster('b', '::1'),
    {
      name: 'pipe',
      load_assignment: { endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: {} } } }] }] },
    },
    { name: 'eds' },
  );
  assert.equal(found, [{ name: 'a', names: ['x.example', 'y.example'] }]);
  assert.equal(dnsClustersOf(undefined), []);
});

test('clusters of consulService by their services, whatever their names say besides', () => {
  const clusters = clustersOf(
    consulService('a', { port: 1 }),
    consulService('b', { port: 1, service: 'Orders', tag: 'v1', datacenter: 'dc1' }),
    consulService('c', { port: 1, query: 'near' }),
    consulService('d', { port: 1, query: 'gone' }),
    consulService('e', { port: 1, domain: 'mesh' }),
  );
  assert.equal(uses(clusters), ['a: a', 'b: orders', 'c: orders', 'd: ', 'e: e']);
});

test('other zones, other datacenters, nodes and names that are none are not services here', () => {
  const names = [
    'example.com',
    'a.service.dc2.consul',
    'n1.node.consul',
    '..',
    `${'a'.repeat(64)}.service.consul`,
  ];
  assert.equal(uses([{ name: 'x', names }]), []);
});

test.run();
