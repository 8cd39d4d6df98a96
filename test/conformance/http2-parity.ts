/**
 * HTTP/2 beside real Envoy: the same frames to both, and the frames that came back, what the upstream saw, what became of
 * the connection and what the access log says, compared. After the recorded cases of Envoy 1.40 (`09-h2`), put live.
 */
import { reservePorts } from '../support/port-block.js';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uint32 } from '../../runtime/http/http2/frame.js';
import type { Running } from '../bench/processes.js';
import { start, stop, waitForPort } from '../bench/processes.js';
import type { DifferentialContext, DifferentialResult } from './differential.js';
import type { ClientScript, ClientView, Fields } from './http2-exchange.js';
import { exchange, FrameWriter, frame, startHttp1Upstream, startHttp2Upstream } from './http2-exchange.js';
import { http2KnownDifferences } from './known-differences.js';

type Json = Record<string, unknown>;

interface Http2Case {
  readonly id: string;
  readonly script: (writer: FrameWriter) => Omit<ClientScript, 'observeMs'> | string;
  readonly upstream?: 'h1' | 'h2';
  readonly manager?: Json;
  readonly route?: Json;
  readonly observeMs?: number;
}

const request = (path: string, more: Fields = [], method = 'GET'): Fields => [
  [':method', method],
  [':scheme', 'http'],
  [':authority', 'a.example'],
  [':path', path],
  ...more,
];

const one =
  (fields: Fields) =>
  (writer: FrameWriter): string =>
    writer.headers(1, fields);
const get = (path: string, more: Fields = []) => one(request(path, more));
const post =
  (path: string, body: string, more: Fields = []) =>
  (writer: FrameWriter): string =>
    writer.headers(1, request(path, more, 'POST'), false) + writer.data(1, body);
const grpc: Fields = [
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
];

/** The same request with another second one on the connection: does it live on? */
const thenAnother = (fields: Fields) => (writer: FrameWriter) => ({
  frames: writer.headers(1, fields),
  later: [[200, writer.headers(3, request('/again'))]] as const,
});

const malformed: readonly [string, Fields][] = [
  ['upper-name', request('/x', [['Accept', 'x']])],
  ['connection-hdr', request('/x', [['connection', 'close']])],
  ['keep-alive', request('/x', [['keep-alive', 'x']])],
  ['te-gzip', request('/x', [['te', 'gzip']])],
  ['transfer-encoding', request('/x', [['transfer-encoding', 'chunked']])],
  ['no-authority', request('/x').filter(([name]) => name !== ':authority')],
  ['no-path', request('/x').filter(([name]) => name !== ':path')],
  ['no-method', request('/x').filter(([name]) => name !== ':method')],
  ['no-scheme', request('/x').filter(([name]) => name !== ':scheme')],
  ['empty-path', request('')],
  ['rel-path', request('x')],
  ['path-space', request('/a b')],
  ['path-nul', request('/a\0b')],
  ['dup-path', request('/x', [[':path', '/y']])],
  ['unknown-pseudo', request('/x', [[':foo', 'y']])],
  ['pseudo-after', [['x', 'y'], ...request('/x')]],
  ['value-nul', request('/x', [['x', 'a\0b']])],
  ['value-crlf', request('/x', [['x', 'a\r\nb']])],
  ['empty-name', request('/x', [['', 'b']])],
  [
    'cl-twice',
    request('/x', [
      ['content-length', '1'],
      ['content-length', '1'],
    ]),
  ],
  ['cl-bad', request('/x', [['content-length', 'x']])],
  ['ext-connect-off', request('/x', [[':protocol', 'websocket']], 'CONNECT')],
  ['status-in-request', request('/x', [[':status', '200']])],
  ['bad-method', request('/x', [], 'G(T')],
];

