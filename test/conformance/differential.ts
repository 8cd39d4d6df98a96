/**
 * The rig of the differential suites: real Envoy and the bundled runtime on one configuration, the same octets to both,
 * and what came back, what the upstream saw, what became of the connection and what the access log says, compared.
 *
 * Every case has a listener, a cluster and a backend port of its own, so that all run at once and each octet that the
 * upstream sees belongs to one case.
 */
import { reservePorts } from '../support/port-block.js';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { loadConfig } from '../../runtime/config/config-loader.js';
import { supportedFields } from '../../runtime/extensions.js';
import type { Running } from '../bench/processes.js';
import { start, stop, waitForPort } from '../bench/processes.js';

type Json = Record<string, unknown>;

export interface DifferentialCase {
  readonly id: string;
  /** latin1. `PORT` stands for the listener's port. */
  readonly request: string;
  /** More to send, after as many milliseconds since the request. */
  readonly later?: readonly (readonly [afterMs: number, text: string])[];
  /** The client ends its side after the request. */
  readonly halfClose?: boolean;
  /** Fields of the HTTP connection manager. */
  readonly manager?: Json;
  /** Default: `*`, everything to the cluster `CLUSTER`. */
  readonly virtualHosts?: readonly unknown[];
  /** More fields of the route configuration. */
  readonly routeConfig?: Json;
  /** Fields of the cluster. */
  readonly cluster?: Json;
  /** Answer of the backend, latin1; `''` closes at once, undefined is a small 200. */
  readonly answer?: string;
  /** Answers to one request after the other, over all connections; the last one stays. Goes before `answer`. */
  readonly answers?: readonly string[];
  /** The backend waits so long before its answer. */
  readonly answerAfterMs?: number;
  /** The second part of the answer comes so much later than the first; they are separated by `\0`. */
  readonly answerPauseMs?: number;
  /** `\0` in the answer is an octet of it. */
  readonly answerIsWhole?: boolean;
  /** The backend answers as soon as it has the head. */
  readonly answerEarly?: boolean;
  /** The backend closes after its answer. */
  readonly answerCloses?: boolean;
  /** The listener's `per_connection_buffer_limit_bytes`. */
  readonly bufferLimitBytes?: number;
  /** Fields of the router's configuration. */
  readonly router?: Json;
  /** HTTP filters before the router. */
  readonly filters?: readonly Json[];
  /** Statistics whose names begin so are compared, too; `PREFIX` stands for the `stat_prefix` of the connection manager. */
  readonly stats?: string;
  /** A format of the access log in the place of the usual one. */
  readonly logFormat?: string;
  /** The filter of the access log. */
  readonly logFilter?: Json;
  /** Nobody listens at the backend's port. */
  readonly refused?: boolean;
}

export interface Observation {
  readonly response: string;
  readonly closed: boolean;
  readonly upstream: readonly string[];
  readonly log: string;
  /** `name: value` of the statistics that the case asks for. */
  readonly stats: string;
}

/** Time that a connection has to end by itself: Envoy's delayed close takes one second. */
const observeMs = 1700;

const smallAnswer = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok';
const switching = 'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n';

/** Listens on a free loopback port. @returns the port */
export function listen(server: Server): Promise<number> {
  return new Promise((done, fail) => {
    server.on('error', fail);
    server.listen(0, '127.0.0.1', 512, () => done((server.address() as { port: number }).port));
  });
}

