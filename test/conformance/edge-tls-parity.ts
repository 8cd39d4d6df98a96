/**
 * The edge-tls project on real Envoy and on the bundled runtime, each started as its README says, before the same web
 * server: requests of HTTP/1.1 and HTTP/2, gRPC calls and streams, WebSockets over both, every failure of ALPN, a stream and
 * a WebSocket over a reload, and a new certificate. Answers and the lines of the access log must be equal; dates, ids, times,
 * ports and which worker it was aside.
 */
import type { OutgoingHttpHeaders } from 'node:http2';
import type { RawRequest } from '../support/raw-exchange.js';
import { ask, normalise } from '../support/raw-exchange.js';
import {
  askHttp2,
  onSession,
  overExtendedConnect,
  overWebSocket,
  shownSerial,
  webServer,
} from './edge-tls-clients.js';
import type { Edge, EdgeContext, Engine } from './edge-tls-rig.js';
import { withEdge } from './edge-tls-rig.js';
import { enginesWithFileXds, observeWorkers } from './edge-tls-workers.js';

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
    met.set(`HTTP/1.1 ${request.join(' ')}`, normalise(await ask(edge.port, request, { tls: true })));
  }
  for (const headers of http2Requests) {
    const answer = await onSession(edge, (session) => askHttp2(session, headers));
    met.set(`HTTP/2 ${JSON.stringify(headers)}`, normalise(answer));
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
 * Sorted: when a line is written is a matter of who ends first. Without those of WebSockets: both their ends close at the same
 * time, and whose end is seen first is a race in Envoy as well.
 */
function accessLog(edge: Edge): string[] {
  return edge
    .file('access.log')
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !/ \/release | 101 /.test(line))
    .map((line) => line.slice(line.indexOf(' ') + 1))
    .sort();
}

/** What of one list the other one lacks, each entry as often as it is there. */
function lacking(these: readonly string[], those: readonly string[]): string {
  const left = [...those];
  const lacked = these.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return lacked.length === 0 ? 'nothing' : lacked.join('\n');
}

export async function run(
  context: EdgeContext,
): Promise<{ passed: number; failed: number; lines: string[] }> {
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  const compare = (what: string, envoy: string, envoy3: string): void => {
    if (envoy === envoy3 && envoy !== '') passed++;
    else {
      failed++;
      lines.push(`${what}\n    Envoy  ${JSON.stringify(envoy)}\n    envoy3 ${JSON.stringify(envoy3)}`);
    }
  };
  const observeEngine = (engine: Engine) =>
    withEdge(context, engine, {}, async (edge) => {
      const { port, server } = await webServer(edge.file('certificates/backend.pem'));
      try {
        const met = await observe(edge, port);
        for (const [what, how] of await observeWorkers(edge)) met.set(what, how);
        await edge.stop();
        return { met, log: accessLog(edge) };
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  const real = await observeEngine('envoy');
  const ours = await observeEngine('envoy3');
  for (const [what, envoy] of real.met) compare(what, envoy, ours.met.get(what) ?? '');
  const what = `of ${real.log.length} lines of the access log, those that only one has`;
  compare(what, lacking(real.log, ours.log), lacking(ours.log, real.log));

  for (const engine of enginesWithFileXds) {
    const inFiles = await withEdge(context, engine, { WORKERS: 'files' }, observeWorkers);
    for (const [id, how] of inFiles) compare(`${id}, in files`, real.met.get(id) ?? '', how);
  }
  return { passed, failed, lines };
}
