/**
 * The rig of `balance-parity`: real Envoy and the bundled runtime, one after the other, before the same hosts on the same
 * ports (an address is what consistent hashing hashes), with the same configuration and the same requests. What is compared:
 * which hosts were asked in which order, the answers, the lines of the access log and the statistics of the cluster.
 */
import { reservePort } from '../support/port-block.js';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import type { Server as NetServer } from 'node:net';
import { createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from '../bench/processes.js';
import { start, stop, waitForPort } from '../bench/processes.js';

type Json = Record<string, unknown>;

/** A host of a cluster. */
export interface CaseHost {
  /** Which of the rig's hosts; `refused`: nobody listens; `silent`: it answers nothing. */
  readonly at: number | 'refused' | 'silent';
  readonly weight?: number;
  readonly priority?: number;
  readonly zone?: string;
  readonly zoneWeight?: number;
  readonly hostname?: string;
  /** `envoy.lb`. */
  readonly lb?: Json;
}

export interface CaseRequest {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly method?: string;
  readonly body?: string;
  /** As many at once. */
  readonly times?: number;
  /** Each begins so much later than the one before. */
  readonly staggerMs?: number;
}

export interface BalanceCase {
  /** Letters, digits and dashes. */
  readonly id: string;
  readonly hosts: readonly CaseHost[];
  readonly cluster?: Json;
  /** Fields of the `RouteAction`; `CLUSTER` stands for the cluster. */
  readonly action?: Json;
  /** Fields of the `Route`. */
  readonly route?: Json;
  readonly virtualHost?: Json;
  /** Answers in the order in which the hosts are asked, whichever they are: `503`, `503 retry-after:1`, `reset`, `late`, `200 slow`. */
  readonly plan?: readonly string[];
  readonly requests: readonly CaseRequest[];
  /**
   * `order` (the default): the hosts that were asked, one after the other. `set`: only which ones, where chance decides the
   * order. `counts`: how often each. `none`: where it decides everything.
   */
  readonly compares?: 'order' | 'set' | 'counts' | 'none';
  /** A pattern of the statistics that are not compared, since chance shows in them. */
  readonly ignoredStats?: string;
  /** The requests begin 60 ms one after the other, whether those before have ended or not. */
  readonly allAtOnce?: boolean;
  /** The first request's `set-cookie` goes with all that follow. */
  readonly keepsCookie?: boolean;
}

export interface BalanceObservation {
  readonly answers: readonly string[];
  readonly hosts: readonly string[];
  readonly log: readonly string[];
  readonly stats: Readonly<Record<string, string>>;
}

/** Hosts that the cases share. */
export const hostCount = 6;

function closed(server: Server | NetServer): Promise<void> {
  return new Promise((done) => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close(() => done());
  });
}

function listening(server: Server | NetServer): Promise<number> {
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port));
  });
}

/** Servers that answer by the plan of the case that a request belongs to (its first path segment). */
export class BalanceHosts {
  readonly ports: number[] = [];
  refusedPort = 0;
  silentPort = 0;
  private readonly servers: (Server | NetServer)[] = [];
  private readonly plans = new Map<string, readonly string[]>();
  private readonly asked = new Map<string, string[]>();

  async open(cases: readonly BalanceCase[]): Promise<void> {
    for (const { id, plan } of cases) if (plan !== undefined) this.plans.set(id, plan);
    for (let host = 0; host < hostCount; host++) {
      const server = createServer((request, response) => this.answer(host, request, response));
      server.keepAliveTimeout = 60_000;
      this.servers.push(server);
      this.ports.push(await listening(server));
    }
    const silent = createNetServer((socket) => {
      socket.on('error', () => undefined).resume();
    });
    this.servers.push(silent);
    this.silentPort = await listening(silent);
    this.refusedPort = await reservePort();
  }

  /** Before the other proxy. */
  reset(): void {
    this.asked.clear();
  }