/** Whole once the head is there and the body, by `content-length` or the last chunk. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = text.slice(0, end).toLowerCase();
  const length = /\r\ncontent-length: *(\d+)/.exec(head);
  if (length !== null) return text.length - end - 4 >= Number(length[1]);
  return !head.includes('\r\ntransfer-encoding: chunked') || /\r\n0\r\n(?:[^\r]+\r\n)*\r\n$/.test(text);
}

class Backend {
  readonly server: Server;
  readonly seen: string[] = [];
  readonly #sockets = new Set<Socket>();
  #answered = 0;

  #answer(one: DifferentialCase): string | undefined {
    const { answers } = one;
    return answers === undefined ? one.answer : answers[Math.min(this.#answered++, answers.length - 1)];
  }

  constructor(one: DifferentialCase) {
    this.server = createServer((socket) => {
      this.#sockets.add(socket);
      const index = this.seen.push('') - 1;
      let answered = false;
      let upgraded = false;
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
      if (one.answers === undefined && one.answer === '') {
        socket.destroy();
        return;
      }
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        this.seen[index] += chunk;
        const text = this.seen[index] as string;
        if (upgraded) socket.write(`echo:${chunk}`, 'latin1');
        if (answered || !(one.answerEarly === true ? text.includes('\r\n\r\n') : isWhole(text))) return;
        answered = true;
        const upgrade = /\r\nupgrade: *websocket/i.test(text) && !text.includes('/refuse');
        const given = this.#answer(one);
        upgraded = upgrade && given === undefined;
        const plain = given ?? (upgrade ? switching : smallAnswer);
        const head = /^HEAD /.test(text) ? plain.slice(0, plain.indexOf('\r\n\r\n') + 4) : plain;
        const write = (part: string, isLast: boolean): void => {
          if (part === '') socket.destroy();
          else if (isLast && one.answerCloses === true) socket.end(part, 'latin1');
          else socket.write(part, 'latin1');
        };
        const [first = '', second] = one.answerIsWhole === true ? [head] : head.split('\0');
        const answer = (): void => {
          write(first, second === undefined);
          if (second !== undefined) setTimeout(() => write(second, true), one.answerPauseMs ?? 0);
        };
        if (one.answerAfterMs === undefined) answer();
        else setTimeout(answer, one.answerAfterMs);
      });
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
  }
}

const logFields =
  '%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% rx=%BYTES_RECEIVED% tx=%BYTES_SENT%';

/** JSON would drop them at the end; here they must not overwrite. */
function withoutUndefined(fields: Json | undefined): Json {
  return Object.fromEntries(Object.entries(fields ?? {}).filter(([, value]) => value !== undefined));
}

function listenerOf(one: DifferentialCase, index: number, port: number, logFile: string): Json {
  const everything = {
    name: 'v',
    domains: ['*'],
    routes: [{ match: { prefix: '/' }, route: { cluster: 'CLUSTER' } }],
  };
  const hosts = JSON.parse(
    JSON.stringify(one.virtualHosts ?? [everything])
      .replaceAll('"CLUSTER"', JSON.stringify(`c${index}`))
      .replaceAll('"PREFIX_', `"p${index}_`),
  ) as unknown;
  const filters = JSON.parse(
    JSON.stringify(one.filters ?? [])
      .replaceAll('"CLUSTER"', JSON.stringify(`c${index}`))
      .replaceAll('"PREFIX_', `"p${index}_`),
  ) as readonly Json[];
  return {
    name: `l${index}`,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    ...(one.bufferLimitBytes === undefined
      ? {}
      : { per_connection_buffer_limit_bytes: one.bufferLimitBytes }),
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              stat_prefix: `p${index}`,
              route_config: { name: 'r', virtual_hosts: hosts, ...one.routeConfig },
              http_filters: [
                ...filters,
                {
                  name: 'envoy.filters.http.router',
                  typed_config: {
                    '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
                    ...one.router,
                  },
                },
              ],
              access_log: [
                {
                  name: 'envoy.access_loggers.file',
                  ...(one.logFilter === undefined ? {} : { filter: one.logFilter }),
                  typed_config: {
                    '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
                    path: logFile,
                    log_format: {
                      text_format_source: { inline_string: `${index} ${one.logFormat ?? logFields}\n` },
                    },
                  },
                },
              ],
              ...withoutUndefined(one.manager),
            },
          },
        ],
      },
    ],
  };
}

function clusterOf(one: DifferentialCase, index: number, port: number): Json {
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
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        common_http_protocol_options: { max_requests_per_connection: 1 },
        explicit_http_config: { http_protocol_options: {} },
      },
    },
    ...one.cluster,
  };
}

/** The body of the last message of a text, dechunked and decompressed: two compressors need not agree on the octets. */
function decompressed(text: string): string {
  const head = text.slice(0, text.indexOf('\r\n\r\n') + 4);
  const encoding = /\r\ncontent-encoding: (gzip|br)\r\n/i.exec(head)?.[1];
  if (encoding === undefined || !/\r\ntransfer-encoding: chunked\r\n/i.test(head)) return text;
  let body = '';
  for (let at = head.length; at < text.length; ) {
    const end = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, end), 16);
    if (end < 0 || Number.isNaN(size) || size === 0) break;
    body += text.slice(end + 2, end + 2 + size);
    at = end + 4 + size;
  }
  const octets = Buffer.from(body, 'latin1');
  try {
    const plain = encoding === 'gzip' ? gunzipSync(octets) : brotliDecompressSync(octets);
    return `${head}<${encoding}>${plain.toString('latin1')}`;
  } catch {
    return text;
  }
}

