import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ClientConnection, RequestEncoder, RequestHead } from '../../../../runtime/http/codec.js';
import { createHttp2ClientConnection } from '../../../../runtime/http/http2/client-connection.js';
import { uint32 } from '../../../../runtime/http/http2/frame.js';
import type { Http2Options } from '../../../../runtime/http/http2/http2-options.js';
import { settle } from '../http1/fake-socket.js';
import { requestHead, ResponseRecorder } from '../http1/recorder.js';
import { frame, Peer, settingsFrame } from './peer.js';

interface Rig {
  readonly peer: Peer;
  readonly connection: ClientConnection;
  readonly events: string[];
  open(
    changes?: Partial<RequestHead>,
    endStream?: boolean,
  ): { encoder: RequestEncoder; decoder: ResponseRecorder };
}

async function connect(options: Partial<Http2Options> = {}): Promise<Rig> {
  const peer = new Peer();
  const events: string[] = [];
  const connection = createHttp2ClientConnection(peer.socket, peer.options(options), {
    onStreamSlotFree: () => void events.push('free'),
    onStreamReset: () => void events.push('reset'),
    onGoAway: () => void events.push('goaway'),
    onClosed: (_connection, streamsCut) => void events.push(`closed ${streamsCut}`),
  });
  await peer.send(settingsFrame());
  peer.read();
  return {
    peer,
    connection,
    events,
    open(changes = {}, endStream = true) {
      const decoder = new ResponseRecorder();
      const encoder = connection.newStream(decoder);
      encoder.encodeHeaders(requestHead(changes), endStream);
      return { encoder, decoder };
    },
  };
}

test('requests and responses side by side', async () => {
  const { peer, connection, events, open } = await connect();
  const one = open({ path: '/1', headers: ['host', 'a', 'x', 'y', 'connection', 'close', 'te', 'trailers'] });
  const two = open({ path: '/2', method: 'POST' }, false);
  two.encoder.encodeData(Buffer.from('body'), true);
  await settle();
  assert.equal(peer.read(), [
    'HEADERS 1 :method=GET|:scheme=http|:authority=a|:path=/1|x=y|te=trailers$',
    'HEADERS 3 :method=POST|:scheme=http|:authority=a|:path=/2',
    'DATA 3 body$',
  ]);
  assert.is(connection.activeStreams, 2);
  await peer.send(
    peer.headers(3, [':status', '200', 'content-type', 'application/grpc'], 4),
    frame(0, 0, 3, 'msg'),
    peer.headers(3, ['grpc-status', '0']),
    peer.headers(1, [':status', '404']),
  );
  assert.equal(two.decoder.calls, [
    '200 HTTP/2 [content-type=application/grpc]',
    'data msg',
    'trailers [grpc-status=0]$',
  ]);
  assert.equal(one.decoder.calls, ['404 HTTP/2 []$']);
  assert.is(connection.activeStreams, 0);
  assert.equal(events, ['free', 'free']);
  // Envoy counts those of requests alone.
  assert.is(peer.stats.counter('http2.trailers').value, 0);
});

test('the number of streams that the peer allows', async () => {
  const { peer, connection, events } = await connect({ maxConcurrentStreams: 50 });
  assert.is(connection.maxStreams, 50);
  await peer.send(settingsFrame([3, 7]));
  assert.is(connection.maxStreams, 7);
  assert.equal(events, ['free']);
});

test('a reset by the peer, refused or not', async () => {
  const { peer, open } = await connect();
  const [one, two] = [open(), open()];
  await peer.send(frame(3, 0, 1, uint32(7)), frame(3, 0, 3, uint32(2)));
  assert.equal(one?.decoder.calls, ['reset remote refused stream reset']);
  assert.equal(two?.decoder.calls, ['reset remote reset']);
});

