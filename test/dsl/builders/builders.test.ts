/** What the builders make is what Envoy takes, with the defaults that their comments promise. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findProblems } from '../../../compiler/check/find-problems.js';
import * as dsl from '../../../dsl/index.js';

type Json = Record<string, unknown>;

const web = dsl.strictDns('web', ['web.internal:80']);
const grpc = dsl.strictDns('grpc', ['grpc.internal:80'], { protocol: 'http2' });

/** The canonical bootstrap; nothing may be wrong with it. */
function sound(bootstrap: unknown): Json {
  const { bootstrap: value, findings } = findProblems(bootstrap);
  assert.equal(
    findings
      .filter(({ severity }) => severity === 'error')
      .map(({ message, path }) => `${path.join('.')}: ${message}`),
    [],
  );
  return value as Json;
}

function withFilters(...filters: dsl.HttpFilter[]): Json {
  const virtualHosts = [dsl.virtualHost(['*'], [dsl.route('/', web)])];
  return sound(dsl.bootstrap({ listeners: [dsl.httpListener(8080, { virtualHosts, filters })] }));
}

function clusterOf(cluster: dsl.Cluster, node?: dsl.Node): Json {
  const { static_resources: resources } = sound(
    dsl.bootstrap({ listeners: [], clusters: [cluster], ...(node === undefined ? {} : { node }) }),
  );
  return (resources as { clusters: Json[] }).clusters[0] as Json;
}

function clusterNames(bootstrap: Json): string[] {
  return (bootstrap.static_resources as { clusters: { name: string }[] }).clusters.map(({ name }) => name);
}

test('health checks', () => {
  const { health_checks: checks } = clusterOf(
    dsl.strictDns('a', ['a:80'], {
      healthChecks: [
        dsl.httpHealthCheck('/h', { host: 'x', expected: [[200, 300]], timeout: '500ms', http2: true }),
        dsl.grpcHealthCheck({ name: 'g', service: 's' }),
        dsl.tcpHealthCheck({ raw: { reuse_connection: false } }),
      ],
      protocol: 'http2',
    }),
  );
  const common = {
    timeout: '1s',
    interval: '5s',
    interval_jitter: '1s',
    unhealthy_threshold: 3,
    healthy_threshold: 2,
  };
  assert.equal(checks, [
    {
      ...common,
      name: 'check_1',
      timeout: '0.500s',
      http_health_check: {
        path: '/h',
        host: 'x',
        expected_statuses: [{ start: 200, end: 300 }],
        codec_client_type: 'HTTP2',
      },
    },
    { ...common, name: 'g', grpc_health_check: { service_name: 's' } },
    { ...common, name: 'check_3', reuse_connection: false, tcp_health_check: {} },
  ]);
});

test('outlier detection ejects up to half of the hosts', () => {
  assert.equal(
    clusterOf(dsl.strictDns('a', ['a:80'], { outlierDetection: dsl.outlierDetection({ consecutive5xx: 3 }) }))
      .outlier_detection,
    {
      consecutive_5xx: 3,
      max_ejection_percent: 50,
    },
  );
});

test('protocols and load balancers', () => {
  const options = (protocol: 'http1' | 'http2' | 'downstream') =>
    Object.values(
      clusterOf(dsl.strictDns('a', ['a:80'], { protocol })).typed_extension_protocol_options as Json,
    )[0] as Json;
  assert.equal(options('http1').explicit_http_config, { http_protocol_options: {} });
  assert.equal(options('http2').explicit_http_config, { http2_protocol_options: {} });
  assert.ok(options('downstream').use_downstream_protocol_config);
  const balanced = (loadBalancing: dsl.LoadBalancing) =>
    clusterOf(dsl.strictDns('a', ['a:80'], { loadBalancing }));
  assert.is(balanced(dsl.ringHash(2048)).lb_policy, 'RING_HASH');
  assert.equal(balanced(dsl.maglev(101)).maglev_lb_config, { table_size: 101 });
  assert.equal(balanced(dsl.leastRequest(3)).least_request_lb_config, { choice_count: 3 });
});

