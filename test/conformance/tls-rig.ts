/**
 * The rig of the suite `tls-parity`: real Envoy and the bundled runtime with the same TLS contexts, the same handshakes to
 * both, and what the client met, what the upstream met, the access log and the counters of TLS compared.
 */
import { reservePorts } from '../support/port-block.js';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { createServer as createHttpServer, request } from 'node:http';
import type { Server, Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions, TlsOptions, TLSSocket } from 'node:tls';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { start, stop, waitForPort } from '../bench/processes.js';

export type Json = Readonly<Record<string, unknown>>;

/** One connection of a client, with one request. */
export interface TlsClient extends ConnectionOptions {
  /** Asks for a staple. */
  readonly requestOCSP?: boolean;
  /** Where it connects from. */
  readonly localAddress?: string;
  /** More lines of the head. */
  readonly head?: string;
  /** No TLS. */
  readonly plain?: boolean;
  /** Keeps the session under this name, */
  readonly save?: string;
  /** or brings the one that was kept. */
  readonly resume?: string;
  /** Where it connects to; default 127.0.0.1. */
  readonly to?: string;
}

export interface TlsCase {
  readonly id: string;
  /** Of the bootstrap; their names are one case's own. */
  readonly secrets?: readonly Json[];
  /** `DownstreamTlsContext`; plain text without it, unless there are `chains`. */
  readonly downstream?: Json;
  /** All filter chains. @param filters of a chain, which answer with the name of the chain as a header */
  readonly chains?: (filters: (name: string) => readonly Json[]) => readonly Json[];
  readonly listener?: Json;
  readonly manager?: Json;
  /** `UpstreamTlsContext` */
  readonly upstream?: Json;
  /** Of the upstream, which then speaks TLS and tells of its handshakes. */
  readonly server?: TlsOptions;
  readonly cluster?: Json;
  /** Fields of the endpoint. */
  readonly endpoint?: Json;
  /** Default: one without anything special. */
  readonly clients?: readonly TlsClient[];
}

/** What one proxy did, as text by what it is. */
type Observation = ReadonlyMap<string, string>;

const types = 'type.googleapis.com/envoy.extensions.';

const operators = [
  'RESPONSE_CODE RESPONSE_FLAGS RESPONSE_CODE_DETAILS UPSTREAM_TRANSPORT_FAILURE_REASON REQUESTED_SERVER_NAME',
  'TLS_VERSION TLS_CIPHER TLS_GROUP PEER_SUBJECT PEER_ISSUER PEER_CERT PEER_DNS_SAN PEER_URI_SAN PEER_IP_SAN',
  'LOCAL_DNS_SAN LOCAL_URI_SAN LOCAL_IP_SAN PEER_CERT_V_START PEER_CERT_V_END PEER_EMAIL_SAN PEER_OTHERNAME_SAN',
  'PEER_SERIAL PEER_FINGERPRINT_256 PEER_FINGERPRINT_1 PEER_ISSUER_FINGERPRINT_256 PEER_ISSUER_SERIAL',
  'PEER_CHAIN_FINGERPRINTS_256 PEER_CHAIN_FINGERPRINTS_1 PEER_CHAIN_SERIALS LOCAL_SUBJECT LOCAL_EMAIL_SAN',
  'LOCAL_OTHERNAME_SAN',
].map((line) => line.split(' '));
const [plain = [], ...downstream] = operators;
const upstream = [
  'TLS_VERSION',
  'TLS_CIPHER',
  'TLS_GROUP',
  'PEER_SUBJECT',
  'PEER_ISSUER',
  'PEER_CERT',
].concat(
  ['PEER_DNS_SAN', 'PEER_URI_SAN', 'PEER_IP_SAN', 'LOCAL_DNS_SAN', 'LOCAL_URI_SAN', 'LOCAL_IP_SAN'],
  ['PEER_CERT_V_START', 'PEER_CERT_V_END'],
);
const logged = [
  ...plain,
  ...downstream.flat().map((name) => `DOWNSTREAM_${name}`),
  ...upstream.map((name) => `UPSTREAM_${name}`),
  'UPSTREAM_SERVER_NAME',
];

const socketOf = (side: string, context: Json): Json => ({
  name: 'envoy.transport_sockets.tls',
  typed_config: { '@type': `${types}transport_sockets.tls.v3.${side}TlsContext`, ...context },
});

