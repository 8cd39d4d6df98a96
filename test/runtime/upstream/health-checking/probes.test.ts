/** Probes of HTTP, TCP and gRPC against servers on loopback: what is asked, and what an answer means. */
import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { constants, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createStatsStore } from '../../../../runtime/stats/stats-store.js';
import { createCheckConnector } from '../../../../runtime/upstream/health-checking/check-connector.js';
import { createHealthChecker } from '../../../../runtime/upstream/health-checking/create-health-checker.js';
import type { HealthChecker } from '../../../../runtime/upstream/health-checking/health-checker.js';
import { http1ClientDefaults } from '../../../../runtime/http/http1/http1-options.js';
import { createHost } from '../../../../runtime/upstream/host/create-host.js';
import type { Host } from '../../../../runtime/upstream/host/host.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { clusterConfig, nonZero } from '../fixtures.js';

/** One check after the other against one host; the clock stands still but for what the test asks. */
class Rig {
  readonly clock = new FakeClock();
  readonly stats = createStatsStore();
  readonly host: Host;
  private readonly checker: HealthChecker;
  private told: ((passed: boolean) => void) | undefined;
  private isFirst = true;

  constructor(port: number, check: object, cluster: object = {}) {
    this.host = createHost(
      { kind: 'ip', ip: '127.0.0.1', port },
      { hostname: '', weight: 1, priority: 0, zone: '', region: '', subZone: '' },
    );
    const { clock, stats } = this;
    const timing = { timeout: '1s', interval: '5s', unhealthy_threshold: 1, healthy_threshold: 1 };
    const config = clusterConfig({ name: 'c', ...cluster, health_checks: [{ ...timing, ...check }] });
    const checker = createHealthChecker(config, {
      clock,
      stats,
      random: () => 0,
      statPrefix: 'cluster.c.',
      logFiles: undefined,
      connect: createCheckConnector(undefined),
      isTls: false,
      http1: { ...http1ClientDefaults, clock },
      hasTraffic: () => true,
      callbacks: { onCheck: (_host, _transition, passed) => this.told?.(passed) },
    });
    if (checker === undefined) throw new Error('no checker');
    this.checker = checker;
  }

  /** Resolves with what the next check found. */
  next(): Promise<boolean> {
    return new Promise((done) => {
      this.told = done;
      this.checker.update([this.host], () => false);
      // Just to the moment of the check: its time-out is a second later.
      this.clock.advance(this.isFirst ? 0 : 5000);
      this.isFirst = false;
    });
  }

  count(name: string): number {
    return nonZero(this.stats, 'cluster.c.health_check.')[name] ?? 0;
  }

