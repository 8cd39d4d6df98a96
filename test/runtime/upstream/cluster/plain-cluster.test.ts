import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { plainCluster } from '../../../../runtime/upstream/cluster/plain-cluster.js';

const dns = (fields: object) => ({
  name: 'a',
  cluster_type: {
    name: 'envoy.clusters.dns',
    typed_config: { '@type': 'type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster', ...fields },
  },
});

test('the extension for DNS is the older fields', () => {
  assert.equal(
    plainCluster(
      dns({ dns_refresh_rate: '3s', respect_dns_ttl: true, dns_lookup_family: 'V4_ONLY' }) as never,
    ),
    {
      name: 'a',
      type: 'STRICT_DNS',
      dns_refresh_rate: '3s',
      respect_dns_ttl: true,
      dns_lookup_family: 'V4_ONLY',
    },
  );
  assert.equal(plainCluster(dns({ all_addresses_in_single_endpoint: true }) as never), {
    name: 'a',
    type: 'LOGICAL_DNS',
    dns_lookup_family: 'AUTO',
  });
});

test('built-in types by their names, others are refused', () => {
  const named = (name: string) => plainCluster({ name: 'a', cluster_type: { name } } as never);
  assert.equal(named('envoy.cluster.strict_dns'), { name: 'a', type: 'STRICT_DNS' });
  assert.throws(() => named('envoy.clusters.redis'), /envoy\.clusters\.redis need real Envoy/);
  const plain = { name: 'a', type: 'STATIC' } as never;
  assert.is(plainCluster(plain), plain);
});

test.run();
