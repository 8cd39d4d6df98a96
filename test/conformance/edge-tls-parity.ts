/**
 * The edge-tls project on real Envoy and on the bundled runtime, each started as its README says, before the same web
 * server: requests of HTTP/1.1 and HTTP/2, gRPC calls and streams, WebSockets over both, every failure of ALPN, a stream and
 * a WebSocket over a reload, and a new certificate. Answers and the lines of the access log must be equal; dates, ids, times,
 * ports and which worker it was aside.
 */
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { connect as connectHttp2 } from 'node:http2';
import type { Server } from 'node:https';
import { createServer, get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import { freePorts } from '../support/free-ports.js';
import { StartedProject } from '../support/started-project.js';
import type { RawRequest } from './raw-request.js';
import { askRaw, normaliseAnswer } from './raw-request.js';

interface Context {
  readonly envoyBin: string;
  readonly root: string;
}

const grpcHead = 'content-type: application/grpc\r\nte: trailers\r\n';

const requests: readonly RawRequest[] = [
  ['GET', '/'],
  ['GET', '/index.html?a=1&b=2'],
  ['HEAD', '/'],
  ['POST', '/form', 'content-length: 5\r\n', 'hello'],
  ['POST', '/form', 'transfer-encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'],
  ['PUT', '/form', 'content-length: 0\r\n'],
  ['OPTIONS', '/'],
  ['FOO', '/'],
  ['GET', '/a/../b'],
  ['GET', '/a//b'],
  ['GET', '/a%2fb'],
  ['GET', '/', 'under_score: 1\r\n'],
  ['GET', '/', 'x-forwarded-for: 10.1.2.3\r\n'],
  ['GET', '/', 'x-forwarded-proto: http\r\n'],
  ['GET', '/', 'x-forwarded-client-cert: By=me\r\n'],
  ['GET', '/', 'x-request-id: my-own\r\n'],
  ['GET', '/', 'connection: close\r\n'],
  ['GET', '/', 'expect: 100-continue\r\n'],
  ['GET', '/', 'upgrade: websocket\r\nconnection: upgrade\r\n'],
  ['GET', '/', 'upgrade: h2c\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: AAMAAABk\r\n'],
  ['GET', '/workers'],
  ['POST', '/edge.v1.AuthApi/Ping', 'content-length: 0\r\n'],
  ['POST', '/edge.v1.AuthApi/Ping', `${grpcHead}content-length: 5\r\n`, '\0\0\0\0\0'],
  ['GET', '/edge.v1.AuthApi/Ping', grpcHead],
];

const http2Requests: readonly OutgoingHttpHeaders[] = [
  { ':path': '/' },
  { ':path': '/two?x=1' },
  { ':path': '/', ':method': 'HEAD' },
  { ':path': '/', ':method': 'DELETE' },
  { ':path': '/a//b' },
  { ':path': '/', cookie: ['a=1', 'b=2'] },
  { ':path': '/', under_score: '1' },
  { ':path': '/', 'x-forwarded-for': '10.1.2.3' },
  { ':path': '/edge.v1.AuthApi/Ping', ':method': 'POST' },
  { ':path': '/edge.v1.AuthApi/None', ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' },
  { ':path': '/edge.v1.AuthApi/Ping', ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' },
  { ':path': '/worker', ':method': 'CONNECT', ':protocol': 'other' },
];

/** What a README step of ALPN builds, and who then calls. */
const faults: readonly (readonly [
  id: string,
  build: Record<string, string>,
  client?: Record<string, string>,
])[] = [
  ['no h2 for clients', { CLIENT_ALPN: 'http/1.1' }],
  ['no h2 for clients, ALPN not required', { CLIENT_ALPN: 'http/1.1', REQUIRE_ALPN: 'off' }],
  [
    'no h2 for clients, and clients that do not mind',
    { CLIENT_ALPN: 'http/1.1', REQUIRE_ALPN: 'off' },
    { GRPC_ENFORCE_ALPN_ENABLED: 'false' },
  ],
  ['the API agrees upon HTTP/1.1 alone', { API_PORT: 'OLD_API_PORT' }],
  ['the API takes no part in ALPN', { API_PORT: 'SILENT_API_PORT' }],
  ['the edge offers the API HTTP/1.1', { API_ALPN: 'http/1.1' }],
  ['nobody listens', { API_PORT: '1' }],
  ['the root of the backends is not trusted', { TRUSTSTORE: 'certificates/client.pem' }],
  ['mutual TLS, with a certificate', { MTLS: 'on' }, { MTLS: 'on' }],
  ['mutual TLS, without one', { MTLS: 'on' }],
];

const variables = [
  'EDGE_PORT',
  'ADMIN_PORT',
  'WEB_PORT',
  'API_PORT',
  'WORKER_PORT',
  'OLD_API_PORT',
  'SILENT_API_PORT',
  'H2C_PORT',
  'DISCOVERY_HTTP',
  'DISCOVERY_DNS',
];

/** Tells what it was sent. */
function webServer(pem: Buffer): Promise<{ server: Server; port: number }> {
  const server = createServer({ cert: pem, key: pem, ALPNProtocols: ['http/1.1'] }, (request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const text = `${request.method} ${request.url} ${request.rawHeaders.join('|')} ${body}`;
      response.sendDate = false;
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text) });
      response.end(text);
    });
  });
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => done({ server, port: (server.address() as { port: number }).port }));
  });
}

