/**
 * The proxy of one node. Every node runs the same one, and it knows every gRPC service: an app dials its local proxy and
 * says by `:authority` which service it means.
 */
import { accessLog, admin, bootstrap, consulService, downstreamTls, env, envNumber } from 'envoy3';
import { excludeStats, grpcHealthCheck, httpsListener, jsonLogFormat, readFile, route } from 'envoy3';
import { statsd, virtualHost, weighted } from 'envoy3';

/** Of each service: the port of its instances, how long a call may take, and when and how often it is tried again. */
const services = {
  orders: { port: 5100, timeout: '2s', retry: { on: 'connect-failure,refused-stream,unavailable' } },
  users: { port: 5200, timeout: '1s', retry: { on: 'connect-failure,unavailable,cancelled', attempts: 3 } },
  payments: { port: 5300, timeout: '15s', retry: { on: 'connect-failure', attempts: 1 } },
} as const;

/** In percent, the calls to a service that go to its green instances: `release.mjs` writes it. */
const green: Readonly<Record<string, number>> = JSON.parse(readFile('release.json'));

const check = { interval: '2s', jitter: '1s', healthyThreshold: 3, eventLog: 'healthcheck.log' } as const;
const cluster = (service: string, port: number) =>
  consulService(service, {
    port,
    agent: env('DISCOVERY_HTTP', '127.0.0.1:8500'),
    resolvers: [env('DISCOVERY_DNS', '127.0.0.1:8600')],
    protocol: 'http2',
    connectTimeout: '0.5s',
    healthChecks: [grpcHealthCheck(check)],
    // A host that discovery has taken out gets no more calls, healthy or not.
    raw: { ignore_health_on_host_removal: true },
  });

const virtualHosts = Object.entries(services).map(([name, { port: usual, timeout, retry }]) => {
  const port = envNumber(`${name.toUpperCase()}_PORT`, usual);
  const blue = [cluster(name, port), 100 - (green[name] ?? 0)] as const;
  const both = () => weighted([blue, [cluster(`${name}-green`, port), green[name] ?? 0]]);
  const calls = route({ prefix: '/', grpc: true }, name in green ? both() : blue[0], { timeout, retry });
  // Services see which try it is: x-envoy-attempt-count.
  const raw = { include_request_attempt_count: true };
  return virtualHost([`${name}.envoy.internal`], [calls], { name, raw });
});

const listener = httpsListener(envNumber('MESH_PORT', 8888), {
  name: 'internal-grpc-traffic',
  address: '127.0.0.1',
  // Its clients are the apps of this node.
  edge: false,
  virtualHosts,
  tls: downstreamTls({ certificate: { chain: 'wildcard.crt', key: 'wildcard.key' }, alpn: ['h2'] }),
  accessLog: accessLog({ path: 'access.log', format: jsonLogFormat }),
  raw: { stat_prefix: 'ingress_http', codec_type: 'AUTO', strip_any_host_port: true },
});

/** Statistics that would cost money and tell nothing. */
const unpaid = ['update_attempt$', 'update_no_rebuild$', 'max_host_weight$', 'health_check.attempt'];
const stats_config = excludeStats([...unpaid, 'membership_total'].map((name) => `cluster.([^.]*).${name}`));

export default bootstrap({
  node: { id: env('NODE_NAME', 'node-1'), cluster: 'mesh' },
  admin: admin({ port: envNumber('ADMIN_PORT', 9901) }),
  listeners: [listener],
  statsSinks: [statsd(env('STATSD', '127.0.0.1:8125'))],
  raw: { stats_config, stats_flush_interval: '1s' },
});
