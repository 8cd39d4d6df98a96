/** What of the resolver's configuration reaches the wire: a name server on loopback writes down what it is asked. */
import type { AddressInfo } from 'node:net';
import { createSocket } from 'node:dgram';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../../../runtime/common/clock.js';
import { decodeMessage } from '../../../../runtime/network/dns/decode.js';
import { encodeMessage } from '../../../../runtime/network/dns/encode.js';
import { message } from '../../../../runtime/network/dns/message.js';
import { ConfigError } from '../../../../runtime/network/filter.js';
import { clusterResolver, withoutSearch } from '../../../../runtime/upstream/cluster/cluster-resolver.js';
import { clusterConfig, FakeResolver } from '../fixtures.js';

const cares = 'type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig';

async function withNameServer(run: (port: number, asked: string[]) => Promise<void>): Promise<void> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (data, peer) => {
    const query = decodeMessage(data);
    const question = query.questions[0]!;
    asked.push(question.name);
    const answers = [{ name: question.name, type: 'A', class: 1, ttl: 9, address: '1.2.3.4' } as never];
    socket.send(
      encodeMessage(message({ id: query.id, response: true, questions: [question], answers })),
      peer.port,
      peer.address,
    );
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  try {
    await run((socket.address() as AddressInfo).port, asked);
  } finally {
    socket.close();
  }
}

const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });

/** Each form of the configuration that names a server. */
const forms: Readonly<Record<string, (port: number) => object>> = {
  typed_dns_resolver_config: (port) => ({
    typed_dns_resolver_config: { name: 'r', typed_config: { '@type': cares, resolvers: [address(port)] } },
  }),
  dns_resolution_config: (port) => ({ dns_resolution_config: { resolvers: [address(port)] } }),
  dns_resolvers: (port) => ({ dns_resolvers: [address(port)] }),
};

for (const [form, fields] of Object.entries(forms)) {
  test(`${form} names the server that is asked`, async () => {
    await withNameServer(async (port, asked) => {
      const config = clusterConfig({ name: 'c', type: 'STRICT_DNS', ...fields(port) });
      const resolver = clusterResolver(config, systemClock, { hostsFile: '/nowhere/hosts' });
      const { addresses, ttlSeconds } = await resolver.resolve('web.example', 'v4');
      resolver.close();
      assert.equal([addresses, ttlSeconds, asked], [['1.2.3.4'], 9, ['web.example']]);
    });
  });
}

test('typed_dns_resolver_config goes before the fields of old', async () => {
  await withNameServer(async (port, asked) => {
    const both = { ...forms.typed_dns_resolver_config?.(port), dns_resolvers: [address(1)] };
    const resolver = clusterResolver(clusterConfig({ name: 'c', ...both }), systemClock, {
      hostsFile: '/nowhere/hosts',
    });
    await resolver.resolve('web.example', 'v4');
    resolver.close();
    assert.equal(asked, ['web.example']);
  });
});

test('no_default_search_domain asks for names as they are', async () => {
  const inner = new FakeResolver();
  const resolver = withoutSearch(inner);
  for (const name of ['web', 'web.example.']) await resolver.resolve(name, 'v4').catch(() => {});
  assert.equal(inner.asked, ['web. v4', 'web.example. v4']);
  resolver.close();
  assert.ok(inner.closed);
});

test('other resolvers are refused by name', () => {
  const apple = 'type.googleapis.com/envoy.extensions.network.dns_resolver.apple.v3.AppleDnsResolverConfig';
  assert.throws(
    () =>
      clusterResolver(
        { typed_dns_resolver_config: { name: 'r', typed_config: { '@type': apple } } },
        systemClock,
      ),
    (error: unknown) => error instanceof ConfigError && error.unsupported && /apple/.test(error.message),
  );
});

test.run();