/** One engine with the project. */
class Edge {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #started: StartedProject;
  #release = 0;

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.env = env;
    this.#started = new StartedProject(folder, env);
  }

  get port(): number {
    return Number(this.env.EDGE_PORT);
  }

  file(name: string): Buffer {
    return readFileSync(join(this.folder, name));
  }

  whenReady(): Promise<void> {
    return this.#started.says('Ctrl-C ends all of it.');
  }

  async stop(): Promise<void> {
    await this.#started.stop();
  }

  kill(): void {
    this.#started.kill();
  }

  /** Compiles, and waits until it is in force. */
  async build(env: Record<string, string>): Promise<void> {
    const release = String(++this.#release + 1);
    execFileSync(process.execPath, ['build.mjs'], {
      cwd: this.folder,
      env: { ...this.env, ...env, RELEASE: release },
      stdio: 'ignore',
    });
    for (let attempt = 0; attempt < 200; attempt++) {
      if ((await this.#answeredRelease().catch(() => '')) === release) return;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`release ${release} does not come into force`);
  }

  #answeredRelease(): Promise<string> {
    const pem = this.file('certificates/client.pem');
    return new Promise((done, fail) => {
      const options = {
        host: '127.0.0.1',
        port: this.port,
        path: '/release',
        agent: false as const,
        cert: pem,
        key: pem,
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
      };
      get(options, (response) => {
        response.resume();
        done(String(response.headers['x-release']));
      }).on('error', fail);
    });
  }

  /** Runs one of the project's own clients, while the web server of this process answers. @returns what it prints */
  client(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
    return new Promise((done) => {
      const options = { cwd: this.folder, env: { ...this.env, ...env }, timeout: 30_000 };
      execFile(process.execPath, args, options, (_error, stdout) => done(stdout));
    });
  }
}

/** A connection of its own for each request: some end it. */
async function onSession(edge: Edge, use: (session: ClientHttp2Session) => Promise<string>): Promise<string> {
  const session = connectHttp2(`https://localhost:${edge.port}`, { rejectUnauthorized: false });
  session.on('error', () => undefined);
  // Whether CONNECT may be extended is known then.
  await new Promise((done) => session.once('remoteSettings', done));
  try {
    return await use(session);
  } finally {
    session.destroy();
  }
}

function askHttp2(session: ClientHttp2Session, headers: OutgoingHttpHeaders): Promise<string> {
  return new Promise((done) => {
    const stream = session.request(
      { ':authority': 'localhost:8080', ':scheme': 'https', ...headers },
      { endStream: true },
    );
    let text = '';
    const line = (given: object): string =>
      Object.entries(given)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('');
    stream.on('response', (given) => {
      text += line(given);
    });
    stream.on('trailers', (given) => {
      text += `trailers ${line(given)}`;
    });
    stream.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    stream.on('error', ({ message }) => {
      text += message;
    });
    stream.on('close', () => done(text));
    setTimeout(() => stream.close(), 3000).unref();
  });
}

/** @param toSend one after the other's answer @returns how it went, without the number of the worker */
function overWebSocket(edge: Edge, path: string, toSend: readonly string[]): Promise<string> {
  return new Promise((done) => {
    const options = { rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] };
    const socket = new WebSocket(`wss://127.0.0.1:${edge.port}${path}`, options);
    const met: string[] = [];
    const left = [...toSend];
    const next = (): void => {
      const text = left.shift();
      if (text === undefined) socket.close(4000, 'enough');
      else socket.send(text);
    };
    socket.on('open', next);
    socket.on('message', (data) => {
      met.push(String(data).replace(/^worker-\d: /, ''));
      next();
    });
    socket.on('error', ({ message }) => void met.push(message));
    socket.on('close', (code, reason) => done([...met, code, String(reason)].join('|')));
  });
}

/** A WebSocket in a stream of HTTP/2 (RFC 8441): a masked frame there, a frame back, and the end. */
function overExtendedConnect(session: ClientHttp2Session): Promise<string> {
  return new Promise((done) => {
    const stream = session.request(
      {
        ':method': 'CONNECT',
        ':protocol': 'websocket',
        ':scheme': 'https',
        ':authority': 'localhost',
        ':path': '/worker',
        'sec-websocket-version': '13',
        // Not sent by browsers here; the library behind the workers insists on it.
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      },
      { endStream: false },
    );
    let met = '';
    let closing = false;
    stream.on('response', (headers) => {
      met += `${headers[':status']} `;
      const mask = Buffer.from([1, 2, 3, 4]);
      const octets = Buffer.from('hi').map((octet, at) => octet ^ (mask[at] as number));
      stream.write(Buffer.concat([Buffer.from([0x81, 0x82]), mask, octets]));
    });
    stream.on('data', (chunk: Buffer) => {
      met += chunk.toString('latin1').replace(/worker-\d/, 'worker');
      // To a frame that closes, the worker answers with one, and ends.
      if (!closing) stream.write(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
      closing = true;
    });
    stream.on('end', () => stream.end());
    stream.on('error', ({ message }) => {
      met += message;
    });
    stream.on('close', () => done(met));
    setTimeout(() => stream.close(), 3000).unref();
  });
}

function shownSerial(port: number): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connectTls(
      { port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] },
      () => {
        done(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      },
    ).on('error', fail);
  });
}

