/** Pools on real sockets of the loopback interface. What is counted was recorded from Envoy 1.40, case by case. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createStatsStore } from '../../../../runtime/stats/stats-store.js';
import type { OwnedCluster } from '../../../../runtime/upstream/cluster/create-cluster.js';
import { createCluster } from '../../../../runtime/upstream/cluster/create-cluster.js';
import type { Host } from '../../../../runtime/upstream/host/host.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { assignment, clusterConfig, nonZero } from '../fixtures.js';
import { StreamProbe } from '../stream-probe.js';
import { UpstreamServer } from '../upstream-server.js';

class Rig {
  readonly clock = new FakeClock();
  readonly stats = createStatsStore();
  readonly upstream = new UpstreamServer();
  port = 0;
  private owned: OwnedCluster | undefined;

  async start(fields: object = {}): Promise<this> {
    this.port = await this.upstream.listen();
    return this.build(fields);
  }

  build(fields: object = {}): this {
    const config = clusterConfig({
      name: 'c',
      load_assignment: assignment(['127.0.0.1', this.port]),
      ...fields,
    });
    this.owned = createCluster(config, { clock: this.clock, stats: this.stats, random: () => 0 }, undefined);
    this.owned.cluster.activate();
    return this;
  }

  get cluster() {
    return this.owned!.cluster;
  }

  get host() {
    return this.cluster.hostSet.hosts[0]!;
  }

  get pool() {
    return this.cluster.pool(this.host);
  }

  request(): StreamProbe {
    return new StreamProbe(this.pool);
  }

  async exchange(): Promise<StreamProbe> {
    const probe = this.request();
    await probe.saw('end');
    return probe;
  }

  /** What has been counted of the kinds that begin so, byte counts aside. */
  counted(...kinds: string[]): Record<string, number> {
    const all = nonZero(this.stats, 'cluster.c.');
    return Object.fromEntries(
      Object.entries(all).filter(
        ([name]) => kinds.some((kind) => name.startsWith(kind)) && !/bytes/.test(name),
      ),
    );
  }

  /** Resolves when no connection is open. */
  async closed(): Promise<void> {
    while (this.cluster.usage.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  stop(): void {
    this.owned?.stop();
    this.owned?.cluster.close();
    this.upstream.close();
  }
}

/** Each test has its own server and cluster, which end with it. */
function poolTest(name: string, run: (rig: Rig) => Promise<void>): void {
  test(name, async () => {
    const rig = new Rig();
    try {
      await run(rig);
    } finally {
      rig.stop();
    }
  });
}

const httpOptions = (common: object) => {
  const name = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  return {
    typed_extension_protocol_options: {
      [name]: {
        '@type': `type.googleapis.com/${name}`,
        explicit_http_config: { http_protocol_options: {} },
        common_http_protocol_options: common,
      },
    },
  };
};
const breakers = (limits: object) => ({ circuit_breakers: { thresholds: [limits] } });

poolTest('one connection serves request after request', async (rig) => {
  await rig.start();
  const first = await rig.exchange();
  const second = await rig.exchange();
  assert.equal(second.events, ['ready', '200', 'end']);
  assert.is(second.pending, undefined);
  assert.is(rig.upstream.sockets.length, 1);
  assert.match(first.localAddress, /^127\.0\.0\.1:\d+$/);
  assert.is(first.localAddress, second.localAddress);
  assert.equal(rig.counted('upstream_'), {
    upstream_cx_active: 1,
    upstream_cx_http1_total: 1,
    upstream_cx_total: 1,
    upstream_rq_pending_total: 1,
    upstream_rq_total: 2,
  });
  assert.equal(
    { ...rig.host.stats },
    {
      cxTotal: 1,
      cxActive: 1,
      cxConnectFail: 0,
      rqTotal: 2,
      rqActive: 0,
      rqSuccess: 0,
      rqError: 0,
      rqTimeout: 0,
      rqPendingActive: 0,
    },
  );
});

poolTest('octets are counted while the connection lives', async (rig) => {
  await rig.start();
  await rig.exchange();
  const all = nonZero(rig.stats, 'cluster.c.');
  assert.is(all.upstream_cx_rx_bytes_total, 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'.length);
  assert.is(all.upstream_cx_tx_bytes_total, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'.length);
});

poolTest('requests at once have connections of their own; the one used last is used next', async (rig) => {
  await rig.start();
  rig.upstream.respond = undefined;
  const probes = [rig.request(), rig.request()];
  await rig.upstream.hasRequests(2);
  assert.is(rig.upstream.sockets.length, 2);
  rig.upstream.answer(1);
  await Promise.race(probes.map((probe) => probe.saw('end')));
  const later = probes.find(({ events }) => !events.includes('end'))!;
  rig.upstream.answer(0);
  await later.saw('end');
  rig.upstream.respond = 'HTTP/1.1 204 No Content\r\n\r\n';
  assert.is((await rig.exchange()).localAddress, later.localAddress);
});

poolTest('a refused connection fails all that wait, in the words of Envoy', async (rig) => {
  await rig.start();
  rig.upstream.close();
  const probes = [rig.request(), rig.request()];
  await Promise.all(probes.map((probe) => probe.saw('remote connection failure')));
  assert.equal(probes[0]?.events, ['remote connection failure|delayed_connect_error:_Connection_refused']);
  await rig.closed();
  const counted = rig.counted('upstream_');
  assert.is(counted.upstream_rq_pending_failure_eject, 2);
  assert.is(counted.upstream_rq_pending_total, 2);
  assert.is(counted.upstream_cx_connect_fail, counted.upstream_cx_total);
  assert.is(counted.upstream_cx_destroy_remote, counted.upstream_cx_total);
  assert.is(counted.upstream_cx_destroy, counted.upstream_cx_total);
  assert.is(counted.upstream_rq_total, undefined);
  assert.is(rig.host.stats.cxActive, 0);
  assert.is(rig.host.stats.rqPendingActive, 0);
  assert.is(rig.clock.timers, 0);
});

poolTest('a path without a server fails at once', async (rig) => {
  rig.build({
    load_assignment: {
      cluster_name: 'c',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: '/nowhere/a.sock' } } } }] }],
    },
  });
  const probe = rig.request();
  await probe.saw('remote connection failure');
  assert.equal(probe.events, [
    'remote connection failure|immediate_connect_error:_No_such_file_or_directory|remote_address:/nowhere/a.sock',
  ]);
});

