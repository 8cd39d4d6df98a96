/**
 * Connections to 15432 go to the primary, and to the replica while the primary is down. A load balancer before the proxy
 * asks 15080 whether it is well.
 */
import {
  accessLog,
  admin,
  bootstrap,
  cluster,
  directResponse,
  envNumber,
  httpListener,
  tcpHealthCheck,
  tcpListener,
  virtualHost,
} from 'envoy3';

/** As often while there are no connections: Envoy would then ask once a minute. */
const healthCheck = tcpHealthCheck({
  interval: '1s',
  timeout: '0.5s',
  jitter: '0.1s',
  unhealthyThreshold: 1,
  raw: { no_traffic_interval: '1s' },
});

/** The proxy goes on to the next priority when no host of the one before is healthy. */
const byPriority = [envNumber('PRIMARY_PORT', 15433), envNumber('REPLICA_PORT', 15434)];

const database = cluster('database', {
  type: 'STATIC',
  connect_timeout: '0.5s',
  health_checks: [healthCheck],
  load_assignment: {
    cluster_name: 'database',
    endpoints: byPriority.map((port_value, priority) => ({
      priority,
      lb_endpoints: [{ endpoint: { address: { socket_address: { address: '127.0.0.1', port_value } } } }],
    })),
  },
});

export default bootstrap({
  admin: admin({ port: envNumber('ADMIN_PORT', 9901) }),
  listeners: [
    tcpListener(envNumber('PORT', 15432), database, {
      address: '127.0.0.1',
      name: 'database',
      connectAttempts: 2,
      idleTimeout: '10m',
      accessLog: accessLog({
        path: 'connections.log',
        format: '%UPSTREAM_HOST% %BYTES_RECEIVED% in %BYTES_SENT% out %RESPONSE_FLAGS%',
      }),
    }),
    httpListener(envNumber('HEALTH_PORT', 15080), {
      address: '127.0.0.1',
      name: 'health',
      virtualHosts: [virtualHost(['*'], [directResponse({ path: '/healthz' }, 200, 'ok\n')])],
    }),
  ],
});
