/** What is read of `load_assignment` into the attributes of hosts. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { configuredEndpoints } from '../../../../runtime/upstream/cluster/configured-endpoints.js';

function metadataOf(cluster: object, endpoint: object = {}): unknown {
  const address = { socket_address: { address: '127.0.0.1', port_value: 1 } };
  const endpoints = [{ lb_endpoints: [{ endpoint: { address }, ...endpoint }] }];
  const [only] = configuredEndpoints({ ...cluster, load_assignment: { cluster_name: 'c', endpoints } });
  return only?.attributes.healthCheck?.metadata;
}

// Measured on Envoy 1.40: `"metadata":{"filter_metadata":{},"typed_filter_metadata":{}}` in health events of these alone.
test('a host by name has metadata in any case, one by address only when it is given some', () => {
  assert.is(metadataOf({ type: 'STATIC' }), undefined);
  assert.is(metadataOf({}), undefined);
  assert.equal(metadataOf({ type: 'STRICT_DNS' }), {});
  assert.equal(metadataOf({ type: 'LOGICAL_DNS' }), {});
  assert.equal(metadataOf({ cluster_type: { name: 'envoy.clusters.dns' } }), {});
  const metadata = { filter_metadata: { a: { b: 'c' } } };
  for (const type of ['STATIC', 'STRICT_DNS']) assert.equal(metadataOf({ type }, { metadata }), metadata);
});

test.run();