test('T14: GOAWAY: streams above the last one may be tried elsewhere, the others go on', async () => {
  const { peer, events, open } = await connect();
  const [one, two] = [open(), open()];
  await peer.send(frame(7, 0, 0, uint32(1) + uint32(0)));
  assert.equal(two?.decoder.calls, ['reset remote refused stream reset']);
  assert.is(events[0], 'goaway');
  await peer.send(peer.headers(1, [':status', '200']));
  assert.equal(one?.decoder.calls, ['200 HTTP/2 []$']);
  assert.equal(open().decoder.calls, ['reset connection termination']);
});

test('a reset by us is told to the peer and to nobody else', async () => {
  const { peer, connection, events, open } = await connect();
  const { decoder, encoder } = open({}, false);
  encoder.resetStream('local reset');
  await settle();
  assert.match(peer.read().join(), /RST 1 2$/);
  assert.equal(events, ['reset', 'free']);
  assert.is(connection.activeStreams, 0);
  // What was on its way is ignored.
  await peer.send(peer.headers(1, [':status', '200'], 4), frame(0, 1, 1, 'late'));
  assert.equal(decoder.calls, []);
  assert.equal(peer.read(), []);
});

const malformed: readonly [what: string, fields: string[]][] = [
  ['no status', ['x', 'y']],
  ['a bad status', [':status', 'abc']],
  ['connection', [':status', '200', 'connection', 'close']],
  ['another pseudo header', [':status', '200', ':path', '/']],
  ['an upper-case name', [':status', '200', 'X', 'y']],
];
for (const [what, fields] of malformed) {
  test(`a response with ${what} is a protocol error`, async () => {
    const { peer, events, open } = await connect();
    const { decoder } = open();
    await peer.send(peer.headers(1, fields));
    assert.equal(decoder.calls, ['reset protocol error']);
    assert.match(events.at(-1) ?? '', /^closed/);
  });
}

test('a body that is not as long as said, or that may not be', async () => {
  const { peer, open } = await connect();
  const streams = [open(), open(), open(), open({ method: 'HEAD' })];
  await peer.send(
    peer.headers(1, [':status', '200', 'content-length', '2'], 4),
    frame(0, 1, 1, 'a'),
    peer.headers(3, [':status', '200', 'content-length', '2'], 4),
    frame(0, 1, 3, 'abc'),
    peer.headers(5, [':status', '204'], 4),
    frame(0, 1, 5, 'x'),
    peer.headers(7, [':status', '200', 'content-length', '2']),
  );
  assert.equal(
    streams.map(({ decoder }) => decoder.calls.at(-1)),
    [
      'reset protocol error',
      'reset protocol error',
      'reset protocol error',
      '200 HTTP/2 [content-length=2]$',
    ],
  );
});

test('an upgrade is an extended CONNECT, and its 200 a 101', async () => {
  const { peer, open } = await connect();
  const headers = ['host', 'a', 'connection', 'upgrade', 'upgrade', 'websocket'];
  const { decoder, encoder } = open({ upgrade: 'websocket', headers }, false);
  await settle();
  assert.equal(peer.read(), [
    'HEADERS 1 :method=CONNECT|:scheme=http|:authority=a|:path=/|:protocol=websocket',
  ]);
  await peer.send(peer.headers(1, [':status', '200'], 4));
  assert.equal(decoder.calls, ['101 HTTP/2 [upgrade=websocket|connection=upgrade]']);
  encoder.encodeData(Buffer.from('x'), true);
  await peer.send(frame(0, 1, 1, 'y'));
  assert.is(decoder.calls.at(-1), 'data y$');
});

test('a push is refused', async () => {
  const { peer, events, open } = await connect();
  open();
  await peer.send(frame(5, 4, 1, uint32(2)));
  assert.match(events.at(-1) ?? '', /^closed/);
});

test('the end of the socket resets what is under way', async () => {
  const { peer, events, open } = await connect();
  const { decoder } = open();
  peer.socket.receiveEnd();
  await settle();
  assert.equal(decoder.calls, ['reset connection termination']);
  assert.equal(events.at(-1), 'closed 1');
});

test.run();