/** Dates, ids and times differ from run to run; so do the ports. */
function normalise(text: string, port: number, backendPort: number): string {
  return decompressed(text)
    .replace(/(date: )[^\r\n]+/gi, '$1DATE')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID')
    .replace(/(x-envoy-upstream-service-time: )\d+/gi, '$1N')
    .replaceAll(String(port), 'PORT')
    .replaceAll(String(backendPort), 'BACKEND');
}

function exchange(one: DifferentialCase, port: number): Promise<{ response: string; closed: boolean }> {
  return new Promise((done) => {
    let response = '';
    let closed = false;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const timers: NodeJS.Timeout[] = [];
    const finish = (): void => {
      for (const timer of timers) clearTimeout(timer);
      socket.destroy();
      done({ response, closed });
    };
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      response += chunk;
    });
    const over = (): void => {
      closed = true;
      finish();
    };
    socket
      .on('end', over)
      .on('close', over)
      .on('error', () => undefined);
    socket.on('connect', () => {
      const text = one.request.replaceAll('PORT', String(port));
      if (one.halfClose === true) socket.end(text, 'latin1');
      else socket.write(text, 'latin1');
      for (const [afterMs, more] of one.later ?? []) {
        timers.push(setTimeout(() => socket.write(more, 'latin1'), afterMs));
      }
    });
    timers.push(setTimeout(finish, observeMs));
  });
}

/** The lines of `/stats`, sorted; without histograms, whose intervals end when they like, and what compressors have saved. */
async function allStats(adminPort: number): Promise<string[]> {
  const answer = await fetch(`http://127.0.0.1:${adminPort}/stats`);
  const lines = (await answer.text()).split('\n');
  return lines
    .filter((line) => !/: (?:P0\(|No recorded)|\.compressor\..*\.total_compressed_bytes/.test(line))
    .sort();
}

/** Ports that were free may be taken by the time the proxy binds them: then with others, three times at most. */
async function observeOnFreePorts(...args: Parameters<typeof observe>): Promise<Observation[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await observe(...args);
    } catch (error) {
      if (attempt === 3 || !(error as Error).message.includes('Address already in use')) throw error;
    }
  }
}

