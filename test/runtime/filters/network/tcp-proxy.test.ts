import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tcpProxyConfig } from '../../../../runtime/filters/network/tcp-proxy/tcp-proxy-config.js';
import { tcpProxyFactory } from '../../../../runtime/filters/network/tcp-proxy/tcp-proxy.js';
import type { Fields } from '../../../../runtime/common/message-fields.js';
import type { ConfigError } from '../../../../runtime/network/filter.js';
import type { NetworkRig } from './network-rig.js';
import { canonical, withRig } from './network-rig.js';

const type = 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';
const format =
  '%RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %UPSTREAM_CLUSTER% %ACCESS_LOG_TYPE% %UPSTREAM_REQUEST_ATTEMPT_COUNT%';
const access_log = [
  {
    name: 'log',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
      path: 'log',
      log_format: { text_format_source: { inline_string: format } },
    },
  },
];

function proxyConfig(fields: Record<string, unknown> = {}): unknown {
  const cluster = fields.weighted_clusters === undefined ? { cluster: 'c' } : {};
  return canonical(type, { stat_prefix: 'p', ...cluster, access_log, ...fields });
}

function serve(rig: NetworkRig, fields: Record<string, unknown> = {}): void {
  rig.filter = tcpProxyFactory(proxyConfig(fields), rig.context);
}

async function allGone(rig: NetworkRig): Promise<void> {
  await rig.eventually(() => rig.filter?.activeConnections === 0);
}

test('octets go both ways, and each half is closed for itself', async () => {
  await withRig(async (rig) => {
    serve(rig);
    const client = await rig.connect();
    const host = await rig.hostPeer();
    client.socket.end('question');
    await host.until(({ ended }) => ended === 'end');
    assert.is(host.received, 'question');
    assert.is(client.ended, 'no');
    host.socket.end('answer');
    await client.over;
    assert.is(client.received, 'answer');
    assert.is(client.ended, 'end');
    await allGone(rig);
    assert.equal(rig.log, ['- 8 6 c TcpConnectionEnd 1']);
    assert.is(rig.value('tcp.p.downstream_cx_rx_bytes_total'), 8);
    assert.is(rig.value('tcp.p.downstream_cx_tx_bytes_total'), 6);
    assert.is(rig.value('cluster.c.upstream_cx_tx_bytes_total'), 8);
    assert.is(rig.value('cluster.c.upstream_cx_rx_bytes_total'), 6);
    assert.is(rig.value('cluster.c.upstream_cx_active'), 0);
    assert.is(rig.value('cluster.c.upstream_rq_active'), 0);
    assert.is(rig.value('cluster.c.upstream_cx_destroy_remote'), 1);
    assert.is(rig.clock.timers, 0);
  });
});

test('a reset goes on to the other side', async () => {
  await withRig(async (rig) => {
    serve(rig);
    const first = await rig.connect();
    first.socket.write('x');
    const host = await rig.hostPeer();
    await host.has('x');
    host.socket.resetAndDestroy();
    await first.over;
    assert.is(first.ended, 'reset');
    const second = await rig.connect();
    second.socket.write('y');
    const other = await rig.hostPeer(1);
    await other.has('y');
    second.socket.resetAndDestroy();
    await other.over;
    assert.is(other.ended, 'reset');
    await allGone(rig);
    assert.equal(rig.log, ['UR 1 0 c TcpConnectionEnd 1', '- 1 0 c TcpConnectionEnd 1']);
  });
});

test('attempts to connect end with max_connect_attempts, with waiting times between them', async () => {
  await withRig(async (rig) => {
    await rig.stopHost();
    rig.random = 0.5;
    serve(rig, {
      max_connect_attempts: 3,
      backoff_options: { base_interval: '1s', max_interval: '1.5s' },
    });
    const client = await rig.connect();
    const attempts = () => rig.value('cluster.c.upstream_cx_connect_fail');
    for (const [failed, waitMs] of [
      [1, 500],
      [2, 750],
    ] as const) {
      await rig.eventually(() => attempts() === failed);
      rig.clock.advance(waitMs - 1);
      assert.is(rig.value('cluster.c.upstream_cx_total'), failed);
      rig.clock.advance(1);
      assert.is(rig.value('cluster.c.upstream_cx_total'), failed + 1);
    }
    await client.over;
    await allGone(rig);
    assert.equal(rig.log, ['UF,URX 0 0 c TcpConnectionEnd 3']);
    assert.is(rig.value('cluster.c.upstream_cx_connect_attempts_exceeded'), 1);
  });
});