const cases: Http2Case[] = [
  ...['h1', 'h2'].flatMap((upstream): Http2Case[] => [
    { id: `get ${upstream}`, upstream: upstream as 'h1', script: get('/x?q') },
    { id: `head ${upstream}`, upstream: upstream as 'h1', script: one(request('/x', [], 'HEAD')) },
    { id: `post ${upstream}`, upstream: upstream as 'h1', script: post('/x', 'body') },
    {
      id: `post with length ${upstream}`,
      upstream: upstream as 'h1',
      script: post('/x', 'body', [['content-length', '4']]),
    },
    { id: `empty post ${upstream}`, upstream: upstream as 'h1', script: one(request('/x', [], 'POST')) },
    { id: `delete ${upstream}`, upstream: upstream as 'h1', script: one(request('/x', [], 'DELETE')) },
    {
      id: `cookies ${upstream}`,
      upstream: upstream as 'h1',
      script: get('/x', [
        ['cookie', 'a=1'],
        ['x', 'y'],
        ['cookie', 'b=2'],
      ]),
    },
    {
      id: `repeats ${upstream}`,
      upstream: upstream as 'h1',
      script: get('/x', [
        ['accept', 'a'],
        ['x', '1'],
        ['accept', 'b'],
        ['x', '2'],
      ]),
    },
    { id: `te trailers ${upstream}`, upstream: upstream as 'h1', script: get('/x', [['te', 'trailers']]) },
    {
      id: `host only ${upstream}`,
      upstream: upstream as 'h1',
      script: one([...request('/x').filter(([name]) => name !== ':authority'), ['host', 'h.example']]),
    },
    {
      id: `host beside authority ${upstream}`,
      upstream: upstream as 'h1',
      script: get('/x', [['host', 'other']]),
    },
    { id: `spaces in a value ${upstream}`, upstream: upstream as 'h1', script: get('/x', [['a', ' b ']]) },
    {
      id: `request trailers ${upstream}`,
      upstream: upstream as 'h1',
      script: (writer) =>
        writer.headers(1, request('/x', [], 'POST'), false) +
        writer.data(1, 'b', false) +
        writer.headers(1, [['x-t', 'v']]),
    },
    {
      id: `expect ${upstream}`,
      upstream: upstream as 'h1',
      script: post('/x', 'ok', [
        ['expect', '100-continue'],
        ['content-length', '2'],
      ]),
    },
    { id: `options star ${upstream}`, upstream: upstream as 'h1', script: one(request('*', [], 'OPTIONS')) },
    {
      id: `scheme https ${upstream}`,
      upstream: upstream as 'h1',
      script: one(
        request('/x').map(([name, value]) => [name, name === ':scheme' ? 'https' : value] as const),
      ),
    },
    { id: `close ${upstream}`, upstream: upstream as 'h1', script: get('/close') },
    {
      id: `websocket ${upstream}`,
      upstream: upstream as 'h1',
      manager: {
        upgrade_configs: [{ upgrade_type: 'websocket' }],
        http2_protocol_options: { allow_connect: true },
      },
      script: (writer) => ({
        frames: writer.headers(
          1,
          request(
            upstream === 'h1' ? '/x' : '/tunnel',
            [
              [':protocol', 'websocket'],
              ['sec-websocket-version', '13'],
            ],
            'CONNECT',
          ),
          false,
        ),
        later: [[300, writer.data(1, 'hello', false)]],
      }),
    },
    {
      id: `two streams ${upstream}`,
      upstream: upstream as 'h1',
      script: (writer) => ({
        frames: writer.headers(1, request('/x')),
        later: [[200, writer.headers(3, request('/y'))]],
      }),
    },
  ]),
  ...malformed.map(([id, fields]): Http2Case => ({ id, script: one(fields) })),
  ...malformed.slice(0, 8).map(
    ([id, fields]): Http2Case => ({
      id: `override: ${id}`,
      script: thenAnother(fields),
      manager: { http2_protocol_options: { override_stream_error_on_invalid_http_message: true } },
    }),
  ),
  { id: 'path-fragment', script: thenAnother(request('/a#b')) },
  {
    id: 'big-header-61k',
    script: (writer) => {
      const block = writer.block(request('/x', [['b', 'v'.repeat(61 * 1024)]]));
      return (
        frame(1, 1, 1, block.slice(0, 16384)) +
        frame(9, 0, 1, block.slice(16384, 32768)) +
        frame(9, 0, 1, block.slice(32768, 49152)) +
        frame(9, 4, 1, block.slice(49152))
      );
    },
  },
  {
    id: '101-headers',
    script: get(
      '/x',
      Array.from({ length: 101 }, (_, index) => [`h${index}`, 'b'] as const),
    ),
  },
  {
    id: '96-headers',
    script: get(
      '/x',
      Array.from({ length: 96 }, (_, index) => [`h${index}`, 'b'] as const),
    ),
  },
  { id: 'cl-long', script: post('/hang', 'abc', [['content-length', '2']]) },
  { id: 'cl-short', script: post('/hang', 'abc', [['content-length', '5']]) },
  {
    id: 'no route',
    script: get('/none'),
    route: { match: { prefix: '/only' }, route: { cluster: 'CLUSTER' } },
  },
  {
    id: 'direct response',
    script: get('/x'),
    route: { match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'hi' } } },
  },
  {
    id: 'redirect',
    script: get('/x'),
    route: { match: { prefix: '/' }, redirect: { https_redirect: true } },
  },
  {
    id: 'connect',
    script: (writer) =>
      writer.headers(
        1,
        [
          [':method', 'CONNECT'],
          [':authority', 'a:1'],
        ],
        false,
      ),
  },
  ...[
    'refuse',
    'rst2',
    'rst8',
    'goaway',
    'midrst',
    'midclose',
    'clshort',
    'cllong',
    '204body',
    'headers204',
    'trail',
    '103',
    'badhdr',
    'nostatus',
    'many',
    'grpc',
    'trailersonly',
    'early',
  ].map((what): Http2Case => ({ id: `upstream ${what}`, script: get(`/${what}`) })),
  { id: 'upstream 103 proxied', script: get('/103'), manager: { proxy_100_continue: true } },
  {
    id: 'early answer to an unfinished request',
    script: (writer) => writer.headers(1, request('/early', [], 'POST'), false) + writer.data(1, 'x', false),
  },
  ...['halfcl', '204', '304', 'trailers', '103then'].map(
    (what): Http2Case => ({ id: `h1 ${what}`, upstream: 'h1', script: get(`/${what}`) }),
  ),
  { id: 'grpc call', script: post('/grpc', 'msg', grpc) },
  { id: 'grpc trailers only', script: post('/trailersonly', 'msg', grpc) },
  { id: 'grpc reset', script: post('/rst2', 'msg', grpc) },
  { id: 'grpc refused', script: post('/refuse', 'msg', grpc) },
  { id: 'grpc mid reset', script: post('/midrst', 'msg', grpc) },
  {
    id: 'grpc no route',
    script: post('/x', 'msg', grpc),
    route: { match: { prefix: '/only' }, route: { cluster: 'CLUSTER' } },
  },
  {
    id: 'grpc time-out',
    script: post('/hang', 'msg', grpc),
    route: { match: { prefix: '/' }, route: { cluster: 'CLUSTER', timeout: '0.2s' } },
  },
  {
    id: 'grpc-timeout header',
    script: post('/hang', 'msg', [...grpc, ['grpc-timeout', '200m']]),
    route: {
      match: { prefix: '/' },
      route: { cluster: 'CLUSTER', max_stream_duration: { grpc_timeout_header_max: '10s' } },
    },
  },
  {
    id: 'time-out',
    script: get('/hang'),
    route: { match: { prefix: '/' }, route: { cluster: 'CLUSTER', timeout: '0.2s' } },
  },
  {
    id: 'client resets',
    script: (writer) => ({
      frames: writer.headers(1, request('/hang'), false),
      later: [[200, frame(3, 0, 1, uint32(8))]],
    }),
  },
  {
    id: 'client refuses',
    script: (writer) => ({
      frames: writer.headers(1, request('/hang')),
      later: [[200, frame(3, 0, 1, uint32(7))]],
    }),
  },
  {
    id: 'retry of a refused stream',
    script: get('/refuse'),
    route: {
      match: { prefix: '/' },
      route: { cluster: 'CLUSTER', retry_policy: { retry_on: 'refused-stream', num_retries: 1 } },
    },
  },
  {
    id: 'more streams than allowed',
    manager: { http2_protocol_options: { max_concurrent_streams: 2 } },
    script: (writer) => [1, 3, 5].map((id) => writer.headers(id, request('/hang'))).join(''),
  },
  {
    id: 'max requests per connection',
    observeMs: 2600,
    manager: { common_http_protocol_options: { max_requests_per_connection: 2 }, drain_timeout: '0.3s' },
    script: (writer) => ({
      frames: writer.headers(1, request('/x')),
      later: [[200, writer.headers(3, request('/y'))]],
    }),
  },
  {
    id: 'idle time-out',
    observeMs: 2600,
    manager: { common_http_protocol_options: { idle_timeout: '0.3s' }, drain_timeout: '0.4s' },
    script: get('/x'),
  },
  {
    id: 'underscore rejected',
    manager: { common_http_protocol_options: { headers_with_underscores_action: 'REJECT_REQUEST' } },
    script: thenAnother(request('/x', [['a_b', 'c']])),
  },
  {
    id: 'underscore dropped',
    manager: { common_http_protocol_options: { headers_with_underscores_action: 'DROP_HEADER' } },
    script: get('/x', [
      ['a_b', 'c'],
      ['d', 'e'],
    ]),
  },
  { id: 'codec HTTP2', manager: { codec_type: 'HTTP2' }, script: get('/x') },
  {
    id: 'stream idle time-out',
    manager: { stream_idle_timeout: '0.3s' },
    script: (writer) => writer.headers(1, request('/hang', [], 'POST'), false),
  },
  {
    id: 'request headers only, then reset after a part',
    script: (writer) => ({
      frames: writer.headers(1, request('/hang', [], 'POST'), false) + writer.data(1, 'part', false),
      later: [[200, frame(3, 0, 1, uint32(8))]],
    }),
  },
];

