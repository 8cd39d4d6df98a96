/**
 * The rig of the differential suite of connections: real Envoy and the bundled runtime on one configuration, the same
 * steps of clients and hosts, and what each side received, how its connection ended, what the log says and every
 * statistic of the case, compared. Each case has a listener, a cluster and a host of its own, so that all run at once.
 */
import { reservePorts } from '../support/port-block.js';
import { refusedPort } from '../support/refused-port.js';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import type { Running } from '../bench/processes.js';
import { start, stop, waitForPort } from '../bench/processes.js';
import type { DifferentialContext, DifferentialResult } from './differential.js';
import { listen } from './differential.js';

/** PEM. */
export interface TcpCertificate {
  readonly cert: string;
  readonly key: string;
}

export type Json = Record<string, unknown>;

/** What a client or a host does, one after the other. `PORT` in what is sent stands for the listener's port. */
export type Step =
  /** latin1 */
  | { readonly send: string }
  /** So many octets. */
  | { readonly sendMany: number }
  /** Milliseconds. */
  | { readonly wait: number }
  /** Until so many octets came altogether. */
  | { readonly until: number }
  | 'end'
  | 'reset'
  | 'pause'
  | 'resume'
  | 'start TLS';

export interface TcpCase {
  readonly id: string;
  /** Fields of the TCP proxy. */
  readonly proxy?: Json;
  /** Network filters before it; `THE_PREFIX` in them stands for a prefix of statistics. */
  readonly before?: readonly Json[];
  /** Instead of the TCP proxy. */
  readonly terminal?: Json;
  readonly listener?: Json;
  readonly chain?: Json;
  readonly cluster?: Json;
  /** The steps of each client; clients start one after the other, `startPauseMs` apart. */
  readonly clients: readonly (readonly Step[])[];
  readonly startPauseMs?: number;
  /** What the host does on each connection; `echo` sends everything back and ends when the client does. */
  readonly host?: readonly Step[] | 'echo';
  /** Nobody listens at the host's port. */
  readonly refused?: boolean;
  /** Clients show the certificate of the suite. */
  readonly clientTls?: boolean;
  /** Connections that the listener takes, by a value of the runtime layer. */
  readonly connectionLimit?: number;
  /** The host speaks TLS with the certificate of the suite. */
  readonly hostTls?: boolean;
  /** Statistics that differ for a reason: substrings of their names. */
  readonly ignoredStats?: readonly string[];
  /** Whether a closed connection was ended or reset is not compared. */
  readonly endsAnyhow?: boolean;
  /** What the host saw is not compared: random octets. */
  readonly ignoresHosts?: boolean;
  /** The log is not compared (times of it are a race). */
  readonly ignoresLog?: boolean;
}

interface End {
  readonly received: string;
  readonly ended: string;
}

interface TcpObservation {
  readonly clients: readonly End[];
  readonly hosts: readonly End[];
  readonly log: readonly string[];
  readonly stats: Readonly<Record<string, string>>;
}

const batch = 25;
/** How long a case may take after its last step, in milliseconds. */
const observeMs = 2500;
const logFields = [
  'RESPONSE_CODE',
  'RESPONSE_FLAGS',
  'RESPONSE_CODE_DETAILS',
  'BYTES_RECEIVED',
  'BYTES_SENT',
  'UPSTREAM_HOST',
  'UPSTREAM_CLUSTER',
  'UPSTREAM_TRANSPORT_FAILURE_REASON',
  'UPSTREAM_REQUEST_ATTEMPT_COUNT',
  'PROTOCOL',
  'REQ(:METHOD)',
  'REQ(:AUTHORITY)',
  'CONNECTION_TERMINATION_DETAILS',
  'ACCESS_LOG_TYPE',
  'REQUESTED_SERVER_NAME',
  'DOWNSTREAM_LOCAL_ADDRESS',
  'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT',
  'DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT',
  'DYNAMIC_METADATA(envoy.filters.network.rbac)',
  'DURATION',
  'REQUEST_DURATION',
  'RESPONSE_DURATION',
  'RESPONSE_TX_DURATION',
  'RESPONSE_FLAGS_LONG',
  'ROUTE_NAME',
  'UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT',
  'RESP(X)',
  'TRAILER(X)',
  'PATH',
  'GRPC_STATUS',
  'STREAM_ID',
  'VIRTUAL_CLUSTER_NAME',
];
const logFormat = logFields.map((name) => `${name.replace(/\(.*/, '').toLowerCase()}=%${name}%`).join(' ');

const types = 'type.googleapis.com/envoy.extensions.';