test('a host that does not answer in time is a failed one', async () => {
  await withRig(
    async (rig) => {
      serve(rig);
      // Nobody tells the socket that it is connected before the clock has moved on.
      const client = rig.connect();
      await rig.eventually(() => rig.value('cluster.c.upstream_cx_total') === 1);
      if (rig.value('cluster.c.upstream_rq_total') === 0) rig.clock.advance(250);
      await (await client).over;
      await allGone(rig);
      assert.equal(rig.log, ['UF,URX 0 0 c TcpConnectionEnd 1']);
      assert.is(rig.value('cluster.c.upstream_cx_connect_timeout'), 1);
    },
    {
      connect_timeout: '0.25s',
      // A TLS handshake that the host never answers.
      transport_socket: {
        name: 'tls',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        },
      },
    },
  );
});

test('no cluster, no host, no connection left: the client is closed with the flag', async () => {
  await withRig(
    async (rig) => {
      serve(rig, { cluster: 'nobody' });
      await (await rig.connect()).over;
      serve(rig);
      const first = await rig.connect();
      await rig.hostPeer();
      await (await rig.connect()).over;
      first.socket.resetAndDestroy();
      await rig.eventually(() => rig.log.length === 3);
      assert.equal(rig.log.sort(), [
        '- 0 0 c TcpConnectionEnd 1',
        'NC 0 0 - TcpConnectionEnd 0',
        'UO 0 0 c TcpConnectionEnd 0',
      ]);
      assert.is(rig.value('tcp.p.downstream_cx_no_route'), 1);
      assert.is(rig.value('cluster.c.upstream_cx_overflow'), 1);
    },
    { circuit_breakers: { thresholds: [{ max_connections: 1 }] } },
  );
});

test('idle_timeout counts from the last octet of either side', async () => {
  await withRig(async (rig) => {
    serve(rig, { idle_timeout: '10s' });
    const client = await rig.connect();
    const host = await rig.hostPeer();
    rig.clock.advance(9000);
    client.socket.write('a');
    await host.has('a');
    rig.clock.advance(9000);
    host.socket.write('b');
    await client.has('b');
    rig.clock.advance(9999);
    assert.is(rig.value('tcp.p.idle_timeout'), 0);
    rig.clock.advance(1);
    assert.is(rig.value('tcp.p.idle_timeout'), 1);
    await Promise.all([client.over, host.over]);
    await allGone(rig);
    assert.equal(rig.log, ['- 1 1 c TcpConnectionEnd 1']);
  });
});

test('without idle_timeout it is an hour; 0 is none', async () => {
  await withRig(async (rig) => {
    assert.is(tcpProxyConfig(proxyConfig() as Fields, rig.context).idleTimeoutMs, 3_600_000);
    assert.is(tcpProxyConfig(proxyConfig({ idle_timeout: '0s' }) as Fields, rig.context).idleTimeoutMs, 0);
  });
});

test('max_downstream_connection_duration ends a connection that is not idle', async () => {
  await withRig(async (rig) => {
    rig.random = 0.5;
    serve(rig, {
      max_downstream_connection_duration: '10s',
      max_downstream_connection_duration_jitter_percentage: { value: 20 },
    });
    const client = await rig.connect();
    await rig.hostPeer();
    rig.clock.advance(10_999);
    assert.is(client.ended, 'no');
    rig.clock.advance(1);
    await client.over;
    await allGone(rig);
    assert.equal(rig.log, ['DT 0 0 c TcpConnectionEnd 1']);
  });
});

test('a side that does not read is not read for', async () => {
  await withRig(
    async (rig) => {
      serve(rig);
      const client = await rig.connect();
      const host = await rig.hostPeer();
      host.socket.pause();
      const octets = Buffer.alloc(20_000_000, 'x');
      client.socket.write(octets);
      await rig.eventually(() => rig.value('tcp.p.downstream_flow_control_paused_reading_total') > 0);
      const read = rig.value('tcp.p.downstream_cx_rx_bytes_total');
      assert.ok(read < octets.length, 'it has read everything');
      host.socket.resume();
      await host.until(({ received }) => received.length === octets.length);
      assert.is(
        rig.value('tcp.p.downstream_flow_control_paused_reading_total'),
        rig.value('tcp.p.downstream_flow_control_resumed_reading_total'),
      );
    },
    { per_connection_buffer_limit_bytes: 65536 },
  );
});

test('what a client has sent leaves after it has gone, as long as it moves', async () => {
  await withRig(
    async (rig) => {
      serve(rig, { idle_timeout: '10s' });
      const client = await rig.connect();
      const host = await rig.hostPeer();
      host.socket.pause();
      client.socket.write(Buffer.alloc(20_000_000, 'x'));
      await rig.eventually(() => rig.value('tcp.p.downstream_cx_rx_bytes_total') === 20_000_000);
      client.socket.resetAndDestroy();
      rig.filter?.drain();
      await rig.eventually(() => rig.log.length === 1);
      assert.is(rig.value('tcp.p.upstream_flush_active'), 1);
      rig.clock.advance(10_000);
      await allGone(rig);
      assert.is(rig.value('tcp.p.upstream_flush_active'), 0);
      assert.is(rig.value('tcp.p.upstream_flush_total'), 1);
      assert.is(rig.log.length, 1);
    },
    { per_connection_buffer_limit_bytes: 100_000_000 },
  );
});

