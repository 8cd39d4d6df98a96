/**
 * Every builder once, in a configuration that real Envoy takes. `CERTIFICATE` is a PEM file with its key, `AUTHORITY` one without.
 */
import type { Bootstrap } from 'envoy3';
import {
  accessLog,
  admin,
  allOf,
  anyOf,
  bootstrap,
  buffer,
  cluster,
  compressor,
  consulService,
  cors,
  corsPolicy,
  csrf,
  defineService,
  directResponse,
  dogStatsd,
  downstreamTls,
  eds,
  env,
  envBoolean,
  environment,
  envNumber,
  envOneOf,
  extAuthz,
  fault,
  excludeStats,
  filterChain,
  grpcHealthCheck,
  grpcHttp1Bridge,
  grpcStats,
  grpcWeb,
  hashBy,
  healthCheckEndpoint,
  httpConnectionManager,
  httpHealthCheck,
  httpInspector,
  httpListener,
  httpsListener,
  jsonLogFormat,
  jwtAuthn,
  leastRequest,
  listener,
  localRateLimit,
  logicalDns,
  lua,
  maglev,
  matrix,
  notHealthCheck,
  openTelemetryTracing,
  originalDst,
  outlierDetection,
  overlay,
  proxyProtocol,
  random,
  rateLimit,
  rbac,
  redirect,
  ringHash,
  roundRobin,
  route,
  secretRef,
  staticCluster,
  statsd,
  statusAtLeast,
  strictDns,
  tcpHealthCheck,
  tcpListener,
  tcpProxy,
  tlsFromPem,
  tlsInspector,
  upstreamTls,
  virtualHost,
  weighted,
  zipkinTracing,
} from 'envoy3';

const pem = env('CERTIFICATE', 'certificate.pem');
const authority = env('AUTHORITY', 'authority.pem');
const address = '127.0.0.1';
const h2 = { protocol: 'http2' } as const;

const web = strictDns('web', ['web.internal:80'], {
  healthChecks: [
    httpHealthCheck('/health', { expected: [[200, 300]], eventLog: '/dev/null' }),
    tcpHealthCheck({ name: 'tcp', interval: '10s' }),
  ],
  outlierDetection: outlierDetection({ consecutive5xx: 3, ejectionTime: '1m' }),
  loadBalancing: leastRequest(3),
  maxConnections: 100,
});
const grpc = staticCluster('grpc', ['127.0.0.1:9000'], {
  ...h2,
  healthChecks: [grpcHealthCheck({ service: 'a' })],
  loadBalancing: random(),
});
const secure = logicalDns('secure', 'secure.internal:443', {
  tls: upstreamTls({ sni: 'secure.internal', authority, certificate: pem }),
  protocol: 'downstream',
  loadBalancing: roundRobin(),
});
const catalog = consulService('catalog', { port: 80, loadBalancing: ringHash(1024) });
const hosts = eds('hosts', { path: env('EDS', '/dev/null'), loadBalancing: maglev(101) });
const raw = cluster('raw', { type: 'STATIC', connect_timeout: '1s' });
const zones = matrix({ zone: ['a', 'b'] }, ({ zone }) => strictDns(`zone_${zone}`, [`${zone}.internal:80`]));
const users = defineService('users', { at: ['users.internal:80'], routes: ['/users'], timeout: '2s' });
const collector = strictDns('collector', ['collector.internal:4317'], h2);
const database = strictDns('database', ['database.internal:5432']);
const authorization = strictDns('authorization', ['authorization.internal:80'], h2);
const limits = strictDns('limits', ['limits.internal:80'], h2);
const keys = strictDns('keys', ['keys.internal:80']);

