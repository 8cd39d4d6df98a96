/**
 * One TLS port before everything: the web UI (HTTP/1.1), the gRPC API (HTTP/2) and the WebSockets of the workers. All
 * backends speak TLS, and their certificates are checked. `variants.ts` says what can be switched.
 */
import {
  accessLog,
  admin,
  bootstrap,
  downstreamTls,
  env,
  envNumber,
  filterChain,
  httpConnectionManager,
  httpListener,
  listener,
  route,
  secretRef,
  strictDns,
  upstreamTls,
  virtualHost,
} from 'envoy3';
import { variants } from './variants.js';
import { workerCluster } from './workers.js';

/** The chain and its key, in `certificates/lighttpd.pem`: what is put there takes effect at once. */
const certificate = { secret: secretRef('edge', { path: 'secrets/edge.yaml' }) };
const truststore = env('TRUSTSTORE', 'certificates/truststore.pem');

/** TLS to a backend: its name is asked for, and its certificate must be for it and come from the truststore. */
const backendTls = (sni: string, alpn: readonly string[]) =>
  upstreamTls({ sni, alpn, authority: truststore, ...(variants.mtls ? { certificate } : {}) });

const web = strictDns('web', [`127.0.0.1:${envNumber('WEB_PORT', 9441)}`], {
  protocol: 'http1',
  tls: backendTls('web.internal', ['http/1.1']),
});
const api = strictDns('api', [`127.0.0.1:${envNumber('API_PORT', 9442)}`], {
  protocol: 'http2',
  tls: backendTls('api.internal', variants.apiAlpn),
});
const workers = workerCluster({ protocol: 'http1', tls: backendTls('worker.internal', ['http/1.1']) });

/** Streams stay open as long as both sides want. */
const stream = { timeout: 0, idleTimeout: 0 } as const;

const virtualHosts = [
  virtualHost(
    ['*'],
    [
      route({ prefix: '/edge.v1.AuthApi/', raw: { grpc: {} } }, api, { name: 'api', ...stream }),
      route({ pathPrefix: '/worker' }, workers, { name: 'worker', upgrades: ['websocket'], ...stream }),
      route('/', web, { name: 'web' }),
    ],
    { raw: { response_headers_to_add: [{ header: { key: 'x-release', value: variants.release } }] } },
  ),
];

const logFile = env('ACCESS_LOG_FILE', 'access.log');
const options = {
  virtualHosts,
  accessLog: accessLog({
    path: logFile,
    format:
      '%START_TIME% %PROTOCOL% %REQ(:METHOD)% %PATH(NQ)% %RESPONSE_CODE% %RESPONSE_FLAGS% %GRPC_STATUS% ' +
      '%RESPONSE_CODE_DETAILS% %UPSTREAM_TRANSPORT_FAILURE_REASON%',
  }),
  raw: { http2_protocol_options: { allow_connect: true } },
};

const tls = downstreamTls({
  certificate,
  alpn: variants.clientAlpn,
  minimumVersion: variants.oldestTls,
  ...(variants.mtls ? { clientAuthority: truststore } : {}),
});

export default bootstrap({
  node: { id: 'edge', cluster: 'edge' },
  admin: admin({ port: envNumber('ADMIN_PORT', 8001) }),
  listeners: [
    listener(envNumber('EDGE_PORT', 8443), {
      name: 'edge',
      address: env('EDGE_ADDRESS', '127.0.0.1'),
      filterChains: [
        filterChain([httpConnectionManager('edge', options)], {
          name: 'edge',
          tls,
          ...(variants.requireAlpn ? { applicationProtocols: variants.clientAlpn } : {}),
        }),
      ],
    }),
    ...(variants.h2c
      ? [httpListener(envNumber('H2C_PORT', 8080), { ...options, name: 'h2c', address: '127.0.0.1' })]
      : []),
  ],
});
