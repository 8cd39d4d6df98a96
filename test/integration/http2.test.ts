/** HTTP/2, gRPC and WebSockets through a running proxy, with other people's clients and servers. */
import type { AddressInfo } from 'node:net';
import type { Server as HttpServer } from 'node:http';
import { createServer } from 'node:http';
import type { ClientHttp2Session, Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { connect, createServer as createHttp2Server } from 'node:http2';
import * as grpc from '@grpc/grpc-js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket, WebSocketServer } from 'ws';
import type { Message } from '../support/bootstrap.js';
import { connectionManager, listener, say, staticCluster, toCluster } from '../support/bootstrap.js';
import type { RunningProxy } from '../support/serve.js';
import { startProxy } from '../support/serve.js';

const http2Options: Message = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: { allow_connect: true } },
    },
  },
};

function portOf(server: HttpServer | Http2Server): number {
  return (server.address() as AddressInfo).port;
}

async function proxyTo(
  port: number,
  isHttp2: boolean,
  more: { readonly routes?: readonly Message[]; readonly manager?: Message } = {},
): Promise<RunningProxy> {
  const cluster = staticCluster('up', port, isHttp2 ? http2Options : {});
  const routes = more.routes ?? [say('direct', '/direct'), toCluster('up')];
  return startProxy({
    configYaml: JSON.stringify({
      static_resources: {
        listeners: [listener(connectionManager(routes, more.manager ?? {}))],
        clusters: [cluster],
      },
    }),
  });
}

async function http2Upstream(
  answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
): Promise<Http2Server> {
  const server = createHttp2Server({ settings: { enableConnectProtocol: true } });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    answer(stream, headers);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: IncomingHttpHeaders;
}

function ask(session: ClientHttp2Session, headers: Record<string, string>, body?: Buffer): Promise<Answer> {
  return new Promise((done, fail) => {
    const stream = session.request({ ':path': '/', ...headers }, { endStream: body === undefined });
    let head: IncomingHttpHeaders & { ':status'?: number } = {};
    let trailers: IncomingHttpHeaders = {};
    const parts: Buffer[] = [];
    stream
      .on('response', (got) => {
        head = got;
      })
      .on('trailers', (got) => {
        trailers = got;
      })
      .on('data', (part: Buffer) => parts.push(part))
      .on('end', () =>
        done({ status: head[':status'] ?? 0, headers: head, body: Buffer.concat(parts), trailers }),
      )
      .on('error', fail);
    if (body !== undefined) stream.end(body);
  });
}

async function withSession<T>(port: number, use: (session: ClientHttp2Session) => Promise<T>): Promise<T> {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  try {
    return await use(session);
  } finally {
    session.destroy();
  }
}

test('HTTP/2 to HTTP/2: bodies of 5 MB both ways, many at once, trailers', async () => {
  const upstream = await http2Upstream((stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => {
      stream.respond({ ':status': 200, 'x-path': String(headers[':path']) }, { waitForTrailers: true });
      stream.on('wantTrailers', () =>
        stream.sendTrailers({ 'x-octets': String(Buffer.concat(parts).length) }),
      );
      stream.end(Buffer.concat(parts));
    });
  });
  const { port, server } = await proxyTo(portOf(upstream), true);
  await withSession(port(), async (session) => {
    const body = Buffer.alloc(5_000_000, 'abcdefgh');
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, index) =>
        ask(session, { ':path': `/${index}`, ':method': 'POST' }, body),
      ),
    );
    for (const [index, answer] of answers.entries()) {
      assert.is(answer.status, 200);
      assert.is(answer.headers['x-path'], `/${index}`);
      assert.ok(answer.body.equals(body));
      assert.is(answer.trailers['x-octets'], '5000000');
    }
    assert.is((await ask(session, { ':path': '/direct' })).body.toString(), 'direct');
  });
  await server.shutdown();
  upstream.close();
});

