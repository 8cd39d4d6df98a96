import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readMessage } from '../../../dsl/api/read-message.js';
import { consulService, consulServicesOf, defineServices } from '../../../dsl/index.js';
import type { ServiceName } from '../../../dsl/index.js';

// biome-ignore lint/suspicious/noExplicitAny: the shape is what is tested.
type Shape = any;

function hostOf(cluster: Shape): unknown {
  return cluster.load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address;
}

test('a plain STRICT_DNS cluster, complete answers by TCP, with news from the agent', () => {
  const cluster: Shape = consulService('orders', { port: 8080, tag: 'v1', datacenter: 'dc2' });
  assert.is(cluster.type, 'STRICT_DNS');
  assert.is(cluster.dns_lookup_family, 'V4_ONLY');
  assert.is(cluster.dns_refresh_rate, '1s');
  assert.equal(hostOf(cluster), { address: 'v1.orders.service.dc2.consul', port_value: 8080 });
  const resolver = cluster.typed_dns_resolver_config.typed_config;
  assert.equal(resolver.dns_resolver_options, {
    use_tcp_for_dns_lookups: true,
    no_default_search_domain: true,
  });
  assert.equal(resolver.resolvers, [{ socket_address: { address: '127.0.0.1', port_value: 8600 } }]);
  assert.equal(cluster.metadata.filter_metadata['envoy3.discovery'], {
    agent: 'http://127.0.0.1:8500',
    service: 'orders',
    datacenter: 'dc2',
  });
  const { issues } = readMessage('envoy.config.cluster.v3.Cluster', cluster) as Shape;
  assert.equal(issues, []);
});

test('SRV, a prepared query, another agent and zone', () => {
  const srv: Shape = consulService('orders', {
    port: 'srv',
    defaultPort: 80,
    agent: false,
    domain: 'corp.example',
  });
  assert.equal(hostOf(srv), { address: 'orders.service.corp.example', port_value: 80 });
  assert.equal(srv.metadata.filter_metadata['envoy3.discovery'], { service: 'orders', srv: true });
  const query: Shape = consulService('near', {
    port: 80,
    query: 'orders-near',
    near: '_agent',
    onlyPassing: true,
    resolvers: ['10.0.0.2:53'],
    family: 'any',
    tcp: false,
  });
  assert.equal(hostOf(query), { address: 'orders-near.query.consul', port_value: 80 });
  assert.is(query.dns_lookup_family, 'ALL');
  // Nobody knows of which service news would have to be.
  assert.is(query.metadata, undefined);
  assert.not(
    query.typed_dns_resolver_config.typed_config.dns_resolver_options.use_tcp_for_dns_lookups === true,
  );
  assert.is((consulService('quiet', { port: 80, agent: false }) as Shape).metadata, undefined);
});

test('what cannot be is an error of the builder', () => {
  assert.throws(() => consulService('a', { port: 80, onlyPassing: true }), /name a prepared query/);
  assert.throws(() => consulService('a', { port: 80, query: 'q', tag: 't' }), /one or the other/);
  assert.throws(() => consulService('a.b', { port: 80 }), /'a\.b' cannot be a part of a DNS name/);
});

test('services are defined with names that the type-checker knows', () => {
  const services = defineServices([
    { name: 'orders', port: 8080, check: { tcp: '127.0.0.1:8080', interval: '10s' } },
    { name: 'billing', port: 8081 },
  ]);
  const name: ServiceName<typeof services> = 'orders';
  // @ts-expect-error no such service
  const wrong: ServiceName<typeof services> = 'order';
  assert.ok(name !== wrong);
  assert.equal(
    services.services.map((one) => one.name),
    ['orders', 'billing'],
  );
  const known = consulServicesOf(services);
  assert.is(known('orders', { port: 80 }).name, 'orders');
  // @ts-expect-error no such service
  assert.throws(() => known('order', { port: 80 }), /there is no service 'order'/);
  assert.throws(() => defineServices([{ name: 'a' }, { name: 'a' }]), /'a' is there twice/);
  assert.throws(() => defineServices([{ name: 'a', check: {} }]), /needs one of ttl, http, tcp and grpc/);
  assert.throws(() => defineServices([{ name: 'a', check: { tcp: 'x:1' } }]), /no interval/);
});

test.run();