interface Observation extends ClientView {
  readonly upstream: readonly string[];
  readonly log: string;
}

function listen(server: Server): Promise<number> {
  return new Promise((done) =>
    server.listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port)),
  );
}

const logFormat =
  '%PROTOCOL% %REQ(:METHOD)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% rx=%BYTES_RECEIVED% tx=%BYTES_SENT% grpc=%GRPC_STATUS%';

function listener(one: Http2Case, index: number, port: number, logFile: string): Json {
  const route = JSON.parse(
    JSON.stringify(one.route ?? { match: { prefix: '/' }, route: { cluster: 'CLUSTER' } }).replaceAll(
      'CLUSTER',
      `c${index}`,
    ),
  ) as Json;
  return {
    name: `l${index}`,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [
      {
        filters: [
          {
            name: 'hcm',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              stat_prefix: `p${index}`,
              route_config: { virtual_hosts: [{ name: 'v', domains: ['*'], routes: [route] }] },
              http_filters: [
                {
                  name: 'r',
                  typed_config: {
                    '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
                  },
                },
              ],
              access_log: [
                {
                  name: 'f',
                  typed_config: {
                    '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
                    path: logFile,
                    log_format: { text_format_source: { inline_string: `${index} ${logFormat}\n` } },
                  },
                },
              ],
              ...one.manager,
            },
          },
        ],
      },
    ],
  };
}