test('HTTP/2 to HTTP/1.1 and back: a client of either protocol on one port', async () => {
  const upstream = createServer((request, response) => {
    response.setHeader('x-version', request.httpVersion);
    request.resume();
    request.on('end', () => {
      response.end(`${request.method} ${request.url} ${request.headers.cookie ?? ''}`);
    });
  });
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  const { port, server } = await proxyTo(portOf(upstream), false);
  await withSession(port(), async (session) => {
    const answer = await ask(session, { ':path': '/a', cookie: 'x=1' });
    assert.is(answer.body.toString(), 'GET /a x=1');
    assert.is(answer.headers['x-version'], '1.1');
    assert.is((await ask(session, { ':method': 'HEAD' })).body.length, 0);
    assert.is((await ask(session, { ':method': 'POST' }, Buffer.alloc(100_000))).status, 200);
  });
  const plain = await fetch(`http://127.0.0.1:${port()}/b`);
  assert.is(await plain.text(), 'GET /b ');
  await server.shutdown();
  upstream.close();
  upstream.closeAllConnections();
});

test('a stream that its client gives up is given up upstream', async () => {
  let arrive: (stream: ServerHttp2Stream) => void = () => undefined;
  const arrived = new Promise<ServerHttp2Stream>((done) => {
    arrive = done;
  });
  const upstream = await http2Upstream((stream) => arrive(stream));
  const { port, server } = await proxyTo(portOf(upstream), true);
  await withSession(port(), async (session) => {
    const stream = session.request({ ':path': '/' }, { endStream: false });
    stream.on('error', () => undefined);
    const seen = await arrived;
    const aborted = new Promise((done) => seen.once('aborted', done));
    stream.close(8);
    await aborted;
    assert.is(seen.rstCode, 2);
  });
  await server.shutdown();
  upstream.close();
});

test('use_downstream_protocol_config: each client meets its own protocol upstream', async () => {
  const versions: string[] = [];
  const upstream = createHttp2Server();
  const plain = createServer((_request, response) => {
    versions.push('1.1');
    response.end();
  });
  upstream.on('stream', (stream) => {
    versions.push('2');
    stream.respond({ ':status': 200 });
    stream.end();
  });
  // One port for both: the first octet tells.
  const { createServer: createNetServer } = await import('node:net');
  const front = createNetServer((socket) => {
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null;
      if (first === null) return;
      socket.unshift(first);
      (first.toString('latin1').startsWith('PRI') ? upstream : plain).emit('connection', socket);
    });
  });
  await new Promise<void>((done) => front.listen(0, '127.0.0.1', done));
  const { port, server } = await startProxy({
    configYaml: JSON.stringify({
      static_resources: {
        listeners: [listener(connectionManager([toCluster('up')]))],
        clusters: [
          staticCluster('up', (front.address() as AddressInfo).port, {
            typed_extension_protocol_options: {
              'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
                '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
                use_downstream_protocol_config: { http2_protocol_options: {} },
              },
            },
          }),
        ],
      },
    }),
  });
  await (await fetch(`http://127.0.0.1:${port()}/`)).text();
  await withSession(port(), (session) => ask(session, {}));
  assert.equal(versions, ['1.1', '2']);
  await server.shutdown();
  front.close();
});

// ---- gRPC

const bytes = { serialize: (value: Buffer) => value, deserialize: (value: Buffer) => value };
function method(
  path: string,
  requestStream: boolean,
  responseStream: boolean,
): grpc.MethodDefinition<Buffer, Buffer> {
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: bytes.serialize,
    requestDeserialize: bytes.deserialize,
    responseSerialize: bytes.serialize,
    responseDeserialize: bytes.deserialize,
  };
}
const service = {
  unary: method('/t.T/unary', false, false),
  fail: method('/t.T/fail', false, false),
  hang: method('/t.T/hang', false, false),
  collect: method('/t.T/collect', true, false),
  spread: method('/t.T/spread', false, true),
  chat: method('/t.T/chat', true, true),
};