const virtualHosts = [
  virtualHost(
    ['*'],
    [
      ...users.routes,
      route(
        { prefix: '/split', headers: { 'x-a': '1' } },
        weighted([
          [web, 9],
          [secure, 1],
        ]),
        {
          hashPolicy: [hashBy({ cookie: 'c' }), hashBy('source-ip')],
          retry: { attempts: 3, perTryTimeout: '250ms' },
          upgrades: ['websocket'],
          idleTimeout: '1m',
        },
      ),
      route({ regex: '/c/.*', raw: { query_parameters: [{ name: 'q', present_match: true }] } }, catalog, {
        rawRoute: { decorator: { operation: 'c' } },
      }),
      redirect({ path: '/old' }, { path: '/new', code: 308 }),
      directResponse({ pathPrefix: '/ping' }, 200, 'pong'),
      route('/hosts', hosts),
      route({ prefix: '/calls', grpc: true }, grpc),
      route('/', web),
    ],
    { raw: { typed_per_filter_config: corsPolicy({ origins: ['https://a.com'], maxAge: '1h' }) } },
  ),
];

const filters = [
  healthCheckEndpoint('/ready'),
  cors(),
  csrf(),
  fault({ delay: { duration: '1ms', percent: 0 } }),
  localRateLimit({ requests: envNumber('RATE', 1000), per: '1s' }),
  rateLimit({ domain: 'd', service: limits }),
  extAuthz({ service: authorization, failOpen: envBoolean('FAIL_OPEN', true) }),
  jwtAuthn({
    providers: { main: { issuer: 'i', jwks: { uri: 'https://keys.internal/jwks', cluster: keys } } },
    rules: [
      { prefix: '/ping', provider: null },
      { prefix: '/', provider: 'main' },
    ],
  }),
  rbac('ALLOW', { all: { permissions: [{ any: true }], principals: [{ any: true }] } }),
  compressor(envOneOf('COMPRESSION', ['gzip', 'brotli', 'zstd'], 'gzip'), { minimumBytes: 100 }),
  buffer(1 << 20),
  grpcWeb(),
  grpcHttp1Bridge(),
  grpcStats(true),
  lua('function envoy_on_request(handle) end'),
];

const base: Bootstrap = bootstrap({
  node: { id: environment(['dev', 'prod'], 'dev'), cluster: 'everything' },
  admin: admin({ port: 0 }),
  statsSinks: [statsd('127.0.0.1:8125', { prefix: 'p' }), dogStatsd('127.0.0.1:8126')],
  raw: { stats_config: excludeStats(['cluster\\.[^.]*\\.update_attempt']) },
  secrets: [
    {
      name: 'mine',
      tls_certificate: { certificate_chain: { filename: pem }, private_key: { filename: pem } },
    },
  ],
  clusters: [raw, ...zones],
  listeners: [
    httpListener(0, {
      name: 'http',
      address,
      virtualHosts,
      filters,
      listenerFilters: [httpInspector(), originalDst()],
      accessLog: [
        accessLog({ filter: allOf(statusAtLeast(500), notHealthCheck()), format: jsonLogFormat }),
        accessLog({
          path: '/dev/null',
          filter: anyOf(statusAtLeast(400), notHealthCheck()),
          format: { s: '%RESPONSE_CODE%' },
        }),
      ],
      raw: { tracing: zipkinTracing(collector, { samplePercent: 1 }) },
    }),
    httpsListener(0, {
      name: 'https',
      address,
      virtualHosts,
      tls: tlsFromPem(pem),
      raw: { tracing: openTelemetryTracing(collector, 'everything') },
    }),
    listener(0, {
      name: 'chains',
      address,
      listenerFilters: [tlsInspector(), proxyProtocol({ optional: true })],
      filterChains: [
        filterChain([httpConnectionManager('chains', { virtualHosts })], {
          serverNames: ['a.com'],
          tls: downstreamTls({ certificate: { secret: secretRef('mine') }, clientAuthority: authority }),
        }),
        filterChain(
          [
            tcpProxy(
              'tcp',
              weighted([
                [database, 1],
                [grpc, 1],
              ]),
            ),
          ],
          { serverNames: ['b.com'] },
        ),
      ],
    }),
    tcpListener(0, database, { name: 'database', address, idleTimeout: '1h' }),
  ],
});

export default overlay(base, { clusters: { zone_a: { connect_timeout: '3s' } } });
