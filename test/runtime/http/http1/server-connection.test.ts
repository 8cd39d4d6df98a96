/** The server side on a socket without network: what it tells its decoder, what it writes, and when it closes. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { settle } from './fake-socket.js';
import type { RequestRecorder } from './recorder.js';
import { serverUnderTest } from './recorder.js';

const get = (path: string, lines = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;
const chunkedPost = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const ok = (text: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`;

function answer(stream: RequestRecorder, text: string, headers: string[] = []): void {
  stream.encoder.encodeHeaders(200, ['content-length', String(text.length), ...headers], false);
  stream.encoder.encodeData(Buffer.from(text, 'latin1'), true);
}

/** Answers each request, when it is complete, with its path. */
function echoPath(stream: RequestRecorder): void {
  stream.onEnd = () => answer(stream, stream.head?.path ?? '');
  stream.onError = (_, error) => {
    stream.encoder.encodeHeaders(error.status, ['content-length', String(error.body.length)], false);
    stream.encoder.encodeData(Buffer.from(error.body), true);
  };
}

test('requests of one read are answered in order, in one write', async () => {
  const { socket, streams, connection } = serverUnderTest({}, echoPath);
  socket.receive(get('/1') + get('/2') + get('/3'));
  await settle();
  assert.is(socket.written, ok('/1') + ok('/2') + ok('/3'));
  assert.is(socket.writes, 1);
  assert.is(streams.length, 3);
  assert.is(connection.activeStreams, 0);
});

test('a request is not told before the response of the one before has ended', async () => {
  const { socket, streams } = serverUnderTest();
  socket.receive(get('/1') + get('/2'));
  socket.receive(get('/3'));
  await settle();
  assert.equal(
    streams.map(({ calls }) => calls),
    [['GET /1 HTTP/1.1 [host=a]$']],
  );
  for (const path of ['/1', '/2', '/3']) {
    answer(streams.at(-1) as RequestRecorder, path);
    await settle();
  }
  assert.is(streams.length, 3);
  assert.is(socket.written, ok('/1') + ok('/2') + ok('/3'));
});

test('reading stops when more than the buffer limit is sent ahead, and goes on', async () => {
  const { socket, streams } = serverUnderTest({ bufferLimitBytes: 1000 });
  socket.receive(get('/1'));
  await settle();
  socket.receive(get('/2', `X: ${'a'.repeat(1000)}\r\n`));
  await settle();
  assert.ok(socket.isPaused());
  answer(streams[0] as RequestRecorder, '');
  await settle();
  assert.not(socket.isPaused());
  assert.is(streams.length, 2);
});

test('bodies: by length, chunked and joined, with trailers swallowed', async () => {
  const { socket, streams } = serverUnderTest({}, echoPath);
  socket.receive('POST /l HTTP/1.1\r\nContent-Length: 5\r\n\r\nhel');
  const body = '2;x=y\r\nhi\r\n003 \r\nabc\r\n0;z\r\nX-T: 1\r\nHost: evil\r\n\r\n';
  socket.receive(`lo${chunkedPost}${body}${get('/n')}`);
  await settle();
  assert.equal(
    streams.map(({ calls }) => calls),
    [
      ['POST /l HTTP/1.1 [content-length=5]', 'data hello$'],
      ['POST / HTTP/1.1 [host=a]', 'data hiabc$'],
      ['GET /n HTTP/1.1 [host=a]$'],
    ],
  );
  assert.is(streams[1]?.encoder.bytesReceived, chunkedPost.length + body.length);
});

test('trailers are told when enabled, without those that frame or route', async () => {
  const { socket, streams } = serverUnderTest({ enableTrailers: true });
  socket.receive(
    `${chunkedPost}2\r\nhi\r\n0\r\nX-T: v\r\nContent-Length: 3\r\nHost: evil\r\nTransfer-Encoding: x\r\nAuthorization: y\r\n\r\n`,
  );
  await settle();
  assert.equal(streams[0]?.calls, ['POST / HTTP/1.1 [host=a]', 'data hi', 'trailers [x-t=v]$']);
});