  stop(): void {
    this.checker.stop();
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

interface Backend {
  readonly port: number;
  readonly seen: string[];
  /** Connections, oldest first. */
  readonly sockets: Socket[];
}

/** @param answer gets what has come on the connection since the last answer. `''`: wait for more */
async function withBackend(
  answer: (text: string, socket: Socket) => string,
  run: (backend: Backend) => Promise<void>,
): Promise<void> {
  const seen: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    let text = '';
    socket.on('error', () => undefined);
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      const given = answer(text, socket);
      if (given === '') return;
      seen.push(text);
      text = '';
      socket.write(given, 'latin1');
    });
  });
  try {
    await run({ port: await listen(server), seen, sockets });
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const answerOf = (status: number, head = '', body = 'ok') =>
  `HTTP/1.1 ${status} X\r\ncontent-length: ${body.length}\r\n${head}\r\n${body}`;
const http = (fields: object = {}) => ({ http_health_check: { path: '/hz', ...fields } });

test('HTTP: the request, and one connection for all checks', () =>
  withBackend(
    () => answerOf(200),
    async ({ port, seen, sockets }) => {
      const rig = new Rig(port, http());
      assert.is(await rig.next(), true);
      assert.is(await rig.next(), true);
      rig.stop();
      assert.equal(seen, Array(2).fill('GET /hz HTTP/1.1\r\nhost: c\r\nuser-agent: Envoy/HC\r\n\r\n'));
      assert.is(sockets.length, 1);
    },
  ));

test('HTTP: method, host, payload and headers of the configuration', () =>
  withBackend(
    (text) => (text.endsWith('hello') ? answerOf(204, '', '') : ''),
    async ({ port, seen }) => {
      const fields = {
        method: 'POST',
        host: 'h.example',
        send: { text: '68656c6c6f' },
        expected_statuses: [{ start: 200, end: 300 }],
        request_headers_to_add: [{ header: { key: 'x-a', value: '%PROTOCOL%' } }],
        request_headers_to_remove: ['user-agent'],
      };
      const rig = new Rig(port, http(fields));
      assert.is(await rig.next(), true);
      rig.stop();
      assert.equal(seen, [
        'POST /hz HTTP/1.1\r\nhost: h.example\r\nx-a: HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello',
      ]);
    },
  ));

test('HTTP: the answer is judged by status, payload and service name', async () => {
  let answer = answerOf(200);
  await withBackend(
    () => answer,
    async ({ port }) => {
      const rig = new Rig(
        port,
        http({ receive: [{ text: '6f6b' }], service_name_matcher: { prefix: 'web' } }),
      );
      answer = answerOf(200, 'x-envoy-upstream-healthchecked-cluster: web-1\r\n');
      assert.is(await rig.next(), true);
      answer = answerOf(200, 'x-envoy-upstream-healthchecked-cluster: api\r\n');
      assert.is(await rig.next(), false);
      answer = answerOf(200, '', 'no');
      assert.is(await rig.next(), false, 'payload');
      answer = answerOf(500);
      assert.is(await rig.next(), false, 'status');
      assert.is(rig.count('verify_cluster'), 2);
      assert.is(rig.count('network_failure'), 0);
      rig.stop();
    },
  );
});

test('HTTP: a body that is longer than what is looked at does not pile up', () =>
  withBackend(
    () => answerOf(200, '', `${'x'.repeat(100_000)}hi`),
    async ({ port }) => {
      const rig = new Rig(port, http({ receive: [{ text: '6869' }] }));
      assert.is(await rig.next(), false);
      rig.stop();
      const all = new Rig(port, http({ receive: [{ text: '6869' }], response_buffer_size: 0 }));
      assert.is(await all.next(), true);
      all.stop();
    },
  ));

test('HTTP: the connection is made anew after `connection: close`, a cut, garbage, and without reuse', async () => {
  let answer = answerOf(200);
  await withBackend(
    (_text, socket) => {
      if (answer === 'cut') {
        socket.destroy();
        return '';
      }
      return answer;
    },
    async ({ port, sockets }) => {
      const rig = new Rig(port, http());
      answer = answerOf(200, 'connection: close\r\n');
      assert.is(await rig.next(), true);
      answer = answerOf(200);
      assert.is(await rig.next(), true);
      assert.is(sockets.length, 2);
      answer = 'cut';
      assert.is(await rig.next(), false);
      answer = 'garbage\r\n\r\n';
      assert.is(await rig.next(), false);
      assert.is(sockets.length, 3);
      answer = answerOf(200);
      assert.is(await rig.next(), true);
      assert.is(sockets.length, 4);
      assert.is(rig.count('network_failure'), 2);
      rig.stop();
      const alone = new Rig(port, { ...http(), reuse_connection: false });
      await alone.next();
      await alone.next();
      assert.is(sockets.length, 6);
      alone.stop();
    },
  );
});

test('HTTP: no answer in time ends the connection, and what comes then is nobody’s', () =>
  withBackend(
    () => '',
    async ({ port, sockets }) => {
      const rig = new Rig(port, http());
      const result = rig.next();
      while (sockets.length === 0) await new Promise((done) => setImmediate(done));
      const closed = once(sockets[0] as Socket, 'close');
      rig.clock.advance(1000);
      assert.is(await result, false);
      await closed;
      assert.is(rig.host.health.text, '/failed_active_hc/active_hc_timeout');
      rig.stop();
    },
  ));

test('a port of its own for checks', () =>
  withBackend(
    () => answerOf(200),
    async ({ port, seen }) => {
      const rig = new Rig(1, http());
      const attributes = {
        ...rig.host,
        healthCheck: { port, address: undefined, hostname: 'own.example', disabled: false },
      };
      const host = createHost({ kind: 'ip', ip: '127.0.0.1', port: 1 }, attributes);
      Object.assign(rig, { host });
      assert.is(await rig.next(), true);
      assert.match(seen[0] ?? '', 'host: own.example');
      rig.stop();
    },
  ));

test('TCP: a connection is enough, nothing is sent on it', () =>
  withBackend(
    () => 'x',
    async ({ port, seen }) => {
      const rig = new Rig(port, { tcp_health_check: { send: { text: '00' } } });
      assert.is(await rig.next(), true);
      rig.stop();
      assert.equal(seen, []);
    },
  ));

test('TCP: nobody there', async () => {
  const server = createServer();
  const port = await listen(server);
  server.close();
  const rig = new Rig(port, { tcp_health_check: {} });
  assert.is(await rig.next(), false);
  assert.is(rig.count('network_failure'), 1);
  rig.stop();
});

test('TCP: an answer in pieces, and a header of the PROXY protocol before each question', () =>
  withBackend(
    (text, socket) => {
      if (!text.endsWith('PING')) return '';
      socket.write('PO');
      return 'NG';
    },
    async ({ port, seen, sockets }) => {
      const rig = new Rig(port, {
        tcp_health_check: {
          send: { text: '50494e47' },
          receive: [{ text: '504f' }, { text: '4e47' }],
          proxy_protocol_config: { version: 'V1' },
        },
      });
      assert.is(await rig.next(), true);
      assert.is(await rig.next(), true);
      assert.is(sockets.length, 1);
      rig.stop();
      const header = new RegExp(`^PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 \\d+ ${port}\\r\\nPING$`);
      for (const text of seen) assert.match(text, header);
      assert.is(seen.length, 2);
    },
  ));

// ---- over HTTP/2

interface Call {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function withHttp2(
  answer: (stream: ServerHttp2Stream) => void,
  run: (port: number, calls: Call[], sessions: { count: number }) => Promise<void>,
): Promise<void> {
  const calls: Call[] = [];
  const sessions = { count: 0 };
  const open = new Set<{ destroy(): void }>();
  const server = createHttp2Server();
  server.on('session', (session) => {
    sessions.count++;
    open.add(session);
    session.on('error', () => undefined);
  });
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      calls.push({ headers, body: Buffer.concat(chunks).toString('hex') });
      answer(stream);
    });
  });
  try {
    await run(await listen(server), calls, sessions);
  } finally {
    for (const session of open) session.destroy();
    server.close();
  }
}

