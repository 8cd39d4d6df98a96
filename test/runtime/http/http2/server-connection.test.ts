import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { HeaderList } from '../../../../runtime/common/header-list.js';
import type { ServerConnection } from '../../../../runtime/http/codec.js';
import { uint32 } from '../../../../runtime/http/http2/frame.js';
import type { Http2Options } from '../../../../runtime/http/http2/http2-options.js';
import { createHttp2ServerConnection } from '../../../../runtime/http/http2/server-connection.js';
import { settle } from '../http1/fake-socket.js';
import { RequestRecorder } from '../http1/recorder.js';
import { frame, getFields, Peer, preface, settingsFrame } from './peer.js';

interface Rig {
  readonly peer: Peer;
  readonly connection: ServerConnection;
  readonly streams: RequestRecorder[];
  readonly events: string[];
}

async function serve(
  options: Partial<Http2Options> = {},
  prepare: (stream: RequestRecorder) => void = () => {},
  started = true,
): Promise<Rig> {
  const peer = new Peer();
  const streams: RequestRecorder[] = [];
  const events: string[] = [];
  const connection = createHttp2ServerConnection(peer.socket, peer.options(options), {
    newStream(encoder) {
      const stream = new RequestRecorder(encoder);
      streams.push(stream);
      prepare(stream);
      return stream;
    },
    onPrematureResets: () => void events.push('premature resets'),
    onClosed: () => void events.push('closed'),
  });
  if (started) {
    await peer.send(preface, settingsFrame());
    peer.read();
  }
  return { peer, connection, streams, events };
}

test('greets with SETTINGS and the connection window, as Envoy does', async () => {
  const { peer } = await serve({}, undefined, false);
  await settle();
  assert.equal(peer.read(), [
    'SETTINGS 0 000100001000000800000000000300000400000401000000',
    `WINDOW 0 +${24 * 1024 * 1024 - 65535}`,
  ]);
  await peer.send(preface, settingsFrame([3, 100]));
  assert.equal(peer.read(), ['SETTINGS 0 ack']);
});

test('a request without a body and its answer', async () => {
  const { peer, streams } = await serve();
  await peer.send(peer.headers(1, getFields('/x', ['accept', '*/*'])));
  assert.equal(streams[0]?.calls, ['GET /x HTTP/2 [host=a|accept=*/*]$']);
  streams[0]?.encoder.encodeHeaders(200, ['content-length', '2', 'connection', 'close'], false);
  streams[0]?.encoder.encodeData(Buffer.from('ok'), true);
  await settle();
  assert.equal(peer.read(), ['HEADERS 1 :status=200|content-length=2', 'DATA 1 ok$']);
});

test('octets one by one mean the same', async () => {
  const { peer, streams } = await serve({}, undefined, false);
  const all = Buffer.concat([
    Buffer.from(preface, 'latin1'),
    settingsFrame(),
    peer.headers(1, [...getFields(), 'content-length', '5'], 4),
    frame(0, 8, 1, '\x03hel\0\0\0'),
    frame(0, 1, 1, 'lo'),
    peer.headers(3, getFields('/2')),
  ]);
  for (const octet of all) peer.socket.receive(Buffer.from([octet]));
  await settle();
  assert.equal(streams[0]?.calls, ['GET / HTTP/2 [host=a|content-length=5]', 'data hello$']);
  assert.equal(streams[1]?.calls, ['GET /2 HTTP/2 [host=a]$']);
});

test('trailers, in both directions', async () => {
  const { peer, streams } = await serve();
  await peer.send(
    peer.headers(1, getFields(), 4),
    frame(0, 0, 1, 'x'),
    peer.headers(1, ['grpc-status', '0']),
  );
  assert.equal(streams[0]?.calls, ['GET / HTTP/2 [host=a]', 'data x', 'trailers [grpc-status=0]$']);
  streams[0]?.encoder.encodeHeaders(200, [], false);
  streams[0]?.encoder.encodeTrailers(['grpc-status', '5']);
  await settle();
  assert.equal(peer.read(), ['HEADERS 1 :status=200', 'HEADERS 1 grpc-status=5$']);
  assert.is(peer.stats.counter('http2.trailers').value, 1);
});

test('crumbs of cookies become one, repeats of inline headers too', async () => {
  const { peer, streams } = await serve();
  const more = ['cookie', 'a=1', 'accept', 'x', 'cookie', 'b=2', 'accept', 'y', 'z', '1', 'z', '2'];
  await peer.send(peer.headers(1, getFields('/', more)));
  assert.equal(streams[0]?.calls, ['GET / HTTP/2 [host=a|accept=x,y|z=1|z=2|cookie=a=1; b=2]$']);
});