poolTest('a Unix socket serves', async (rig) => {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-pool-'));
  const path = join(folder, 'a.sock');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    rig.build({
      load_assignment: {
        cluster_name: 'c',
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path } } } }] }],
      },
    });
    assert.equal((await rig.exchange()).events, ['ready', '200', 'end']);
  } finally {
    rig.stop();
    server.close();
    rmSync(folder, { recursive: true });
  }
});

/** A TLS cluster whose server says nothing: the connection stays in its handshake for as long as the test likes. */
const mute = {
  transport_socket: {
    name: 'tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
    },
  },
};

poolTest('connect_timeout ends a connection that is not ready, its TLS handshake included', async (rig) => {
  await rig.start({ connect_timeout: '0.250s', ...mute });
  rig.upstream.respond = undefined;
  const probe = rig.request();
  rig.clock.advance(249);
  assert.equal(probe.events, []);
  rig.clock.advance(1);
  assert.equal(probe.events, ['connection timeout']);
  await rig.closed();
  assert.equal(rig.counted('upstream_'), {
    upstream_cx_connect_fail: 1,
    upstream_cx_connect_timeout: 1,
    upstream_cx_destroy: 1,
    upstream_cx_destroy_local: 1,
    upstream_cx_http1_total: 1,
    upstream_cx_total: 1,
    upstream_rq_pending_failure_eject: 1,
    upstream_rq_pending_total: 1,
  });
});

poolTest('max_connections: one more waits for the first to be free', async (rig) => {
  await rig.start(breakers({ max_connections: 1 }));
  rig.upstream.respond = undefined;
  const first = rig.request();
  await first.saw('ready');
  const second = rig.request();
  assert.equal(rig.counted('upstream_cx_overflow', 'circuit_breakers'), {
    'circuit_breakers.default.cx_open': 1,
    upstream_cx_overflow: 1,
  });
  await rig.upstream.hasRequests(1);
  rig.upstream.answer(0);
  await rig.upstream.hasRequests(2);
  rig.upstream.answer(0);
  await second.saw('end');
  assert.is(rig.upstream.sockets.length, 1);
});