const grpcCluster = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};
const grpc = (port: number, fields: object = {}, more: object = {}) =>
  new Rig(port, { grpc_health_check: fields, ...more }, grpcCluster);

function respond(stream: ServerHttp2Stream, status: string, body = '00000000020801'): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }));
  stream.end(Buffer.from(body, 'hex'));
}

test('HTTP/2: status and header, on one connection', () =>
  withHttp2(
    (stream) => stream.respond({ ':status': 200, 'x-envoy-degraded': 'true' }, { endStream: true }),
    async (port, calls, sessions) => {
      const rig = new Rig(port, http({ codec_client_type: 'HTTP2' }));
      assert.is(await rig.next(), true);
      assert.is(await rig.next(), true);
      assert.is(rig.host.health.text, '/degraded_active_hc');
      assert.is(calls[0]?.headers[':path'], '/hz');
      assert.is(calls[0]?.headers[':authority'], 'c');
      assert.is(sessions.count, 1);
      rig.stop();
    },
  ));

test('gRPC: SERVING is good, everything else is not', async () => {
  let answer: (stream: ServerHttp2Stream) => void = (stream) => respond(stream, '0');
  await withHttp2(
    (stream) => answer(stream),
    async (port, calls, sessions) => {
      const rig = grpc(port, { service_name: 'my.Service', authority: 'g.example' });
      assert.is(await rig.next(), true);
      const { body, headers } = calls[0] as Call;
      assert.is(body, '000000000c0a0a6d792e53657276696365');
      assert.is(headers[':path'], '/grpc.health.v1.Health/Check');
      assert.is(headers[':authority'], 'g.example');
      assert.is(headers['grpc-timeout'], '1000m');
      assert.is(headers['user-agent'], 'Envoy/HC');
      for (const bad of ['00000000020802', '0000000000', '00000000020803', '01000000020801']) {
        answer = (stream) => respond(stream, '0', bad);
        assert.is(await rig.next(), false, bad);
      }
      answer = (stream) => respond(stream, '13');
      assert.is(await rig.next(), false, 'an error');
      answer = (stream) => respond(stream, '0', '0000000002080100000000020801');
      assert.is(await rig.next(), false, 'two answers');
      assert.is(sessions.count, 1);
      assert.is(rig.count('network_failure'), 0);
      answer = (stream) => respond(stream, '0');
      assert.is(await rig.next(), true);
      rig.stop();
    },
  );
});

test('gRPC: a server without the service, or that is none', async () => {
  let head: Record<string, string | number> = {};
  await withHttp2(
    (stream) => stream.respond(head, { endStream: true }),
    async (port) => {
      const rig = grpc(port);
      head = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' };
      assert.is(await rig.next(), false);
      head = { ':status': 404 };
      assert.is(await rig.next(), false);
      head = { ':status': 200, 'content-type': 'text/html' };
      assert.is(await rig.next(), false);
      assert.is(rig.count('failure'), 3);
      assert.is(rig.count('network_failure'), 0);
      rig.stop();
    },
  );
});

test('gRPC: GOAWAY lets the answer come, and the next check has a new connection', () =>
  withHttp2(
    (stream) => {
      stream.session?.goaway(constants.NGHTTP2_NO_ERROR);
      respond(stream, '0');
    },
    async (port, _calls, sessions) => {
      const rig = grpc(port);
      assert.is(await rig.next(), true);
      assert.is(await rig.next(), true);
      assert.is(sessions.count, 2);
      rig.stop();
    },
  ));

test('gRPC: a reset and a lost connection are failures of the network', async () => {
  let answer: (stream: ServerHttp2Stream) => void = (stream) =>
    stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  await withHttp2(
    (stream) => answer(stream),
    async (port) => {
      const rig = grpc(port);
      assert.is(await rig.next(), false);
      answer = (stream) => stream.session?.destroy();
      assert.is(await rig.next(), false);
      assert.is(rig.count('network_failure'), 2);
      answer = (stream) => respond(stream, '0');
      assert.is(await rig.next(), true);
      rig.stop();
    },
  );
});

test.run();