/** @returns whether the next handshakes come to have what `certificates.mjs renew` made */
async function renewed(edge: Edge): Promise<string> {
  const before = await shownSerial(edge.port);
  await edge.client(['certificates.mjs', 'renew']);
  for (let attempt = 0; attempt < 100; attempt++) {
    if ((await shownSerial(edge.port)) !== before) return 'another one is shown';
    await new Promise((done) => setTimeout(done, 50));
  }
  return 'the old one is shown';
}

/** Everything of one engine, by what it is. */
async function observe(edge: Edge, web: number): Promise<Map<string, string>> {
  const met = new Map<string, string>();
  const WEB_PORT = String(web);
  await edge.build({ WEB_PORT });
  for (const request of requests) {
    met.set(`HTTP/1.1 ${request.join(' ')}`, normaliseAnswer(await askRaw(edge.port, true, request)));
  }
  for (const headers of http2Requests) {
    const answer = await onSession(edge, (session) => askHttp2(session, headers));
    met.set(`HTTP/2 ${JSON.stringify(headers)}`, normaliseAnswer(answer));
  }
  met.set('WebSocket over HTTP/2', await onSession(edge, overExtendedConnect));
  met.set('WebSocket', await overWebSocket(edge, '/worker', ['one', 'two', 'x'.repeat(100_000)]));
  met.set('WebSocket under /worker', await overWebSocket(edge, '/worker/7?a=1', ['one']));
  met.set('WebSocket elsewhere', await overWebSocket(edge, '/', ['one']));
  met.set('gRPC call', await edge.client(['clients/grpc.mjs', 'hello']));
  await edge.client(['protoset.mjs']);
  const protoset = ['-cacert', 'certificates/truststore.pem', '-protoset', 'auth-api.protoset'];
  const call = ['-d', '{"text":"hi"}', `localhost:${edge.port}`, 'edge.v1.AuthApi/Ping'];
  met.set('grpcurl', await edge.client(['clients/grpcurl.mjs', ...protoset, ...call]));
  for (const [release, change] of [
    ['101', {}],
    ['102', { OLDEST_TLS: 'TLSv1_3' }],
  ] as const) {
    const env = { WEB_PORT, RELEASE: release, ...change };
    const text = await edge.client(['clients/hold.mjs', process.execPath, 'build.mjs'], env);
    met.set(`a stream and a WebSocket over release ${release}`, text.replace(/release \d+/g, 'release'));
  }
  met.set('a new certificate', await renewed(edge));
  for (const [id, build, client] of faults) {
    const env = Object.fromEntries(
      Object.entries(build).map(([name, value]) => [name, edge.env[value] ?? value]),
    );
    await edge.build({ WEB_PORT, ...env });
    const said = await edge.client(['clients/grpc.mjs', 'hello'], client);
    // The library of gRPC adds OpenSSL's addresses and times to what it says of a handshake.
    met.set(id, said.replace(/Last error: .*/s, 'Last error: ...'));
  }
  await edge.build({ WEB_PORT, H2C: 'on' });
  met.set('h2c', await edge.client(['clients/grpc.mjs', '--plain', edge.env.H2C_PORT as string, 'hello']));
  return met;
}

