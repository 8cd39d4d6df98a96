/**
 * Configurations that must not compile. Each `@ts-expect-error` is an error of its own when the line below it is fine.
 */
import type { Bootstrap, Cluster, HttpFilter, Listener, Route } from 'envoy3';
import {
  accessLog,
  admin,
  allOf,
  bootstrap,
  compressor,
  consulService,
  corsPolicy,
  defineBootstrap,
  defineRouteTests,
  defineService,
  downstreamTls,
  environment,
  envOneOf,
  extAuthz,
  fault,
  filterChain,
  hashBy,
  healthCheckEndpoint,
  httpHealthCheck,
  httpListener,
  httpsListener,
  jwtAuthn,
  listener,
  localRateLimit,
  matrix,
  outlierDetection,
  overlay,
  rbac,
  redirect,
  route,
  router,
  secretRef,
  staticCluster,
  strictDns,
  tcpListener,
  tlsFromPem,
  upstreamTls,
  virtualHost,
  weighted,
} from 'envoy3';

// Fields: unknown, misspelt, of Envoy's v2 API.
// @ts-expect-error
export const unknownField: Cluster = { name: 'a', conect_timeout: '1s' };
// @ts-expect-error
export const olderField: Cluster = { name: 'a', hosts: [] };
// @ts-expect-error
defineBootstrap({ static_resource: {} });

// Kinds: durations, numbers, texts, lists, enums.
// @ts-expect-error
export const durationAsNumber: Cluster = { name: 'a', connect_timeout: 15 };
// @ts-expect-error
export const durationInMs: Cluster = { name: 'a', connect_timeout: '250ms' };
// @ts-expect-error
export const enumMisspelt: Cluster = { name: 'a', type: 'STRICT_DSN' };
// @ts-expect-error
export const numberAsText: Cluster = { name: 'a', per_connection_buffer_limit_bytes: '1' };
// @ts-expect-error
export const textAsNumber: Cluster = { name: 1 };
// @ts-expect-error
export const wrapperAsObject: Cluster = { name: 'a', per_connection_buffer_limit_bytes: { value: 1 } };

// What must be there.
// @ts-expect-error
export const nameless: Cluster = { type: 'STATIC' };
// @ts-expect-error
export const matchless: Route = { route: { cluster: 'a' } };
export const domainless: Bootstrap = {
  static_resources: {
    listeners: [
      {
        filter_chains: [
          {
            filters: [
              {
                name: 'h',
                typed_config: {
                  '@type':
                    'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
                  stat_prefix: 'x',
                  // @ts-expect-error
                  route_config: { virtual_hosts: [{ name: 'v' }] },
                },
              },
            ],
          },
        ],
      },
    ],
  },
};

// Oneofs: two members, or none where one is needed.
// @ts-expect-error
export const twoPaths: Route = { match: { prefix: '/', path: '/a' }, redirect: {} };
// @ts-expect-error
export const noPath: Route = { match: {}, redirect: {} };
// @ts-expect-error
export const twoActions: Route = { match: { prefix: '/' }, route: { cluster: 'a' }, redirect: {} };
// @ts-expect-error
export const twoTargets: Route = { match: { prefix: '/' }, route: { cluster: 'a', cluster_header: 'x' } };

// What stands in a typed_config goes by its slot.
export const wrongSlot: HttpFilter = {
  name: 'x',
  typed_config: {
    // @ts-expect-error
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
    stat_prefix: 'x',
    cluster: 'a',
  },
};
export const wrongField: HttpFilter = {
  name: 'x',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
    // @ts-expect-error
    nope: true,
  },
};
export const typeless: Listener = {
  filter_chains: [
    {
      filters: [
        {
          name: 'x',
          // @ts-expect-error
          typed_config: { stat_prefix: 'x' },
        },
      ],
    },
  ],
};
export const wrongPerRoute: Route = {
  match: { prefix: '/' },
  redirect: {},
  typed_per_filter_config: {
    // @ts-expect-error
    x: { '@type': 'type.googleapis.com/envoy.extensions.filters.network.sni_cluster.v3.SniCluster' },
  },
};