/** One end of a connection: its steps, and what came. */
class Peer {
  received = '';
  count = 0;
  ended = 'open';
  private readonly socket: Socket;
  private wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.count += chunk.length;
      if (this.received.length < 4000) this.received += chunk.toString('latin1');
      this.wake();
    });
    socket.on('end', () => this.finish('end'));
    socket.on('error', (error: NodeJS.ErrnoException) => this.finish(error.code ?? 'error'));
    socket.on('close', () => this.finish(this.ended));
  }

  private finish(how: string): void {
    // A reset after the end counts: the other side of the connection was cut.
    if (this.ended === 'open' || how === 'ECONNRESET') this.ended = how;
    this.wake();
  }

  async run(steps: readonly Step[], port: number): Promise<void> {
    for (const step of steps) {
      const { socket } = this;
      if (step === 'end') socket.end();
      else if (step === 'reset') socket.resetAndDestroy();
      else if (step === 'pause') socket.pause();
      else if (step === 'resume') socket.resume();
      else if (step === 'start TLS') continue;
      else if ('send' in step)
        socket.write(Buffer.from(step.send.replaceAll('PORT', String(port)), 'latin1'));
      else if ('sendMany' in step) socket.write(Buffer.alloc(step.sendMany, 'x'));
      else if ('wait' in step) await new Promise((done) => setTimeout(done, step.wait));
      else {
        while (this.count < step.until && this.ended === 'open') {
          await new Promise<void>((done) => {
            this.wake = done;
          });
        }
      }
    }
  }

  get end(): End {
    const cut = this.received.length > 300 ? `${this.received.slice(0, 20)}...` : this.received;
    return { received: `${this.count}:${cut}`, ended: this.ended };
  }

  destroy(): void {
    this.socket.destroy();
  }
}

function tcpProxy(one: TcpCase, index: number, logFile: string): Json {
  return {
    name: 'envoy.filters.network.tcp_proxy',
    typed_config: {
      '@type': `${types}filters.network.tcp_proxy.v3.TcpProxy`,
      stat_prefix: `p${index}`,
      ...(one.proxy?.weighted_clusters === undefined ? { cluster: `c${index}` } : {}),
      access_log: [
        {
          name: 'envoy.access_loggers.file',
          typed_config: {
            '@type': `${types}access_loggers.file.v3.FileAccessLog`,
            path: logFile,
            log_format: { text_format_source: { inline_string: `${index} ${logFormat}\n` } },
          },
        },
      ],
      ...one.proxy,
    },
  };
}

function listenerOf(one: TcpCase, index: number, port: number, logFile: string): unknown {
  const listener = {
    name: `l${index}`,
    stat_prefix: `l${index}`,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [
      {
        filters: [...(one.before ?? []), one.terminal ?? tcpProxy(one, index, logFile)],
        ...one.chain,
      },
    ],
    ...one.listener,
  };
  return JSON.parse(
    JSON.stringify(listener).replaceAll('THE_PREFIX', `s${index}`).replaceAll('THE_CLUSTER', `c${index}`),
  );
}

function clusterOf(one: TcpCase, index: number, port: number): Json {
  return {
    name: `c${index}`,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: `c${index}`,
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } },
          ],
        },
      ],
    },
    ...one.cluster,
  };
}

function limitsOf(cases: readonly TcpCase[]): Json {
  const limits = cases.flatMap(({ connectionLimit }, index) =>
    connectionLimit === undefined
      ? []
      : [[`envoy.resource_limits.listener.l${index}.connection_limit`, connectionLimit] as const],
  );
  return Object.fromEntries(limits);
}

function host(one: TcpCase, port: () => number, peers: Peer[], certificate: TcpCertificate): Server {
  const onConnection = (socket: Socket): void => {
    const peer = new Peer(socket);
    peers.push(peer);
    if (one.host === undefined || one.host === 'echo') {
      socket.on('data', (chunk: Buffer) => socket.write(chunk));
      socket.on('end', () => socket.end());
    } else void peer.run(one.host, port());
  };
  const server =
    one.hostTls === true
      ? createTlsServer({ ...certificate, allowHalfOpen: true }, onConnection)
      : createServer({ allowHalfOpen: true }, onConnection);
  return server.on('tlsClientError', () => undefined);
}

