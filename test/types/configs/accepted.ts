/**
 * Configurations that must compile.
 */
import type { Bootstrap, Cluster, HttpFilter, Route } from 'envoy3';
import {
  accessLog,
  admin,
  bootstrap,
  cluster,
  consulService,
  cors,
  defineBootstrap,
  defineRouteTests,
  defineService,
  directResponse,
  downstreamTls,
  environment,
  filterChain,
  hashBy,
  httpConnectionManager,
  httpListener,
  httpsListener,
  jwtAuthn,
  leastRequest,
  listener,
  matrix,
  overlay,
  redirect,
  route,
  secretRef,
  staticCluster,
  statusAtLeast,
  strictDns,
  tcpListener,
  tlsFromPem,
  virtualHost,
  weighted,
} from 'envoy3';
import type { envoy_config_route_v3_RouteAction as RouteAction } from 'envoy3/api/types';

// The raw level, pasted from Envoy's documentation.
export const pasted = {
  admin: { address: { socket_address: { address: '127.0.0.1', port_value: 9901 } } },
  static_resources: {
    listeners: [
      {
        name: 'listener_0',
        address: { socket_address: { address: '127.0.0.1', port_value: 10000 } },
        filter_chains: [
          {
            filters: [
              {
                name: 'envoy.filters.network.http_connection_manager',
                typed_config: {
                  '@type':
                    'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
                  stat_prefix: 'ingress_http',
                  codec_type: 'AUTO',
                  route_config: {
                    name: 'local_route',
                    virtual_hosts: [
                      {
                        name: 'local_service',
                        domains: ['*'],
                        routes: [{ match: { prefix: '/' }, route: { cluster: 'some_service' } }],
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
      },
    ],
    clusters: [
      {
        name: 'some_service',
        connect_timeout: '0.25s',
        type: 'STATIC',
        lb_policy: 'ROUND_ROBIN',
        load_assignment: {
          cluster_name: 'some_service',
          endpoints: [
            {
              lb_endpoints: [
                { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: 1234 } } } },
              ],
            },
          ],
        },
      },
    ],
  },
} satisfies Bootstrap;

export const envelope: HttpFilter = {
  name: 'x',
  typed_config: {
    '@type': 'type.googleapis.com/xds.type.v3.TypedStruct',
    type_url: 'type.googleapis.com/mine.v1.Filter',
    value: { a: 1 },
  },
};
export const perRoute: Route = {
  match: { prefix: '/' },
  redirect: {},
  typed_per_filter_config: {
    lua: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.LuaPerRoute', disabled: true },
    off: { '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig', disabled: true },
  },
};
export const action: RouteAction = {
  cluster: 'a',
  timeout: '15s',
  hash_policy: [{ header: { header_name: 'x' } }],
};
const raw: Cluster = { name: 'raw', type: 'STATIC' };

// The language, and both mixed.
const web = strictDns('web', ['web:80'], { connectTimeout: '250ms', loadBalancing: leastRequest() });
const api = consulService('api', { port: 8080, tag: 'v1' });
const own = cluster('own', { type: 'STATIC' });

export default bootstrap({
  admin: admin({ port: 9901 }),
  clusters: [own, staticCluster('named', ['10.0.0.1:80'])],
  listeners: [
    httpListener(80, {
      accessLog: accessLog({ format: { path: '%REQ(:PATH)%' } }),
      virtualHosts: [
        virtualHost(
          ['*'],
          [
            route('/named', 'named', { timeout: 5, retry: { attempts: 1 } }),
            route({ path: '/own', headers: { 'x-a': 'b' } }, 'own'),
            route('/raw', raw),
            route(
              { regex: '/v[0-9]+/.*' },
              weighted([
                [web, 95],
                ['named', 5],
              ]),
            ),
            redirect('/old', { https: true, path: '/new', code: 308 }),
            directResponse('/health', 200, 'ok'),
            { match: { prefix: '/' }, route: { cluster: 'own' } },
          ],
          { requireTls: true },
        ),
      ],
    }),
    httpsListener(443, {
      tls: tlsFromPem('certificate.pem', { alpn: ['http/1.1'] }),
      virtualHosts: [virtualHost(['*'], [route('/', api)])],
      raw: { stream_idle_timeout: '0s' },
    }),
  ],
  raw: { stats_flush_interval: '10s' },
});

export const same = defineBootstrap(pasted);

// Everything together, typed without annotations.
const users = defineService('users', { at: ['users:80'], routes: ['/users'], timeout: '2s' });
const database = strictDns('database', ['db:5432']);
const target = environment(['dev', 'prod'], 'dev');
const zones = matrix({ zone: ['a', 'b'] }, ({ zone }) => staticCluster(`zone_${zone}`, ['10.0.0.1:80']));
export const together = overlay(
  bootstrap({
    clusters: [database, ...zones],
    listeners: [
      tcpListener(5432, 'database'),
      listener(8080, {
        filterChains: [
          filterChain([httpConnectionManager('web', { virtualHosts: [virtualHost(['*'], users.routes)] })], {
            serverNames: ['a.com'],
            tls: downstreamTls({ certificate: { secret: secretRef('a') } }),
          }),
        ],
      }),
      httpListener(80, {
        virtualHosts: [virtualHost(['*'], [route('/', 'database', { hashPolicy: [hashBy('source-ip')] })])],
        filters: [
          cors(),
          jwtAuthn({
            providers: { a: { issuer: 'i', jwks: { file: 'k' } } },
            rules: [{ prefix: '/', provider: 'a' }],
          }),
        ],
        accessLog: accessLog({ filter: statusAtLeast(500) }),
      }),
    ],
  }),
  { clusters: { database: { connect_timeout: target === 'prod' ? '1s' : '5s' } }, admin: null },
);
export const tests = defineRouteTests({
  tests: [
    {
      request: 'POST https://a.com/users?x=1',
      expect: { cluster: 'users', timeout: '2s', virtualHost: null },
    },
  ],
});