poolTest('max_connections: 0 still allows the first connection of a host', async (rig) => {
  await rig.start(breakers({ max_connections: 0 }));
  assert.equal((await rig.exchange()).events, ['ready', '200', 'end']);
  assert.is(rig.counted('upstream_cx_overflow').upstream_cx_overflow, 1);
});

poolTest('max_pending_requests: what would wait too long a queue overflows at once', async (rig) => {
  await rig.start(breakers({ max_connections: 1, max_pending_requests: 1 }));
  const probes = [rig.request(), rig.request(), rig.request()];
  assert.equal(
    probes.map(({ events }) => events),
    [[], ['overflow'], ['overflow']],
  );
  await probes[0]?.saw('end');
  assert.equal(rig.counted('upstream_rq'), {
    upstream_rq_pending_overflow: 2,
    upstream_rq_pending_total: 1,
    upstream_rq_total: 1,
  });
});

poolTest(
  'max_requests: streams beyond it overflow, whether they waited or found a connection',
  async (rig) => {
    await rig.start(breakers({ max_requests: 1 }));
    rig.upstream.respond = undefined;
    const probes = [rig.request(), rig.request(), rig.request()];
    const overflown = probes.slice(1);
    await Promise.all(overflown.map((probe) => probe.saw('overflow')));
    // The connections that were made for them are idle now.
    assert.equal(rig.request().events, ['overflow']);
    await rig.upstream.hasRequests(1);
    for (const at of rig.upstream.sockets.keys()) {
      if (rig.upstream.sockets[at]!.bytesRead > 0) rig.upstream.answer(at);
    }
    await probes[0]?.saw('end');
    assert.equal(rig.counted('upstream_rq'), {
      upstream_rq_active_overflow: 3,
      upstream_rq_pending_total: 3,
      upstream_rq_total: 1,
    });
  },
);

poolTest('the priorities have limits and connections of their own', async (rig) => {
  await rig.start(breakers({ priority: 'HIGH', max_pending_requests: 0 }));
  assert.equal(new StreamProbe(rig.cluster.pool(rig.host, 'HIGH')).events, ['overflow']);
  assert.equal((await rig.exchange()).events, ['ready', '200', 'end']);
  assert.is.not(rig.cluster.pool(rig.host, 'HIGH'), rig.pool);
});

poolTest('a host has no more connections than are allowed to each', async (rig) => {
  await rig.start({ circuit_breakers: { per_host_thresholds: [{ max_connections: 1 }] } });
  rig.upstream.respond = undefined;
  const probes = [rig.request(), rig.request()];
  await rig.upstream.hasRequests(1);
  assert.equal(rig.counted('upstream_cx_total', 'upstream_cx_overflow', 'upstream_rq_pending_active'), {
    upstream_cx_overflow: 1,
    upstream_cx_total: 1,
    upstream_rq_pending_active: 1,
  });
  rig.upstream.answer(0);
  await rig.upstream.hasRequests(2);
  rig.upstream.answer(0);
  await probes[1]?.saw('end');
  assert.is(rig.upstream.sockets.length, 1);
});

