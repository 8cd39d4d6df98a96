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

function factory(make: (callbacks: StreamFilterCallbacks) => StreamFilter | undefined): HttpFilterFactory {
  return {
    kind: 'stream',
    create: () => make,
    routeConfig: { type: 'f.PerRoute', create: (config) => (config as { on: unknown }).on },
  };
}

/** `typed_per_filter_config` for the filter `f`, as each level may have it. */
function perRoute(on: unknown): object {
  return { typed_per_filter_config: { f: { '@type': 'type.googleapis.com/f.PerRoute', on } } };
}

function wrapped(config: object): object {
  return {
    typed_per_filter_config: {
      f: { '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig', ...config },
    },
  };
}

/** A route to `c` at `/`, with what each level says of the filter `f`. */
function levels(configuration: object, virtualHost: object, route: object): object {
  const routes = [{ match: { prefix: '/' }, route: { cluster: 'c' }, ...route }];
  return { ...configuration, virtual_hosts: [{ name: 'v', domains: ['*'], routes, ...virtualHost }] };
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
  assert.is(found, true);
});

/** What the filter `f` sees of the routes' configuration; undefined: it was not made. */
async function seenConfigs(route_config: object, filter: object = {}): Promise<unknown[] | undefined> {
  let seen: unknown[] | undefined;
  const [f, router] = ManagerRig.filters('f');
  const rig = new ManagerRig(
    { http_filters: [{ ...f, ...filter }, router], route_config },
    {
      filters: {
        f: factory((callbacks) => {
          seen = [callbacks.routeConfig, ...callbacks.routeConfigs];
          return undefined;
        }),
      },
    },
  );
  await rig.request(get);
  assert.is(rig.upstreams.length, 1);
  return seen;
}

test('the most specific configuration counts; all levels can be had', async () => {
  assert.equal(await seenConfigs(levels(perRoute(1), perRoute(2), perRoute(3))), [3, 1, 2, 3]);
  assert.equal(await seenConfigs(levels(perRoute(1), perRoute(2), {})), [2, 1, 2]);
  assert.equal(await seenConfigs(levels({}, {}, {})), [undefined]);
});

test('routes turn a filter off and on', async () => {
  const off = wrapped({ disabled: true });
  const on = wrapped({ config: {} });
  assert.is(await seenConfigs(levels({}, {}, off)), undefined);
  assert.is(await seenConfigs(levels({}, off, {})), undefined);
  assert.equal(await seenConfigs(levels({}, off, perRoute(3))), [3, 3]);
  const disabled = { disabled: true };
  assert.is(await seenConfigs(levels({}, {}, {}), disabled), undefined);
  assert.equal(await seenConfigs(levels({}, {}, on), disabled), [undefined]);
  const full = wrapped({ config: { '@type': 'type.googleapis.com/f.PerRoute', on: 4 } });
  assert.equal(await seenConfigs(levels({}, full, on), disabled), [4, 4]);
});

test('a configuration for a route that no filter takes is refused with its path', () => {
  const other = { typed_per_filter_config: { g: { '@type': 'type.googleapis.com/g.PerRoute' } } };
  const build = (route: object) => () =>
    new ManagerRig(
      { http_filters: ManagerRig.filters('f'), route_config: levels({}, {}, route) },
      { filters: { f: observer('f', []) } },
    );
  assert.throws(build(other), (error: { message: string; path: unknown }) => {
    assert.match(error.message, /g\.PerRoute on a route needs real Envoy/);
    const steps = ['route_config', 'virtual_hosts', 0, 'routes', 0, 'typed_per_filter_config', 'g'];
    assert.equal(error.path, steps);
    return true;
  });
  assert.throws(build(wrapped({})), /Empty route\/virtual host per filter configuration for f filter/);
});

/** Answers each part of a body by two: itself, and its length. */
function doubler(): HttpFilterFactory {
  return factory((callbacks) => ({
    encodeHeaders(head) {
      head.headers = head.headers.filter((_text, at, all) => all[at - (at % 2)] !== 'content-length');
      return 'continue';
    },
    encodeData(data, endStream) {
      callbacks.injectEncodedData(data, false);
      callbacks.injectEncodedData(Buffer.from(String(data.length)), endStream);
      return 'taken';
    },
    decodeTrailers() {
      callbacks.injectDecodedData(Buffer.from('end'), true);
      return 'taken';
    },
  }));
}