function cluster(one: Http2Case, index: number, port: number): Json {
  const protocol =
    one.upstream === 'h1'
      ? { http_protocol_options: { enable_trailers: true } }
      : { http2_protocol_options: {} };
  return {
    name: `c${index}`,
    type: 'STATIC',
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
        explicit_http_config: protocol,
      },
    },
  };
}

async function observe(
  name: string,
  command: (file: string) => readonly [string, readonly string[]],
): Promise<Observation[]> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-differential-'));
  const logFile = join(folder, 'access.log');
  writeFileSync(logFile, '');
  const upstreams = cases.map(({ upstream }) =>
    upstream === 'h1' ? startHttp1Upstream() : startHttp2Upstream(),
  );
  const upstreamPorts = await Promise.all(upstreams.map(({ server }) => listen(server)));
  const [adminPort = 0, ...ports] = await reservePorts(cases.length + 1);
  let running: Running | undefined;
  try {
    const file = join(folder, 'envoy.json');
    writeFileSync(
      file,
      JSON.stringify({
        admin: { address: { socket_address: { address: '127.0.0.1', port_value: adminPort } } },
        static_resources: {
          listeners: cases.map((one, index) => listener(one, index, ports[index] as number, logFile)),
          clusters: cases.map((one, index) => cluster(one, index, upstreamPorts[index] as number)),
        },
      }),
    );
    running = start(name, ...command(file), folder);
    await waitForPort(ports.at(-1) as number, name).catch((error: Error) => {
      throw new Error(`${error.message}:\n${readFileSync(join(folder, `${name}.log`), 'utf8').slice(-3000)}`);
    });
    const views: ClientView[] = [];
    const batch = 40;
    for (let from = 0; from < cases.length; from += batch) {
      const part = cases.slice(from, from + batch);
      views.push(
        ...(await Promise.all(
          part.map((one, at) => {
            const script = one.script(new FrameWriter());
            return exchange(ports[from + at] as number, {
              ...(typeof script === 'string' ? { frames: script } : script),
              observeMs: one.observeMs ?? 1200,
            });
          }),
        )),
      );
    }
    await new Promise((done) => setTimeout(done, 500));
    const logs = readFileSync(logFile, 'latin1').split('\n');
    return views.map((view, index) => ({
      ...view,
      upstream: (upstreams[index]?.seen ?? []).map((text) =>
        text.replaceAll(String(upstreamPorts[index]), 'BACKEND').replace(/14\d\d\d/g, '14NNN'),
      ),
      log: logs
        .filter((line) => line.startsWith(`${index} `))
        .map((line) => line.slice(line.indexOf(' ') + 1))
        .join(' / '),
    }));
  } finally {
    if (running !== undefined) await stop(running);
    for (const upstream of upstreams) upstream.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** GOAWAY before a close that an error made: RFC 9113 section 5.4.1 asks for it, Envoy closes without a word. */
function withoutErrorGoaway(view: Observation): string[] {
  return view.lines.filter((line) => !/^GOAWAY last=\d+ code=[1-9]/.test(line));
}

function differences(real: Observation, ours: Observation): string[] {
  const found: string[] = [];
  const compare = (what: string, one: unknown, other: unknown): void => {
    const [left, right] = [JSON.stringify(one), JSON.stringify(other)];
    if (left !== right)
      found.push(`${what}\n      Envoy  ${left.slice(0, 900)}\n      envoy3 ${right.slice(0, 900)}`);
  };
  compare('frames', withoutErrorGoaway(real), withoutErrorGoaway(ours));
  compare('closed', real.closed, ours.closed);
  compare('upstream', real.upstream, ours.upstream);
  compare('log', real.log, ours.log);
  return found;
}

export async function run({ envoyBin, root }: DifferentialContext): Promise<DifferentialResult> {
  const real = await observe('envoy', (file) => [
    envoyBin,
    [
      '-c',
      file,
      '--use-dynamic-base-id',
      '--concurrency',
      '1',
      '-l',
      'error',
      '--file-flush-interval-msec',
      '100',
    ],
  ]);
  const ours = await observe('envoy3', (file) => [
    process.execPath,
    [
      join(root, 'cli', 'envoy3.mjs'),
      'serve',
      '-c',
      file,
      '--no-watch',
      '-l',
      'error',
      '--file-flush-interval-msec',
      '100',
    ],
  ]);
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  let known = 0;
  for (const [index, { id }] of cases.entries()) {
    const found = differences(real[index] as Observation, ours[index] as Observation);
    const reason = http2KnownDifferences[id];
    if (reason !== undefined && found.length > 0) {
      known++;
      lines.push(`differs on purpose: ${id}: ${reason}`);
    } else if (reason !== undefined) {
      failed++;
      lines.push(`${id} is listed as a difference (${reason}), and is none`);
    } else if (found.length === 0) passed++;
    else {
      failed++;
      lines.push(`${id}:`, ...found.map((text) => `    ${text}`));
    }
  }
  lines.push(`${cases.length} cases: ${passed} equal, ${known} differ on purpose, ${failed} differ`);
  return { passed, failed, lines };
}