async function runClient(
  one: TcpCase,
  steps: readonly Step[],
  port: number,
  certificate: TcpCertificate,
): Promise<Peer> {
  const plain = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const isTls = steps.includes('start TLS');
  let socket: Socket = plain;
  if (isTls) {
    const at = steps.indexOf('start TLS');
    plain.on('error', () => undefined);
    await new Promise((done) => plain.once('connect', done).once('close', done));
    await new Peer(plain).run(steps.slice(0, at), port);
    plain.removeAllListeners('data');
    socket = connectTls({
      ...(one.clientTls === true ? certificate : {}),
      socket: plain,
      rejectUnauthorized: false,
      servername: 'name.example',
      allowHalfOpen: true,
    } as object);
  }
  const peer = new Peer(socket);
  const rest = isTls ? steps.slice(steps.indexOf('start TLS')) : steps;
  await new Promise((done) => socket.once(isTls ? 'secureConnect' : 'connect', done).once('close', done));
  await peer.run(rest, port);
  return peer;
}

async function runCase(one: TcpCase, port: number, certificate: TcpCertificate): Promise<Peer[]> {
  const running: Promise<Peer>[] = [];
  for (const steps of one.clients) {
    running.push(runClient(one, steps, port, certificate));
    if (one.startPauseMs !== undefined) await new Promise((done) => setTimeout(done, one.startPauseMs));
  }
  return Promise.all(running);
}

/** What differs for reasons of time, or is the matter of another suite. */
const unknowable = /_buffered$|default\.total_match_count$/;

/** The admin answers of one statistic a line; those of a case carry its index. */
function statsOf(text: string, index: number): Record<string, string> {
  const own = new RegExp(`(?:^|\\.)[clps]${index}\\.`);
  const found: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [name = '', value = ''] = line.split(': ', 2);
    const isHistogram = value.startsWith('P0') || value.startsWith('No recorded');
    if (!own.test(name) || isHistogram || name.includes('worker_0') || unknowable.test(name)) continue;
    // How often a reader had to wait is a matter of time.
    found[name] = name.includes('flow_control') && value !== '0' ? 'some' : value;
  }
  return found;
}

/** The admin port opens before the listeners do. */
async function untilLive(adminPort: number): Promise<void> {
  for (let look = 0; look < 100; look++) {
    const response = await fetch(`http://127.0.0.1:${adminPort}/ready`);
    if ((await response.text()).startsWith('LIVE')) return;
    await new Promise((done) => setTimeout(done, 50));
  }
}