export const downstreamSocket = (context: Json): Json => socketOf('Downstream', context);

function managerOf(one: TlsCase, index: number, chain: string, logFile: string): Json {
  const fields = Object.fromEntries(logged.map((name) => [name, `%${name}%`]));
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': `${types}filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: `p${index}`,
      route_config: {
        name: 'r',
        response_headers_to_add: [{ header: { key: 'x-chain', value: chain } }],
        virtual_hosts: [
          {
            name: 'v',
            domains: ['*'],
            routes: [{ match: { prefix: '/' }, route: { cluster: `c${index}` } }],
          },
        ],
      },
      http_filters: [
        {
          name: 'envoy.filters.http.router',
          typed_config: { '@type': `${types}filters.http.router.v3.Router` },
        },
      ],
      access_log: [
        {
          name: 'envoy.access_loggers.file',
          typed_config: {
            '@type': `${types}access_loggers.file.v3.FileAccessLog`,
            path: logFile,
            log_format: { json_format: { case: String(index), ...fields } },
          },
        },
      ],
      ...one.manager,
    },
  };
}

function bootstrapOf(
  cases: readonly TlsCase[],
  ports: readonly number[],
  servers: readonly Server[],
  adminPort: number,
  logFile: string,
): Json {
  const at = (port: number): Json => ({ socket_address: { address: '127.0.0.1', port_value: port } });
  const listeners = cases.map((one, index) => {
    const filters = (chain: string): readonly Json[] => [managerOf(one, index, chain, logFile)];
    const secure = one.downstream === undefined ? {} : { transport_socket: downstreamSocket(one.downstream) };
    return {
      name: `l${index}`,
      stat_prefix: `l${index}`,
      address: at(ports[index] as number),
      filter_chains: one.chains?.(filters) ?? [{ filters: filters('only'), ...secure }],
      ...(JSON.parse(JSON.stringify(one.listener ?? {}).replaceAll('"PORT"', String(ports[index]))) as Json),
    };
  });
  const clusters = cases.map((one, index) => {
    const { port } = (servers[index] as Server).address() as { port: number };
    const secure = one.upstream === undefined ? {} : { transport_socket: socketOf('Upstream', one.upstream) };
    return {
      name: `c${index}`,
      type: 'STATIC',
      connect_timeout: '2s',
      load_assignment: {
        cluster_name: `c${index}`,
        endpoints: [{ lb_endpoints: [{ endpoint: { address: at(port), ...one.endpoint } }] }],
      },
      ...secure,
      ...one.cluster,
    };
  });
  return {
    admin: { address: at(adminPort) },
    node: { id: 'node', cluster: 'cluster' },
    static_resources: { listeners, clusters, secrets: cases.flatMap(({ secrets = [] }) => secrets) },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((done, fail) => {
    server.on('error', fail);
    server.listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port));
  });
}

/** Answers with the headers that it was sent, or, over TLS, with what it knows of the handshake. */
function upstreamServer(one: TlsCase): Server {
  if (one.server === undefined) {
    return createHttpServer((message, response) => response.end(message.rawHeaders.join('|')));
  }
  const server = createTlsServer(one.server, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => {
      const body = JSON.stringify({
        serverName: (socket as TLSSocket & { servername?: unknown }).servername,
        protocol: socket.alpnProtocol,
        version: socket.getProtocol(),
        cipher: socket.getCipher().name,
        resumed: socket.isSessionReused(),
        client: socket.getPeerCertificate()?.subject?.CN,
      });
      socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    });
  });
  return server.on('tlsClientError', () => undefined);
}

