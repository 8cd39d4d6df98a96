/**
 * A whole server on real sockets: what it answers, and what a change of its file does to requests and connections.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { generate } from 'selfsigned';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Server } from '../../runtime/index.js';
import { createServer } from '../../runtime/index.js';

const router = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';
const manager =
  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

/** A bootstrap with one listener on any port. @param routes YAML of the routes, in flow style */
function bootstrap(routes: string, upstreamPort = 1, more = ''): string {
  return `static_resources:
  listeners:
    - name: main
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains:
        - filters:
            - name: manager
              typed_config:
                "@type": ${manager}
                stat_prefix: main
                route_config: { virtual_hosts: [{ name: all, domains: ["*"], routes: ${routes} }] }
                http_filters: [{ name: router, typed_config: { "@type": ${router} } }]
${more}  clusters:
    - name: up
      type: STATIC
      load_assignment:
        cluster_name: up
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${upstreamPort} } } } }] }]
`;
}

const answers = (body: string): string =>
  `[{ match: { prefix: / }, direct_response: { status: 200, body: { inline_string: ${body} } } }]`;
const toUpstream = '[{ match: { prefix: / }, route: { cluster: up } }]';

const portOf = (server: Server): number => Number(server.listenerAddresses()[0]?.split(':').at(-1));

/** A client connection that reads one answer at a time. */
class Client {
  readonly socket: Socket;
  private text = '';
  private wake: () => void = () => undefined;
  closed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      this.text += chunk;
      this.wake();
    });
    socket
      .on('error', () => undefined)
      .on('close', () => {
        this.closed = true;
        this.wake();
      });
  }

  static to(port: number): Client {
    return new Client(connect(port, '127.0.0.1'));
  }

  /** @returns status and body of the next answer, `closed` when the connection ended instead */
  async get(path: string): Promise<string> {
    this.socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
    return this.answer();
  }

  async answer(): Promise<string> {
    for (;;) {
      const end = this.text.indexOf('\r\n\r\n');
      const length = Number(/\r\ncontent-length: (\d+)/.exec(this.text)?.[1] ?? Number.NaN);
      if (end >= 0 && this.text.length >= end + 4 + length) {
        const answer = `${this.text.slice(9, 12)} ${this.text.slice(end + 4, end + 4 + length)}`;
        this.text = this.text.slice(end + 4 + length);
        return answer;
      }
      if (this.closed) return 'closed';
      await new Promise<void>((done) => {
        this.wake = done;
      });
    }
  }

  async ended(): Promise<void> {
    while (!this.closed) {
      await new Promise<void>((done) => {
        this.wake = done;
      });
    }
  }
}

/** Runs with a server that is shut down in any case. */
async function withServer(
  options: Parameters<typeof createServer>[0],
  body: (server: Server, log: string[]) => Promise<void>,
): Promise<void> {
  const log: string[] = [];
  const server = await createServer({ writeLog: (line) => log.push(line), watch: false, ...options });
  try {
    await body(server, log);
  } finally {
    await server.shutdown();
  }
}

test('only routes change: the connection stays, its next request meets the new route', async () => {
  await withServer({ configYaml: bootstrap(answers('one')) }, async (server) => {
    const client = Client.to(portOf(server));
    assert.is(await client.get('/'), '200 one');
    assert.ok(await server.reload(bootstrap(answers('two'))));
    assert.is(await client.get('/'), '200 two');
    client.socket.destroy();
  });
});

test('what connections depend on changes: the socket stays, the old connection ends after its next answer', async () => {
  await withServer({ configYaml: bootstrap(answers('one')) }, async (server) => {
    const port = portOf(server);
    const idle = Client.to(port);
    assert.is(await idle.get('/'), '200 one');
    const changed = bootstrap(answers('two')).replace('stat_prefix: main', 'stat_prefix: other');
    assert.ok(await server.reload(changed));
    assert.is(portOf(server), port);
    await idle.ended();
    const next = Client.to(port);
    assert.is(await next.get('/'), '200 two');
    next.socket.destroy();
  });
});

test('a bad change is refused whole, with its line, and the old configuration goes on', async () => {
  await withServer({ configYaml: bootstrap(answers('one')) }, async (server, log) => {
    const client = Client.to(portOf(server));
    for (const [text, expected] of [
      ['static_resources: [', /<yaml>:\d+:\d+: /],
      [bootstrap(answers('two')).replace('stat_prefix', 'stat_prefixx'), /<yaml>:10:17: .*stat_prefixx/],
      [
        bootstrap('[{ match: { prefix: / }, route: { cluster: nope } }]'),
        /<yaml>:11:\d+: .*unknown cluster 'nope'/,
      ],
      [
        bootstrap(answers('two')).replace('type: STATIC', 'type: ORIGINAL_DST'),
        /<yaml>:\d+:7: .*needs real Envoy/,
      ],
    ] as const) {
      log.length = 0;
      assert.not(await server.reload(text));
      assert.match(log.join(''), expected);
      assert.is(await client.get('/'), '200 one');
    }
    client.socket.destroy();
  });
});