test('a head in several frames', async () => {
  const { peer, streams } = await serve();
  const block = peer.block(getFields('/long', ['x', 'y'.repeat(100)]));
  await peer.send(
    frame(1, 1, 1, block.slice(0, 10)),
    frame(9, 0, 1, block.slice(10, 20)),
    frame(9, 4, 1, block.slice(20)),
  );
  assert.match(streams[0]?.calls[0] ?? '', /^GET \/long .*y\]\$$/);
});

const malformed: readonly [what: string, fields: HeaderList][] = [
  ['an upper-case name', getFields('/', ['Accept', 'x'])],
  ['connection', getFields('/', ['connection', 'close'])],
  ['transfer-encoding', getFields('/', ['transfer-encoding', 'chunked'])],
  ['te other than trailers', getFields('/', ['te', 'gzip'])],
  ['no authority and no host', [':method', 'GET', ':scheme', 'http', ':path', '/']],
  ['no path', [':method', 'GET', ':scheme', 'http', ':authority', 'a']],
  ['an empty path', getFields('')],
  ['a relative path', getFields('x')],
  ['a space in the path', getFields('/a b')],
  ['no method', [':scheme', 'http', ':path', '/', ':authority', 'a']],
  ['no scheme', [':method', 'GET', ':path', '/', ':authority', 'a']],
  ['a pseudo header twice', [...getFields(), ':path', '/']],
  ['a pseudo header that does not exist', [...getFields(), ':x', 'y']],
  ['a pseudo header after others', ['x', 'y', ...getFields()]],
  [':status', [...getFields(), ':status', '200']],
  ['NUL in a value', getFields('/', ['x', 'a\0b'])],
  ['CRLF in a value', getFields('/', ['x', 'a\r\nb: c'])],
  ['an empty name', getFields('/', ['', 'x'])],
  ['two lengths', getFields('/', ['content-length', '1', 'content-length', '1'])],
  ['a length that is none', getFields('/', ['content-length', '+1'])],
  ['a length without a body', getFields('/', ['content-length', '1'])],
  ['two hosts', getFields('/', ['host', 'a', 'host', 'b'])],
  ['userinfo in the authority', [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'a/b']],
  [
    'extended CONNECT while it is off',
    [':method', 'CONNECT', ':protocol', 'websocket', ...getFields().slice(2)],
  ],
];

for (const [what, fields] of malformed) {
  test(`T07-T09: ${what} is never told as a request`, async () => {
    for (const keeps of [false, true]) {
      const { peer, streams, events } = await serve({ keepsConnectionOnBadMessage: keeps });
      await peer.send(peer.headers(1, fields));
      assert.equal(streams[0]?.calls, ['reset protocol error']);
      const [first = '', ...rest] = peer.read();
      if (keeps || what === 'a length without a body') {
        assert.is(first, 'RST 1 1');
        await peer.send(peer.headers(3, getFields()));
        assert.equal(streams[1]?.calls, ['GET / HTTP/2 [host=a]$']);
      } else {
        assert.is(first, 'GOAWAY 0 last=1 code=1');
        assert.equal(rest, []);
        assert.equal(events, ['closed']);
      }
    }
  });
}

test('T10: host alone is the authority, beside it it is dropped', async () => {
  const { peer, streams } = await serve();
  await peer.send(
    peer.headers(1, [':method', 'GET', ':scheme', 'http', ':path', '/', 'host', 'h']),
    peer.headers(3, getFields('/', ['host', 'other'])),
  );
  assert.equal(streams[0]?.calls, ['GET / HTTP/2 [host=h]$']);
  assert.equal(streams[1]?.calls, ['GET / HTTP/2 [host=a]$']);
});

test('a head that is too large costs its stream only', async () => {
  const { peer, streams } = await serve({ maxHeadersOctets: 200 });
  await peer.send(peer.headers(1, getFields('/', ['x', 'y'.repeat(300)])), peer.headers(3, getFields()));
  assert.equal(streams[0]?.calls, ['reset remote reset']);
  assert.equal(streams[1]?.calls, ['GET / HTTP/2 [host=a]$']);
  assert.equal(peer.read(), ['RST 1 2']);
});