/** Behind the head of a chunked request -> the last call. */
const badBodies: readonly (readonly [string, string])[] = [
  ['zz\r\nhi\r\n', 'error 400 http1.codec_error'],
  ['-2\r\nhi\r\n', 'error 400 http1.codec_error'],
  ['0x2\r\nhi\r\n', 'error 400 http1.codec_error'],
  [' 2\r\nhi\r\n', 'error 400 http1.codec_error'],
  ['\r\nhi\r\n', 'error 400 http1.codec_error'],
  ['2;a\nhi\r\n', 'error 400 http1.codec_error'],
  ['2;a\rb\r\nhi\r\n', 'error 400 http1.codec_error'],
  ['2\nhi\n0\n\n', 'error 400 http1.codec_error'],
  ['ffffffffffffffff1\r\nhi\r\n', 'error 400 http1.codec_error'],
  ['ffffffffffffffff\r\nhi\r\n', 'error 400 http1.codec_error'],
  // Envoy drops the stray octets; two readers could see two messages.
  ['2\r\nhiX\r\n0\r\n\r\n', 'error 400 http1.codec_error'],
  ['2\r\nhi0\r\n\r\n', 'error 400 http1.codec_error'],
  ['2\r\nhi\r\n0\r\nbad header\r\n\r\n', 'error 400 http1.codec_error'],
  ['2\r\nhi\r\n0\r\nx: a\n\n', 'error 400 http1.codec_error'],
  ['2\r\nhi\r\n0\r\nx: \x01\r\n\r\n', 'error 400 http1.invalid_characters'],
  [`2\r\nhi\r\n0\r\nx: ${'a'.repeat(62000)}\r\n\r\n`, 'error 431 http1.headers_too_large'],
  [`2\r\nhi\r\n0\r\n${'x: a\r\n'.repeat(150)}\r\n`, 'data hi$'],
  ['0000000000000002;a=b;c="d\x01"\r\nhi\r\n000\r\n\r\n', 'data hi$'],
  ['A\t\r\n0123456789\r\n0\r\n\r\n', 'data 0123456789$'],
];

test('chunked bodies that are wrong', async () => {
  for (const [body, expected] of badBodies) {
    const { socket, streams } = serverUnderTest({}, (stream) => {
      stream.onError = () => stream.encoder.encodeHeaders(400, [], true);
    });
    socket.receive(chunkedPost + body);
    await settle();
    assert.is(streams[0]?.calls.at(-1), expected, JSON.stringify(body.slice(0, 50)));
  }
});

test('with trailers enabled their number counts', async () => {
  const { socket, streams } = serverUnderTest({ enableTrailers: true });
  socket.receive(`${chunkedPost}0\r\n${'x: a\r\n'.repeat(101)}\r\n`);
  await settle();
  assert.equal(streams[0]?.calls.slice(1), ['error 431 http1.too_many_headers', 'reset protocol error']);
});

test('after a refusal the answer carries connection: close, and the client gets a second to read it', async () => {
  const under = serverUnderTest({}, echoPath);
  under.socket.receive(get('/1'));
  under.socket.receive(`BAD\r\n\r\n${get('/3')}`);
  await settle();
  assert.is(
    under.socket.written,
    `${ok('/1')}HTTP/1.1 400 Bad Request\r\ncontent-length: 11\r\nconnection: close\r\n\r\nBad Request`,
  );
  assert.is(under.streams.length, 2);
  under.socket.receive(get('/4'));
  under.clock.advance(999);
  await settle();
  assert.not(under.socket.destroyed);
  under.clock.advance(1);
  await settle();
  assert.ok(under.socket.destroyed);
  assert.is(under.closed, 1);
  assert.is(under.streams.length, 2);
});

test('a decoder that does not answer a refusal is reset', async () => {
  const { socket, streams } = serverUnderTest();
  socket.receive(chunkedPost);
  await settle();
  streams[0]?.encoder.encodeHeaders(200, [], false);
  socket.receive('zz\r\n');
  await settle();
  assert.equal(streams[0]?.calls.slice(1), ['error 400 http1.codec_error', 'reset protocol error']);
});