// The language.
const web = strictDns('web', ['web:80']);
// @ts-expect-error
strictDns('web', 'web:80');
// @ts-expect-error
strictDns('web', ['web:80'], { connectTimeout: '1sec' });
// @ts-expect-error
strictDns('web', ['web:80'], { lookupFamily: 'V4' });
// @ts-expect-error
staticCluster('web', ['10.0.0.1:80'], { refreshRate: '1s' });
// @ts-expect-error
consulService('web', {});
// @ts-expect-error
admin({ port: '9901' });
// @ts-expect-error
route('/', web, { timeout: '5' });
// @ts-expect-error
route({ prefx: '/' }, web);
// @ts-expect-error
redirect('/', { code: 300 });
// @ts-expect-error
tlsFromPem('x.pem', { minimumVersion: 'TLSv1_0' });
// @ts-expect-error
httpsListener(443, { virtualHosts: [] });
// @ts-expect-error
httpListener(80, { virtualHosts: [virtualHost('*', [])] });
// @ts-expect-error
weighted([['web', '1']]);
// @ts-expect-error
router('x');

// A route to a cluster that is not there, however deep.
bootstrap({
  clusters: [web],
  // @ts-expect-error
  listeners: [httpListener(80, { virtualHosts: [virtualHost(['*'], [route('/', 'wbe')])] })],
});
bootstrap({
  clusters: [web],
  // @ts-expect-error
  listeners: [httpListener(80, { virtualHosts: [virtualHost(['*'], [route('/', weighted([['wbe', 1]]))])] })],
});

// Health, protocols, TLS.
// @ts-expect-error
httpHealthCheck('health');
// @ts-expect-error
httpHealthCheck('/health', { interval: '5sec' });
// @ts-expect-error
outlierDetection({ maxEjectionPercent: '50' });
// @ts-expect-error
strictDns('web', ['web:80'], { protocol: 'h2' });
// @ts-expect-error
strictDns('web', ['web:80'], { healthChecks: httpHealthCheck('/') });
// @ts-expect-error
upstreamTls({ authority: 'ca.pem' });
// @ts-expect-error
downstreamTls({ certificate: { chain: 'a.crt' } });
// @ts-expect-error
secretRef('a', { file: '/a' });

// Filters.
// @ts-expect-error
localRateLimit({ per: '1s' });
// @ts-expect-error
fault({ abort: { status: 503 } });
// @ts-expect-error
extAuthz({ timeout: '1s' });
// @ts-expect-error
jwtAuthn({ providers: { a: { issuer: 'i', jwks: { uri: 'https://i' } } } });
// @ts-expect-error
jwtAuthn({ providers: { a: { issuer: 'i', jwks: { file: 'k' } } }, rules: [{ prefix: '/', provider: 'b' }] });
// @ts-expect-error
rbac('DENI', {});
// @ts-expect-error
compressor('deflate');
// @ts-expect-error
healthCheckEndpoint('ready');
// @ts-expect-error
corsPolicy({ origins: 'https://a.com' });
// @ts-expect-error
hashBy({ headers: 'x' });
// @ts-expect-error
allOf();
// @ts-expect-error
accessLog({ filter: 500 });

// Listeners: a TCP listener and a filter chain name their clusters, too.
bootstrap({
  clusters: [web],
  // @ts-expect-error
  listeners: [tcpListener(5432, 'wbe')],
});
// @ts-expect-error
listener(80, { filterChains: filterChain([]) });
// @ts-expect-error
filterChain([router()]);

// Services, matrices, overlays, inputs.
// @ts-expect-error
defineService('a', { routes: ['/'] });
// @ts-expect-error
matrix({ zone: ['a'] }, ({ zoen }) => zoen);
// @ts-expect-error
overlay({}, { clusters: { web: { conect_timeout: '1s' } } });
// @ts-expect-error
environment(['dev', 'prod'], 'stage');
// @ts-expect-error
envOneOf('A', ['x'], 'y');

// Route tests.
// @ts-expect-error
defineRouteTests({ tests: [{ request: '/a', expect: {} }] });
// @ts-expect-error
defineRouteTests({ tests: [{ request: 'http://a/', expect: { clutser: 'a' } }] });
// @ts-expect-error
defineRouteTests({ tests: [{ request: 'http://a/', expect: { timeout: '1 day' } }] });
