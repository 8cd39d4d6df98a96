/**
 * The rig of `health-parity`: clusters whose hosts answer health checks and requests by a script, in real Envoy and in
 * the bundled runtime. A host that has come to the end of its script never answers the next check, so that flags and
 * counters stand still however fast the machine is; what is compared then is what the script has led to.
 */
import { reservePorts } from '../support/port-block.js';
import { refusedPort } from '../support/refused-port.js';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp2Server } from 'node:http2';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { createServer as createTlsServer } from 'node:tls';
import { generate } from 'selfsigned';
import type { Running } from '../bench/processes.js';
import { start, stop, waitForPort } from '../bench/processes.js';

type Json = Record<string, unknown>;

/** What a host does with a check: an answer (latin1), or one of: close, reset, never answer. */
export type Step = string | 'close' | 'reset' | 'hang';

/** What a host of HTTP/2 does with a check. */
export interface Http2Step {
  /** 200 when absent. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Octets of the body in hexadecimal; without it the head is the end. */
  readonly body?: string;
  readonly trailers?: Readonly<Record<string, string>>;
  /** Instead of an answer. */
  readonly instead?: 'reset' | 'hang' | 'close';
  /** GOAWAY before the answer, with this error code. */
  readonly goaway?: number;
}

export interface ScriptedHost {
  /** One for each check, over all connections; then `hang`. Default: a 200 for every check. */
  readonly checks?: readonly Step[];
  /** One for each request; the last one stays. Default: a 200. */
  readonly answers?: readonly Step[];
  /** Fields of its `LbEndpoint`. */
  readonly lbEndpoint?: Json;
  /** Fields of its `Endpoint`. */
  readonly endpoint?: Json;
  /** Nobody listens there. */
  readonly refused?: boolean;
  /** Its checks go to a port of their own: `CHECKPORT` in `endpoint` stands for it. */
  readonly ownCheckPort?: boolean;
  /** Under TLS, with a certificate that nobody trusts; the protocols that a check offers are told with it. */
  readonly tls?: boolean;
  /** Speaks HTTP/2, by this script. */
  readonly http2?: readonly Http2Step[];
  /** Speaks no HTTP: answers whatever it gets, or greets when it was empty. */
  readonly raw?: boolean;
}

export interface HealthScenario {
  readonly id: string;
  readonly hosts: readonly ScriptedHost[];
  /** Fields of the cluster. `EVENTLOG` in them stands for a file of the scenario. */
  readonly cluster: Json;
  /** Requests, one after the other, sent when the checks have settled. */
  readonly requests?: number;
  /** Of the clients' requests; more head lines. */
  readonly requestHead?: string;
  /** Between requests; where each of them is found out, Envoy's main thread has to have heard of it. Default 5. */
  readonly pauseMs?: number;
  /** Waits so long after the last request. Default 0. */
  readonly afterMs?: number;
  /** Requests after that. */
  readonly laterRequests?: number;
  /** Which of its hosts it is, and what comes first, is left to chance: told as if all were one, and sorted. */
  readonly unordered?: boolean;
  /** Rates are of the last interval, and it is left to chance whether that was one of requests: not compared. */
  readonly ratesPass?: boolean;
}

export interface HealthObservation {
  readonly clusters: string;
  readonly json: string;
  readonly stats: string;
  readonly checks: string;
  readonly answers: string;
  readonly events: string;
  readonly outliers: string;
}

/** Time for all scripts to come to their end. */
const settleMs = 3200;

/** Envoy tells its main thread of failures: the next request comes when that has listened. */
const defaultPauseMs = 5;

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

class Host {
  readonly checks: string[] = [];
  readonly host: ScriptedHost;
  readonly #sockets = new Set<{ destroy(): void }>();
  readonly #servers: Server[] = [];
  #checked = 0;
  #answered = 0;
  port = 0;
  checkPort = 0;

  constructor(host: ScriptedHost) {
    this.host = host;
  }