test('other types of clusters', () => {
  assert.is(clusterOf(dsl.logicalDns('a', 'a:80')).type, 'LOGICAL_DNS');
  const node = { id: 'n', cluster: 'c' };
  const fromFile = clusterOf(dsl.eds('a', { path: '/eds.yaml', serviceName: 's' }), node);
  assert.equal(fromFile.eds_cluster_config, {
    eds_config: { path_config_source: { path: '/eds.yaml' }, resource_api_version: 'V3' },
    service_name: 's',
  });
  const left = clusterOf(dsl.strictDns('a', ['a:80'], { envoyDefaults: true }));
  assert.equal([left.connect_timeout, left.dns_lookup_family], [undefined, undefined]);
});

test('TLS towards hosts is checked', () => {
  const socket = (options: dsl.UpstreamTlsOptions) =>
    (
      clusterOf(dsl.strictDns('a', ['a:443'], { tls: dsl.upstreamTls(options) }), { id: 'n', cluster: 'c' })
        .transport_socket as {
        typed_config: Json;
      }
    ).typed_config as { sni: string; common_tls_context: Json };
  const plain = socket({ sni: 'a.com' });
  assert.is(plain.sni, 'a.com');
  assert.equal(plain.common_tls_context.validation_context, {
    trusted_ca: { filename: '/etc/ssl/certs/ca-certificates.crt' },
    match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: 'a.com' } }],
  });
  const secrets = socket({
    sni: 'a.com',
    authority: { secret: dsl.secretRef('ca', { path: '/ca.yaml' }) },
    certificate: { secret: dsl.secretRef('mine', { path: '/mine.yaml' }) },
    names: ['spiffe://a/b'],
  }).common_tls_context as { combined_validation_context: Json; tls_certificate_sds_secret_configs: Json[] };
  assert.equal(secrets.combined_validation_context.default_validation_context, {
    match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { exact: 'spiffe://a/b' } }],
  });
  assert.is(secrets.tls_certificate_sds_secret_configs[0]?.name, 'mine');
});

test('TLS towards clients, with and without certificates of theirs', () => {
  const context = (options: dsl.DownstreamTlsOptions): Json =>
    (dsl.downstreamTls(options) as unknown as { typed_config: Json }).typed_config;
  const mutual = context({
    certificate: [{ chain: 'a.crt', key: 'a.key' }, 'b.pem'],
    clientAuthority: 'ca.pem',
    clientNames: ['c'],
  });
  assert.is(mutual.require_client_certificate, true);
  const { tls_certificates: list } = mutual.common_tls_context as { tls_certificates: unknown[] };
  assert.equal(list, [
    { certificate_chain: { filename: 'a.crt' }, private_key: { filename: 'a.key' } },
    { certificate_chain: { filename: 'b.pem' }, private_key: { filename: 'b.pem' } },
  ]);
  assert.is(context({ certificate: 'a.pem' }).require_client_certificate, undefined);
  assert.equal(
    dsl.tlsFromPem('a.pem', { alpn: ['h2'] }),
    dsl.downstreamTls({ certificate: 'a.pem', alpn: ['h2'] }),
  );
});