test('a host that speaks only when asked is connected to with the first octets', async () => {
  await withRig(async (rig) => {
    serve(rig, { upstream_connect_mode: 'ON_DOWNSTREAM_DATA', max_early_data_bytes: 4 });
    const client = await rig.connect();
    await rig.eventually(() => rig.value('tcp.p.downstream_cx_total') === 1);
    assert.is(rig.value('cluster.c.upstream_cx_total'), 0);
    client.socket.end('hello');
    const host = await rig.hostPeer();
    await host.over;
    assert.is(host.received, 'hello');
  });
});

test('weights share connections out', async () => {
  await withRig(async (rig) => {
    const clusters = [
      { name: 'a', weight: 1 },
      { name: 'b', weight: 3 },
    ];
    const config = tcpProxyConfig(proxyConfig({ weighted_clusters: { clusters } }) as Fields, rig.context);
    const names = [0, 0.24, 0.26, 0.99].map((drawn) => {
      rig.random = drawn;
      return config.chooseCluster();
    });
    assert.equal(names, ['a', 'a', 'b', 'b']);
  });
});

test('logs on start, when connected, by interval and at the end', async () => {
  await withRig(async (rig) => {
    serve(rig, {
      access_log_options: {
        access_log_flush_interval: '5s',
        flush_access_log_on_connected: true,
        flush_access_log_on_start: true,
      },
    });
    const client = await rig.connect();
    await rig.hostPeer();
    await rig.eventually(() => rig.log.length === 2);
    rig.clock.advance(10_000);
    client.socket.resetAndDestroy();
    await allGone(rig);
    assert.equal(rig.log, [
      '- 0 0 - TcpConnectionStart 0',
      '- 0 0 c TcpUpstreamConnected 1',
      '- 0 0 c TcpPeriodic 1',
      '- 0 0 c TcpPeriodic 1',
      '- 0 0 c TcpConnectionEnd 1',
    ]);
  });
});

test('check_drain_close closes what still carries octets', async () => {
  await withRig(async (rig) => {
    serve(rig, { check_drain_close: true });
    const client = await rig.connect();
    const host = await rig.hostPeer();
    rig.draining = true;
    assert.is(client.ended, 'no');
    host.socket.write('last');
    await client.over;
    assert.is(client.received, 'last');
    assert.is(rig.value('tcp.p.downstream_cx_drain_close'), 1);
  });
});

test('a changed configuration is for connections to come', async () => {
  await withRig(async (rig) => {
    serve(rig);
    const client = await rig.connect();
    const host = await rig.hostPeer();
    const commit = rig.filter?.prepareUpdate(proxyConfig({ cluster: 'nobody' }), rig.context);
    commit?.();
    client.socket.write('still');
    await host.has('still');
    await (await rig.connect()).over;
    assert.is(rig.value('tcp.p.downstream_cx_no_route'), 1);
    const other = canonical(type, { stat_prefix: 'q', cluster: 'c' });
    assert.is(rig.filter?.prepareUpdate(other, rig.context), undefined);
  });
});

test('on a Unix socket its path stands for the addresses', async () => {
  await withRig(async (rig) => {
    rig.info = { remoteAddress: '', remotePort: 0, localAddress: '', localPort: 0, pipePath: '/run/a' };
    const text =
      '%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_LOCAL_PORT%.';
    const typed_config = access_log[0]?.typed_config;
    const log_format = { text_format_source: { inline_string: text } };
    serve(rig, {
      cluster: 'nobody',
      access_log: [{ name: 'log', typed_config: { ...typed_config, log_format } }],
    });
    await (await rig.connect()).over;
    await allGone(rig);
    assert.equal(rig.log, ['/run/a /run/a .']);
  });
});

test('what does not fit together is refused where it stands', async () => {
  await withRig(async (rig) => {
    const refused = (fields: Record<string, unknown>): unknown => {
      try {
        tcpProxyConfig(proxyConfig(fields) as Fields, rig.context);
      } catch (error) {
        return (error as ConfigError).path;
      }
      return 'accepted';
    };
    assert.equal(refused({ upstream_connect_mode: 'ON_DOWNSTREAM_DATA' }), ['max_early_data_bytes']);
    assert.equal(refused({ flush_access_log_on_connected: true, access_log_options: {} }), [
      'flush_access_log_on_connected',
    ]);
    assert.equal(refused({ access_log_flush_interval: '1s', access_log_options: {} }), [
      'access_log_flush_interval',
    ]);
    assert.equal(refused({ backoff_options: { base_interval: '2s', max_interval: '1s' } }), [
      'backoff_options',
    ]);
    const clusters = ['a', 'b'].map((name) => ({ name, weight: 4_000_000_000 }));
    assert.equal(refused({ weighted_clusters: { clusters } }), ['weighted_clusters']);
  });
});

test.run();