function ask(
  port: number,
  client: TlsClient,
  sessions: Map<string, Buffer>,
): Promise<Record<string, unknown>> {
  const { head = '', plain: isPlain, resume, save, to = '127.0.0.1', ...options } = client;
  return new Promise((done) => {
    const met: Record<string, unknown> = {};
    let text = '';
    const session = resume === undefined ? undefined : sessions.get(resume);
    const socket: Socket = isPlain
      ? connect({ port, host: to })
      : connectTls({
          port,
          host: to,
          rejectUnauthorized: false,
          ...(session === undefined ? {} : { session }),
          ...options,
        });
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      const isHttp2 = met.protocol === 'h2';
      done({ ...met, text: isHttp2 ? '' : text.replace(/^[\s\S]*?\r\n\r\n/, firstLines) });
    };
    const timer = setTimeout(finish, 3000);
    socket.once(isPlain ? 'connect' : 'secureConnect', () => {
      if (socket !== undefined && !isPlain) {
        const tls = socket as TLSSocket;
        const { subject } = tls.getPeerCertificate();
        met.version = tls.getProtocol();
        met.cipher = tls.getCipher().standardName;
        met.certificate = `${subject?.CN} ${subject?.O}`;
        met.protocol = tls.alpnProtocol;
        met.resumed = tls.isSessionReused();
        met.group = (tls.getEphemeralKeyInfo() as { name?: string }).name;
      }
      // What was agreed upon is all that is asked of HTTP/2 here.
      if (met.protocol === 'h2') setTimeout(finish, 200);
      else socket.write(`GET / HTTP/1.1\r\nhost: up.example\r\nconnection: close\r\n${head}\r\n`);
    });
    socket.on('OCSPResponse', (response: Buffer | null) => {
      met.staple = response?.length ?? 0;
    });
    socket.on('session', (given: Buffer) => {
      if (save !== undefined) sessions.set(save, given);
    });
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      met.error = code ?? message;
    });
    socket.on('close', finish);
  });
}

/** Of a head its first line, and which chain it came from. */
function firstLines(head: string): string {
  const chain = /\r\nx-chain: ([^\r]*)/.exec(head)?.[1] ?? '-';
  return `${head.slice(0, head.indexOf('\r\n'))} ${chain}: `;
}

function adminGet(port: number, path: string): Promise<string> {
  return new Promise((done, fail) => {
    const asking = request(
      { port, host: '127.0.0.1', path, headers: { connection: 'close' } },
      (response: IncomingMessage) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => done(text));
      },
    );
    asking.on('error', fail).end();
  });
}

const tidy = (text: string): string =>
  text.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID');

/** Which signature a certificate was proven with, Node does not tell; the rest of what Envoy counts is compared. */
const notCompared = /\.ssl\.sigalgs\.|unnamed_ca_cert\.expiration/;

async function observeOnce(
  cases: readonly TlsCase[],
  name: string,
  command: (file: string) => readonly [string, readonly string[]],
): Promise<{ readonly cases: Observation[]; readonly certs: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-tls-parity-'));
  const logFile = join(folder, 'access.log');
  writeFileSync(logFile, '');
  const servers = cases.map(upstreamServer);
  await Promise.all(servers.map(listen));
  const [adminPort = 0, ...ports] = await reservePorts(cases.length + 1);
  const file = join(folder, 'envoy.json');
  writeFileSync(file, JSON.stringify(bootstrapOf(cases, ports, servers, adminPort, logFile)));
  const running = start(name, ...command(file), folder);
  try {
    try {
      await waitForPort(ports.at(-1) as number, name);
    } catch (error) {
      const log = readFileSync(join(folder, `${name}.log`), 'utf8').slice(-3000);
      throw new Error(`${(error as Error).message}:\n${log}`);
    }
    const met: Record<string, unknown>[][] = [];
    for (const [index, one] of cases.entries()) {
      const sessions = new Map<string, Buffer>();
      const isPlain = one.downstream === undefined && one.chains === undefined;
      const all: Record<string, unknown>[] = [];
      for (const client of one.clients ?? [{}]) {
        all.push(await ask(ports[index] as number, { plain: isPlain, ...client }, sessions));
      }
      met.push(all);
    }
    // Both flush their buffers within the interval given on the command line.
    await new Promise((done) => setTimeout(done, 500));
    const stats = (await adminGet(adminPort, '/stats?filter=ssl|no_filter_chain|tls_inspector')).split('\n');
    const lines = readFileSync(logFile, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const observed = cases.map((_, index): Observation => {
      const all = new Map<string, string>();
      for (const [at, client] of (met[index] ?? []).entries()) {
        for (const [what, value] of Object.entries(client))
          all.set(`client ${at} ${what}`, tidy(String(value)));
      }
      const own = lines.filter((line) => line.case === String(index));
      for (const [at, line] of own.entries()) {
        for (const [field, value] of Object.entries(line)) {
          if (value !== null) all.set(`log ${at} ${field}`, String(value));
        }
      }
      for (const line of stats) {
        const [stat = '', value = ''] = line.split(': ');
        const isOwn = stat.startsWith(`listener.l${index}.`) || stat.startsWith(`cluster.c${index}.`);
        if (isOwn && !notCompared.test(stat)) all.set(stat, value);
      }
      return all;
    });
    return { cases: observed, certs: await adminGet(adminPort, '/certs') };
  } finally {
    await stop(running);
    for (const server of servers) {
      (server as Partial<HttpServer>).closeAllConnections?.();
      server.close();
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Ports that were free may be taken by the time the proxy binds them: then with others, three times at most. */
async function observe(...args: Parameters<typeof observeOnce>): ReturnType<typeof observeOnce> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await observeOnce(...args);
    } catch (error) {
      const isTaken = /Address already in use|ECONNREFUSED/.test((error as Error).message);
      if (attempt === 3 || !isTaken) throw error;
    }
  }
}

/** What may differ in a case, and why (published in `docs/differences.md`). */
export interface KnownDifference {
  readonly what: RegExp;
  readonly reason: string;
}

const show = (text: string | undefined): string => (text === undefined ? '(nothing)' : text.slice(0, 400));

function differences(real: Observation, ours: Observation): [what: string, text: string][] {
  const found: [string, string][] = [];
  for (const what of new Set([...real.keys(), ...ours.keys()])) {
    const [a, b] = [real.get(what), ours.get(what)];
    if (a !== b) found.push([what, `${what}\n      Envoy  ${show(a)}\n      envoy3 ${show(b)}`]);
  }
  return found;
}

/**
 * Envoy shows contexts in no order. Where a secret of a file names files, it says `<inline>` instead of their paths: they
 * are compared by themselves.
 */
function certificatesOf(text: string): readonly string[] {
  const { certificates } = JSON.parse(text) as { certificates: readonly unknown[] };
  const withoutPath = (key: string, value: unknown): unknown => (key === 'path' ? undefined : value);
  return certificates.map((one) => JSON.stringify(one, withoutPath)).sort();
}

const pathsOf = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(/"path": ?"(\/[^"]*)"/g)].map(([, path = '']) => path)),
];