test('listeners with chains of their own', () => {
  const host = dsl.virtualHost(['*'], [dsl.route('/', web)]);
  const tls = dsl.tlsFromPem('a.pem');
  const manager = dsl.httpConnectionManager('a', { virtualHosts: [host] });
  const { static_resources: resources } = sound(
    dsl.bootstrap({
      listeners: [
        dsl.listener(443, {
          filterChains: [
            dsl.filterChain([manager], { serverNames: ['a.com'], tls, name: 'a' }),
            dsl.filterChain(
              [
                dsl.tcpProxy(
                  'b',
                  dsl.weighted([
                    [web, 9],
                    [grpc, 1],
                  ]),
                ),
              ],
              { serverNames: ['b.com'] },
            ),
          ],
          defaultFilterChain: dsl.filterChain([manager]),
          listenerFilters: [dsl.proxyProtocol({ optional: true })],
        }),
        dsl.tcpListener(5432, dsl.strictDns('db', ['db:5432']), {
          idleTimeout: '1h',
          accessLog: dsl.accessLog(),
        }),
        dsl.httpListener(80, {
          virtualHosts: [host],
          listenerFilters: [dsl.httpInspector(), dsl.originalDst()],
        }),
      ],
    }),
  );
  const { clusters, listeners } = resources as { clusters: { name: string }[]; listeners: Json[] };
  assert.equal(
    clusters.map(({ name }) => name),
    ['web', 'grpc', 'db'],
  );
  const names = (index: number) =>
    (listeners[index]?.listener_filters as { name: string }[] | undefined)?.map(({ name }) => name);
  assert.equal(names(0), ['envoy.filters.listener.proxy_protocol', 'envoy.filters.listener.tls_inspector']);
  assert.is(names(1), undefined);
});

test('HTTP filters that need no other server', () => {
  withFilters(
    dsl.cors(),
    dsl.csrf(),
    dsl.fault({ abort: { status: 503, percent: 0.5 }, delay: { duration: '1s', percent: 10 } }),
    dsl.localRateLimit({ requests: 10 }),
    dsl.rbac('ALLOW', { all: { permissions: [{ any: true }], principals: [{ any: true }] } }),
    dsl.compressor(),
    dsl.compressor('brotli', { minimumBytes: 100, contentTypes: ['text/html'] }),
    dsl.buffer(1000),
    dsl.healthCheckEndpoint('/ready'),
    dsl.grpcWeb(),
    dsl.grpcHttp1Bridge(),
    dsl.grpcStats(true),
    dsl.lua('function envoy_on_request(h) end'),
  );
  assert.throws(() => dsl.fault({ abort: { status: 503, percent: 101 } }), /not a percentage/);
  const [, limit] = [0, dsl.localRateLimit({ requests: 10, status: 430 })] as const;
  assert.equal((limit as unknown as { typed_config: Json }).typed_config.filter_enforced, {
    default_value: { numerator: 100, denominator: 'HUNDRED' },
  });
});

test('HTTP filters carry the clusters that they ask', () => {
  const at = (name: string) => dsl.strictDns(name, [`${name}:80`], { protocol: 'http2' });
  const value = withFilters(
    dsl.extAuthz({ service: at('authz') }),
    dsl.extAuthz({ service: at('authz2'), http: { uri: 'http://authz2/check' }, failOpen: true }),
    dsl.rateLimit({ domain: 'd', service: at('limits'), failClosed: true }),
    dsl.jwtAuthn({
      providers: {
        one: { issuer: 'i', jwks: { uri: 'https://i/keys', cluster: at('keys') } },
        two: { issuer: 'j', audiences: ['a'], jwks: { file: '/keys.json' }, payloadHeader: 'x-jwt' },
      },
      rules: [
        { prefix: '/open', provider: null },
        { prefix: '/', provider: 'two' },
      ],
    }),
  );
  assert.equal(clusterNames(value).sort(), ['authz', 'authz2', 'keys', 'limits', 'web']);
});