  async listen(): Promise<void> {
    const closed = this.host.refused === true ? await refusedPort() : 0;
    this.port = closed === 0 ? await this.#open() : closed;
    this.checkPort = this.host.ownCheckPort === true ? await this.#open() : this.port;
  }

  async #open(): Promise<number> {
    const server =
      this.host.http2 !== undefined
        ? this.#http2(this.host.http2)
        : this.host.tls === true
          ? await this.#tls()
          : createServer((socket) => this.#serve(socket));
    this.#servers.push(server);
    return new Promise((done, fail) => {
      server.on('error', fail);
      server.listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port));
    });
  }

  async #tls(): Promise<Server> {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'up.example' }], {
      keySize: 2048,
    });
    const ALPNCallback = ({ protocols }: { protocols: readonly string[] }): string | undefined => {
      this.checks.push(`offers ${protocols.join()}`);
      return protocols[0];
    };
    const server = createTlsServer({ cert, key, ALPNCallback } as TlsOptions, (socket) =>
      this.#serve(socket),
    );
    server.on('tlsClientError', () => this.checks.push('no handshake'));
    return server;
  }

  #http2(steps: readonly Http2Step[]): Server {
    const server = createHttp2Server();
    server.on('session', (session) => {
      session.on('error', () => undefined);
      this.#sockets.add({ destroy: () => session.destroy() });
    });
    server.on('stream', (stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on('error', () => undefined);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        // The order of the pseudo headers means nothing.
        const head = Object.entries(headers)
          .map(([name, value]) => `${name}: ${String(value)}`)
          .sort(
            (left, right) =>
              Number(right.startsWith(':')) - Number(left.startsWith(':')) ||
              (left[0] === ':' ? left.localeCompare(right) : 0),
          );
        this.checks.push(`${head.join('\n')}\n${Buffer.concat(chunks).toString('hex')}`);
        const step = steps[this.#checked++] ?? { instead: 'hang' };
        const { body, goaway, instead, status = 200, trailers } = step;
        if (goaway !== undefined) stream.session?.goaway(goaway);
        if (instead === 'close') stream.session?.destroy();
        else if (instead === 'reset') stream.close(2);
        if (instead !== undefined) return;
        const waitForTrailers = trailers !== undefined;
        stream.respond(
          { ':status': status, ...step.headers },
          { endStream: body === undefined && !waitForTrailers, waitForTrailers },
        );
        stream.on('wantTrailers', () => stream.sendTrailers(trailers ?? {}));
        if (body !== undefined || waitForTrailers) stream.end(Buffer.from(body ?? '', 'hex'));
      });
    });
    return server;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let text = '';
    const act = (step: Step): void => {
      if (step === 'close') socket.end();
      else if (step === 'reset') socket.resetAndDestroy();
      else if (step !== 'hang') socket.write(step, 'latin1');
    };
    const check = (): void => {
      const { checks } = this.host;
      if (checks === undefined) act(ok);
      else act(checks[this.#checked++] ?? 'hang');
    };
    socket.setEncoding('latin1').on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    if (this.host.raw === true) {
      socket.on('data', (chunk: string) => {
        this.checks.push(chunk);
        check();
      });
      return;
    }
    socket.on('data', (chunk: string) => {
      text += chunk;
      for (;;) {
        const end = text.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = text.slice(0, end + 4);
        const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
        if (text.length < head.length + length) return;
        const whole = text.slice(0, head.length + length);
        text = text.slice(whole.length);
        if (/\r\nuser-agent: Envoy\/HC\r\n/.test(head) || / \/hz/.test(head)) {
          this.checks.push(whole);
          check();
          continue;
        }
        const { answers } = this.host;
        act(answers?.[Math.min(this.#answered++, answers.length - 1)] ?? ok);
      }
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) server.close();
  }
}

function _isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer().on('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}

function withPlaces(fields: Json, places: Readonly<Record<string, string | number>>): Json {
  let text = JSON.stringify(fields);
  for (const [name, value] of Object.entries(places)) {
    text =
      typeof value === 'number' ? text.replaceAll(`"${name}"`, String(value)) : text.replaceAll(name, value);
  }
  return JSON.parse(text) as Json;
}

export function clusterOf(
  scenario: HealthScenario,
  name: string,
  hosts: readonly { readonly port: number; readonly checkPort: number }[],
  eventLog: string,
): Json {
  return {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: name,
      endpoints: [
        {
          lb_endpoints: scenario.hosts.map(({ endpoint = {}, lbEndpoint = {} }, at) => ({
            endpoint: {
              address: { socket_address: { address: '127.0.0.1', port_value: hosts[at]?.port ?? 1 } },
              ...withPlaces(endpoint, { CHECKPORT: hosts[at]?.checkPort ?? 1 }),
            },
            ...lbEndpoint,
          })),
        },
      ],
    },
    ...withPlaces(scenario.cluster, { EVENTLOG: eventLog }),
  };
}

function listenerOf(name: string, port: number): Json {
  return {
    name,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              stat_prefix: name,
              route_config: {
                virtual_hosts: [
                  {
                    name: 'v',
                    domains: ['*'],
                    routes: [{ match: { prefix: '/' }, route: { cluster: name, timeout: '0.5s' } }],
                  },
                ],
              },
              http_filters: [
                {
                  name: 'envoy.filters.http.router',
                  typed_config: {
                    '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
                  },
                },
              ],
            },
          },
        ],
      },
    ],
  };
}

