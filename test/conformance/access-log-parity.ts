/**
 * Access logs against real Envoy: every command operator, in text and in JSON, for requests that end in many ways, and
 * which operators and arguments each of the two takes.
 *
 * One listener for each way in which a request can end; each has a log entry for every operator.
 */
import { reservePorts } from '../support/port-block.js';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileFormat } from '../../runtime/access-log/formatter.js';
import { ConfigError } from '../../runtime/network/filter.js';
import type { Running } from '../bench/processes.js';
import { start, stop, waitForPort } from '../bench/processes.js';
import { operators, refusedFormats, volatileValue } from './access-log-operators.js';
import type { DifferentialContext, DifferentialResult } from './differential.js';
import { refusedPort } from '../support/refused-port.js';
import { listen } from './differential.js';

type Json = Record<string, unknown>;

interface Scenario {
  readonly request: string;
  /** `''`: the upstream closes. */
  readonly answers?: readonly string[];
  readonly manager?: Json;
  readonly action?: Json;
  readonly routes?: readonly unknown[];
  readonly refused?: boolean;
  /** The client leaves after so many milliseconds. */
  readonly leavesAfterMs?: number;
}

const types = 'type.googleapis.com/envoy.';
const ok = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nx-answer: 1\r\ncontent-length: 2\r\n\r\nok';
const head = (line: string, ...headers: string[]): string =>
  [`${line} HTTP/1.1`, 'host: example.com:81', ...headers, '', ''].join('\r\n');
const get = head('GET /path?a=1&b=%20x&empty', 'x-tag: text', 'user-agent: me', 'referer: http://r.example/');
const grpc = head('POST /p.Service/Method', 'content-type: application/grpc', 'content-length: 0');
const answer = (status: string, ...headers: string[]): string =>
  [`HTTP/1.1 ${status}`, 'content-length: 0', ...headers, '', ''].join('\r\n');

const scenarios: Readonly<Record<string, Scenario>> = {
  plain: { request: get },
  post: { request: `${head('POST /post', 'content-length: 5')}hello`, answers: [answer('201 Created')] },
  'not found': { request: get, answers: [answer('404 Not Found')] },
  retried: {
    request: get,
    answers: [answer('503 Service Unavailable'), '', ok],
    action: { retry_policy: { retry_on: '5xx', num_retries: 3 } },
  },
  exhausted: {
    request: get,
    answers: [answer('503 Service Unavailable')],
    action: { retry_policy: { retry_on: '5xx', num_retries: 1 } },
  },
  refused: { request: get, refused: true },
  closed: { request: get, answers: [''] },
  timeout: { request: get, answers: ['HTTP/1.1 200 O'], action: { timeout: '0.2s' } },
  'client left': { request: get, answers: ['HTTP/1.1 200 O'], leavesAfterMs: 200 },
  'no route': { request: get, routes: [] },
  direct: {
    request: get,
    routes: [
      {
        name: 'direct',
        match: { prefix: '/' },
        direct_response: { status: 418, body: { inline_string: 'tea\r\npot' } },
      },
    ],
  },
  redirect: { request: get, routes: [{ match: { prefix: '/' }, redirect: { host_redirect: 'other' } }] },
  rewritten: { request: get, action: { prefix_rewrite: '/new' } },
  'bad request': { request: 'GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n' },
  'no host': { request: 'GET / HTTP/1.1\r\nx-tag: 1\r\n\r\n' },
  'grpc status': {
    request: grpc,
    answers: [answer('200 OK', 'content-type: application/grpc', 'grpc-status: 5', 'grpc-message: gone')],
  },
  'grpc unavailable': { request: grpc, refused: true },
  'forged header': { request: head('GET /', 'x-tag: a%0Ab", "c": "d', 'user-agent: \t\xff\xfe\xc3\xbc') },
  'forwarded for': {
    request: head('GET /', 'x-forwarded-for: 10.1.2.3'),
    manager: { xff_num_trusted_hops: 0 },
  },
  edge: { request: get, manager: { use_remote_address: true } },
};

const names = Object.keys(scenarios);