test('CORS, hashes, upgrades and idle time-outs of routes', () => {
  const virtualHosts = [
    dsl.virtualHost(
      ['*'],
      [
        dsl.route('/', web, {
          hashPolicy: [
            dsl.hashBy({ header: 'x' }),
            dsl.hashBy({ cookie: 'c' }),
            dsl.hashBy({ query: 'q' }),
            dsl.hashBy('source-ip'),
          ],
          upgrades: ['websocket'],
          idleTimeout: 0,
        }),
      ],
      {
        raw: {
          typed_per_filter_config: dsl.corsPolicy({
            origins: ['https://a.com'],
            maxAge: '1h',
            credentials: true,
          }),
        },
      },
    ),
  ];
  const value = sound(
    dsl.bootstrap({ listeners: [dsl.httpListener(80, { virtualHosts, filters: [dsl.cors()] })] }),
  );
  assert.match(JSON.stringify(value), '"max_age":"3600"');
  assert.match(
    JSON.stringify(value),
    '"hash_policy":[{"header":{"header_name":"x"}},{"cookie":{"name":"c"}}',
  );
});

test('statistics, traces and logs', () => {
  const virtualHosts = [dsl.virtualHost(['*'], [dsl.route('/', web)])];
  const collector = dsl.strictDns('collector', ['c:9411'], { protocol: 'http2' });
  const value = sound(
    dsl.bootstrap({
      node: { id: 'a', cluster: 'b' },
      statsSinks: [
        dsl.statsd('127.0.0.1:8125', { prefix: 'p' }),
        dsl.statsd({ cluster: dsl.strictDns('stats', ['s:8125']) }),
        dsl.dogStatsd('127.0.0.1:8126'),
      ],
      listeners: [
        dsl.httpListener(80, {
          virtualHosts,
          accessLog: [
            dsl.accessLog({ filter: dsl.allOf(dsl.statusAtLeast(500), dsl.notHealthCheck()) }),
            dsl.accessLog({ format: dsl.jsonLogFormat }),
            dsl.accessLog({ path: '/a', filter: dsl.anyOf(dsl.statusAtLeast(400), dsl.notHealthCheck()) }),
          ],
          raw: { tracing: dsl.zipkinTracing(collector, { samplePercent: 1 }) },
        }),
        dsl.httpListener(81, {
          virtualHosts,
          raw: { tracing: dsl.openTelemetryTracing(collector, 'front') },
        }),
      ],
    }),
  );
  assert.equal(clusterNames(value).sort(), ['collector', 'stats', 'web']);
});

test('what is left out of the statistics, and routes that take gRPC alone', () => {
  const calls = dsl.route({ prefix: '/', grpc: true }, web);
  assert.equal((calls as { match?: unknown }).match, { prefix: '/', grpc: {} });
  const stats_config = dsl.excludeStats(['a.*', 'b$']);
  const value = sound(
    dsl.bootstrap({
      listeners: [dsl.httpListener(80, { virtualHosts: [dsl.virtualHost(['*'], [calls])] })],
      raw: { stats_config },
    }),
  );
  const patterns = [{ safe_regex: { regex: 'a.*' } }, { safe_regex: { regex: 'b$' } }];
  assert.equal(value.stats_config, { stats_matcher: { exclusion_list: { patterns } } });
});

test('secrets by name', () => {
  const secret = {
    name: 's',
    tls_certificate: { certificate_chain: { filename: 'a' }, private_key: { filename: 'b' } },
  };
  const virtualHosts = [dsl.virtualHost(['*'], [dsl.route('/', web)])];
  const tls = dsl.downstreamTls({ certificate: { secret: dsl.secretRef('s') } });
  sound(dsl.bootstrap({ listeners: [dsl.httpsListener(443, { virtualHosts, tls })], secrets: [secret] }));
});

test('a service with its routes', () => {
  const users = dsl.defineService('users', {
    at: ['users:80'],
    routes: ['/users', { path: '/me' }],
    timeout: '2s',
  });
  const own = dsl.defineService('own', { at: web as never, routes: [] });
  const catalog = dsl.defineService('catalog', { at: { consul: { port: 80 } }, routes: ['/catalog'] });
  const virtualHosts = [
    dsl.virtualHost(
      ['*'],
      [...users.routes, ...catalog.routes, users.route('/slow', { timeout: '1m' }), own.route('/')],
    ),
  ];
  const value = sound(dsl.bootstrap({ listeners: [dsl.httpListener(80, { virtualHosts })] }));
  assert.equal(clusterNames(value), ['users', 'catalog', 'web']);
  assert.equal(
    users.routes.map((one) => (one as { route?: { timeout?: string } }).route?.timeout),
    ['2s', '2s'],
  );
  assert.is(
    (users.route('/slow', { timeout: '1m' }) as { route?: { timeout?: string } }).route?.timeout,
    '60s',
  );
});