poolTest('no more hosts have connections than may, until the connections of one have ended', async (rig) => {
  rig.port = await rig.upstream.listen();
  rig.build({
    load_assignment: assignment(['127.0.0.1', rig.port], ['127.0.0.2', rig.port]),
    circuit_breakers: { thresholds: [{ max_connection_pools: 1, track_remaining: true }] },
  });
  const [first, second] = rig.cluster.hostSet.hosts as [Host, Host];
  const allowed = (host: Host): boolean | undefined => rig.cluster.hasPoolFor?.(host, 'DEFAULT');
  const breaker = () =>
    rig.counted('circuit_breakers.default.cx_pool', 'circuit_breakers.default.remaining_cx_pools');
  assert.equal(breaker(), { 'circuit_breakers.default.remaining_cx_pools': 1 });
  await rig.exchange();
  assert.equal(breaker(), { 'circuit_breakers.default.cx_pool_open': 1 });
  assert.ok(allowed(first));
  assert.not.ok(allowed(second));
  assert.equal(rig.counted('upstream_cx_pool_overflow'), { upstream_cx_pool_overflow: 1 });
  rig.upstream.sockets[0]?.destroy();
  while (rig.cluster.usage.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(allowed(second));
  assert.equal(breaker(), { 'circuit_breakers.default.remaining_cx_pools': 1 });
});

poolTest('without a limit nobody asks whether a host may have a pool', async (rig) => {
  await rig.start();
  assert.is(rig.cluster.hasPoolFor, undefined);
});

poolTest('connections come from the address that is asked for', async (rig) => {
  await rig.start({ upstream_bind_config: { source_address: { address: '127.0.0.7', port_value: 0 } } });
  await rig.exchange();
  assert.is(rig.upstream.sockets[0]?.remoteAddress, '127.0.0.7');
});

poolTest('max_requests_per_connection closes after the last of them', async (rig) => {
  await rig.start(httpOptions({ max_requests_per_connection: 2 }));
  for (let request = 0; request < 3; request++) await rig.exchange();
  assert.is(rig.upstream.sockets.length, 2);
  while (rig.cluster.usage.connections > 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(rig.counted('upstream_cx'), {
    upstream_cx_active: 1,
    upstream_cx_destroy: 1,
    upstream_cx_destroy_local: 1,
    upstream_cx_http1_total: 2,
    upstream_cx_max_requests: 1,
    upstream_cx_total: 2,
  });
});

poolTest('an idle connection ends after idle_timeout, not before', async (rig) => {
  await rig.start(httpOptions({ idle_timeout: '10s' }));
  await rig.exchange();
  rig.clock.advance(6000);
  await rig.exchange();
  rig.clock.advance(9999);
  assert.is(rig.counted('upstream_cx_idle').upstream_cx_idle_timeout, undefined);
  rig.clock.advance(1);
  assert.is(rig.counted('upstream_cx_idle').upstream_cx_idle_timeout, 1);
  await rig.closed();
  assert.equal(rig.counted('upstream_cx_destroy'), { upstream_cx_destroy: 1, upstream_cx_destroy_local: 1 });
  assert.is(rig.clock.timers, 0);
});

poolTest('a connection takes no new request after max_connection_duration', async (rig) => {
  await rig.start(httpOptions({ max_connection_duration: '5s' }));
  rig.upstream.respond = undefined;
  const long = rig.request();
  await rig.upstream.hasRequests(1);
  rig.clock.advance(5000);
  assert.is(rig.counted('upstream_cx_max').upstream_cx_max_duration_reached, 1);
  assert.is(rig.upstream.sockets.length, 1);
  rig.upstream.answer(0);
  await long.saw('end');
  await rig.closed();
  assert.equal(long.events, ['ready', '200', 'end']);
  assert.is(rig.counted('upstream_cx_destroy').upstream_cx_destroy_local, 1);
});

poolTest('a response with connection: close is the last one there', async (rig) => {
  await rig.start();
  rig.upstream.respond = 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';
  await rig.exchange();
  await rig.closed();
  assert.equal(rig.counted('upstream_cx'), {
    upstream_cx_close_notify: 1,
    upstream_cx_destroy: 1,
    upstream_cx_destroy_local: 1,
    upstream_cx_http1_total: 1,
    upstream_cx_total: 1,
  });
  await rig.exchange();
  assert.is(rig.upstream.sockets.length, 2);
});

poolTest('an upstream that goes away in the middle is counted against it', async (rig) => {
  await rig.start();
  rig.upstream.respond = undefined;
  const probe = rig.request();
  await rig.upstream.hasRequests(1);
  rig.upstream.sockets[0]?.end();
  await probe.saw('reset');
  await rig.closed();
  assert.equal(probe.events, ['ready', 'reset: connection termination']);
  assert.equal(rig.counted('upstream_cx_destroy'), {
    upstream_cx_destroy: 1,
    upstream_cx_destroy_remote: 1,
    upstream_cx_destroy_remote_with_active_rq: 1,
    upstream_cx_destroy_with_active_rq: 1,
  });
  assert.is(rig.cluster.usage.requests, 0);
  assert.is(rig.host.stats.rqActive, 0);
});

poolTest('a stream that our side cuts is counted against us', async (rig) => {
  await rig.start();
  rig.upstream.respond = undefined;
  const probe = rig.request();
  await rig.upstream.hasRequests(1);
  probe.encoder?.resetStream('local reset');
  await rig.closed();
  assert.equal(rig.counted('upstream_cx_destroy'), {
    upstream_cx_destroy: 1,
    upstream_cx_destroy_local: 1,
    upstream_cx_destroy_local_with_active_rq: 1,
    upstream_cx_destroy_with_active_rq: 1,
  });
  assert.is(rig.cluster.usage.requests, 0);
});

poolTest('a connection that dies while idle is not given out', async (rig) => {
  await rig.start();
  await rig.exchange();
  rig.upstream.sockets[0]?.end();
  await rig.closed();
  assert.equal((await rig.exchange()).events, ['ready', '200', 'end']);
  assert.is(rig.upstream.sockets.length, 2);
});

poolTest('who does not wait any more hears nothing; the connection serves the next one', async (rig) => {
  await rig.start();
  const gone = rig.request();
  gone.pending?.cancel();
  gone.pending?.cancel();
  const next = await rig.exchange();
  assert.equal(gone.events, []);
  assert.equal(next.events, ['ready', '200', 'end']);
  assert.is(rig.upstream.sockets.length, 1);
  assert.equal(rig.counted('upstream_rq'), {
    upstream_rq_cancelled: 1,
    upstream_rq_pending_total: 2,
    upstream_rq_total: 1,
  });
  assert.is(rig.cluster.usage.pendingRequests, 0);
});

poolTest('draining ends idle connections, and busy ones with their response', async (rig) => {
  await rig.start();
  await rig.exchange();
  rig.upstream.respond = undefined;
  const busy = rig.request();
  await rig.upstream.hasRequests(2);
  rig.cluster.drain();
  assert.is(rig.cluster.usage.connections, 1);
  rig.upstream.answer(0);
  await busy.saw('end');
  await rig.closed();
  assert.equal(busy.events, ['ready', '200', 'end']);
  assert.is(rig.clock.timers, 0);
});

poolTest(
  'a stream that waits when the pool drains is still served, then the connection ends',
  async (rig) => {
    await rig.start();
    const waiting = rig.request();
    rig.cluster.drain();
    await waiting.saw('end');
    await rig.closed();
    assert.equal(waiting.events, ['ready', '200', 'end']);
  },
);

poolTest('closing tells all that wait and all that run', async (rig) => {
  await rig.start();
  rig.upstream.respond = undefined;
  const running = rig.request();
  await rig.upstream.hasRequests(1);
  const waiting = rig.request();
  rig.cluster.close();
  assert.equal(waiting.events, ['local connection failure']);
  assert.equal(running.events, ['ready', 'reset: connection termination']);
  await rig.closed();
  assert.is(rig.cluster.usage.requests, 0);
  assert.is(rig.clock.timers, 0);
});

poolTest(
  'a host that has left still serves who took it before, on a connection that ends then',
  async (rig) => {
    await rig.start();
    const { cluster, host } = rig;
    cluster.setHosts([]);
    const late = new StreamProbe(cluster.pool(host));
    await late.saw('end');
    await rig.closed();
    assert.equal(late.events, ['ready', '200', 'end']);
  },
);

poolTest('a failure that is tried again at once counts each try once', async (rig) => {
  await rig.start();
  rig.upstream.close();
  const tries: string[] = [];
  await new Promise<void>((resolve) => {
    const again = (): void => {
      rig.pool.newStream({} as never, {
        onPoolReady: () => assert.unreachable(),
        onPoolFailure(reason) {
          tries.push(reason);
          if (tries.length === 3) resolve();
          else again();
        },
      });
    };
    again();
  });
  await rig.closed();
  assert.is(rig.counted('upstream_rq').upstream_rq_pending_failure_eject, 3);
  assert.is(rig.cluster.usage.pendingRequests, 0);
});

test.run();
