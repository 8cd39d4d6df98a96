/** Statistics on their way to a collector, over a real socket. */
import { createSocket } from 'node:dgram';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bootstrap, connectionManager, listener, listenerAddress, say } from '../support/bootstrap.js';
import { startProxy } from '../support/serve.js';

const sinks = 'type.googleapis.com/envoy.config.metrics.v3.';

test('a collector gets what the configuration lets through, with its tags', async () => {
  const collector = createSocket('udp4');
  await new Promise<void>((done) => collector.bind(0, '127.0.0.1', done));
  const waited = new Promise<string>((done) => {
    collector.on('message', (octets) => {
      const line = octets.toString();
      if (line.startsWith('mesh.http.downstream_rq_total:1|')) done(line);
      assert.not.match(line, 'listener.');
    });
  });
  const { port: collectorPort } = collector.address();
  const proxy = await startProxy({
    configYaml: bootstrap([listener(connectionManager([say('hello')]))], [], {
      stats_flush_interval: '0.02s',
      stats_config: {
        stats_tags: [{ tag_name: 'site', fixed_value: 'here' }],
        stats_matcher: { exclusion_list: { patterns: [{ prefix: 'listener.' }] } },
      },
      stats_sinks: [
        {
          name: 'envoy.stat_sinks.dog_statsd',
          typed_config: {
            '@type': `${sinks}DogStatsdSink`,
            prefix: 'mesh',
            address: listenerAddress(collectorPort),
          },
        },
      ],
    }),
  });
  try {
    await (await fetch(`http://127.0.0.1:${proxy.port()}/`)).text();
    assert.is(
      await waited,
      'mesh.http.downstream_rq_total:1|c|#site:here,envoy.http_conn_manager_prefix:test',
    );
  } finally {
    await proxy.server.shutdown();
    collector.close();
  }
});

test('a sink that needs real Envoy is refused with its place', async () => {
  const hystrix = { name: 'h', typed_config: { '@type': `${sinks}HystrixSink` } };
  let message = '';
  try {
    await startProxy({ configYaml: bootstrap([], [], { stats_sinks: [hystrix] }) });
  } catch (error) {
    ({ message } = error as Error);
  }
  assert.match(
    message,
    /stats_sinks\[0\]\.typed_config: envoy\.config\.metrics\.v3\.HystrixSink needs real Envoy/,
  );
});

test.run();