test('the client that wants the close gets it at once, and nothing behind it is served', async () => {
  for (const lines of ['Connection: close\r\n', 'Connection: , CLOSE,\r\n', 'Proxy-Connection: close\r\n']) {
    const { socket, streams } = serverUnderTest({}, echoPath);
    socket.receive(get('/1', lines) + get('/2'));
    await settle();
    assert.is(socket.written, 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n/1');
    assert.ok(socket.destroyed);
    assert.is(streams.length, 1);
  }
});

test('our own close waits for the client, who may close first', async () => {
  const { socket, streams, clock, connection } = serverUnderTest();
  socket.receive(get('/1'));
  await settle();
  connection.shutdownNotice();
  answer(streams[0] as RequestRecorder, 'x');
  await settle();
  assert.is(socket.written, 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close\r\n\r\nx');
  assert.not(socket.destroyed);
  socket.receiveEnd();
  await settle();
  assert.ok(socket.destroyed);
  assert.is(clock.timers, 0);
});

test('connection: close in the list does the same, and close() may hasten it', async () => {
  const { socket, streams, connection } = serverUnderTest();
  socket.receive(get('/1'));
  await settle();
  answer(streams[0] as RequestRecorder, 'x', ['connection', 'close', 'date', 'now']);
  await settle();
  assert.is(
    socket.written,
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ndate: now\r\nconnection: close\r\n\r\nx',
  );
  assert.not(socket.destroyed);
  connection.close('flush');
  await settle();
  assert.ok(socket.destroyed);
});

test('a response before the end of its request closes', async () => {
  const { socket, streams, clock } = serverUnderTest();
  socket.receive('POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab');
  await settle();
  answer(streams[0] as RequestRecorder, 'no');
  socket.receive(`cde${get('/2')}`);
  await settle();
  assert.is(socket.written, 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno');
  assert.equal(streams[0]?.calls, ['POST / HTTP/1.1 [content-length=5]', 'data ab']);
  clock.advance(1000);
  await settle();
  assert.ok(socket.destroyed);
});

test('a client that leaves resets its stream, complete request or not', async () => {
  for (const request of [get('/1'), 'POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhi', 'GET /x HT']) {
    const under = serverUnderTest();
    under.socket.receive(request);
    await settle();
    under.socket.receiveEnd();
    await settle();
    assert.is(under.streams[0]?.calls.at(-1), 'reset connection termination', request);
    assert.is(under.closed, 1);
    assert.ok(under.socket.destroyed);
    assert.is(under.socket.written, '');
  }
});

test('close now resets and tells in the same call', async () => {
  const under = serverUnderTest();
  under.socket.receive(get('/1'));
  await settle();
  under.connection.close('now');
  assert.is(under.streams[0]?.calls.at(-1), 'reset connection termination');
  assert.is(under.closed, 1);
  under.streams[0]?.encoder.encodeHeaders(200, [], true);
  await settle();
  assert.is(under.socket.written, '');
  assert.is(under.closed, 1);
});

type Encode = (stream: RequestRecorder) => void;
const head =
  (status: number, headers: string[], endStream: boolean): Encode =>
  (stream) =>
    stream.encoder.encodeHeaders(status, headers, endStream);

/** Request, response -> what is written. */
const responses: readonly (readonly [string, string, Encode, string])[] = [
  ['no body', get('/'), head(200, [], true), 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'],
  ['unknown status', get('/'), head(600, [], true), 'HTTP/1.1 600 Unknown\r\ncontent-length: 0\r\n\r\n'],
  ['204', get('/'), head(204, [], true), 'HTTP/1.1 204 No Content\r\n\r\n'],
  [
    '204 with a length',
    get('/'),
    head(204, ['content-length', '5'], true),
    'HTTP/1.1 204 No Content\r\n\r\n',
  ],
  ['304', get('/'), head(304, [], true), 'HTTP/1.1 304 Not Modified\r\n\r\n'],
  [
    '304 with a length',
    get('/'),
    head(304, ['content-length', '5'], true),
    'HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n',
  ],
  [
    'HEAD without length',
    'HEAD / HTTP/1.1\r\n\r\n',
    head(404, [], true),
    'HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n',
  ],
  [
    'HEAD with a body',
    'HEAD / HTTP/1.1\r\n\r\n',
    (stream) => answer(stream, 'hello'),
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n',
  ],
  [
    'chunked',
    get('/'),
    (stream) => {
      stream.encoder.encodeHeaders(200, ['x', 'y'], false);
      stream.encoder.encodeData(Buffer.from('0123456789'), false);
      stream.encoder.encodeData(Buffer.alloc(0), false);
      stream.encoder.encodeData(Buffer.from('ab'), true);
    },
    'HTTP/1.1 200 OK\r\nx: y\r\ntransfer-encoding: chunked\r\n\r\na\r\n0123456789\r\n2\r\nab\r\n0\r\n\r\n',
  ],
  [
    'chunked, ended by an empty call',
    get('/'),
    (stream) => {
      stream.encoder.encodeHeaders(200, [], false);
      stream.encoder.encodeData(Buffer.alloc(0), true);
    },
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'trailers that are not enabled',
    get('/'),
    (stream) => {
      stream.encoder.encodeHeaders(200, [], false);
      stream.encoder.encodeTrailers(['x', 'y']);
    },
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    '100 before the answer',
    get('/'),
    (stream) => {
      stream.encoder.encode1xx({ status: 100, headers: [], protocol: 'HTTP/1.1' });
      stream.encoder.encode1xx({ status: 103, headers: ['link', 'x'], protocol: 'HTTP/1.1' });
      stream.encoder.encodeHeaders(200, [], true);
    },
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Unknown\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
  ],
  [
    'framing of others is not believed',
    get('/'),
    head(200, ['transfer-encoding', 'gzip', 'keep-alive', 'x', 'upgrade', 'y', 'x', 'z'], true),
    'HTTP/1.1 200 OK\r\nx: z\r\ncontent-length: 0\r\n\r\n',
  ],
  [
    'a length that is none',
    get('/'),
    head(200, ['content-length', '5, 5', 'x', 'y'], true),
    'HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 0\r\n\r\n',
  ],
  [
    'no head is split',
    get('/'),
    head(200, ['x', 'a\r\nb: c\0\u010d\u010a', 'y\r\nz', '1', 'a b', '2', '', '3', 'u', '\u20ac'], true),
    'HTTP/1.1 200 OK\r\nx: ab: c\xc4\x8d\xc4\x8a\r\nu: \xe2\x82\xac\r\ncontent-length: 0\r\n\r\n',
  ],
];

test('framing of responses', async () => {
  for (const [name, request, encode, expected] of responses) {
    const { socket, connection } = serverUnderTest({}, (stream) => {
      stream.onEnd = encode;
    });
    socket.receive(request);
    await settle();
    assert.is(socket.written, expected, name);
    assert.is(connection.activeStreams, 0, name);
    assert.not(socket.destroyed, name);
  }
});

test('more than the announced length is not written, less than it ends the connection', async () => {
  for (const [text, expected] of [
    ['toolong', 'too'],
    ['t', 't'],
  ] as const) {
    const { socket, clock } = serverUnderTest({}, (stream) => {
      stream.onEnd = () => {
        stream.encoder.encodeHeaders(200, ['content-length', '3'], false);
        stream.encoder.encodeData(Buffer.from(text), true);
      };
    });
    socket.receive(get('/') + get('/'));
    await settle();
    clock.advance(1000);
    await settle();
    assert.is(socket.written, `HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n${expected}`);
    assert.ok(socket.destroyed);
  }
});

test('proper case and trailers as configured', async () => {
  const { socket } = serverUnderTest({ properCaseWords: true, enableTrailers: true }, (stream) => {
    stream.onEnd = () => {
      stream.encoder.encodeHeaders(200, ['x-request-id', '1', 'etag', '2', 'x-2b_c', '3'], false);
      stream.encoder.encodeTrailers(['grpc-status', '0', 'content-length', '3']);
    };
  });
  socket.receive(get('/'));
  await settle();
  assert.is(
    socket.written,
    'HTTP/1.1 200 OK\r\nX-Request-Id: 1\r\nEtag: 2\r\nX-2b_C: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nGrpc-Status: 0\r\n\r\n',
  );
});

test('HTTP/1.0: closed after the response, unless it asks to stay and the length is known', async () => {
  const options = { acceptHttp10: true };
  const old = (lines: string) => `GET / HTTP/1.0\r\nHost: a\r\n${lines}\r\n`;
  const first = serverUnderTest(options, echoPath);
  first.socket.receive(old(''));
  await settle();
  assert.is(first.socket.written, 'HTTP/1.0 200 OK\r\ncontent-length: 1\r\nconnection: close\r\n\r\n/');
  assert.ok(first.socket.destroyed);

  const second = serverUnderTest(options, echoPath);
  second.socket.receive(old('Connection: keep-alive\r\n'));
  await settle();
  assert.is(second.socket.written, 'HTTP/1.0 200 OK\r\ncontent-length: 1\r\nconnection: keep-alive\r\n\r\n/');
  assert.not(second.socket.destroyed);

  const third = serverUnderTest(options, (stream) => {
    stream.onEnd = () => {
      stream.encoder.encode1xx({ status: 100, headers: [], protocol: 'HTTP/1.1' });
      stream.encoder.encodeHeaders(200, [], false);
      stream.encoder.encodeData(Buffer.from('ok'), true);
    };
  });
  third.socket.receive(old('Connection: keep-alive\r\n'));
  await settle();
  assert.is(third.socket.written, 'HTTP/1.0 200 OK\r\nconnection: close\r\n\r\nok');
  assert.ok(third.socket.destroyed);
});

test('a cut response ends with FIN where its framing shows the cut, with RST where it would not', async () => {
  for (const [request, wasReset] of [
    ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', false],
    ['GET / HTTP/1.0\r\nHost: a\r\n\r\n', true],
  ] as const) {
    const { socket, streams } = serverUnderTest({ acceptHttp10: true });
    socket.receive(request);
    await settle();
    const { encoder } = streams[0] as RequestRecorder;
    encoder.encodeHeaders(200, [], false);
    encoder.encodeData(Buffer.from('ok'), false);
    encoder.resetStream('local reset');
    await settle();
    assert.match(socket.written, /ok(\r\n)?$/);
    assert.ok(socket.destroyed);
    assert.is(socket.wasReset, wasReset);
    assert.is(streams[0]?.calls.length, 1);
  }
});

test('an upgrade becomes a tunnel both ways', async () => {
  const { socket, streams } = serverUnderTest();
  socket.receive(
    'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nearlymore',
  );
  await settle();
  const stream = streams[0] as RequestRecorder;
  stream.encoder.encodeHeaders(101, ['upgrade', 'websocket', 'connection', 'Upgrade', 'x', 'y'], false);
  stream.encoder.encodeData(Buffer.from('\x81\x02hi', 'latin1'), false);
  socket.receive('frame');
  await settle();
  assert.is(
    socket.written,
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nx: y\r\n\r\n\x81\x02hi',
  );
  assert.equal(stream.calls.slice(1), ['data earlymoreframe']);
  stream.encoder.encodeData(Buffer.alloc(0), true);
  await settle();
  assert.ok(socket.destroyed);
});

test('a refused upgrade closes', async () => {
  const { socket, clock } = serverUnderTest({}, (stream) => {
    stream.onHead = () => stream.encoder.encodeHeaders(403, [], true);
  });
  socket.receive(
    'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nGET / HTTP/1.1\r\n\r\n',
  );
  await settle();
  assert.is(socket.written, 'HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  clock.advance(1000);
  await settle();
  assert.ok(socket.destroyed);
});

test('CONNECT that is accepted has no framing', async () => {
  const { socket } = serverUnderTest({}, (stream) => {
    stream.onHead = () => {
      stream.encoder.encodeHeaders(200, [], false);
      stream.encoder.encodeData(Buffer.from('raw'), false);
    };
  });
  socket.receive('CONNECT h:80 HTTP/1.1\r\n\r\n');
  await settle();
  assert.is(socket.written, 'HTTP/1.1 200 OK\r\n\r\nraw');
});

test('watermarks: told once above the limit, once at half of it', async () => {
  const { socket, streams } = serverUnderTest({ bufferLimitBytes: 10000 });
  socket.receive(get('/'));
  await settle();
  socket.blocked = true;
  const stream = streams[0] as RequestRecorder;
  stream.encoder.encodeHeaders(200, [], false);
  for (let at = 0; at < 4; at++) stream.encoder.encodeData(Buffer.alloc(4000, 97), false);
  assert.equal(stream.calls.slice(1), ['above']);
  await settle();
  assert.equal(stream.calls.slice(1), ['above']);
  socket.unblock();
  await settle();
  assert.equal(stream.calls.slice(1), ['above', 'below']);
});

test('setReadDisabled pauses within the body, and a new request starts unpaused', async () => {
  const { socket, streams } = serverUnderTest();
  socket.receive('POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab');
  await settle();
  const stream = streams[0] as RequestRecorder;
  stream.encoder.setReadDisabled(true);
  assert.ok(socket.isPaused());
  stream.encoder.setReadDisabled(false);
  socket.receive('cd');
  await settle();
  stream.encoder.setReadDisabled(true);
  answer(stream, '');
  await settle();
  assert.not(socket.isPaused());
});

test('large bodies are not copied', async () => {
  const { socket, streams } = serverUnderTest();
  socket.receive(get('/'));
  await settle();
  const chunks: Buffer[] = [];
  const write = socket._writev.bind(socket);
  socket._writev = (batch, done) => {
    for (const { chunk } of batch) chunks.push(chunk);
    write(batch, done);
  };
  const body = Buffer.alloc(100_000, 98);
  const stream = streams[0] as RequestRecorder;
  stream.encoder.encodeHeaders(200, [], false);
  stream.encoder.encodeData(body, true);
  await settle();
  assert.ok(chunks.includes(body));
  assert.is(stream.encoder.bytesSent, socket.written.length);
});

test('empty lines before a request are skipped, and start nothing', async () => {
  const { socket, streams } = serverUnderTest({}, echoPath);
  socket.receive('\r\n\r\n\n\r');
  await settle();
  assert.is(streams.length, 0);
  socket.receive(`${get('/1')}\r\n\r\n${get('/2')}`);
  await settle();
  assert.is(socket.written, ok('/1') + ok('/2'));
});

test('a stream exists from the first octet of its request', async () => {
  const { socket, streams } = serverUnderTest();
  socket.receive('G');
  await settle();
  assert.is(streams.length, 1);
  assert.equal(streams[0]?.calls, []);
});

test.run();
