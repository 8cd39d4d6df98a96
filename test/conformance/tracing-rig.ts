/**
 * The rig of the tracing suite: real Envoy and the bundled runtime report the spans of the same requests to a collector,
 * and what the client, the upstream, the collector and the access log saw is compared.
 */
import { reservePorts } from '../support/port-block.js';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { protobufFields } from '../../runtime/common/protobuf.js';
import type { Running } from '../bench/processes.js';
import { start, stop, waitForPort } from '../bench/processes.js';
import type { DifferentialContext, DifferentialResult } from './differential.js';
import { listen } from './differential.js';

type Json = Record<string, unknown>;

export interface TracingCase {
  readonly id: string;
  readonly tracer: 'zipkin' | 'otlp-http' | 'otlp-grpc';
  /** More fields of the tracer's configuration. */
  readonly provider?: Json;
  /** Fields of `tracing`. */
  readonly tracing?: Json;
  readonly manager?: Json;
  readonly listener?: Json;
  /** More fields of the one route to the cluster. */
  readonly route?: Json;
  /** More fields of its action. */
  readonly action?: Json;
  /** In the place of a route to the cluster. */
  readonly routes?: readonly unknown[];
  readonly router?: Json;
  readonly cluster?: Json;
  /** Nobody listens at the port of the cluster. */
  readonly refused?: boolean;
  /** HTTP/1.1 as octets, one after the other, each on a connection of its own. */
  readonly requests: readonly string[];
  /** Of the upstream, one after the other; the last one stays. `''`: it closes. */
  readonly answers?: readonly string[];
}

interface Observation {
  readonly responses: readonly string[];
  readonly upstream: readonly string[];
  readonly spans: readonly string[];
  readonly log: readonly string[];
  readonly stats: readonly string[];
}

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const types = 'type.googleapis.com/envoy.';
const exportMethod = {
  path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  requestStream: false,
  responseStream: false,
  requestSerialize: (octets: Buffer) => octets,
  requestDeserialize: (octets: Buffer) => octets,
  responseSerialize: (octets: Buffer) => octets,
  responseDeserialize: (octets: Buffer) => octets,
};

function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((done) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => done(Buffer.concat(parts)));
  });
}

/** Takes spans in all three ways, and keeps them by the number of their case. */
class Collector {
  readonly byCase = new Map<number, Json[]>();
  /** Heads of the reports over HTTP. */
  readonly heads = new Map<number, string>();
  private readonly http = createHttpServer((request, response) => {
    void bodyOf(request).then((body) => {
      const index = Number(/\d+$/.exec(request.url ?? '')?.[0] ?? -1);
      const { 'x-forwarded-for': _own, 'user-agent': agent, ...headers } = request.headers;
      const head = { ...headers, 'user-agent': agent?.replace(/\/.*/, '') };
      this.heads.set(index, JSON.stringify(Object.entries(head).sort()));
      const isZipkin = request.url?.startsWith('/zipkin') === true;
      if (!isZipkin) this.add(index, otlpSpans(body));
      else if (headers['content-type'] === 'application/json')
        this.add(index, JSON.parse(body.toString()) as Json[]);
      else this.add(index, zipkinSpans(body));
      response.writeHead(isZipkin ? 202 : 200).end();
    });
  });
  private readonly grpc = new GrpcServer();

  private add(index: number, spans: readonly Json[]): void {
    this.byCase.set(index, [...(this.byCase.get(index) ?? []), ...spans]);
  }

  async listen(): Promise<{ http: number; grpc: number }> {
    this.grpc.addService(
      { Export: exportMethod },
      {
        Export: (
          call: { request: Buffer; metadata: { get(name: string): unknown[] } },
          done: (error: null, answer: Buffer) => void,
        ) => {
          this.add(Number(call.metadata.get('x-case')[0]), otlpSpans(call.request));
          done(null, Buffer.alloc(0));
        },
      },
    );
    const grpc = await new Promise<number>((bound, fail) => {
      this.grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error === null ? bound(port) : fail(error),
      );
    });
    return { http: await listen(this.http), grpc };
  }

  close(): void {
    this.http.closeAllConnections();
    this.http.close();
    this.grpc.forceShutdown();
  }
}