async function grpcServer(
  onCancelled: () => void,
): Promise<{ readonly server: grpc.Server; readonly port: number }> {
  const server = new grpc.Server({ 'grpc.max_receive_message_length': 32 << 20 });
  server.addService(service, {
    unary: (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
      const trailers = new grpc.Metadata();
      trailers.set('x-trailer', 'yes');
      done(null, call.request, trailers);
    },
    fail: (_call: unknown, done: grpc.sendUnaryData<Buffer>) =>
      done({ code: grpc.status.NOT_FOUND, details: 'nö, not here' }),
    hang: (call: grpc.ServerUnaryCall<Buffer, Buffer>) => void call.on('cancelled', onCancelled),
    collect: (call: grpc.ServerReadableStream<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
      let octets = 0;
      call.on('data', (part: Buffer) => {
        octets += part.length;
      });
      call.on('end', () => done(null, Buffer.from(String(octets))));
    },
    spread: (call: grpc.ServerWritableStream<Buffer, Buffer>) => {
      for (let index = 0; index < 500; index++) call.write(Buffer.from(String(index)));
      call.end();
    },
    chat: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
      call.on('data', (part: Buffer) => void call.write(Buffer.concat([Buffer.from('re:'), part])));
      call.on('end', () => call.end());
    },
  });
  const port = await new Promise<number>((done, fail) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? fail(error) : done(bound),
    );
  });
  return { server, port };
}

test('gRPC: unary, errors, streams in each direction, deadlines, cancellation, large messages', async () => {
  let cancelled = 0;
  let wake: () => void = () => undefined;
  const upstream = await grpcServer(() => {
    cancelled++;
    wake();
  });
  const { port, server } = await proxyTo(upstream.port, true);
  const Client = grpc.makeGenericClientConstructor(service as unknown as grpc.ServiceDefinition, 'T');
  const client = new Client(`127.0.0.1:${port()}`, grpc.credentials.createInsecure(), {
    'grpc.max_receive_message_length': 32 << 20,
  }) as unknown as grpc.Client & {
    unary: (
      message: Buffer,
      done: (error: grpc.ServiceError | null, answer: Buffer) => void,
    ) => grpc.ClientUnaryCall;
    fail: (message: Buffer, done: (error: grpc.ServiceError | null) => void) => grpc.ClientUnaryCall;
    hang: (
      message: Buffer,
      options: grpc.CallOptions,
      done: (error: grpc.ServiceError | null) => void,
    ) => grpc.ClientUnaryCall;
    collect: (
      done: (error: grpc.ServiceError | null, answer: Buffer) => void,
    ) => grpc.ClientWritableStream<Buffer>;
    spread: (message: Buffer) => grpc.ClientReadableStream<Buffer>;
    chat: () => grpc.ClientDuplexStream<Buffer, Buffer>;
  };
  const large = Buffer.alloc(10 << 20, 'x');
  for (const message of [Buffer.from('hi'), Buffer.alloc(0), large]) {
    let trailers: grpc.Metadata | undefined;
    const answer = await new Promise<Buffer>((done, fail) => {
      client
        .unary(message, (error, got) => (error === null ? done(got) : fail(error)))
        .on('status', (status) => {
          trailers = status.metadata;
        });
    });
    assert.ok(answer.equals(message));
    await new Promise((done) => setImmediate(done));
    assert.equal(trailers?.get('x-trailer'), ['yes']);
  }
  const failure = await new Promise<grpc.ServiceError | null>((done) => client.fail(Buffer.alloc(0), done));
  assert.is(failure?.code, grpc.status.NOT_FOUND);
  assert.is(failure?.details, 'nö, not here');

  const total = await new Promise<string>((done, fail) => {
    const call = client.collect((error, got) => (error === null ? done(got.toString()) : fail(error)));
    for (let index = 0; index < 100; index++) call.write(Buffer.alloc(10_000));
    call.end();
  });
  assert.is(total, '1000000');

  const spread: string[] = [];
  for await (const part of client.spread(Buffer.alloc(0))) spread.push((part as Buffer).toString());
  assert.is(spread.length, 500);
  assert.is(spread.at(-1), '499');

  const chat = client.chat();
  const heard: string[] = [];
  for (let index = 0; index < 5; index++) {
    chat.write(Buffer.from(String(index)));
    heard.push(
      await new Promise<string>((done) => chat.once('data', (part: Buffer) => done(part.toString()))),
    );
  }
  chat.end();
  assert.equal(heard, ['re:0', 're:1', 're:2', 're:3', 're:4']);

  const gaveUp = new Promise<void>((done) => {
    wake = done;
  });
  const late = await new Promise<grpc.ServiceError | null>((done) =>
    client.hang(Buffer.alloc(0), { deadline: Date.now() + 100 }, done),
  );
  assert.is(late?.code, grpc.status.DEADLINE_EXCEEDED);
  await gaveUp;
  assert.ok(cancelled > 0);
  client.close();
  await server.shutdown();
  upstream.server.forceShutdown();
});