test('a filter that has taken data gives on what it makes of it, to the filters after it only', async () => {
  const seen: string[] = [];
  const rig = new ManagerRig(
    { http_filters: ManagerRig.filters('after', 'double', 'before') },
    { filters: { after: observer('after', seen), double: doubler(), before: observer('before', seen) } },
  );
  const client = await rig.request(get);
  await rig.answer(ok);
  assert.equal(seen.slice(2, -3), [
    'before response 200 false',
    'after response 200 false',
    'before ok true',
    'after ok false',
  ]);
  assert.equal(seen.slice(-3), ['after 2 true', 'after over', 'before over']);
  assert.match(client.written, /\r\n2\r\nok\r\n1\r\n2\r\n0\r\n\r\n$/);
});

test('trailers that were taken may become data', async () => {
  const rig = new ManagerRig(
    { http_filters: ManagerRig.filters('double'), http_protocol_options: { enable_trailers: true } },
    { filters: { double: doubler() } },
  );
  await rig.request(
    'POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nt: 1\r\n\r\n',
  );
  assert.match(rig.upstream().written, /\r\n1\r\na\r\n3\r\nend\r\n0\r\n\r\n$/);
});

test('data passes the filters before one that holds the message', async () => {
  const seen: string[] = [];
  let callbacks: StreamFilterCallbacks | undefined;
  const rig = new ManagerRig(
    { http_filters: ManagerRig.filters('first', 'wait') },
    {
      filters: {
        first: observer('first', seen),
        wait: factory((given) => {
          callbacks = given;
          return { decodeHeaders: () => 'pause' };
        }),
      },
    },
  );
  const client = await rig.request('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc');
  client.receive('def');
  await settle();
  assert.equal(seen, ['first request false', 'first abc false', 'first def true']);
  assert.is(rig.upstreams.length, 0);
  callbacks?.continueDecoding();
  await settle();
  assert.match(rig.upstream().written, /\r\n\r\nabcdef$/);
});

test('two filters hold one message, each its part', async () => {
  const held: StreamFilterCallbacks[] = [];
  const waits = (hook: 'decodeHeaders' | 'decodeData'): HttpFilterFactory =>
    factory((given) => {
      held.push(given);
      return { [hook]: () => 'pause' };
    });
  const rig = new ManagerRig(
    { http_filters: ManagerRig.filters('data', 'head') },
    { filters: { data: waits('decodeData'), head: waits('decodeHeaders') } },
  );
  await rig.request(post);
  held[1]?.continueDecoding();
  await settle();
  assert.match(rig.upstream().written, /\r\n\r\n$/);
  held[0]?.continueDecoding();
  await settle();
  assert.match(rig.upstream().written, /\r\n\r\nabcdef$/);
});

test('a local reply in the place of a response under way does not meet the filters again', async () => {
  const seen: string[] = [];
  const rig = new ManagerRig(
    { http_filters: ManagerRig.filters('outer', 'whole') },
    {
      bufferLimitBytes: 4,
      filters: {
        outer: observer('outer', seen),
        whole: factory(() => ({ encodeHeaders: () => 'stop', encodeData: () => 'stop' })),
      },
    },
  );
  const client = await rig.request(get);
  await rig.answer('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n123456789');
  assert.match(client.written, /^HTTP\/1.1 500 .*Internal Server Error$/s);
  assert.equal(seen, ['outer request true', 'outer over']);
  assert.match(rig.logLines.join(), /^500 - response_payload_too_large/);
});

test('a response that a filter makes passes the chain, without the headers of the route', async () => {
  const seen: string[] = [];
  const rig = new ManagerRig(
    { http_filters: ManagerRig.filters('outer', 'answer') },
    {
      filters: {
        outer: observer('outer', seen),
        answer: factory((callbacks) => ({
          decodeHeaders() {
            callbacks.markHealthCheck();
            callbacks.sendResponse(200, ['x', 'y'], 'mine');
            return 'stop';
          },
        })),
      },
    },
  );
  const client = await rig.request(get);
  assert.match(client.written, /^HTTP\/1.1 200 OK\r\nx: y\r\n/);
  assert.equal(seen, ['outer request true', 'outer response 200 true', 'outer over']);
  assert.is(rig.counter('http.p.downstream_rq_2xx'), 0);
});

test('the order of a chain is checked', () => {
  const filters = { f: observer('f', []) };
  const [f, router] = ManagerRig.filters('f');
  assert.throws(() => new ManagerRig({ http_filters: [router, f] }, { filters }), /must be the last filter/);
  assert.throws(() => new ManagerRig({ http_filters: [f] }, { filters }), /cannot be the last filter/);
});

test.run();