function attributesOf(message: Buffer, field: number): Json {
  const found: [string, string][] = [];
  for (const part of protobufFields(message)) {
    if (part.field !== field) continue;
    const [key, value] = [...protobufFields(part.octets)];
    const text = [...protobufFields(value?.octets ?? Buffer.alloc(0))][0]?.octets.toString('latin1') ?? '';
    found.push([key?.octets.toString() ?? '', text]);
  }
  return Object.fromEntries(found);
}

/** `ExportTraceServiceRequest` as spans, each with its resource and scope. */
function otlpSpans(message: Buffer): Json[] {
  const spans: Json[] = [];
  for (const { octets: resourceSpans } of protobufFields(message)) {
    let resource: Json = {};
    for (const part of protobufFields(resourceSpans)) {
      if (part.field === 1) resource = attributesOf(part.octets, 1);
      if (part.field !== 2) continue;
      let scope = '';
      for (const { field, octets } of protobufFields(part.octets)) {
        if (field === 1) scope = [...protobufFields(octets)][0]?.octets.toString() ?? '';
        if (field === 2) spans.push({ resource, scope, ...otlpSpan(octets) });
      }
    }
  }
  return spans;
}

function otlpSpan(message: Buffer): Json {
  const span: Json = { tags: attributesOf(message, 9) };
  const annotations: Json[] = [];
  for (const { field, number, octets } of protobufFields(message)) {
    if (field === 1) span.traceId = octets.toString('hex');
    else if (field === 2) span.id = octets.toString('hex');
    else if (field === 3) span.traceState = octets.toString();
    else if (field === 4) span.parentId = octets.toString('hex');
    else if (field === 5) span.name = octets.toString();
    else if (field === 6) span.kind = number;
    else if (field === 7) span.timestamp = Number(octets.readBigUInt64LE() / 1000n);
    else if (field === 8) span.end = Number(octets.readBigUInt64LE() / 1000n);
    else if (field === 15) span.status = octets.toString('hex');
    else if (field === 16) span.flags = octets.toString('hex');
    else if (field === 11) annotations.push({ value: [...protobufFields(octets)][1]?.octets.toString() });
  }
  const { end, ...rest } = span;
  return { ...rest, annotations, duration: Number(end) - Number(span.timestamp) };
}

/** `zipkin.proto3.ListOfSpans`, in the names of the JSON. */
function zipkinSpans(message: Buffer): Json[] {
  return [...protobufFields(message)].map(({ octets: span }) => {
    const found: Json = { isProto: true };
    const tags: [string, string][] = [];
    const annotations: Json[] = [];
    for (const { field, number, octets } of protobufFields(span)) {
      if (field === 1) found.traceId = octets.toString('hex');
      else if (field === 2) found.parentId = octets.toString('hex');
      else if (field === 3) found.id = octets.toString('hex');
      else if (field === 4) found.kind = number;
      else if (field === 5) found.name = octets.toString();
      else if (field === 6) found.timestamp = Number(octets.readBigUInt64LE());
      else if (field === 7) found.duration = number;
      else if (field === 8) found.localEndpoint = octets.toString('hex');
      else if (field === 13) found.shared = number === 1;
      else if (field === 10) annotations.push({ value: [...protobufFields(octets)][1]?.octets.toString() });
      else if (field === 11) {
        const [key, value] = [...protobufFields(octets)];
        tags.push([key?.octets.toString() ?? '', value?.octets.toString() ?? '']);
      }
    }
    return { ...found, annotations, tags: Object.fromEntries(tags) };
  });
}

const twoYearsMs = 2 * 365 * 24 * 3_600_000;