test('more octets than content-length said: the stream is reset', async () => {
  const { peer, streams } = await serve();
  const fields = getFields('/', ['content-length', '2']);
  await peer.send(
    peer.headers(1, fields, 4),
    frame(0, 0, 1, 'abc'),
    peer.headers(3, fields, 4),
    frame(0, 1, 3, 'a'),
  );
  assert.equal(streams[0]?.calls, ['GET / HTTP/2 [host=a|content-length=2]', 'reset protocol error']);
  assert.equal(streams[1]?.calls, ['GET / HTTP/2 [host=a|content-length=2]', 'reset protocol error']);
  assert.equal(peer.read(), ['RST 1 1', 'RST 3 1']);
});

test('T12: streams beyond the limit are refused, and may come again', async () => {
  const { peer, streams } = await serve({ maxConcurrentStreams: 2 });
  await peer.send(...[1, 3, 5].map((id) => peer.headers(id, getFields())));
  assert.is(streams.length, 2);
  assert.equal(peer.read(), ['RST 5 7']);
  streams[0]?.encoder.encodeHeaders(200, [], true);
  await settle();
  await peer.send(peer.headers(7, getFields()));
  assert.is(streams.length, 3);
});

test('windows: data waits for them, stream by stream and for the connection', async () => {
  const { peer, streams } = await serve({}, (stream) => {
    stream.onEnd = () => stream.encoder.encodeHeaders(200, [], false);
  });
  await peer.send(settingsFrame([4, 5]), peer.headers(1, getFields()), peer.headers(3, getFields()));
  peer.read();
  streams[0]?.encoder.encodeData(Buffer.from('0123456789'), false);
  streams[0]?.encoder.encodeTrailers(['t', 'v']);
  streams[1]?.encoder.encodeData(Buffer.from('ab'), true);
  await settle();
  assert.equal(peer.read(), ['DATA 1 01234', 'DATA 3 ab$']);
  await peer.send(frame(8, 0, 1, uint32(3)));
  assert.equal(peer.read(), ['DATA 1 567']);
  await peer.send(settingsFrame([4, 100]));
  assert.equal(peer.read(), ['DATA 1 89', 'HEADERS 1 t=v$', 'SETTINGS 0 ack']);
});

test('what waits for a window tells its watermarks', async () => {
  const { peer, streams } = await serve({ bufferLimitBytes: 10 });
  await peer.send(settingsFrame([4, 0]), peer.headers(1, getFields()));
  const [stream] = streams;
  stream?.encoder.encodeHeaders(200, [], false);
  await settle();
  const before = stream?.calls.length ?? 0;
  stream?.encoder.encodeData(Buffer.alloc(11), false);
  assert.equal(stream?.calls.slice(before), ['above']);
  await peer.send(frame(8, 0, 1, uint32(11)));
  assert.is(stream?.calls.at(-1), 'below');
});

test('reading that is off keeps data back, and its window', async () => {
  const { peer, streams } = await serve({ streamWindow: 70_000, connectionWindow: 140_000 });
  await peer.send(peer.headers(1, getFields(), 4));
  streams[0]?.encoder.setReadDisabled(true);
  const chunk = frame(0, 0, 1, Buffer.alloc(14_000, 'x'));
  await peer.send(chunk, chunk, chunk, frame(0, 1, 1, 'end'));
  assert.is(streams[0]?.calls.length, 1);
  assert.equal(peer.read(), []);
  streams[0]?.encoder.setReadDisabled(false);
  await settle();
  assert.is(streams[0]?.calls[1]?.length, 'data '.length + 42_000 + 'end$'.length);
  assert.equal(peer.read(), []);
});

test('windows are given back as data is taken', async () => {
  const { peer } = await serve({ streamWindow: 70_000, connectionWindow: 140_000 });
  const chunk = frame(0, 0, 1, Buffer.alloc(16_000));
  await peer.send(peer.headers(1, getFields(), 4), chunk, chunk, chunk, chunk, chunk);
  assert.equal(peer.read(), ['WINDOW 1 +48000', 'WINDOW 0 +80000']);
});

test('more than the window allows ends the connection', async () => {
  const { peer, events } = await serve({ streamWindow: 65_535, connectionWindow: 10_000_000 });
  const chunk = frame(0, 0, 1, Buffer.alloc(16_384));
  await peer.send(peer.headers(1, getFields(), 4));
  const { socket } = peer;
  socket.receive(Buffer.concat([chunk, chunk, chunk, chunk, chunk, chunk, chunk, chunk]));
  await settle();
  // Half of the window is given back as soon as it is taken, so it is never exceeded while somebody takes the data.
  assert.equal(events, []);
  const {
    peer: slow,
    streams,
    events: slowEvents,
  } = await serve({ streamWindow: 65_535, connectionWindow: 10_000_000 });
  await slow.send(slow.headers(1, getFields(), 4));
  streams[0]?.encoder.setReadDisabled(true);
  await slow.send(chunk, chunk, chunk, chunk, chunk);
  assert.equal(slowEvents, ['closed']);
  assert.match(slow.read().at(-1) ?? '', /GOAWAY 0 last=1 code=3/);
});