test('a new listener whose address is taken: nothing of the change comes into force', async () => {
  const taken = createTcpServer();
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
  const { port } = taken.address() as { port: number };
  try {
    await withServer({ configYaml: bootstrap(answers('one')) }, async (server, log) => {
      const second = `    - name: second
      address: { socket_address: { address: 127.0.0.1, port_value: ${port} } }
      filter_chains: [{ filters: [{ name: manager, typed_config: { "@type": ${manager}, stat_prefix: second, route_config: { virtual_hosts: [] }, http_filters: [{ name: router, typed_config: { "@type": ${router} } }] } }] }]
`;
      assert.not(await server.reload(bootstrap(answers('two'), 1, second)));
      assert.match(log.join(''), new RegExp(`cannot bind '127.0.0.1:${port}': Address already in use`));
      const client = Client.to(portOf(server));
      assert.is(await client.get('/'), '200 one');
      client.socket.destroy();
    });
  } finally {
    taken.close();
  }
});

test('at the start, a taken address and a bad file are errors with their place', async () => {
  const taken = createTcpServer();
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
  const { port } = taken.address() as { port: number };
  const text = bootstrap(answers('one')).replace('port_value: 0', `port_value: ${port}`);
  const failure = async (configYaml: string): Promise<string> => {
    try {
      await createServer({ configYaml, watch: false, writeLog: () => undefined });
    } catch (error) {
      return (error as Error).message;
    }
    return 'started';
  };
  assert.is(await failure(text), `cannot bind '127.0.0.1:${port}': Address already in use`);
  assert.match(await failure(text.replace('domains', 'domain')), /^<yaml>:11:\d+: .*domain/);
  taken.close();
});

/** Every way of changing a file, each seen by the watcher. */
for (const how of ['in place', 'by rename', 'by a swapped symlink'] as const) {
  test(`the file is changed ${how}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'envoy3-reload-'));
    const path = join(folder, 'envoy3.yaml');
    const data = (name: string, body: string): string => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'envoy3.yaml'), bootstrap(answers(body)));
      return name;
    };
    if (how === 'by a swapped symlink') {
      symlinkSync(data('..one', 'one'), join(folder, '..data'));
      symlinkSync(join('..data', 'envoy3.yaml'), path);
    } else writeFileSync(path, bootstrap(answers('one')));
    try {
      await withServer({ configPath: path, watch: true }, async (server) => {
        const client = Client.to(portOf(server));
        assert.is(await client.get('/'), '200 one');
        if (how === 'in place') writeFileSync(path, bootstrap(answers('two')));
        else if (how === 'by rename') {
          writeFileSync(`${path}.new`, bootstrap(answers('two')));
          renameSync(`${path}.new`, path);
        } else {
          symlinkSync(data('..two', 'two'), join(folder, '..data_new'));
          renameSync(join(folder, '..data_new'), join(folder, '..data'));
        }
        let answer = '200 one';
        // Each answer takes a turn of both sides, so this ends with the change, however slow the machine is.
        while (answer === '200 one') answer = await client.get('/');
        assert.is(answer, '200 two');
        client.socket.destroy();
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

test('SIGTERM: a request under way gets its answer, then all ends', async () => {
  let release: () => void = () => undefined;
  let arrived: () => void = () => undefined;
  const isThere = new Promise<void>((done) => {
    arrived = done;
  });
  const upstream: HttpServer = createHttpServer((_request, response) => {
    release = () => response.end('late');
    arrived();
  });
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  const { port } = upstream.address() as { port: number };
  try {
    await withServer({ configYaml: bootstrap(toUpstream, port), drainTimeS: 30 }, async (server) => {
      const client = Client.to(portOf(server));
      const answer = client.get('/');
      await isThere;
      const over = server.drainAndShutdown();
      release();
      assert.is(await answer, '200 late');
      await client.ended();
      await over;
      assert.is(await server.closed, 0);
    });
  } finally {
    upstream.closeAllConnections();
    upstream.close();
  }
});

test('HTTPS with one PEM for chain and key; HTTP/1.1 by ALPN', async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'a' }], { keySize: 2048 });
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-tls-'));
  const pem = join(folder, 'both.pem');
  writeFileSync(pem, `${cert}\n${key}\n`);
  const tls = `          transport_socket:
            name: tls
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
              common_tls_context:
                alpn_protocols: [h2, http/1.1]
                tls_certificates: [{ certificate_chain: { filename: ${pem} }, private_key: { filename: ${pem} } }]
`;
  const text = bootstrap(answers('secret')).replace(/^ {2}clusters:/m, `${tls}  clusters:`);
  try {
    await withServer({ configYaml: text }, async (server) => {
      const socket = connectTls({
        port: portOf(server),
        host: '127.0.0.1',
        ca: cert,
        checkServerIdentity: () => undefined,
        ALPNProtocols: ['http/1.1'],
      });
      await new Promise<void>((done, fail) => {
        socket.on('secureConnect', done).on('error', fail);
      });
      assert.is(socket.alpnProtocol, 'http/1.1');
      const client = new Client(socket);
      assert.is(await client.get('/'), '200 secret');
      socket.destroy();
    });
    await createServer({
      configYaml: text.replaceAll(pem, `${pem}.gone`),
      watch: false,
      writeLog: () => undefined,
    }).then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, /both\.pem\.gone/),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