/** One line, in one order; times are said to be right or not. */
function spanText(span: Json): string {
  const { annotations, duration, resource, tags, timestamp, ...rest } = span;
  const isNow = Math.abs(Number(timestamp) / 1000 - Date.now()) < twoYearsMs;
  const fixed = { ...(resource as Json | undefined) };
  delete fixed['telemetry.sdk.version'];
  delete fixed['telemetry.sdk.language'];
  const events = ((annotations ?? []) as readonly Json[]).map(({ value }) => value);
  const sorted = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([one], [other]) => (one < other ? -1 : 1))
            .map(([name, one]) => [name, sorted(one)]),
        )
      : value;
  return JSON.stringify(
    sorted({
      ...rest,
      tags,
      resource: fixed,
      events,
      time: isNow ? 'now' : timestamp,
      duration: Number(duration) > 0 && Number(duration) < 10_000_000 ? 'short' : duration,
    }),
  );
}

function providerOf(one: TracingCase, index: number): Json {
  if (one.tracer === 'zipkin') {
    return {
      name: 'envoy.tracers.zipkin',
      typed_config: {
        '@type': `${types}config.trace.v3.ZipkinConfig`,
        collector_cluster: 'collector',
        collector_endpoint: `/zipkin/${index}`,
        collector_endpoint_version: 'HTTP_JSON',
        ...one.provider,
      },
    };
  }
  const target =
    one.tracer === 'otlp-http'
      ? {
          http_service: {
            http_uri: { uri: `http://otel.example/otlp/${index}`, cluster: 'collector', timeout: '1s' },
          },
        }
      : {
          grpc_service: {
            envoy_grpc: { cluster_name: 'grpc_collector' },
            timeout: '1s',
            initial_metadata: [{ key: 'x-case', value: String(index) }],
          },
        };
  return {
    name: 'envoy.tracers.opentelemetry',
    typed_config: {
      '@type': `${types}config.trace.v3.OpenTelemetryConfig`,
      service_name: 'service',
      ...target,
      ...one.provider,
    },
  };
}

const logFormat =
  '%RESPONSE_CODE% %RESPONSE_FLAGS% trace=%TRACE_ID% span=%SPAN_ID% id=%REQ(X-REQUEST-ID)% stream=%STREAM_ID%';