test('a response before the end of its request: the rest is not wanted', async () => {
  const { peer, streams } = await serve();
  await peer.send(peer.headers(1, getFields(), 4));
  streams[0]?.encoder.encodeHeaders(413, [], true);
  await settle();
  assert.equal(peer.read(), ['HEADERS 1 :status=413$', 'RST 1 0']);
  // What was on its way is ignored.
  await peer.send(frame(0, 0, 1, 'late'), peer.headers(3, getFields()));
  assert.equal(peer.read(), []);
  assert.is(streams.length, 2);
});

test('1xx, extended CONNECT as an upgrade', async () => {
  const { peer, streams } = await serve({ allowConnect: true });
  await peer.send(
    peer.headers(1, [':method', 'CONNECT', ':protocol', 'websocket', ...getFields('/chat').slice(2)], 4),
  );
  assert.equal(streams[0]?.calls, [
    'GET /chat HTTP/2 [host=a|upgrade=websocket|connection=upgrade] upgrade=websocket',
  ]);
  streams[0]?.encoder.encode1xx({ status: 103, headers: ['link', 'x'], protocol: 'HTTP/1.1' });
  streams[0]?.encoder.encodeHeaders(101, ['upgrade', 'websocket', 'connection', 'upgrade'], false);
  streams[0]?.encoder.encodeData(Buffer.from('frame'), false);
  await settle();
  assert.equal(peer.read(), ['HEADERS 1 :status=103|link=x', 'HEADERS 1 :status=200', 'DATA 1 frame']);
});

test('a response that is cut: INTERNAL_ERROR, of a CONNECT CONNECT_ERROR', async () => {
  const { peer, streams } = await serve({ allowConnect: true });
  const connect = [':method', 'CONNECT', ':protocol', 'websocket', ...getFields('/chat').slice(2)];
  for (const [id, fields, code] of [
    [1, getFields(), 2],
    [3, connect, 10],
    [5, [':method', 'CONNECT', ':authority', 'a:1'], 10],
  ] as const) {
    await peer.send(peer.headers(id, [...fields], 4));
    streams.at(-1)?.encoder.encodeHeaders(200, [], false);
    streams.at(-1)?.encoder.resetStream('connection termination');
    await settle();
    assert.equal(peer.read(), [`HEADERS ${id} :status=200`, `RST ${id} ${code}`]);
  }
});

test('the two steps of a graceful end', async () => {
  const { peer, connection, streams, events } = await serve();
  await peer.send(peer.headers(1, getFields()));
  connection.shutdownNotice();
  await peer.send(peer.headers(3, getFields()));
  assert.is(streams.length, 2);
  connection.goAway();
  await peer.send(peer.headers(5, getFields()));
  assert.is(streams.length, 2);
  assert.equal(peer.read(), [`GOAWAY 0 last=${2 ** 31 - 1} code=0`, 'GOAWAY 0 last=3 code=0']);
  assert.is(connection.activeStreams, 2);
  for (const stream of streams) stream.encoder.encodeHeaders(200, [], true);
  connection.close('flush');
  await settle();
  assert.equal(peer.read(), ['HEADERS 1 :status=200$', 'HEADERS 3 :status=200$']);
  assert.equal(events, ['closed']);
});

const floods: readonly [
  what: string,
  options: Partial<Http2Options>,
  attack: (peer: Peer) => Buffer[],
  stat: string,
][] = [
  [
    'T02: CONTINUATION without end',
    {},
    (peer) => [frame(1, 0, 1, peer.block(getFields())), ...new Array(100).fill(frame(9, 0, 1, '\x80'))],
    '',
  ],
  [
    'T02: empty CONTINUATION',
    {},
    (peer) => [frame(1, 0, 1, peer.block(getFields())), ...new Array(3).fill(frame(9, 0, 1))],
    'http2.inbound_empty_frames_flood',
  ],
  ['T03: SETTINGS', {}, () => new Array(1001).fill(settingsFrame()), 'http2.outbound_control_flood'],
  ['T03: PING', {}, () => new Array(1001).fill(frame(6, 0, 0, '12345678')), 'http2.outbound_control_flood'],
  [
    'T03: empty DATA',
    {},
    (peer) => [peer.headers(1, getFields(), 4), frame(0, 0, 1), frame(0, 0, 1)],
    'http2.inbound_empty_frames_flood',
  ],
  [
    'T04: PRIORITY',
    { maxPriorityFramesPerStream: 5 },
    () => new Array(6).fill(frame(2, 0, 1, '\0\0\0\0\0')),
    'http2.inbound_priority_frames_flood',
  ],
  [
    'T04: WINDOW_UPDATE',
    {},
    () => new Array(6).fill(frame(8, 0, 0, uint32(1))),
    'http2.inbound_window_update_frames_flood',
  ],
];