/** Sends all cases to one proxy. @param command starts it on a file */
async function observe(
  cases: readonly DifferentialCase[],
  name: string,
  command: (file: string) => readonly [string, readonly string[]],
): Promise<Observation[]> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-differential-'));
  const logFile = join(folder, 'access.log');
  writeFileSync(logFile, '');
  const backends = cases.map((one) => new Backend(one));
  const backendPorts = await Promise.all(backends.map(({ server }) => listen(server)));
  // All at once: ports drawn after these were given back could be the same ones.
  const [adminPort = 0, ...drawn] = await reservePorts(2 * cases.length + 1);
  const ports = drawn.slice(0, cases.length);
  const refusedPorts = drawn.slice(cases.length);
  let running: Running | undefined;
  try {
    const bootstrap = {
      admin: { address: { socket_address: { address: '127.0.0.1', port_value: adminPort } } },
      node: { id: 'node', cluster: 'cluster' },
      static_resources: {
        listeners: cases.map((one, index) => listenerOf(one, index, ports[index] as number, logFile)),
        clusters: cases.map((one, index) =>
          clusterOf(one, index, (one.refused === true ? refusedPorts : backendPorts)[index] as number),
        ),
      },
    };
    const file = join(folder, 'envoy.json');
    writeFileSync(file, JSON.stringify(bootstrap));
    running = start(name, ...command(file), folder);
    try {
      await waitForPort(ports.at(-1) as number, name);
    } catch (error) {
      throw new Error(
        `${(error as Error).message}:\n${readFileSync(join(folder, `${name}.log`), 'utf8').slice(-3000)}`,
      );
    }
    const observed: Observation[] = [];
    const batch = 40;
    for (let from = 0; from < cases.length; from += batch) {
      const part = cases.slice(from, from + batch);
      const exchanges = await Promise.all(part.map((one, at) => exchange(one, ports[from + at] as number)));
      for (const [at, { response, closed }] of exchanges.entries()) {
        const index = from + at;
        const tidy = (text: string) =>
          normalise(
            text,
            ports[index] as number,
            (cases[index]?.refused === true ? refusedPorts : backendPorts)[index] as number,
          );
        observed.push({
          response: tidy(response),
          closed,
          upstream: (backends[index] as Backend).seen.filter((text) => text !== '').map(tidy),
          log: '',
          stats: '',
        });
      }
    }
    // Both flush their buffers within the interval given on the command line.
    await new Promise((done) => setTimeout(done, 500));
    const logs = new Map<string, string[]>();
    for (const line of readFileSync(logFile, 'latin1').split('\n')) {
      const space = line.indexOf(' ');
      if (space > 0)
        logs.set(line.slice(0, space), [...(logs.get(line.slice(0, space)) ?? []), line.slice(space + 1)]);
    }
    const stats = cases.some((one) => one.stats !== undefined) ? await allStats(adminPort) : [];
    return observed.map((one, index) => {
      const prefix = cases[index]?.stats
        ?.replaceAll('PREFIX', `p${index}`)
        .replaceAll('CLUSTER', `c${index}`);
      return {
        ...one,
        log: normalise(
          (logs.get(String(index)) ?? []).join(' | '),
          ports[index] as number,
          backendPorts[index] as number,
        ),
        stats: prefix === undefined ? '' : stats.filter((line) => line.startsWith(prefix)).join(' '),
      };
    });
  } finally {
    if (running !== undefined) await stop(running);
    for (const backend of backends) backend.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Why the runtime refuses the configuration of a case by name; undefined when it serves it. */
export function refusal(one: DifferentialCase): string | undefined {
  const text = JSON.stringify({
    static_resources: { listeners: [listenerOf(one, 0, 1, '/dev/null')], clusters: [clusterOf(one, 0, 1)] },
  });
  try {
    loadConfig(text, one.id, supportedFields);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

export interface DifferentialContext {
  readonly envoyBin: string;
  readonly root: string;
}

export interface DifferentialResult {
  readonly passed: number;
  readonly failed: number;
  readonly lines: string[];
}

const show = (text: string): string => JSON.stringify(text.length > 700 ? `${text.slice(0, 700)}...` : text);

function differences(one: DifferentialCase, real: Observation, ours: Observation): string[] {
  const found: string[] = [];
  if (real.response !== ours.response) {
    found.push(`response\n      Envoy  ${show(real.response)}\n      envoy3 ${show(ours.response)}`);
  }
  if (real.closed !== ours.closed)
    found.push(
      `connection: Envoy ${real.closed ? 'closed' : 'open'}, envoy3 ${ours.closed ? 'closed' : 'open'}`,
    );
  // Whether a request still leaves whose client has left at once is a race, in Envoy as well.
  if (one.halfClose !== true && JSON.stringify(real.upstream) !== JSON.stringify(ours.upstream)) {
    found.push(
      `upstream saw\n      Envoy  ${show(real.upstream.join('<<>>'))}\n      envoy3 ${show(ours.upstream.join('<<>>'))}`,
    );
  }
  if (real.log !== ours.log) found.push(`log\n      Envoy  ${real.log}\n      envoy3 ${ours.log}`);
  if (real.stats !== ours.stats) found.push(`stats\n      Envoy  ${real.stats}\n      envoy3 ${ours.stats}`);
  return found;
}

/**
 * @param known ids of cases in which the bundled runtime differs on purpose, with the reason (published in
 *   `docs/differences.md`). A known difference that is none any more fails, so that the list stays true.
 */
export async function runDifferential(
  cases: readonly DifferentialCase[],
  known: Readonly<Record<string, string>>,
  context: DifferentialContext,
): Promise<DifferentialResult> {
  const real = await observeOnFreePorts(cases, 'envoy', (file) => [
    context.envoyBin,
    [
      '-c',
      file,
      '--concurrency',
      '1',
      '--use-dynamic-base-id',
      '-l',
      'warning',
      '--file-flush-interval-msec',
      '50',
    ],
  ]);
  const ours = await observeOnFreePorts(cases, 'envoy3', (file) => [
    process.execPath,
    [
      join(context.root, 'cli', 'envoy3.mjs'),
      'serve',
      '-c',
      file,
      '--no-watch',
      '-l',
      'warning',
      '--file-flush-interval-msec',
      '50',
    ],
  ]);
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  let deliberate = 0;
  for (const [index, one] of cases.entries()) {
    const found = differences(one, real[index] as Observation, ours[index] as Observation);
    const reason = known[one.id];
    if (reason !== undefined && found.length > 0) {
      deliberate++;
      lines.push(`differs on purpose: ${one.id}: ${reason}`);
    } else if (reason !== undefined) {
      failed++;
      lines.push(`${one.id} is listed as a difference (${reason}), and is none`);
    } else if (found.length > 0) {
      failed++;
      lines.push(`${one.id}: ${found.join('\n    ')}`);
    } else passed++;
  }
  lines.unshift(`${cases.length} cases: ${passed} equal, ${deliberate} differ on purpose, ${failed} differ`);
  return { passed, failed, lines };
}