function listenerOf(one: TracingCase, index: number, port: number, logFile: string): Json {
  const routes = one.routes ?? [
    { match: { prefix: '/' }, route: { cluster: `c${index}`, ...one.action }, ...one.route },
  ];
  const log = (filter: Json | undefined, mark: string): Json => ({
    name: 'file',
    ...(filter === undefined ? {} : { filter }),
    typed_config: {
      '@type': `${types}extensions.access_loggers.file.v3.FileAccessLog`,
      path: logFile,
      log_format: { text_format_source: { inline_string: `${index} ${mark} ${logFormat}\n` } },
    },
  });
  return {
    name: `l${index}`,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    ...one.listener,
    filter_chains: [
      {
        filters: [
          {
            name: 'manager',
            typed_config: {
              '@type': `${types}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
              stat_prefix: `p${index}`,
              tracing: { provider: providerOf(one, index), ...one.tracing },
              route_config: { name: 'r', virtual_hosts: [{ name: 'v', domains: ['*'], routes }] },
              http_filters: [
                {
                  name: 'router',
                  typed_config: {
                    '@type': `${types}extensions.filters.http.router.v3.Router`,
                    ...one.router,
                  },
                },
              ],
              access_log: [log(undefined, 'all'), log({ traceable_filter: {} }, 'traceable')],
              ...one.manager,
            },
          },
        ],
      },
    ],
  };
}

function clusterOf(name: string, port: number, more: Json = {}): Json {
  return {
    name,
    ...more,
    load_assignment: {
      cluster_name: name,
      endpoints: [
        {
          lb_endpoints: [
            {
              endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } },
              metadata: { filter_metadata: { ns: { of: 'host' } } },
            },
          ],
        },
      ],
    },
  };
}

class Backend {
  readonly seen: string[] = [];
  readonly sockets = new Set<Socket>();
  private answered = 0;
  readonly server = createServer((socket) => {
    this.sockets.add(socket);
    let text = '';
    socket.on('error', () => undefined).setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (!text.includes('\r\n\r\n')) return;
      this.seen.push(text);
      text = '';
      const { answers = [ok] } = this.one;
      const answer = answers[Math.min(this.answered++, answers.length - 1)] as string;
      if (answer === '') socket.destroy();
      else socket.write(answer, 'latin1');
    });
  });
  private readonly one: TracingCase;

  constructor(one: TracingCase) {
    this.one = one;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

/** Sends a request, and takes what comes until the response is whole or the connection ends. */
function exchange(port: number, request: string): Promise<string> {
  return new Promise((done) => {
    let text = '';
    const socket = connect(port, '127.0.0.1');
    const timer = setTimeout(() => finish(), 3000);
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      done(text);
    };
    socket.on('error', finish).on('close', finish).setEncoding('latin1');
    socket.on('connect', () => socket.write(request, 'latin1'));
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (text.length - end - 4 >= length) finish();
    });
  });
}

/** Ids that were drawn are numbered in the order in which they come up; those of the requests stay. */
function numberIds(text: string, known: string, names: Map<string, string>): string {
  return text.replace(/\b[0-9a-f]{32}\b|\b[0-9a-f]{16}\b/g, (id) => {
    if (known.includes(id)) return id;
    const name = names.get(id) ?? `id${names.size}(${id.length})`;
    names.set(id, name);
    return name;
  });
}

function normalise(text: string, ports: readonly number[]): string {
  let tidy = text
    .replace(/(date: )[^\r\n]+/gi, '$1DATE')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID-$1')
    .replace(/(x-envoy-upstream-service-time: )\d+/gi, '$1N')
    .replace(/(x-envoy-expected-rq-timeout-ms: )14\d\d\d\b/gi, '$1MOST');
  for (const port of ports) tidy = tidy.replaceAll(String(port), 'PORT');
  return tidy;
}

/**
 * Reports come in any order: sorted by what is the same in every run, ids that the upstream or the log have told included.
 */
function sortSpans(spans: readonly string[], names: ReadonlyMap<string, string>): string[] {
  const key = (text: string): string =>
    text.replace(/\b[0-9a-f]{32}\b|\b[0-9a-f]{16}\b/g, (id) => names.get(id) ?? 'id');
  return [...spans].sort((one, other) => (key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : 0));
}

/** What one list has at some place and the other has not. */
function differing(one: readonly string[], other: readonly string[]): string[] {
  return one.filter((text, at) => text !== other[at]);
}

async function observe(
  cases: readonly TracingCase[],
  name: string,
  command: (file: string) => readonly [string, readonly string[]],
): Promise<Observation[]> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-tracing-'));
  const logFile = join(folder, 'access.log');
  writeFileSync(logFile, '');
  const collector = new Collector();
  const at = await collector.listen();
  const backends = cases.map((one) => new Backend(one));
  const backendPorts = await Promise.all(backends.map(({ server }) => listen(server)));
  const [adminPort = 0, ...drawn] = await reservePorts(2 * cases.length + 1);
  const ports = drawn.slice(0, cases.length);
  const refused = drawn.slice(cases.length);
  const upstreamPorts = cases.map((one, index) =>
    Number(one.refused === true ? refused[index] : backendPorts[index]),
  );
  const h2 = {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': `${types}extensions.upstreams.http.v3.HttpProtocolOptions`,
      explicit_http_config: { http2_protocol_options: {} },
    },
  };
  const bootstrap = {
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: adminPort } } },
    node: { id: 'node', cluster: 'cluster', locality: { zone: 'zone' } },
    layered_runtime: {
      layers: [
        {
          name: 'static',
          static_layer: {
            'tracing.zipkin.min_flush_spans': 1,
            'tracing.opentelemetry.min_flush_spans': 1,
          },
        },
      ],
    },
    static_resources: {
      listeners: cases.map((one, index) => listenerOf(one, index, ports[index] as number, logFile)),
      clusters: [
        clusterOf('collector', at.http),
        clusterOf('grpc_collector', at.grpc, { typed_extension_protocol_options: h2 }),
        ...cases.map((one, index) =>
          clusterOf(`c${index}`, upstreamPorts[index] as number, {
            metadata: { filter_metadata: { ns: { of: 'cluster' } } },
            ...one.cluster,
          }),
        ),
      ],
    },
  };
  const file = join(folder, 'envoy.json');
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
    const responses = await Promise.all(
      cases.map(async ({ requests }, index) => {
        const found: string[] = [];
        for (const request of requests) found.push(await exchange(ports[index] as number, request));
        return found;
      }),
    );
    // Reports leave at once, log lines within the interval of the command line.
    await new Promise((done) => setTimeout(done, 700));
    const stats = await (await fetch(`http://127.0.0.1:${adminPort}/stats?filter=tracing`)).text();
    const lines = readFileSync(logFile, 'latin1').split('\n');
    return cases.map((one, index) => {
      const known = one.requests.join();
      const local = [ports[index] as number, upstreamPorts[index] as number, at.http];
      const upstream = (backends[index] as Backend).seen;
      const spans = (collector.byCase.get(index) ?? []).map((span) => normalise(spanText(span), local));
      const log = lines
        .filter((line) => line.startsWith(`${index} `))
        .map((line) => line.slice(line.indexOf(' ') + 1));
      const names = new Map<string, string>();
      const number = (texts: readonly string[]): string[] =>
        texts.map((text) => numberIds(normalise(text, local), known, names));
      const ownResponses = number(responses[index] ?? []);
      const ownUpstream = number(upstream);
      const ownLog = number(log);
      const heads = number([collector.heads.get(index) ?? '']);
      const ownSpans = sortSpans(spans, names).map((text) => numberIds(text, known, names));
      return {
        responses: ownResponses,
        upstream: ownUpstream,
        spans: [...heads, ...ownSpans],
        log: ownLog,
        stats: stats
          .split('\n')
          .filter((line) => line.startsWith(`http.p${index}.`))
          .sort(),
      };
    });
  } finally {
    if (running !== undefined) await stop(running);
    collector.close();
    for (const backend of backends) backend.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const flags = ['-l', 'warning', '--file-flush-interval-msec', '50'];

/** @param known ids of cases that differ on purpose, with the reason; one that is equal fails */
export async function runTracing(
  cases: readonly TracingCase[],
  known: Readonly<Record<string, string>>,
  { envoyBin, root }: DifferentialContext,
): Promise<DifferentialResult> {
  const real = await observe(cases, 'envoy', (file) => [
    envoyBin,
    ['-c', file, '--concurrency', '1', '--use-dynamic-base-id', ...flags],
  ]);
  const ours = await observe(cases, 'envoy3', (file) => [
    process.execPath,
    [join(root, 'cli', 'envoy3.mjs'), 'serve', '-c', file, '--no-watch', ...flags],
  ]);
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  let spans = 0;
  for (const [index, { id }] of cases.entries()) {
    const one = real[index] as Observation;
    const other = ours[index] as Observation;
    const parts = Object.keys(one) as (keyof Observation)[];
    const different = parts.filter((part) => JSON.stringify(one[part]) !== JSON.stringify(other[part]));
    spans += one.spans.length;
    const reason = known[id];
    if (reason !== undefined && different.length > 0) lines.push(`differs on purpose: ${id}: ${reason}`);
    else if (reason !== undefined || different.length > 0) {
      failed++;
      lines.push(`${id}: ${reason === undefined ? 'differs' : 'is listed as a difference, and is none'}`);
      for (const part of different) {
        lines.push(`  ${part}`);
        for (const text of differing(one[part], other[part]))
          lines.push(`    Envoy  ${JSON.stringify(text)}`);
        for (const text of differing(other[part], one[part]))
          lines.push(`    envoy3 ${JSON.stringify(text)}`);
      }
    } else passed++;
  }
  lines.unshift(`${cases.length} cases, ${spans} reports and spans: ${passed} equal, ${failed} differ`);
  return { passed, failed, lines };
}
