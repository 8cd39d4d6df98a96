/** Whatever two peers do to each other through the proxy, in whatever order: nothing is left of it, and no octet is made up. */
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tcpProxyFactory } from '../../../../runtime/filters/network/tcp-proxy/tcp-proxy.js';
import { endConnection } from '../../../../runtime/network/end-connection.js';
import { nonZero } from '../../upstream/fixtures.js';
import type { NetworkRig, Peer } from './network-rig.js';
import { canonical, NetworkRig as Rig } from './network-rig.js';

type Action =
  | { readonly do: 'send'; readonly octets: number }
  | { readonly do: 'end' | 'reset' | 'pause' | 'resume' | 'turn' };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: fc.constant('send' as const), octets: fc.constantFrom(1, 100, 70_000, 400_000) }),
  fc.record({ do: fc.constantFrom('end' as const, 'reset' as const, 'pause' as const, 'resume' as const) }),
  fc.constant({ do: 'turn' as const }),
);
const script = fc.array(fc.tuple(fc.constantFrom('client' as const, 'host' as const), action), {
  maxLength: 12,
});

const type = 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';

/** Octets that were sent before the side ended or was cut. */
class Side {
  sent = 0;
  cut = false;
  private readonly letter: string;

  constructor(letter: string) {
    this.letter = letter;
  }

  act(peer: Peer, one: Action): void {
    const { socket } = peer;
    if (one.do === 'send' && socket.writable) {
      this.sent += one.octets;
      socket.write(Buffer.alloc(one.octets, this.letter));
    } else if (one.do === 'end') socket.end();
    else if (one.do === 'reset') {
      this.cut = true;
      endConnection(socket, 'reset');
    } else if (one.do === 'pause') socket.pause();
    else if (one.do === 'resume') socket.resume();
  }
}

async function play(rig: NetworkRig, steps: readonly (readonly ['client' | 'host', Action])[], at: number) {
  const client = await rig.connect();
  const host = await rig.hostPeer(at);
  const sides = { client: new Side('c'), host: new Side('h') };
  const peers = { client, host };
  for (const [who, one] of steps) {
    if (one.do === 'turn') await turn();
    else sides[who].act(peers[who], one);
  }
  for (const { socket } of [client, host]) {
    socket.resume();
    socket.end();
  }
  await rig.eventually(() => rig.filter?.activeConnections === 0);
  await rig.eventually(() => client.socket.closed && host.socket.closed);
  for (const [from, to] of [
    [sides.client, host],
    [sides.host, client],
  ] as const) {
    assert.ok(to.received.length <= from.sent, 'more came than was sent');
    assert.match(to.received, from === sides.client ? /^c*$/ : /^h*$/);
    // Where nobody was cut, everything comes.
    if (!sides.client.cut && !sides.host.cut) assert.is(to.received.length, from.sent);
  }
}

test('nothing is left of a connection, and what comes is what was sent', async () => {
  const rig = await Rig.start({ per_connection_buffer_limit_bytes: 65_536 });
  let at = 0;
  try {
    rig.filter = tcpProxyFactory(canonical(type, { stat_prefix: 'p', cluster: 'c' }), rig.context);
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        await play(rig, steps, at++);
        assert.is(rig.clock.timers, 0);
      }),
      { numRuns: 150 },
    );
    const gauges = nonZero(rig.stats, 'cluster.c.');
    for (const name of ['upstream_cx_active', 'upstream_rq_active', 'upstream_rq_pending_active']) {
      assert.is(gauges[name], undefined, name);
    }
    assert.is(gauges.upstream_cx_total, at);
    assert.is(gauges.upstream_cx_destroy, at);
    assert.is(rig.value('tcp.p.upstream_flush_active'), 0);
    assert.is(rig.clusters.get('c')?.usage.connections, 0);
    assert.is(rig.clusters.get('c')?.usage.requests, 0);
  } finally {
    rig.closed = true;
    rig.close();
  }
});

test.run();