for (const [what, options, attack, stat] of floods) {
  test(`a flood ends the connection: ${what}`, async () => {
    const { peer, events } = await serve(options);
    const frames = attack(peer);
    // One frame less is no flood yet; of answers only those count that are not written, so they come in one read.
    if (!/CONTINUATION|SETTINGS|PING/.test(what)) {
      await peer.send(...frames.slice(0, -1));
      assert.equal(events, []);
      await peer.send(...frames.slice(-1));
    } else await peer.send(...frames);
    assert.equal(events, ['closed']);
    assert.match(peer.read().join('\n'), /GOAWAY 0 last=\d+ code=11/);
    if (stat !== '') assert.is(peer.stats.counter(stat).value, 1);
  });
}

test('T01: a client that resets its streams again and again is cut off', async () => {
  const { peer, events, streams } = await serve();
  for (let id = 1; id < 2 * 250; id += 2)
    await peer.send(peer.headers(id, getFields()), frame(3, 0, id, uint32(8)));
  assert.equal(events, []);
  assert.is(streams.at(-1)?.calls.at(-1), 'reset remote reset');
  await peer.send(...[501, 503].flatMap((id) => [peer.headers(id, getFields()), frame(3, 0, id, uint32(8))]));
  assert.equal(events, ['premature resets', 'closed']);
});

test('T06: a window that overflows', async () => {
  const { peer, streams, events } = await serve();
  await peer.send(peer.headers(1, getFields()), frame(8, 0, 1, uint32(2 ** 31 - 1)));
  assert.equal(peer.read(), ['RST 1 3']);
  assert.is(streams[0]?.calls.at(-1), 'reset protocol error');
  await peer.send(frame(8, 0, 0, uint32(2 ** 31 - 1)));
  assert.match(peer.read().join(), /code=3/);
  assert.equal(events, ['closed']);
});

test('PING keepalive: an answer keeps the connection, silence ends it', async () => {
  const { peer, events } = await serve({ keepaliveIntervalMs: 1000, keepaliveTimeoutMs: 500 });
  peer.clock.advance(1000);
  await settle();
  assert.equal(peer.read(), ['PING 0']);
  await peer.send(frame(6, 1, 0, '\0'.repeat(8)));
  peer.clock.advance(600);
  assert.equal(events, []);
  peer.clock.advance(400);
  await settle();
  assert.equal(peer.read(), ['PING 0']);
  peer.clock.advance(500);
  await settle();
  assert.equal(events, ['closed']);
});

test('the end of the socket resets what is under way', async () => {
  const { peer, streams, events } = await serve();
  await peer.send(peer.headers(1, getFields()));
  peer.socket.receiveEnd();
  await settle();
  assert.is(streams[0]?.calls.at(-1), 'reset connection termination');
  assert.equal(events, ['closed']);
});

test('no octets make it throw, and a stream is told in the order of the contract', async () => {
  const start = Buffer.concat([Buffer.from(preface, 'latin1'), settingsFrame()]);
  const part = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(fc.nat(11), fc.nat(255), fc.nat(6), fc.uint8Array({ maxLength: 60 }))
      .map(([type, flags, id, payload]) => frame(type, flags, id, Buffer.from(payload))),
    fc.nat(5).map((n) => frame(1, n, 2 * n + 1, Buffer.from('828684418a0861', 'hex'))),
    fc.nat(3).map((n) => frame(0, n & 1, 2 * n + 1, 'data')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 30 }), async (parts) => {
      const { peer, streams } = await serve({}, undefined, false);
      peer.socket.receive(Buffer.concat([start, ...parts]));
      await settle();
      for (const { calls } of streams) {
        const ended = calls.findIndex((call) => call.endsWith('$') || call.startsWith('reset'));
        if (ended >= 0 && calls[ended]?.startsWith('reset')) assert.is(ended, calls.length - 1);
      }
      peer.socket.destroy();
    }),
    { numRuns: 300 },
  );
});

test.run();
