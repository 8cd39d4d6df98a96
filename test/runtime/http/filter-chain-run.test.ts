/** Stream filters before the router: order, waiting, answering, bodies that are kept, and their limits. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type {
  FilterStatus,
  HttpFilterFactory,
  StreamFilter,
  StreamFilterCallbacks,
} from '../../../runtime/http/filter.js';
import { settle } from './http1/fake-socket.js';
import { ManagerRig } from './manager-rig.js';

const get = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
const post = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabcdef';
const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

function factory(make: (callbacks: StreamFilterCallbacks) => StreamFilter): HttpFilterFactory {
  return { kind: 'stream', create: () => make };
}

/** Writes down what it sees. */
function observer(name: string, seen: string[], status: FilterStatus = 'continue'): HttpFilterFactory {
  return factory(() => ({
    decodeHeaders(_head, endStream) {
      seen.push(`${name} request ${endStream}`);
      return status;
    },
    decodeData(data, endStream) {
      seen.push(`${name} ${data} ${endStream}`);
      return status;
    },
    encodeHeaders(head, endStream) {
      seen.push(`${name} response ${head.status} ${endStream}`);
      return 'continue';
    },
    encodeData(data, endStream) {
      seen.push(`${name} ${data} ${endStream}`);
      return 'continue';
    },
    onDestroy() {
      seen.push(`${name} over`);
    },
  }));
}

test('requests pass in order, responses in the reverse order', async () => {
  const seen: string[] = [];
  const rig = new ManagerRig(
    { http_filters: ManagerRig.filters('a', 'b') },
    { filters: { a: observer('a', seen), b: observer('b', seen) } },
  );
  const client = await rig.request(post);
  await rig.answer(ok);
  assert.equal(seen, [
    'a request false',
    'b request false',
    'a abcdef true',
    'b abcdef true',
    'b response 200 false',
    'a response 200 false',
    'b ok true',
    'a ok true',
    'a over',
    'b over',
  ]);
  assert.match(client.written, /^HTTP\/1.1 200 .*ok$/s);
});

test('a filter that waits holds the request; what follows is kept', async () => {
  let callbacks: StreamFilterCallbacks | undefined;
  const seen: string[] = [];
  const rig = new ManagerRig(
    { http_filters: ManagerRig.filters('wait', 'b') },
    {
      filters: {
        wait: factory((given) => {
          callbacks = given;
          return { decodeHeaders: () => 'pause' };
        }),
        b: observer('b', seen),
      },
    },
  );
  await rig.request(post);
  assert.is(rig.upstreams.length, 0);
  assert.equal(seen, []);
  callbacks?.continueDecoding();
  callbacks?.continueDecoding();
  await settle();
  assert.equal(seen, ['b request false', 'b abcdef true']);
  assert.match(rig.upstream().written, /\r\n\r\nabcdef$/);
});

test('a filter may look at the whole body before the head goes on', async () => {
  let length = 0;
  const rig = new ManagerRig(
    { http_filters: ManagerRig.filters('whole') },
    {
      filters: {
        whole: factory(() => {
          let head: { headers: string[] } | undefined;
          return {
            decodeHeaders(given, endStream) {
              head = given;
              return endStream ? 'continue' : 'stop';
            },
            decodeData(data, endStream) {
              length += data.length;
              if (!endStream) return 'stop';
              head?.headers.push('x-length', String(length));
              return 'continue';
            },
          };
        }),
      },
    },
  );
  const client = await rig.request('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc');
  assert.is(rig.upstreams.length, 0);
  client.receive('def');
  await settle();
  assert.match(rig.upstream().written, /x-length: 6\r\n.*\r\n\r\nabcdef$/s);
});

test('a filter answers in place of the upstream; its answer passes all filters', async () => {
  const seen: string[] = [];
  const rig = new ManagerRig(
    { http_filters: ManagerRig.filters('deny', 'b') },
    {
      filters: {
        deny: factory((callbacks) => ({
          decodeHeaders() {
            callbacks.addFlag('RL');
            callbacks.sendLocalReply(429, 'local_rate_limited', 'local_rate_limited', ['x-a', 'b']);
            return 'stop';
          },
        })),
        b: observer('b', seen),
      },
    },
  );
  const client = await rig.request(get);
  assert.match(client.written, /^HTTP\/1.1 429 .*\r\nx-a: b\r\ncontent-length: 18\r\n.*local_rate_limited$/s);
  assert.is(rig.upstreams.length, 0);
  assert.equal(rig.logLines, ['429 RL local_rate_limited rx=0 tx=18']);
  assert.equal(seen, ['b response 429 false', 'b local_rate_limited true', 'b over']);
});

test('a body beyond the limit: stop answers 413, pause makes the client wait', async () => {
  const stop = new ManagerRig(
    { http_filters: ManagerRig.filters('f') },
    { filters: { f: factory(() => ({ decodeHeaders: () => 'stop' })) }, bufferLimitBytes: 4 },
  );
  const refused = await stop.request(post);
  assert.match(refused.written, /^HTTP\/1.1 413 .*Payload Too Large$/s);
  assert.equal(stop.logLines, ['413 - request_payload_too_large rx=6 tx=17']);

  let callbacks: StreamFilterCallbacks | undefined;
  const pause = new ManagerRig(
    { http_filters: ManagerRig.filters('f') },
    {
      filters: {
        f: factory((given) => {
          callbacks = given;
          return { decodeHeaders: () => 'pause' };
        }),
      },
      bufferLimitBytes: 4,
    },
  );
  const waiting = await pause.request('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabcdef');
  assert.ok(waiting.isPaused());
  callbacks?.continueDecoding();
  await settle();
  assert.not.ok(waiting.isPaused());
  waiting.receive('ghi');
  await settle();
  assert.match(pause.upstream().written, /abcdefghi$/);
});

test('a response may wait, too', async () => {
  let callbacks: StreamFilterCallbacks | undefined;
  const rig = new ManagerRig(
    { http_filters: ManagerRig.filters('f') },
    {
      filters: {
        f: factory((given) => {
          callbacks = given;
          return { encodeHeaders: () => 'stop' };
        }),
      },
    },
  );
  const client = await rig.request(get);
  await rig.answer(ok);
  assert.is(client.written, '');
  callbacks?.continueEncoding();
  await settle();
  assert.match(client.written, /^HTTP\/1.1 200 .*ok$/s);
});

test('filters see the configuration of the route by their own names', async () => {
  let found: unknown;
  const rig = new ManagerRig(
    {
      http_filters: ManagerRig.filters('f'),
      route_config: {
        virtual_hosts: [
          {
            name: 'v',
            domains: ['*'],
            routes: [
              {
                match: { prefix: '/' },
                route: { cluster: 'c' },
                typed_per_filter_config: { f: { '@type': 'type.googleapis.com/f.PerRoute', on: true } },
              },
            ],
          },
        ],
      },
    },
    {
      filters: {
        f: factory((callbacks) => ({
          decodeHeaders() {
            found = callbacks.routeConfig;
            return 'continue';
          },
        })),
      },
    },
  );
  await rig.request(get);
  assert.equal((found as { on?: boolean } | undefined)?.on, true);
});

test('the order of a chain is checked', () => {
  const filters = { f: observer('f', []) };
  const [f, router] = ManagerRig.filters('f');
  assert.throws(() => new ManagerRig({ http_filters: [router, f] }, { filters }), /must be the last filter/);
  assert.throws(() => new ManagerRig({ http_filters: [f] }, { filters }), /cannot be the last filter/);
});

test.run();