test('a matrix of values', () => {
  assert.equal(
    dsl.matrix({ zone: ['a', 'b'], port: [80, 81] }, ({ port, zone }) => `${zone}${port}`),
    ['a80', 'a81', 'b80', 'b81'],
  );
  assert.equal(
    dsl.matrix({ none: [] }, () => 1),
    [],
  );
});

test('an overlay changes resources by name', () => {
  const base = dsl.bootstrap({
    node: { id: 'n', cluster: 'c' },
    admin: dsl.admin(),
    listeners: [dsl.httpListener(80, { virtualHosts: [dsl.virtualHost(['*'], [dsl.route('/', web)])] })],
    clusters: [grpc],
  });
  const before = JSON.stringify(base);
  const value = sound(
    dsl.overlay(base, {
      clusters: { web: { connect_timeout: '2s', dns_lookup_family: null as never }, grpc: null },
      listeners: { http_80: { address: { socket_address: { address: '127.0.0.1', port_value: 81 } } } },
      admin: null,
      node: { id: 'prod' },
      raw: { stats_flush_interval: '1s' },
    }),
  );
  assert.is(JSON.stringify(base), before, 'the base stays as it is');
  const { clusters, listeners } = value.static_resources as { clusters: Json[]; listeners: Json[] };
  assert.equal(
    clusters.map(({ connect_timeout: timeout, dns_lookup_family: family, name }) => [name, timeout, family]),
    [['web', '2s', undefined]],
  );
  assert.match(JSON.stringify(listeners[0]), '"port_value":81');
  assert.equal(
    [value.node, value.admin, value.stats_flush_interval],
    [{ id: 'prod', cluster: 'c' }, undefined, '1s'],
  );
  assert.throws(() => dsl.overlay(base, { clusters: { wbe: {} } }), /names the cluster 'wbe'.*'grpc', 'web'/);
  assert.equal(dsl.overlay({}, {}), { static_resources: {} });
});

test('typed inputs', () => {
  const variables: Record<string, string> = { N: '12', B: 'yes', W: 'debug', ENVOY3_ENV: 'prod' };
  const key = Symbol.for('envoy3.inputs');
  Object.defineProperty(globalThis, key, {
    value: { env: (name: string) => variables[name], readFile: () => '' },
    configurable: true,
  });
  try {
    assert.equal([dsl.envNumber('N'), dsl.envNumber('M', 3)], [12, 3]);
    assert.equal([dsl.envBoolean('B'), dsl.envBoolean('C', false)], [true, false]);
    assert.is(dsl.envOneOf('W', ['info', 'debug']), 'debug');
    assert.is(dsl.environment(['dev', 'prod']), 'prod');
    assert.throws(() => dsl.envNumber('W'), /W must be a whole number, not 'debug'/);
    assert.throws(() => dsl.envBoolean('N'), /N must be true or false/);
    assert.throws(() => dsl.envOneOf('W', ['info']), /one of info/);
    assert.throws(() => dsl.environment(['dev']), /no environment 'prod'; there are dev/);
    assert.throws(() => dsl.envNumber('X'), /has no X/);
    delete variables.ENVOY3_ENV;
    assert.is(dsl.environment(['dev', 'prod'], 'dev'), 'dev');
    assert.throws(() => dsl.environment(['dev', 'prod']), /envoy3 build --env dev\|prod/);
  } finally {
    Reflect.deleteProperty(globalThis, key);
  }
});

test.run();
