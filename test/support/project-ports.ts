/**
 * The ports that each project takes unless the environment says otherwise, and that its README names.
 */
import { takePorts } from './port-block.js';

const discovery = { DISCOVERY_HTTP_PORT: 8500, DISCOVERY_DNS_PORT: 8600 };
/** Some projects take an address where others take a port. */
const discoveryAddresses = { DISCOVERY_HTTP: 8500, DISCOVERY_DNS: 8600 };

/** By the variables that choose others. */
export const projectPorts = {
  'consul-mesh': {
    MESH_PORT: 8888,
    ADMIN_PORT: 9901,
    SECOND_MESH_PORT: 8889,
    SECOND_ADMIN_PORT: 9902,
    STATSD_PORT: 8125,
    ORDERS_PORT: 5100,
    USERS_PORT: 5200,
    PAYMENTS_PORT: 5300,
    ...discovery,
  },
  'edge-tls': {
    EDGE_PORT: 8443,
    ADMIN_PORT: 8001,
    WEB_PORT: 9441,
    API_PORT: 9442,
    WORKER_PORT: 9443,
    OLD_API_PORT: 9451,
    SILENT_API_PORT: 9452,
    H2C_PORT: 8080,
    ...discoveryAddresses,
  },
  'front-proxy': {
    HTTP_PORT: 8080,
    HTTPS_PORT: 8443,
    ADMIN_PORT: 8001,
    SERVICE_PORT: 8000,
    APP_PORT: 8081,
    ...discovery,
  },
  minimal: { PORT: 10000, ADMIN_PORT: 9901 },
  'multi-env': { PORT: 10000, API_PORT: 9090, WEB_PORT: 9091, ADMIN_PORT: 9901 },
  sidecar: {
    SIDECAR_PORT: 10000,
    ADMIN_PORT: 9901,
    BACKEND_PORT: 9090,
    CANARY_PORT: 9091,
    RATE_LIMIT_PORT: 8081,
    COLLECTOR_PORT: 9411,
    ...discoveryAddresses,
  },
  'tcp-proxy': {
    PORT: 15432,
    PRIMARY_PORT: 15433,
    REPLICA_PORT: 15434,
    HEALTH_PORT: 15080,
    ADMIN_PORT: 9901,
  },
  websocket: { PORT: 10000, CHAT_PORT: 9090, ADMIN_PORT: 9901 },
} as const;

export type ProjectName = keyof typeof projectPorts;

export interface ProjectPlaces {
  /** Variables that choose the ports. */
  readonly env: Readonly<Record<string, string>>;
  /** A text of the README with these ports in the place of the usual ones. */
  translate(text: string): string;
  /** Gives the ports back. */
  release(): Promise<void>;
}

/** Takes ports of its own for a project. */
export async function takeProjectPorts(project: ProjectName): Promise<ProjectPlaces> {
  const usual: Readonly<Record<string, number>> = projectPorts[project];
  const { ports, release } = await takePorts(Object.keys(usual));
  const address = (name: string, port: string): string =>
    name.endsWith('PORT') ? port : `127.0.0.1:${port}`;
  const own = new Map(Object.entries(usual).map(([name, port]) => [String(port), ports[name]]));
  return {
    env: Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, address(name, port)])),
    // Not after names of the mesh, which mean what a file says and no listener of this machine.
    translate: (text) =>
      text.replaceAll(/(?<!\d|\.internal:)\d{4,5}(?!\d)/g, (port) => own.get(port) ?? port),
    release,
  };
}
