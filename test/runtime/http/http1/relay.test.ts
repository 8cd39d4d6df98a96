/**
 * Both codecs together, octets in and octets out: cases recorded on real Envoy 1.40, less what its connection manager
 * adds (`date`, `server`, `x-*`). One more runs over real sockets.
 */
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Http1ServerOptions } from '../../../../runtime/http/http1/http1-options.js';
import { http1ClientDefaults, http1ServerDefaults } from '../../../../runtime/http/http1/http1-options.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { FakeSocket, settle } from './fake-socket.js';
import { relay } from './relay.js';

/** How the connection stands after the answer. */
type End = 'open' | 'closed' | 'delayed';

interface Case {
  readonly name: string;
  readonly request: string;
  readonly response: string;
  readonly upstream?: readonly string[];
  readonly end?: End;
  readonly options?: Partial<Http1ServerOptions>;
}

const ok = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok';
const okClose =
  'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok';
const refusal = (line: string, body: string) =>
  `HTTP/1.1 ${line}\r\ncontent-length: ${body.length}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${body}`;
const badRequest = refusal('400 Bad Request', 'Bad Request');
const post = 'POST /p HTTP/1.1\r\nHost: a.example\r\n';

const cases: readonly Case[] = [
  {
    name: 'GET',
    request: 'GET /x?y=1 HTTP/1.1\r\nHost: a.example\r\n\r\n',
    response: ok,
    upstream: ['GET /x?y=1 HTTP/1.1\r\nhost: a.example\r\n\r\n'],
  },
  {
    name: 'HEAD',
    request: 'HEAD /x HTTP/1.1\r\nHost: a.example\r\n\r\n',
    response: 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n',
    upstream: ['HEAD /x HTTP/1.1\r\nhost: a.example\r\n\r\n'],
  },
  {
    name: 'POST with a length',
    request: `${post}Content-Length: 5\r\n\r\nhello`,
    response: ok,
    upstream: ['POST /p HTTP/1.1\r\nhost: a.example\r\ncontent-length: 5\r\n\r\nhello'],
  },
  {
    name: 'POST without body',
    request: `${post}\r\n`,
    response: ok,
    upstream: ['POST /p HTTP/1.1\r\nhost: a.example\r\ncontent-length: 0\r\n\r\n'],
  },
  {
    name: 'a nominated length',
    request: `${post}Connection: content-length\r\nContent-Length: 2\r\n\r\nhi`,
    response: ok,
    upstream: [
      'POST /p HTTP/1.1\r\nhost: a.example\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    ],
  },
  {
    name: 'chunks that are read together go on as one',
    request: `${post}Transfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n2;a=b\r\nhi\r\n3\r\nabc\r\n0\r\nX-T: v\r\n\r\n`,
    response: ok,
    upstream: [
      'POST /p HTTP/1.1\r\nhost: a.example\r\ntrailer: X-T\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhiabc\r\n0\r\n\r\n',
    ],
  },
  {
    name: 'length and chunked',
    request: `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    response: badRequest,
    end: 'delayed',
  },
  {
    name: 'length and chunked, allowed',
    request: `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    response: ok,
    upstream: [
      'POST /p HTTP/1.1\r\nhost: a.example\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    ],
    options: { allowChunkedLength: true },
  },
  {
    name: 'Expect',
    request: `${post}Content-Length: 2\r\nExpect: 100-continue\r\n\r\nhi`,
    response: `HTTP/1.1 100 Continue\r\n\r\n${ok}`,
    upstream: ['POST /p HTTP/1.1\r\nhost: a.example\r\ncontent-length: 2\r\n\r\nhi'],
  },
  {
    name: 'the client closes',
    request: 'GET /x HTTP/1.1\r\nHost: a.example\r\nConnection: x-a, x-b, close\r\nX-A: 1\r\nX-C: 3\r\n\r\n',
    response: okClose,
    upstream: ['GET /x HTTP/1.1\r\nhost: a.example\r\nx-c: 3\r\n\r\n'],
    end: 'closed',
  },
  {
    name: 'pipelining, up to the close',
    request:
      'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n',
    response: ok + okClose,
    upstream: ['GET /1 HTTP/1.1\r\nhost: a\r\n\r\n', 'GET /2 HTTP/1.1\r\nhost: a\r\n\r\n'],
    end: 'closed',
  },
  {
    name: 'pipelining, the second is none',
    request: 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nBAD\r\n\r\n',
    response: ok + badRequest,
    upstream: ['GET /1 HTTP/1.1\r\nhost: a\r\n\r\n'],
    end: 'delayed',
  },
  {
    name: 'octets behind a request wait for more',
    request: 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nxx',
    response: ok,
    upstream: ['GET /1 HTTP/1.1\r\nhost: a\r\n\r\n'],
  },
  {
    name: 'HTTP/1.0',
    request: 'GET /x HTTP/1.0\r\nHost: a.example\r\n\r\n',
    response: refusal('426 Upgrade Required', 'Upgrade Required'),
    end: 'delayed',
  },
  {
    name: 'HTTP/1.0, accepted',
    request: `POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    response: okClose.replace('1.1', '1.0'),
    upstream: [
      'POST /x HTTP/1.1\r\nhost: ten.example\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    ],
    end: 'closed',
    options: { acceptHttp10: true, defaultHostForHttp10: 'ten.example' },
  },
  {
    name: 'no host',
    request: 'GET /x HTTP/1.1\r\n\r\n',
    response: 'HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
    end: 'delayed',
  },
  {
    name: 'too large',
    request: `GET /${'a'.repeat(62464)} HTTP/1.1\r\nHost: a.example\r\n\r\n`,
    response: refusal('431 Request Header Fields Too Large', 'Request Header Fields Too Large'),
    end: 'delayed',
  },
  {
    name: 'unknown coding',
    request: `${post}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    response: refusal('501 Not Implemented', 'Not Implemented'),
    end: 'delayed',
  },
  {
    name: 'OPTIONS *',
    request: 'OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n',
    response: 'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n',
  },
  {
    name: 'CONNECT',
    request: 'CONNECT b.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n',
    response: 'HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
    end: 'delayed',
  },
  {
    name: 'h2c is not spoken',
    request:
      'GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n',
    response: ok,
    upstream: ['GET /x HTTP/1.1\r\nhost: a\r\n\r\n'],
  },
  {
    name: 'an upgrade that is not configured',
    request: 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n',
    response: 'HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
    end: 'delayed',
  },
];

/** The octets of one complete request at the beginning of `text`, undefined while it is not complete. */
function firstRequest(text: string): string | undefined {
  const headEnd = text.indexOf('\r\n\r\n') + 4;
  if (headEnd < 4) return undefined;
  const head = text.slice(0, headEnd);
  const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
  const end = head.includes('transfer-encoding') ? text.indexOf('0\r\n\r\n', headEnd) + 5 : headEnd + length;
  return end < headEnd || text.length < end ? undefined : text.slice(0, end);
}

/** An upstream that answers `ok` to everything. @returns the requests in the order of their arrival */
function okUpstream(): { connect: () => FakeSocket; requests: string[] } {
  const requests: string[] = [];
  return {
    requests,
    connect() {
      const upstream = new FakeSocket();
      upstream.onWritten = () => {
        const request = firstRequest(upstream.written);
        if (request === undefined) return;
        upstream.written = upstream.written.slice(request.length);
        requests.push(request);
        upstream.receive(request.startsWith('HEAD') ? ok.slice(0, -2) : ok);
      };
      return upstream;
    },
  };
}

for (const { name, request, response, upstream = [], end = 'open', options } of cases) {
  test(name, async () => {
    const clock = new FakeClock();
    const socket = new FakeSocket();
    const { connect: toUpstream, requests } = okUpstream();
    relay(socket, {
      server: { ...http1ServerDefaults, clock, scheme: 'http', ...options },
      client: { ...http1ClientDefaults, clock },
      connect: toUpstream,
    });
    socket.receive(request);
    for (let round = 0; round < 4; round++) await settle();
    assert.is(socket.written, response);
    assert.equal(requests, upstream);
    assert.is(socket.destroyed, end === 'closed');
    clock.advance(1000);
    await settle();
    assert.is(socket.destroyed, end !== 'open');
  });
}

test('over real sockets: bodies of both directions under backpressure, and the answer survives the close', async () => {
  const size = 3_000_000;
  const clock = new FakeClock();
  const limits = { bufferLimitBytes: 32 * 1024 };
  const upstreamSockets: Socket[] = [];
  const upstream = createServer((socket) => {
    upstreamSockets.push(socket);
    let read = 0;
    socket.on('data', (chunk) => {
      read += chunk.length;
      if (read < size) return;
      socket.removeAllListeners('data');
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size, 98));
    });
    socket.on('error', () => {});
  });
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  const proxy = createServer({ allowHalfOpen: true }, (socket) => {
    relay(socket, {
      server: { ...http1ServerDefaults, clock, scheme: 'http', ...limits },
      client: { ...http1ClientDefaults, clock, ...limits },
      connect: () => connect((upstream.address() as AddressInfo).port, '127.0.0.1'),
    });
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  const client = connect((proxy.address() as AddressInfo).port, '127.0.0.1');
  const received: Buffer[] = [];
  client.on('data', (chunk) => received.push(chunk));
  client.write(`POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`);
  client.write(`${size.toString(16)}\r\n`);
  client.write(Buffer.alloc(size, 97));
  client.write('\r\n0\r\n\r\n');
  await new Promise((done) => client.on('close', done));
  const text = Buffer.concat(received);
  const head = `HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\nconnection: close\r\n\r\n`;
  assert.is(text.toString('latin1', 0, head.length), head);
  assert.is(text.length, head.length + size);
  assert.ok(text.subarray(head.length).every((octet) => octet === 98));
  await new Promise((done) => proxy.close(done));
  for (const socket of upstreamSockets) socket.destroy();
  upstream.close();
});

test.run();
