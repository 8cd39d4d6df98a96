/**
 * The front proxy: takes HTTP on 8080 and HTTPS on 8443, and sends /service/1 and /service/2 to the proxies that stand
 * before these services. Where they are it learns from discovery, over DNS, each second and at each change.
 */
import {
  admin,
  bootstrap,
  consulService,
  env,
  httpListener,
  httpsListener,
  route,
  tlsFromPem,
  virtualHost,
} from 'envoy3';

/** `envoy3 discovery`, or a Consul agent. */
const resolvers = [env('DISCOVERY_DNS', '127.0.0.1:8600')];
/** Its HTTP API, which tells the bundled runtime when something changes. */
const agent = env('DISCOVERY_HTTP', '127.0.0.1:8500');
/** Where the proxy of every instance listens: A records carry addresses, not ports. */
const port = Number(env('SERVICE_PORT', '8000'));

const service1 = consulService('service1', { port, resolvers, agent });
const service2 = consulService('service2', { port, resolvers, agent });

/** An instance that has just gone is another one's chance: retried where that is safe for every method. */
const retry = { attempts: 2 };

const virtualHosts = [
  virtualHost(['*'], [route('/service/1', service1, { retry }), route('/service/2', service2, { retry })]),
];

export default bootstrap({
  node: { id: 'front-proxy', cluster: 'front-proxy' },
  admin: admin({ port: Number(env('ADMIN_PORT', '8001')) }),
  listeners: [
    httpListener(Number(env('HTTP_PORT', '8080')), { virtualHosts }),
    httpsListener(Number(env('HTTPS_PORT', '8443')), {
      virtualHosts,
      tls: tlsFromPem(env('CERTIFICATE', 'certificate.pem')),
    }),
  ],
});