test('gRPC: what the proxy answers by itself is a gRPC answer', async () => {
  const { port, server } = await proxyTo(1, true, { routes: [toCluster('up')] });
  await withSession(port(), async (session) => {
    const answer = await ask(
      session,
      { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' },
      Buffer.alloc(5),
    );
    assert.is(answer.status, 200);
    assert.is(answer.headers['grpc-status'], '14');
  });
  await server.shutdown();
});

// ---- WebSocket

const websocket: Message = {
  upgrade_configs: [{ upgrade_type: 'websocket' }],
  http2_protocol_options: { allow_connect: true },
};

async function webSocketUpstream(): Promise<{
  readonly http: HttpServer;
  readonly sockets: WebSocketServer;
}> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, maxPayload: 64 << 20 });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  return { http, sockets };
}

test('WebSocket: text, and 20 MB both ways', async () => {
  const { http, sockets } = await webSocketUpstream();
  const { port, server } = await proxyTo(portOf(http), false, { manager: websocket });
  const socket = new WebSocket(`ws://127.0.0.1:${port()}/chat`, { maxPayload: 64 << 20 });
  await new Promise((done, fail) => socket.once('open', done).once('error', fail));
  const echo = (data: string | Buffer): Promise<Buffer> =>
    new Promise((done) => {
      socket.once('message', (got: Buffer) => done(got));
      socket.send(data);
    });
  assert.is((await echo('hello')).toString(), 'hello');
  const large = Buffer.alloc(20 << 20, 'w');
  assert.ok((await echo(large)).equals(large));
  const closed = new Promise((done) => socket.once('close', done));
  socket.close(1000);
  await closed;
  sockets.close();
  http.closeAllConnections();
  http.close();
  await server.shutdown();
});

test('an upgrade over HTTP/2 reaches an upstream of HTTP/1.1, and one over HTTP/1.1 an upstream of HTTP/2', async () => {
  const plain = createServer();
  plain.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    socket.on('data', (data: Buffer) => socket.write(Buffer.concat([Buffer.from('echo:'), data])));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((done) => plain.listen(0, '127.0.0.1', done));
  const first = await proxyTo(portOf(plain), false, { manager: websocket });
  await withSession(first.port(), async (session) => {
    await new Promise<void>((done) => session.once('remoteSettings', () => done()));
    const stream = session.request(
      { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/' },
      { endStream: false },
    );
    stream.on('error', () => undefined);
    const status = await new Promise<unknown>((done) =>
      stream.once('response', (headers) => done(headers[':status'])),
    );
    assert.is(status, 200);
    stream.write('ping');
    assert.is(
      await new Promise<string>((done) => stream.once('data', (data: Buffer) => done(data.toString()))),
      'echo:ping',
    );
    stream.close();
  });
  await first.server.shutdown();
  plain.closeAllConnections();
  plain.close();

  const upstream = await http2Upstream((stream, headers) => {
    assert.is(headers[':protocol'], 'websocket');
    stream.respond({ ':status': 200 });
    stream.on('data', (data: Buffer) => void stream.write(Buffer.concat([Buffer.from('h2:'), data])));
  });
  const second = await proxyTo(portOf(upstream), true, { manager: websocket });
  const { connect: connectTcp } = await import('node:net');
  const socket = connectTcp(second.port(), '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part;
  });
  socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
  while (!text.includes('\r\n\r\n')) await new Promise((done) => socket.once('data', done));
  assert.match(text, /^HTTP\/1\.1 101 Switching Protocols/);
  socket.write('ping');
  while (!text.endsWith('h2:ping')) await new Promise((done) => socket.once('data', done));
  socket.destroy();
  await second.server.shutdown();
  upstream.close();
});

test.run();