  /** Who was asked for a case, in order. */
  askedFor(id: string): readonly string[] {
    return this.asked.get(id) ?? [];
  }

  private answer(host: number, request: IncomingMessage, response: ServerResponse): void {
    const id = /^\/([^/?]+)/.exec(request.url ?? '')?.[1] ?? '';
    const asked = this.asked.get(id) ?? [];
    const attempt = request.headers['x-envoy-attempt-count'];
    const timedOut = request.headers['x-envoy-is-timeout-retry'];
    const shadow =
      request.headers['x-envoy-internal'] === 'true' && request.headers['x-forwarded-for']?.includes(',');
    asked.push(
      [
        String(host),
        attempt === undefined ? '' : `#${String(attempt)}`,
        timedOut === undefined ? '' : `!${String(timedOut)}`,
        shadow === true ? `@${request.headers.host}` : '',
      ].join(''),
    );
    this.asked.set(id, asked);
    const plan = this.plans.get(id);
    const step = plan?.[Math.min(asked.length - 1, plan.length - 1)] ?? '200';
    request.resume();
    const [status = '200', ...headers] = step.split(' ');
    if (status === 'reset') {
      request.socket.destroy();
      return;
    }
    request.on('end', () => {
      const give = (): void => {
        for (const header of headers) {
          const colon = header.indexOf(':');
          if (colon > 0) response.setHeader(header.slice(0, colon), header.slice(colon + 1));
        }
        response.statusCode = status === 'late' ? 200 : Number(status);
        response.end(String(host));
      };
      if (headers.includes('slow')) setTimeout(give, 1500).unref();
      else if (status === 'late' || headers.includes('late')) setTimeout(give, 400).unref();
      else give();
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.servers.map(closed));
  }
}

function endpointsOf(one: BalanceCase, hosts: BalanceHosts): Json[] {
  const groups = new Map<string, { fields: Json; members: Json[] }>();
  for (const { at, hostname, lb, priority = 0, weight, zone, zoneWeight } of one.hosts) {
    const key = `${priority} ${zone ?? ''}`;
    const group = groups.get(key) ?? {
      fields: {
        ...(zone === undefined ? {} : { locality: { region: 'r', zone } }),
        ...(zoneWeight === undefined ? {} : { load_balancing_weight: zoneWeight }),
        priority,
      },
      members: [],
    };
    groups.set(key, group);
    const port =
      at === 'refused' ? hosts.refusedPort : at === 'silent' ? hosts.silentPort : (hosts.ports[at] as number);
    group.members.push({
      endpoint: {
        address: { socket_address: { address: '127.0.0.1', port_value: port } },
        ...(hostname === undefined ? {} : { hostname }),
      },
      ...(weight === undefined ? {} : { load_balancing_weight: weight }),
      ...(lb === undefined ? {} : { metadata: { filter_metadata: { 'envoy.lb': lb } } }),
    });
  }
  return [...groups.values()].map(({ fields, members }) => ({ ...fields, lb_endpoints: members }));
}

function clusterOf(one: BalanceCase, hosts: BalanceHosts): Json {
  const assignment = (one.cluster?.load_assignment ?? {}) as Json;
  return {
    name: one.id,
    type: 'STATIC',
    connect_timeout: '1s',
    ...one.cluster,
    load_assignment: { cluster_name: one.id, endpoints: endpointsOf(one, hosts), ...assignment },
  };
}

function virtualHostOf(one: BalanceCase): Json {
  const text = JSON.stringify(one.action ?? { cluster: 'CLUSTER' });
  const action = JSON.parse(text.replaceAll('"CLUSTER"', JSON.stringify(one.id))) as Json;
  const target =
    'cluster' in action || 'weighted_clusters' in action || 'cluster_header' in action
      ? {}
      : { cluster: one.id };
  return {
    name: one.id,
    domains: [one.id],
    ...one.virtualHost,
    routes: [{ match: { prefix: '/' }, ...one.route, route: { ...target, ...action } }],
  };
}

const any = 'type.googleapis.com/envoy.';

function bootstrapOf(
  cases: readonly BalanceCase[],
  hosts: BalanceHosts,
  port: number,
  adminPort: number,
  log: string,
): Json {
  const format =
    '%REQ(:AUTHORITY)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %UPSTREAM_REQUEST_ATTEMPT_COUNT%\n';
  const local = (zone: string, at: number): Json => ({
    locality: { region: 'r', zone },
    lb_endpoints: [
      {
        endpoint: {
          address: { socket_address: { address: '127.0.0.1', port_value: hosts.ports[at] as number } },
        },
      },
    ],
  });
  return {
    node: { id: 'n', cluster: 'local', locality: { region: 'r', zone: 'here' } },
    cluster_manager: { local_cluster_name: 'local' },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: adminPort } } },
    static_resources: {
      listeners: [
        {
          name: 'l',
          address: { socket_address: { address: '127.0.0.1', port_value: port } },
          filter_chains: [
            {
              filters: [
                {
                  name: 'hcm',
                  typed_config: {
                    '@type': `${any}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
                    stat_prefix: 'p',
                    internal_address_config: {
                      cidr_ranges: [{ address_prefix: '127.0.0.0', prefix_len: 8 }],
                    },
                    use_remote_address: true,
                    route_config: { name: 'r', virtual_hosts: cases.map(virtualHostOf) },
                    http_filters: [
                      {
                        name: 'router',
                        typed_config: { '@type': `${any}extensions.filters.http.router.v3.Router` },
                      },
                    ],
                    access_log: [
                      {
                        name: 'log',
                        typed_config: {
                          '@type': `${any}extensions.access_loggers.file.v3.FileAccessLog`,
                          path: log,
                          log_format: { text_format_source: { inline_string: format } },
                        },
                      },
                    ],
                  },
                },
              ],
            },
          ],
        },
      ],
      clusters: [
        {
          name: 'local',
          type: 'STATIC',
          load_assignment: { cluster_name: 'local', endpoints: [local('here', 0), local('there', 1)] },
        },
        ...cases.map((one) => clusterOf(one, hosts)),
      ],
    },
  };
}

interface Answer {
  readonly text: string;
  readonly cookie: string | undefined;
}

/** Of a header line what does not differ from run to run. */
function shownHeaders(response: IncomingMessage): string {
  const shown: string[] = [];
  for (let at = 0; at < response.rawHeaders.length; at += 2) {
    const name = (response.rawHeaders[at] as string).toLowerCase();
    const value = response.rawHeaders[at + 1] as string;
    if (
      ['date', 'content-length', 'connection', 'keep-alive', 'transfer-encoding', 'server'].includes(name)
    ) {
      continue;
    }
    if (name === 'x-envoy-upstream-service-time') continue;
    shown.push(`${name}: ${name === 'set-cookie' ? value.replace(/[0-9a-f]{16}/, 'HASH') : value}`);
  }
  return shown.join('; ');
}

function ask(port: number, id: string, request: CaseRequest, cookie: string | undefined): Promise<Answer> {
  return new Promise((done) => {
    const headers: Record<string, string | string[]> = { host: id, connection: 'close' };
    for (const [name, value] of Object.entries(request.headers ?? {})) {
      headers[name] = typeof value === 'string' ? value : [...value];
    }
    if (cookie !== undefined) headers.cookie = cookie;
    const path = `/${id}${request.path ?? '/'}`;
    const sent = httpRequest(
      { host: '127.0.0.1', port, path, method: request.method ?? 'GET', headers, agent: false },
      (response) => {
        let body = '';
        response.setEncoding('latin1').on('data', (chunk: string) => {
          body += chunk;
        });
        const over = (): void => {
          const [line] = response.headers['set-cookie'] ?? [];
          done({
            text: `${response.statusCode} [${body}] ${shownHeaders(response)}`,
            cookie: line?.split(';')[0],
          });
        };
        response.on('end', over).on('error', over);
      },
    );
    sent.on('error', (error) =>
      done({ text: `error ${(error as NodeJS.ErrnoException).code}`, cookie: undefined }),
    );
    sent.setTimeout(5000, () => sent.destroy());
    sent.end(request.body);
  });
}

async function runCase(port: number, one: BalanceCase): Promise<string[]> {
  if (one.allAtOnce === true) {
    const given = await Promise.all(
      one.requests.map(async (request, at) => {
        await new Promise((done) => setTimeout(done, at * 60));
        return ask(port, one.id, request, undefined);
      }),
    );
    return given.map(({ text }) => text);
  }
  const answers: string[] = [];
  let cookie: string | undefined;
  for (const request of one.requests) {
    const { staggerMs = 0, times = 1 } = request;
    const given = await Promise.all(
      Array.from({ length: times }, async (_, at) => {
        if (staggerMs > 0) await new Promise((done) => setTimeout(done, at * staggerMs));
        return ask(port, one.id, request, cookie);
      }),
    );
    // At once: which is first is chance.
    answers.push(...given.map(({ text }) => text).sort());
    if (one.keepsCookie === true) cookie ??= given[0]?.cookie;
  }
  return answers;
}

function fetchText(port: number, path: string): Promise<string> {
  return new Promise((done, fail) => {
    httpRequest({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += String(chunk);
      });
      response.on('end', () => done(text));
    })
      .on('error', fail)
      .end();
  });
}

/**
 * Sizes and times, which differ; what only codecs and name servers count; and what each of Envoy's threads counts for itself,
 * the main one included.
 */
const unstable =
  /\.http1\.|\.update_|_per_cx|bytes|_ms:|length_ms|warming_state|version|_time:|default\.total_match_count|lb_recalculate_zone|lb_zone_cluster_too_small|lb_subsets_(?:active|created|removed)|remaining_cx_pools: 184467/;

/** Sends all cases to one proxy. @param command starts it on a file */
export async function observeBalance(
  cases: readonly BalanceCase[],
  hosts: BalanceHosts,
  name: string,
  command: (file: string) => readonly [string, readonly string[]],
): Promise<BalanceObservation[]> {
  hosts.reset();
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-balance-'));
  const log = join(folder, 'access.log');
  writeFileSync(log, '');
  const [port, adminPort] = [await reservePort(), await reservePort()];
  const file = join(folder, 'envoy.json');
  writeFileSync(file, JSON.stringify(bootstrapOf(cases, hosts, port, adminPort, log)));
  let running: Running | undefined;
  try {
    running = start(name, ...command(file), folder);
    try {
      await waitForPort(port, name);
    } catch (error) {
      const said = readFileSync(join(folder, `${name}.log`), 'utf8').slice(-3000);
      throw new Error(`${(error as Error).message}:\n${said}`);
    }
    const answers: string[][] = [];
    const batch = 12;
    for (let from = 0; from < cases.length; from += batch) {
      const part = cases.slice(from, from + batch);
      answers.push(...(await Promise.all(part.map((one) => runCase(port, one)))));
    }
    await new Promise((done) => setTimeout(done, 700));
    const stats = (await fetchText(adminPort, '/stats')).split('\n').filter((line) => !unstable.test(line));
    const lines = readFileSync(log, 'latin1').split('\n');
    return cases.map(({ id }, at) => ({
      answers: answers[at] as string[],
      hosts: [...hosts.askedFor(id)],
      log: lines.filter((line) => line.startsWith(`${id} `)).sort(),
      stats: Object.fromEntries(
        stats
          .filter((line) => line.startsWith(`cluster.${id}.`))
          .map((line) => line.slice(`cluster.${id}.`.length).split(': ') as [string, string]),
      ),
    }));
  } finally {
    if (running !== undefined) await stop(running);
    rmSync(folder, { recursive: true, force: true });
  }
}
