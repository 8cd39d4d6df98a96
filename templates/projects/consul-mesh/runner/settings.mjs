/**
 * Ports, addresses and names, each to be set in the environment.
 */
import { join } from 'node:path';
import { projectFolder } from './envoy3-package.mjs';

const { env } = process;

function port(name, usual) {
  const value = Number(env[name] ?? usual);
  if (!Number.isInteger(value) || value < 1 || value > 65535) throw new Error(`${name} is not a port`);
  return value;
}

const ports = {
  orders: port('ORDERS_PORT', 5100),
  users: port('USERS_PORT', 5200),
  payments: port('PAYMENTS_PORT', 5300),
};

/**
 * Of each service, its green instances included: the third number of its addresses (127.0.1.2 is the second instance of
 * `orders`), its port, and how discovery learns of its health.
 */
export const services = {
  orders: { network: 1, port: ports.orders, check: 'grpc' },
  users: { network: 2, port: ports.users, check: 'grpc' },
  payments: { network: 3, port: ports.payments, check: 'ttl' },
  'orders-green': { network: 4, port: ports.orders, check: 'grpc' },
  'users-green': { network: 5, port: ports.users, check: 'grpc' },
  'payments-green': { network: 6, port: ports.payments, check: 'ttl' },
};

/** Services that run from the start, and how many instances of each. */
export const initial = ['orders', 'users', 'payments'];
export const initialInstances = 3;

/** Ports of the proxies, one for each node: on machines of their own both would have the same. */
const proxies = {
  1: { mesh: ['MESH_PORT', 8888], admin: ['ADMIN_PORT', 9901] },
  2: { mesh: ['SECOND_MESH_PORT', 8889], admin: ['SECOND_ADMIN_PORT', 9902] },
};

/** @param node 1 or 2 */
export function readSettings(node = 1) {
  const discoveryHttp = port('DISCOVERY_HTTP_PORT', 8500);
  return {
    folder: projectFolder,
    node,
    /** Where its proxy runs: its configuration, its certificate and its logs. */
    home: node === 1 ? projectFolder : join(projectFolder, 'run', `node-${node}`),
    mesh: port(...proxies[node].mesh),
    admin: port(...proxies[node].admin),
    discoveryHttp,
    discoveryDns: port('DISCOVERY_DNS_PORT', 8600),
    statsd: port('STATSD_PORT', 8125),
    /** HTTP address of discovery. */
    agent: `127.0.0.1:${discoveryHttp}`,
    /** `envoy3`: the bundled runtime; `envoy`: real Envoy, whose binary ENVOY_BIN names. */
    engine: env.ENGINE ?? 'envoy3',
  };
}

/** What `envoy3.config.ts` reads. */
export function configEnv({ node, mesh, admin, agent, discoveryDns, statsd }) {
  return {
    NODE_NAME: `node-${node}`,
    MESH_PORT: String(mesh),
    ADMIN_PORT: String(admin),
    DISCOVERY_HTTP: agent,
    DISCOVERY_DNS: `127.0.0.1:${discoveryDns}`,
    STATSD: `127.0.0.1:${statsd}`,
    ORDERS_PORT: String(ports.orders),
    USERS_PORT: String(ports.users),
    PAYMENTS_PORT: String(ports.payments),
  };
}