/** One request on a connection of its own. @returns the status and the body */
function ask(port: number, head: string): Promise<string> {
  return new Promise((done) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`GET / HTTP/1.1\r\nhost: h\r\n${head}connection: close\r\n\r\n`, 'latin1'),
    );
    const timer = setTimeout(() => socket.destroy(), 3000);
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      answer += chunk;
    });
    socket
      .on('error', () => undefined)
      .on('close', () => {
        clearTimeout(timer);
        done(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1] ?? 'none');
      });
  });
}

async function admin(port: number, path: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}${path}`)).text();
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '(no file)';
  }
}

const wanted = /^cluster\.[^.]+\.(?:health_check|outlier_detection|membership_|upstream_cx_protocol_error)/;

interface Place {
  readonly name: string;
  readonly port: number;
  readonly hosts: readonly Host[];
}

/** Runs the requests of one scenario and waits; what it has led to is read afterwards, of all at once. */
async function play(scenario: HealthScenario, { port }: Place): Promise<string[]> {
  const answers: string[] = [];
  const send = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at++) {
      answers.push(await ask(port, scenario.requestHead ?? ''));
      await new Promise((done) => setTimeout(done, scenario.pauseMs ?? defaultPauseMs));
    }
  };
  await send(scenario.requests ?? 0);
  if (scenario.afterMs !== undefined) await new Promise((done) => setTimeout(done, scenario.afterMs));
  await send(scenario.laterRequests ?? 0);
  return answers;
}

function tidy(text: string, { hosts }: Place): string {
  let result = text.replace(/"timestamp":"[^"]*"/g, '"timestamp":"T"');
  for (const [at, { checkPort, port }] of hosts.entries()) {
    if (checkPort !== port) result = result.replaceAll(String(checkPort), `CHECKPORT${at}`);
    result = result.replaceAll(String(port), `PORT${at}`);
  }
  return result;
}

/** Any of equal hosts, lines in any order. */
function withoutOrder(text: string): string {
  return text
    .replace(/PORT\d/g, 'PORT')
    .split('\n')
    .sort()
    .join('\n');
}

/** Without counters, which the other suites compare, and without rates. */
function statusText({ stats: _, ...status }: Json): string {
  const entries = Object.entries(status).filter(([name]) => !name.includes('success_rate'));
  return JSON.stringify(Object.fromEntries(entries));
}

/** @param command starts a proxy on a file */
export async function observeHealth(
  scenarios: readonly HealthScenario[],
  name: string,
  command: (file: string) => readonly [string, readonly string[]],
): Promise<HealthObservation[]> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-health-'));
  const [adminPort = 0, ...ports] = await reservePorts(scenarios.length + 1);
  const places: Place[] = [];
  let running: Running | undefined;
  const outlierLog = join(folder, 'outlier.log');
  try {
    for (const [index, scenario] of scenarios.entries()) {
      const hosts = scenario.hosts.map((host) => new Host(host));
      for (const host of hosts) await host.listen();
      places.push({ name: `c${index}`, port: ports[index] as number, hosts });
    }
    const bootstrap = {
      admin: { address: { socket_address: { address: '127.0.0.1', port_value: adminPort } } },
      cluster_manager: { outlier_detection: { event_log_path: outlierLog } },
      static_resources: {
        listeners: places.map(({ name: cluster, port }) => listenerOf(cluster, port)),
        clusters: places.map(({ name: cluster, hosts }, at) =>
          clusterOf(scenarios[at] as HealthScenario, cluster, hosts, join(folder, `${cluster}.log`)),
        ),
      },
    };
    const file = join(folder, 'envoy.json');
    writeFileSync(file, JSON.stringify(bootstrap));
    running = start(name, ...command(file), folder);
    try {
      await waitForPort(ports.at(-1) as number, name);
    } catch (error) {
      throw new Error(`${(error as Error).message}:\n${read(join(folder, `${name}.log`)).slice(-3000)}`);
    }
    await new Promise((done) => setTimeout(done, settleMs));
    const answers = await Promise.all(
      places.map((place, at) => play(scenarios[at] as HealthScenario, place)),
    );
    await new Promise((done) => setTimeout(done, 300));
    const text = await admin(adminPort, '/clusters');
    const json = JSON.parse(await admin(adminPort, '/clusters?format=json')) as {
      cluster_statuses: (Json & { name: string; host_statuses?: Json[] })[];
    };
    const stats = (await admin(adminPort, '/stats')).split('\n').filter((line) => wanted.test(line));
    const outliers = read(outlierLog).split('\n');
    return places.map((place, at) => {
      const { hosts, name: cluster } = place;
      const order = scenarios[at]?.unordered === true ? withoutOrder : (same: string) => same;
      const found = json.cluster_statuses.find((one) => one.name === cluster);
      const {
        host_statuses,
        circuit_breakers: _,
        ...more
      } = found ?? ({} as Json & { host_statuses?: Json[] });
      const observed = {
        clusters: (scenarios[at]?.ratesPass === true
          ? text.replace(/(success_rate\S*::).+/g, '$1RATE')
          : text
        )
          .split('\n')
          .filter((line) => line.startsWith(`${cluster}::`))
          .filter((line) => /health_flags|outlier|success_rate|priority::\d+$/.test(line))
          .join('\n'),
        json: [statusText(more), ...(host_statuses ?? []).map(statusText)].join('\n'),
        stats: stats
          .filter((line) => line.startsWith(`cluster.${cluster}.`))
          // Envoy's codec of HTTP/2 calls it an error when its own side closes.
          .filter(
            (line) => hosts.every(({ host }) => host.http2 === undefined) || !line.includes('protocol_error'),
          )
          .join('\n'),
        checks: hosts.map(({ checks }) => checks.join('<>')).join('\n'),
        answers: (answers[at] as string[]).join('\n'),
        events: read(join(folder, `${cluster}.log`)),
        outliers: outliers.filter((line) => line.includes(`"${cluster}"`)).join('\n'),
      };
      return Object.fromEntries(
        Object.entries(observed).map(([name, one]) => [name, order(tidy(one, place))]),
      ) as unknown as HealthObservation;
    });
  } finally {
    if (running !== undefined) await stop(running);
    for (const { hosts } of places) for (const host of hosts) host.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