function listenerOf(index: number, port: number, logFile: string): Json {
  const { action, manager, routes } = scenarios[names[index] as string] as Scenario;
  const route = {
    name: 'route',
    match: { prefix: '/' },
    route: { cluster: `c${index}`, ...action },
    metadata: { filter_metadata: { ns: { key: 'route', number: 1.5, list: [1, 'x', true, null] } } },
  };
  const log = (at: number, format: Json): Json => ({
    name: 'file',
    typed_config: {
      '@type': `${types}extensions.access_loggers.file.v3.FileAccessLog`,
      path: `${logFile}.${at < 0 ? 'json' : 'text'}`,
      log_format: format,
    },
  });
  return {
    name: `l${index}`,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [
      {
        name: 'chain',
        filters: [
          {
            name: 'manager',
            typed_config: {
              '@type': `${types}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
              stat_prefix: `p${index}`,
              route_config: {
                name: 'r',
                virtual_hosts: [{ name: 'v', domains: ['*'], routes: routes ?? [route] }],
              },
              http_filters: [
                {
                  name: 'router',
                  typed_config: {
                    '@type': `${types}extensions.filters.http.router.v3.Router`,
                    suppress_envoy_headers: true,
                  },
                },
              ],
              access_log: [
                ...operators.map((operator, at) =>
                  log(at, { text_format_source: { inline_string: `${index} ${at} ${operator}\n` } }),
                ),
                log(-1, {
                  json_format: {
                    scenario: index,
                    nested: { list: ['%PROTOCOL%', 'x%RESPONSE_CODE%', 3, true, null], empty: {} },
                    ...Object.fromEntries(operators.map((operator, at) => [`o${at}`, operator])),
                  },
                }),
                log(-1, {
                  omit_empty_values: true,
                  json_format: {
                    scenario: index,
                    ...Object.fromEntries(operators.map((operator, at) => [`o${at}`, operator])),
                  },
                }),
              ],
              ...manager,
            },
          },
        ],
      },
    ],
  };
}

class Backend {
  readonly sockets = new Set<Socket>();
  private answered = 0;
  private readonly answers: readonly string[];
  readonly server = createServer((socket) => {
    this.sockets.add(socket);
    let text = '';
    socket.on('error', () => undefined).setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (!text.includes('\r\n\r\n')) return;
      text = '';
      const one = this.answers[Math.min(this.answered++, this.answers.length - 1)] as string;
      if (one === '') socket.destroy();
      else socket.write(one, 'latin1');
    });
  });

  constructor({ answers = [ok] }: Scenario) {
    this.answers = answers;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

function exchange(port: number, { leavesAfterMs, request }: Scenario): Promise<void> {
  return new Promise((done) => {
    let text = '';
    const socket = connect(port, '127.0.0.1');
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      done();
    };
    const timer = setTimeout(finish, leavesAfterMs ?? 1500);
    socket.on('error', finish).on('close', finish).setEncoding('latin1');
    socket.on('connect', () => socket.write(request, 'latin1'));
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (end >= 0 && text.length - end - 4 >= length) finish();
    });
  });
}

/** Lines of the text log by scenario and operator, and of the JSON log by scenario. */
interface Logs {
  readonly text: ReadonlyMap<string, string>;
  readonly json: ReadonlyMap<string, readonly Json[]>;
}

function tidy(text: string, ports: readonly number[]): string {
  let found = text.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID');
  // A number no port can be, for it stands in JSON, too.
  for (const port of ports) found = found.replaceAll(String(port), '77777');
  return found;
}

async function observe(
  name: string,
  command: (file: string) => readonly [string, readonly string[]],
): Promise<Logs> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-log-'));
  const logFile = join(folder, 'access');
  const all = names.map((one) => scenarios[one] as Scenario);
  const backends = all.map((one) => new Backend(one));
  const backendPorts = await Promise.all(backends.map(({ server }) => listen(server)));
  const ports = await reservePorts(all.length);
  const refused = await refusedPort();
  const upstreamPorts = all.map((one, index) => Number(one.refused === true ? refused : backendPorts[index]));
  const bootstrap = {
    node: { id: 'node', cluster: 'cluster' },
    static_resources: {
      listeners: all.map((_one, index) => listenerOf(index, ports[index] as number, logFile)),
      clusters: all.map((_one, index) => ({
        name: `c${index}`,
        type: 'STRICT_DNS',
        dns_lookup_family: 'V4_ONLY',
        alt_stat_name: `stat_${index}`,
        metadata: { filter_metadata: { ns: { key: 'cluster' } } },
        load_assignment: {
          cluster_name: `c${index}`,
          endpoints: [
            {
              lb_endpoints: [
                {
                  metadata: { filter_metadata: { ns: { key: 'host' } } },
                  endpoint: {
                    address: { socket_address: { address: 'localhost', port_value: upstreamPorts[index] } },
                  },
                },
              ],
            },
          ],
        },
      })),
    },
  };
  const file = join(folder, 'envoy.yaml');
  writeFileSync(file, JSON.stringify(bootstrap));
  let running: Running | undefined;
  try {
    running = start(name, ...command(file), folder);
    try {
      await waitForPort(ports.at(-1) as number, name);
    } catch (error) {
      const log = readFileSync(join(folder, `${name}.log`), 'utf8').slice(-3000);
      throw new Error(`${(error as Error).message}:\n${log}`);
    }
    await Promise.all(all.map((one, index) => exchange(ports[index] as number, one)));
    await new Promise((done) => setTimeout(done, 700));
    const local = [...ports, ...upstreamPorts];
    const text = new Map<string, string>();
    for (const line of readFileSync(`${logFile}.text`, 'latin1').split('\n')) {
      const match = /^(\d+ \d+) (.*)$/s.exec(line);
      const key = match?.[1] ?? `line '${line}'`;
      if (line !== '') text.set(key, tidy(match?.[2] ?? '', local) + (text.has(key) ? ' (again)' : ''));
    }
    const json = new Map<string, readonly Json[]>();
    for (const line of readFileSync(`${logFile}.json`, 'latin1').split('\n')) {
      if (line === '') continue;
      const one = JSON.parse(tidy(line, local)) as Json;
      const key = String(one.scenario);
      json.set(key, [...(json.get(key) ?? []), one]);
    }
    return { text, json };
  } finally {
    if (running !== undefined) await stop(running);
    for (const backend of backends) backend.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function same(operator: string, one: unknown, other: unknown): boolean {
  if (JSON.stringify(one) === JSON.stringify(other)) return true;
  return (
    volatileValue(operator, one) !== undefined &&
    volatileValue(operator, one) === volatileValue(operator, other)
  );
}

function compareLogs(real: Logs, ours: Logs, lines: string[]): { passed: number; failed: number } {
  let passed = 0;
  let failed = 0;
  for (const [index, name] of names.entries()) {
    for (const [at, operator] of operators.entries()) {
      const key = `${index} ${at}`;
      const one = real.text.get(key);
      const other = ours.text.get(key);
      if (same(operator, one, other)) passed++;
      else {
        failed++;
        lines.push(`${name}: ${operator}: Envoy ${JSON.stringify(one)}, envoy3 ${JSON.stringify(other)}`);
      }
    }
    for (const [nth, one] of (real.json.get(String(index)) ?? []).entries()) {
      const other = ours.json.get(String(index))?.[nth] ?? {};
      for (const member of new Set([...Object.keys(one), ...Object.keys(other)])) {
        const operator = member.startsWith('o') ? (operators[Number(member.slice(1))] ?? member) : member;
        if (same(operator, one[member], other[member])) passed++;
        else {
          failed++;
          const [told, ownTold] = [JSON.stringify(one[member]), JSON.stringify(other[member])];
          lines.push(`${name}: JSON ${nth}: ${operator}: Envoy ${told}, envoy3 ${ownTold}`);
        }
      }
    }
  }
  return { passed, failed };
}

/** What Envoy says of a format: `''` when it takes it. */
function realVerdict(format: string, envoyBin: string, folder: string): string {
  const file = join(folder, 'verdict.json');
  const manager = {
    '@type': `${types}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'p',
    route_config: { name: 'r' },
    http_filters: [
      { name: 'router', typed_config: { '@type': `${types}extensions.filters.http.router.v3.Router` } },
    ],
    access_log: [
      {
        name: 'file',
        typed_config: {
          '@type': `${types}extensions.access_loggers.file.v3.FileAccessLog`,
          path: '/dev/null',
          log_format: { text_format_source: { inline_string: format } },
        },
      },
    ],
  };
  const listener = {
    name: 'l',
    address: { socket_address: { address: '127.0.0.1', port_value: 0 } },
    filter_chains: [{ filters: [{ name: 'm', typed_config: manager }] }],
  };
  writeFileSync(file, JSON.stringify({ static_resources: { listeners: [listener] } }));
  const args = ['-c', file, '--mode', 'validate', '--use-dynamic-base-id', '-l', 'critical'];
  const { status, stderr } = spawnSync(envoyBin, args, { encoding: 'utf8', timeout: 20_000 });
  return status === 0
    ? ''
    : (/error initializing configuration '[^']*': (.*)/s.exec(stderr)?.[1] ?? stderr).trim();
}

function ourVerdict(format: string): string {
  try {
    compileFormat(format);
    return '';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.unsupported ? `unsupported: ${error.message}` : error.message;
  }
}

function compareVerdicts(envoyBin: string, lines: string[]): { passed: number; failed: number } {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-verdict-'));
  let passed = 0;
  let failed = 0;
  const unserved: string[] = [];
  for (const format of refusedFormats) {
    const real = realVerdict(format, envoyBin, folder);
    const ours = ourVerdict(format);
    if (real === '' && ours.startsWith('unsupported: ')) unserved.push(format);
    else if (real === ours || (real !== '' && ours !== '' && !ours.startsWith('unsupported'))) passed++;
    else {
      failed++;
      lines.push(`${format}: Envoy ${real || 'takes it'}, envoy3 ${ours || 'takes it'}`);
    }
  }
  rmSync(folder, { recursive: true, force: true });
  lines.push(`refused by name, since they need real Envoy: ${unserved.join(' ') || 'none'}`);
  return { passed, failed };
}

export async function run({ envoyBin, root }: DifferentialContext): Promise<DifferentialResult> {
  const flags = ['-l', 'warning', '--file-flush-interval-msec', '50'];
  const real = await observe('envoy', (file) => [
    envoyBin,
    ['-c', file, '--concurrency', '1', '--use-dynamic-base-id', ...flags],
  ]);
  const ours = await observe('envoy3', (file) => [
    process.execPath,
    [join(root, 'cli', 'envoy3.mjs'), 'serve', '-c', file, '--no-watch', ...flags],
  ]);
  const lines: string[] = [];
  const values = compareLogs(real, ours, lines);
  const verdicts = compareVerdicts(envoyBin, lines);
  lines.unshift(
    `${operators.length} operators in ${names.length} endings, text and JSON: ${values.passed} values equal, ` +
      `${values.failed} differ; ${verdicts.passed} verdicts equal, ${verdicts.failed} differ`,
  );
  return { passed: values.passed + verdicts.passed, failed: values.failed + verdicts.failed, lines };
}
