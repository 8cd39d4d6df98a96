/** Whatever happens in whatever order: one answer at most, nothing left behind, nothing thrown. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { settle } from '../../../http/http1/fake-socket.js';
import { ManagerRig, oneRoute } from '../../../http/manager-rig.js';

type Event =
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'answer'; readonly at: number; readonly status: number }
  | { readonly kind: 'begin'; readonly at: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'send' }
  | { readonly kind: 'leave' };

const at = fc.nat(3);
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 30, 100, 400) }),
  fc.record({ kind: fc.constant('answer' as const), at, status: fc.constantFrom(200, 404, 500, 503) }),
  fc.record({ kind: fc.constant('begin' as const), at }),
  fc.record({ kind: fc.constant('cut' as const), at }),
  fc.record({ kind: fc.constant('send' as const) }),
  fc.record({ kind: fc.constant('leave' as const) }),
);

const policy = fc.record({
  retry_on: fc.constantFrom('5xx', 'reset', 'gateway-error,connect-failure'),
  num_retries: fc.nat(3),
  per_try_timeout: fc.constantFrom('0s', '0.1s'),
  per_try_idle_timeout: fc.constantFrom('0s', '0.15s'),
});

async function play(rig: ManagerRig, events: readonly Event[]): Promise<string> {
  const client = await rig.request('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo');
  let sent = false;
  let left = false;
  for (const one of events) {
    const socket = 'at' in one ? rig.upstreams[one.at] : undefined;
    if (one.kind === 'pass') await rig.pass(one.ms);
    else if (one.kind === 'leave') {
      left = true;
      client.destroy();
    } else if (one.kind === 'send') {
      if (!sent && !left && !client.destroyed) client.receive('dy');
      sent = true;
    } else if (socket !== undefined && !socket.destroyed) {
      if (one.kind === 'answer') socket.receive(`HTTP/1.1 ${one.status} X\r\ncontent-length: 2\r\n\r\nok`);
      else if (one.kind === 'begin') socket.receive('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc');
      else socket.receiveEnd();
    }
    await settle();
  }
  client.destroy();
  await settle();
  // Longer than any time-out of the route.
  await rig.pass(20_000);
  return client.written;
}

test('hedged or not, with copies or without', async () => {
  await fc.assert(
    fc.asyncProperty(
      policy,
      fc.boolean(),
      fc.boolean(),
      fc.array(event, { maxLength: 12 }),
      async (retry_policy, hedge_on_per_try_timeout, mirrored, events) => {
        const action = {
          retry_policy,
          hedge_policy: { hedge_on_per_try_timeout },
          timeout: '1s',
          ...(mirrored ? { request_mirror_policies: [{ cluster: 'c' }] } : {}),
        };
        const rig = new ManagerRig({ route_config: oneRoute(action) }, { random: () => 0.5 });
        const written = await play(rig, events);
        const heads = written.match(/HTTP\/1\.1 \d{3} /g) ?? [];
        assert.ok(heads.filter((head) => !head.includes(' 100 ')).length <= 1, written);
        assert.is(rig.cluster.usage.retries, 0);
        assert.is(rig.logLines.length, 1);
        // What is open has no request under way: it waits for the next one.
        for (const socket of rig.upstreams) {
          const requests = socket.written.split('POST /x').length - 1;
          assert.ok(socket.destroyed || requests <= 1 + events.length);
        }
        assert.is(rig.gauge('http.p.downstream_rq_active'), 0);
      },
    ),
    { numRuns: 150 },
  );
});

test.run();
