/** The client side on a socket without network: what it writes, what it makes of answers, when it can be used again. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RequestHead } from '../../../../runtime/http/codec.js';
import { settle } from './fake-socket.js';
import { clientUnderTest, requestHead, ResponseRecorder } from './recorder.js';

const okHead = 'HTTP/1.1 200 OK\r\n';
const protocolError = 'reset protocol error';

/** Sends a request without body and gives it an answer. */
async function exchange(answer: string, head: Partial<RequestHead> = {}, thenClose = false) {
  const under = clientUnderTest();
  const recorder = new ResponseRecorder();
  under.connection.newStream(recorder).encodeHeaders(requestHead(head), true);
  await settle();
  under.socket.receive(answer);
  if (thenClose) under.socket.receiveEnd();
  await settle();
  return { calls: recorder.calls, events: under.events, under };
}

/** Answer -> calls of the decoder; the connection is free afterwards. */
const goodAnswers: readonly (readonly [string, readonly string[], Partial<RequestHead>?])[] = [
  [`${okHead}Content-Length: 2\r\nX: y\r\n\r\nok`, ['200 HTTP/1.1 [content-length=2|x=y]', 'data ok$']],
  ['HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n', ['200 HTTP/1.1 [content-length=0]$']],
  ['HTTP/1.1 200 \r\ncontent-length: 0\r\n\r\n', ['200 HTTP/1.1 [content-length=0]$']],
  ['HTTP/1.1  200 My own \xe9\r\ncontent-length: 0\r\n\r\n', ['200 HTTP/1.1 [content-length=0]$']],
  ['HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n', ['999 HTTP/1.1 [content-length=0]$']],
  [`${okHead}x: a\r\n b\r\ncontent-length: 0\r\n\r\n`, ['200 HTTP/1.1 [x=a b|content-length=0]$']],
  [
    `${okHead}transfer-encoding: chunked\r\n\r\n2\r\nok\r\n1;x\r\n!\r\n0\r\nx-t: 1\r\n\r\n`,
    ['200 HTTP/1.1 []', 'data ok!$'],
  ],
  ['HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n', ['204 HTTP/1.1 []$']],
  ['HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n', ['304 HTTP/1.1 [content-length=5]$']],
  ['HTTP/1.1 304 Not Modified\r\ntransfer-encoding: chunked\r\n\r\n', ['304 HTTP/1.1 []$']],
  [`${okHead}content-length: 5\r\n\r\n`, ['200 HTTP/1.1 [content-length=5]$'], { method: 'HEAD' }],
  [`${okHead}\r\n`, ['200 HTTP/1.1 []$'], { method: 'HEAD' }],
  [`${okHead}transfer-encoding: chunked\r\n\r\n`, ['200 HTTP/1.1 []$'], { method: 'HEAD' }],
  [
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${okHead}content-length: 0\r\n\r\n`,
    ['1xx 100 []', '1xx 103 [link=x]', '200 HTTP/1.1 [content-length=0]$'],
  ],
  [
    `${okHead}content-length: 0\r\nconnection: x-hop, keep-alive\r\nkeep-alive: t\r\nproxy-connection: x\r\nx-hop: 1\r\nte: x\r\nupgrade: foo\r\ntrailer: t\r\n\r\n`,
    ['200 HTTP/1.1 [content-length=0|x-hop=1|te=x|trailer=t]$'],
  ],
  [
    `${okHead}x: a\r\nset-cookie: a\r\nx: b\r\nset-cookie: b\r\nvary: a\r\nvary: b\r\nwww-authenticate: a\r\nwww-authenticate: b\r\ncontent-length: 0\r\n\r\n`,
    [
      '200 HTTP/1.1 [x=a|set-cookie=a|x=b|set-cookie=b|vary=a,b|www-authenticate=a|www-authenticate=b|content-length=0]$',
    ],
  ],
  [
    'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 1\r\n\r\nx',
    ['200 HTTP/1.0 [content-length=1]', 'data x$'],
  ],
];

test('answers that leave the connection usable', async () => {
  for (const [answer, calls, head] of goodAnswers) {
    const outcome = await exchange(answer, head);
    assert.equal(outcome.calls, calls, JSON.stringify(answer));
    assert.equal(outcome.events, ['free'], JSON.stringify(answer));
    assert.not(outcome.under.socket.destroyed);
  }
});

/** Answer -> calls; the connection is closed afterwards. The upstream closes when the third is given. */
const lastAnswers: readonly (readonly [string, readonly string[], 'closes'?])[] = [
  [
    `${okHead}content-length: 2\r\nconnection: close\r\n\r\nok`,
    ['200 HTTP/1.1 [content-length=2]', 'data ok$'],
  ],
  [`${okHead}content-length: 2\r\n\r\nokEXTRA`, ['200 HTTP/1.1 [content-length=2]', 'data ok$']],
  [
    `${okHead}content-length: 0\r\n\r\n${okHead}content-length: 0\r\n\r\n`,
    ['200 HTTP/1.1 [content-length=0]$'],
  ],
  ['HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx', ['200 HTTP/1.0 [content-length=1]', 'data x$']],
  ['HTTP/1.2 200 OK\r\ncontent-length: 1\r\n\r\nx', ['200 HTTP/1.0 [content-length=1]', 'data x$']],
  [`${okHead}\r\nabc`, ['200 HTTP/1.1 []', 'data abc$'], 'closes'],
  ['HTTP/1.0 200 OK\r\n\r\n', ['200 HTTP/1.0 []', 'data $'], 'closes'],
  [
    'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    ['200 HTTP/1.0 []', 'data x$'],
  ],
  ['', ['reset connection termination'], 'closes'],
  ['HTTP/1.1 200 OK\r\nfoo: b', [protocolError], 'closes'],
  [
    `${okHead}content-length: 5\r\n\r\nok`,
    ['200 HTTP/1.1 [content-length=5]', 'data ok', protocolError],
    'closes',
  ],
  [
    `${okHead}transfer-encoding: chunked\r\n\r\n5\r\nok`,
    ['200 HTTP/1.1 []', 'data ok', protocolError],
    'closes',
  ],
  [`${okHead}transfer-encoding: chunked\r\n\r\nzz\r\nok`, ['200 HTTP/1.1 []', protocolError]],
  [`${okHead}transfer-encoding: chunked\r\n\r\n0\r\nbad trailer\r\n\r\n`, ['200 HTTP/1.1 []', protocolError]],
  ['garbage\r\n\r\n', [protocolError]],
  ['\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', [protocolError]],
  ['HTTX/1.1 200 OK\r\n\r\n', [protocolError]],
  ['HTTP/11 200 OK\r\n\r\n', [protocolError]],
  ['ICY 200 OK\r\n\r\n', [protocolError]],
  ['HTTP/1.1 99 OK\r\n\r\n', [protocolError]],
  ['HTTP/1.1 099 OK\r\n\r\n', [protocolError]],
  ['HTTP/1.1 20 OK\r\n\r\n', [protocolError]],
  ['HTTP/1.1 2x0 OK\r\n\r\n', [protocolError]],
  ['HTTP/1.1 2000 OK\r\n\r\n', [protocolError]],
  ['HTTP/1.1 200 O\x01K\r\n\r\n', [protocolError]],
  ['HTTP/1.1 200 OK\ncontent-length: 0\n\n', [protocolError]],
  [`${okHead}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`, [protocolError]],
  [`${okHead}content-length: 1\r\ncontent-length: 1\r\n\r\nx`, [protocolError]],
  [`${okHead}content-length: x\r\n\r\n`, [protocolError]],
  [`${okHead}transfer-encoding: gzip\r\n\r\n`, [protocolError]],
  [`${okHead}transfer-encoding: identity\r\n\r\n`, [protocolError]],
  [`${okHead}x : y\r\n\r\n`, [protocolError]],
  [`${okHead}x: \x01\r\n\r\n`, [protocolError]],
  ['HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello', [protocolError]],
  ['HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', [protocolError]],
  ['HTTP/1.1 100 Continue\r\ncontent-length: 5\r\n\r\n', [protocolError]],
  ['HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nhello', [protocolError]],
  [`${okHead}x: ${'a'.repeat(82_000)}\r\n\r\n`, [protocolError]],
  [`${okHead}${'x: a\r\n'.repeat(101)}\r\n`, [protocolError]],
];

test('answers after which the connection is closed', async () => {
  for (const [answer, calls, closes] of lastAnswers) {
    const { calls: found, events, under } = await exchange(answer, {}, closes === 'closes');
    assert.equal(found, calls, JSON.stringify(answer.slice(0, 99)));
    assert.is(events.at(-1), 'closed', JSON.stringify(answer.slice(0, 99)));
    assert.not(events.includes('free'));
    assert.ok(under.socket.destroyed);
  }
});

test('heads up to the limits pass', async () => {
  for (const answer of [
    `${okHead}x: ${'a'.repeat(81_000)}\r\ncontent-length: 0\r\n\r\n`,
    `${okHead}${'x: a\r\n'.repeat(99)}content-length: 0\r\n\r\n`,
  ]) {
    assert.equal((await exchange(answer)).events, ['free']);
  }
});

test('a thousand informational answers are not waited for', async () => {
  const { calls, events } = await exchange('HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000));
  assert.is(calls.at(-1), protocolError);
  assert.is(calls.length, 101);
  assert.equal(events, ['closed']);
});

test('an idle connection closes on anything that comes', async () => {
  for (const answer of ['x', 'HTTP/1.1 408 Request Timeout\r\n\r\n', undefined]) {
    const { socket, events } = clientUnderTest();
    if (answer === undefined) socket.receiveEnd();
    else socket.receive(answer);
    await settle();
    assert.equal(events, ['closed']);
    assert.ok(socket.destroyed);
  }
});

/** Head, end of stream -> the octets. */
const requests: readonly (readonly [Partial<RequestHead>, boolean, string])[] = [
  [
    { path: '/x?y', headers: ['host', 'a', 'x-b', '1'] },
    true,
    'GET /x?y HTTP/1.1\r\nhost: a\r\nx-b: 1\r\n\r\n',
  ],
  [{ method: 'POST' }, true, 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n'],
  [{ method: 'OPTIONS' }, true, 'OPTIONS / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n'],
  [{ method: 'get' }, true, 'get / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n'],
  [{ method: 'DELETE' }, true, 'DELETE / HTTP/1.1\r\nhost: a\r\n\r\n'],
  [{ method: 'TRACE' }, true, 'TRACE / HTTP/1.1\r\nhost: a\r\n\r\n'],
  [{ method: 'GET' }, false, 'GET / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n'],
  [{ headers: ['content-length', '002'] }, false, 'GET / HTTP/1.1\r\ncontent-length: 002\r\n\r\n'],
  [
    { headers: ['host', 'a', 'connection', 'close', 'transfer-encoding', 'x', 'upgrade', 'y'] },
    true,
    'GET / HTTP/1.1\r\nhost: a\r\n\r\n',
  ],
  [
    { method: 'CONNECT', path: 'h:80', headers: ['host', 'h:80', 'content-length', '0'] },
    false,
    'CONNECT h:80 HTTP/1.1\r\nhost: h:80\r\n\r\n',
  ],
  [
    { upgrade: 'websocket', headers: ['host', 'a', 'connection', 'Upgrade', 'upgrade', 'WebSocket'] },
    false,
    'GET / HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: WebSocket\r\n\r\n',
  ],
  [
    { upgrade: 'websocket' },
    false,
    'GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
  ],
  [{ path: '/a b\r\nX: y\x7f' }, true, 'GET /a%20b%0D%0AX:%20y%7F HTTP/1.1\r\nhost: a\r\n\r\n'],
  [{ path: '/\u20ac\xe9' }, true, 'GET /\xe2\x82\xac\xc3\xa9 HTTP/1.1\r\nhost: a\r\n\r\n'],
  [{ headers: ['host', 'a\r\nx: y'] }, true, 'GET / HTTP/1.1\r\nhost: ax: y\r\n\r\n'],
];

test('heads of requests', async () => {
  for (const [head, endStream, expected] of requests) {
    const { socket, connection } = clientUnderTest();
    connection.newStream(new ResponseRecorder()).encodeHeaders(requestHead(head), endStream);
    await settle();
    assert.is(socket.written, expected);
  }
});

test('one connection, request after request', async () => {
  const { socket, connection, events } = clientUnderTest({ enableTrailers: true });
  for (let round = 0; round < 3; round++) {
    const recorder = new ResponseRecorder();
    const encoder = connection.newStream(recorder);
    assert.is(connection.activeStreams, 1);
    encoder.encodeHeaders(requestHead({ method: 'POST' }), false);
    encoder.encodeData(Buffer.from('abc'), false);
    encoder.encodeTrailers(['x-t', '1']);
    await settle();
    assert.match(socket.written, /3\r\nabc\r\n0\r\nx-t: 1\r\n\r\n$/);
    assert.is(socket.writes, round + 1);
    socket.receive(`${okHead}transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\ngrpc-status: 0\r\n\r\n`);
    await settle();
    assert.equal(recorder.calls, ['200 HTTP/1.1 []', 'data x', 'trailers [grpc-status=0]$']);
  }
  assert.equal(events, ['free', 'free', 'free']);
});

test('an answer before the end of the request closes the connection', async () => {
  const { socket, connection, events } = clientUnderTest();
  const recorder = new ResponseRecorder();
  const encoder = connection.newStream(recorder);
  encoder.encodeHeaders(requestHead({ method: 'POST', headers: ['content-length', '5'] }), false);
  encoder.encodeData(Buffer.from('ab'), false);
  await settle();
  socket.receive('HTTP/1.1 413 No\r\ncontent-length: 2\r\n\r\nno');
  await settle();
  assert.equal(recorder.calls, ['413 HTTP/1.1 [content-length=2]', 'data no$']);
  assert.equal(events, ['goaway', 'closed']);
  encoder.encodeData(Buffer.from('cde'), true);
  await settle();
  assert.match(socket.written, /ab$/);
});

test('a body of another length than announced makes the connection the last of its kind', async () => {
  for (const [text, written] of [
    ['toolong', 'too'],
    ['t', 't'],
  ] as const) {
    const { socket, connection, events } = clientUnderTest();
    const encoder = connection.newStream(new ResponseRecorder());
    encoder.encodeHeaders(requestHead({ headers: ['content-length', '3'] }), false);
    encoder.encodeData(Buffer.from(text), true);
    await settle();
    assert.is(socket.written, `GET / HTTP/1.1\r\ncontent-length: 3\r\n\r\n${written}`);
    socket.receive(`${okHead}content-length: 0\r\n\r\n`);
    await settle();
    assert.equal(events, ['goaway', 'closed']);
  }
});

test('nothing is sent into an upgrade before the upstream agrees', async () => {
  const upgrade = requestHead({ upgrade: 'websocket' });
  const agreed = clientUnderTest({ bufferLimitBytes: 4 });
  const recorder = new ResponseRecorder();
  const encoder = agreed.connection.newStream(recorder);
  encoder.encodeHeaders(upgrade, false);
  encoder.encodeData(Buffer.from('early'), false);
  await settle();
  assert.match(agreed.socket.written, /\r\n\r\n$/);
  assert.ok(recorder.calls.includes('above'));
  agreed.socket.receive('HTTP/1.1 101 Sw\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\nhey');
  await settle();
  assert.match(agreed.socket.written, /\r\n\r\nearly$/);
  encoder.encodeData(Buffer.from('frame'), false);
  await settle();
  assert.match(agreed.socket.written, /\r\n\r\nearlyframe$/);
  assert.ok(recorder.calls.includes('101 HTTP/1.1 [connection=Upgrade|upgrade=websocket]'));
  assert.ok(recorder.calls.includes('below'));
  agreed.socket.receiveEnd();
  await settle();
  assert.match(recorder.calls.at(-1) ?? '', /\$$/);
  assert.is(agreed.events.at(-1), 'closed');

  for (const answer of [
    `${okHead}content-length: 0\r\n\r\n`,
    'HTTP/1.1 101 Sw\r\ntransfer-encoding: chunked\r\n\r\n',
  ]) {
    const refused = clientUnderTest();
    const stream = refused.connection.newStream(new ResponseRecorder());
    stream.encodeHeaders(upgrade, false);
    stream.encodeData(Buffer.from('GET /smuggled HTTP/1.1\r\n\r\n'), false);
    await settle();
    refused.socket.receive(answer);
    await settle();
    assert.not.match(refused.socket.written, /smuggled/);
    assert.is(refused.events.at(-1), 'closed');
  }
});

test('reset and close', async () => {
  const reset = clientUnderTest();
  const recorder = new ResponseRecorder();
  const encoder = reset.connection.newStream(recorder);
  encoder.encodeHeaders(requestHead(), true);
  encoder.resetStream('local reset');
  assert.equal(reset.events, ['closed']);
  assert.equal(recorder.calls, []);

  const closed = clientUnderTest();
  const second = new ResponseRecorder();
  closed.connection.newStream(second).encodeHeaders(requestHead(), true);
  closed.connection.close('now');
  assert.equal(second.calls, ['reset connection termination']);
  assert.equal(closed.events, ['closed']);
  closed.connection.newStream(second);
  assert.is(second.calls.length, 2);

  const idle = clientUnderTest();
  idle.connection.close('flush');
  await settle();
  assert.equal(idle.events, ['closed']);
});

test('an error of the socket is a connection termination, also within a body', async () => {
  const { socket, connection, events } = clientUnderTest();
  const recorder = new ResponseRecorder();
  connection.newStream(recorder).encodeHeaders(requestHead(), true);
  await settle();
  socket.receive(`${okHead}\r\nab`);
  await settle();
  socket.destroy(new Error('read ECONNRESET'));
  await settle();
  assert.equal(recorder.calls, ['200 HTTP/1.1 []', 'data ab', 'reset connection termination']);
  assert.is(events.at(-1), 'closed');
});

test('backpressure pauses the socket for one stream only', async () => {
  const { socket, connection } = clientUnderTest();
  const encoder = connection.newStream(new ResponseRecorder());
  encoder.encodeHeaders(requestHead(), true);
  encoder.setReadDisabled(true);
  assert.ok(socket.isPaused());
  encoder.setReadDisabled(false);
  assert.not(socket.isPaused());
});

test.run();