async function observe(
  cases: readonly TcpCase[],
  certificate: TcpCertificate,
  name: string,
  command: (file: string) => readonly [string, readonly string[]],
): Promise<TcpObservation[]> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-tcp-differential-'));
  const logFile = join(folder, 'access.log');
  writeFileSync(logFile, '');
  const hostPeers = cases.map((): Peer[] => []);
  const ports: number[] = [];
  const hosts = cases.map((one, index) =>
    host(one, () => ports[index] ?? 0, hostPeers[index] as Peer[], certificate),
  );
  const hostPorts = await Promise.all(hosts.map(listen));
  // After the hosts have theirs: ports that were given back are the first to be drawn again.
  const [adminPort = 0, ...drawn] = await reservePorts(cases.length + 1);
  ports.push(...drawn);
  const refused = await refusedPort();
  const portOf = (one: TcpCase, index: number): number =>
    one.refused === true ? refused : (hostPorts[index] as number);
  const clients: Peer[][] = [];
  let running: Running | undefined;
  try {
    const bootstrap = {
      admin: { address: { socket_address: { address: '127.0.0.1', port_value: adminPort } } },
      layered_runtime: { layers: [{ name: 'limits', static_layer: limitsOf(cases) }] },
      static_resources: {
        listeners: cases.map((one, index) => listenerOf(one, index, ports[index] as number, logFile)),
        clusters: cases.map((one, index) => clusterOf(one, index, portOf(one, index))),
      },
    };
    const file = join(folder, 'envoy.json');
    writeFileSync(file, JSON.stringify(bootstrap));
    running = start(name, ...command(file), folder);
    try {
      await waitForPort(adminPort, name);
      await untilLive(adminPort);
    } catch (error) {
      const log = readFileSync(join(folder, `${name}.log`), 'utf8');
      throw new Error(`${(error as Error).message}:\n${log.slice(-3000)}`);
    }
    // Not all at once: steps that are milliseconds apart would run into each other.
    for (let from = 0; from < cases.length; from += batch) {
      const part = cases.slice(from, from + batch);
      clients.push(
        ...(await Promise.all(part.map((one, at) => runCase(one, ports[from + at] as number, certificate)))),
      );
    }
    await new Promise((done) => setTimeout(done, observeMs));
    const stats = await (await fetch(`http://127.0.0.1:${adminPort}/stats`)).text();
    const lines = readFileSync(logFile, 'latin1').split('\n');
    return cases.map((one, index) => {
      const tidy = (text: string): string =>
        text
          .replace(/duration=\d+/g, 'duration=N')
          .replace(/stream_id=[0-9a-f-]{36}/g, 'stream_id=UUID')
          .replaceAll(String(ports[index]), 'PORT')
          .replaceAll(String(portOf(one, index)), 'HOST')
          .replace(new RegExp(`\\b([clps])${index}\\b`, 'g'), '$1N');
      const ends = (peers: readonly Peer[]): End[] =>
        peers.map(({ end }) => ({
          received: tidy(end.received),
          ended: one.endsAnyhow === true && end.ended === 'ECONNRESET' ? 'end' : end.ended,
        }));
      return {
        clients: ends(clients[index] as Peer[]),
        hosts: ends(hostPeers[index] as Peer[]),
        log: lines
          .filter((line) => line.startsWith(`${index} `))
          .sort()
          .map((line) => tidy(line.slice(line.indexOf(' ')))),
        stats: Object.fromEntries(
          Object.entries(statsOf(stats, index)).map(([key, value]) => [tidy(key), value]),
        ),
      };
    });
  } finally {
    if (running !== undefined) await stop(running);
    for (const peer of [...clients.flat(), ...hostPeers.flat()]) peer.destroy();
    for (const one of hosts) one.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function differences(one: TcpCase, real: TcpObservation, ours: TcpObservation): string[] {
  const found: string[] = [];
  for (const part of ['clients', 'hosts', 'log'] as const) {
    if (part === 'log' && one.ignoresLog === true) continue;
    if (part === 'hosts' && one.ignoresHosts === true) continue;
    const [a, b] = [real[part], ours[part]].map((value) => JSON.stringify(value).split(' ')) as [
      string[],
      string[],
    ];
    if (a.join() === b.join()) continue;
    const differing = (x: string[], y: string[]): string =>
      (x.length === y.length ? x.filter((word, at) => word !== y[at]) : x).join(' ');
    found.push(`${part}\n      Envoy  ${differing(a, b)}\n      envoy3 ${differing(b, a)}`);
  }
  const names = new Set([...Object.keys(real.stats), ...Object.keys(ours.stats)]);
  for (const name of [...names].sort()) {
    if (one.ignoredStats?.some((part) => name.includes(part))) continue;
    const [a, b] = [real.stats[name], ours.stats[name]];
    if (a !== b) found.push(`${name}: Envoy ${a ?? 'none'}, envoy3 ${b ?? 'none'}`);
  }
  return found;
}

/** Ports that were free may be taken by the time the proxy binds them: then with others, three times at most. */
async function observeOnFreePorts(...args: Parameters<typeof observe>): Promise<TcpObservation[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await observe(...args);
    } catch (error) {
      if (attempt === 3 || !(error as Error).message.includes('Address already in use')) throw error;
    }
  }
}

/** @param known ids of cases that differ on purpose, with the reason; one that does not differ any more fails */
export async function runTcpDifferential(
  cases: readonly TcpCase[],
  known: Readonly<Record<string, string>>,
  certificate: TcpCertificate,
  context: DifferentialContext,
): Promise<DifferentialResult> {
  const common = ['-l', 'warning', '--file-flush-interval-msec', '50'];
  const real = await observeOnFreePorts(cases, certificate, 'envoy', (file) => [
    context.envoyBin,
    ['-c', file, '--concurrency', '1', '--use-dynamic-base-id', ...common],
  ]);
  const cli = join(context.root, 'cli', 'envoy3.mjs');
  const ours = await observeOnFreePorts(cases, certificate, 'envoy3', (file) => [
    process.execPath,
    [cli, 'serve', '-c', file, '--no-watch', ...common],
  ]);
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  for (const [index, one] of cases.entries()) {
    const found = differences(one, real[index] as TcpObservation, ours[index] as TcpObservation);
    const reason = known[one.id];
    if (reason !== undefined && found.length > 0) lines.push(`differs on purpose: ${one.id}: ${reason}`);
    else if (reason === undefined && found.length === 0) passed++;
    else {
      failed++;
      const what =
        reason === undefined
          ? found.slice(0, 8).join('\n    ')
          : `is listed as a difference (${reason}), and is none`;
      lines.push(`${one.id}: ${what}`);
    }
  }
  lines.unshift(`${cases.length} cases: ${passed} equal, ${failed} differ`);
  return { passed, failed, lines };
}