/**
 * Sorted: when a line is written is a matter of who ends first. Both ends of a WebSocket close at the same time, and whose end
 * is seen first is a race in Envoy as well, so of those the status alone is compared.
 */
function accessLog(edge: Edge): string[] {
  return edge
    .file('access.log')
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.includes(' /release '))
    .map((line) => line.slice(line.indexOf(' ') + 1).replace(/( 101) .*/, '$1'))
    .sort();
}

export async function run(context: Context): Promise<{ passed: number; failed: number; lines: string[] }> {
  const lines: string[] = [];
  let passed = 0;
  const observations: { met: Map<string, string>; log: string[] }[] = [];
  for (const engine of ['envoy', 'envoy3']) {
    const folder = mkdtempSync(join(tmpdir(), `envoy3-edge-${engine}-`));
    cpSync(join(context.root, 'templates', 'projects', 'edge-tls'), folder, { recursive: true });
    const drawn = await freePorts(variables.length);
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      ENGINE: engine,
      ENVOY_BIN: context.envoyBin,
      ENVOY3_HOME: context.root,
    };
    for (const [at, name] of variables.entries()) {
      env[name] = name.startsWith('DISCOVERY') ? `127.0.0.1:${drawn[at]}` : drawn[at];
    }
    const edge = new Edge(folder, env);
    let web: Server | undefined;
    try {
      await edge.whenReady();
      const { port, server } = await webServer(edge.file('certificates/backend.pem'));
      web = server;
      const met = await observe(edge, port);
      await edge.stop();
      observations.push({ met, log: accessLog(edge) });
    } finally {
      edge.kill();
      web?.closeAllConnections();
      web?.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const [real, ours] = observations as [(typeof observations)[0], (typeof observations)[0]];
  let failed = 0;
  const compare = (what: string, envoy: string, envoy3: string): void => {
    if (envoy === envoy3 && envoy !== '') passed++;
    else {
      failed++;
      lines.push(`${what}\n    Envoy  ${JSON.stringify(envoy)}\n    envoy3 ${JSON.stringify(envoy3)}`);
    }
  };
  for (const [what, envoy] of real.met) compare(what, envoy, ours.met.get(what) ?? '');
  const only = (of: readonly string[], others: readonly string[]) => {
    const left = [...others];
    return of.filter((line) => {
      const at = left.indexOf(line);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
  };
  const envoyOnly = only(real.log, ours.log).join('\n');
  const oursOnly = only(ours.log, real.log).join('\n');
  compare(
    `${real.log.length} lines of the access log; those that only one has:`,
    `.${envoyOnly}`,
    `.${oursOnly}`,
  );
  return { passed, failed, lines };
}