export async function runTlsParity(
  cases: readonly TlsCase[],
  known: Readonly<Record<string, KnownDifference>>,
  context: { readonly envoyBin: string; readonly root: string },
): Promise<{ passed: number; failed: number; lines: string[] }> {
  const common = ['-l', 'warning', '--file-flush-interval-msec', '50'];
  const real = await observe(cases, 'envoy', (file) => [
    context.envoyBin,
    ['-c', file, '--concurrency', '1', '--use-dynamic-base-id', ...common],
  ]);
  const ours = await observe(cases, 'envoy3', (file) => [
    process.execPath,
    [join(context.root, 'cli', 'envoy3.mjs'), 'serve', '-c', file, '--no-watch', ...common],
  ]);
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  let deliberate = 0;
  for (const [index, { id }] of cases.entries()) {
    const found = differences(real.cases[index] as Observation, ours.cases[index] as Observation);
    const expected = known[id];
    const unexpected = found.filter(([what]) => expected?.what.test(what) !== true);
    if (unexpected.length > 0) {
      failed++;
      lines.push(`${id}: ${unexpected.map(([, text]) => text).join('\n    ')}`);
    } else if (expected !== undefined && found.length === 0) {
      failed++;
      lines.push(`${id} is listed as a difference (${expected.reason}), and is none`);
    } else if (expected !== undefined) {
      deliberate++;
      lines.push(`differs on purpose: ${id}: ${expected.reason}`);
    } else passed++;
  }
  const isPathMissing = pathsOf(real.certs).some((path) => !pathsOf(ours.certs).includes(path));
  const isEqual = JSON.stringify(certificatesOf(real.certs)) === JSON.stringify(certificatesOf(ours.certs));
  if (isEqual && !isPathMissing) passed++;
  else {
    failed++;
    const [a, b] = [certificatesOf(real.certs), certificatesOf(ours.certs)];
    const only = (some: readonly string[], others: readonly string[]): string =>
      show(some.filter((one) => !others.includes(one)).join('\n'));
    lines.push(`/certs\n      Envoy  ${only(a, b)}\n      envoy3 ${only(b, a)}`);
  }
  lines.unshift(
    `${cases.length} cases and /certs: ${passed} equal, ${deliberate} differ on purpose, ${failed} differ`,
  );
  return { passed, failed, lines };
}
