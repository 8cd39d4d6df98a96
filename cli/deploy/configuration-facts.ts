/**
 * What a deployment has to know of a configuration: where it listens, where it is asked, which files it writes.
 */

type Fields = Readonly<Record<string, unknown>>;

export interface ListenerFacts {
  /** `listener-N` when it has none. */
  readonly name: string;
  readonly address: string;
  /** 1 to 65535. */
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** The name as a DNS label. */
  readonly label: string;
  /** HOST:PORT as its own host reaches it; '' where nothing accepts connections (UDP). */
  readonly probe: string;
  /** Only its own host reaches it. */
  readonly isLocal: boolean;
}

export interface ConfigurationFacts {
  /** HOST:PORT of the admin interface as its own host reaches it; undefined without one, or with a socket file. */
  readonly admin: string | undefined;
  /** Those with a port of their own, in the order of the configuration. */
  readonly listeners: readonly ListenerFacts[];
  /** Absolute paths of the access logs, sorted, without devices. */
  readonly logFiles: readonly string[];
  /** Absolute paths of what it reads: certificates, keys, secrets, scripts; sorted, without devices. */
  readonly files: readonly string[];
  /** Some listener has a port below 1024. */
  readonly isPrivileged: boolean;
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function socketOf(address: unknown): Pick<ListenerFacts, 'address' | 'port' | 'protocol'> | undefined {
  const { address: host, port_value: port, protocol } = fields(fields(address).socket_address);
  if (typeof host !== 'string' || typeof port !== 'number' || port < 1) return undefined;
  return { address: host, port, protocol: protocol === 'UDP' ? 'udp' : 'tcp' };
}

/** An address that stands for all of them is asked by the one of the host itself. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function listenerFacts(value: unknown, index: number): ListenerFacts | undefined {
  const socket = socketOf(fields(value).address);
  if (socket === undefined) return undefined;
  const given = fields(value).name;
  const name = typeof given === 'string' && given !== '' ? given : `listener-${index}`;
  return {
    name,
    ...socket,
    label: name.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '') || `listener-${index}`,
    probe: socket.protocol === 'udp' ? '' : `${reachable(socket.address)}:${socket.port}`,
    isLocal: /^127\.|^::1$/.test(socket.address),
  };
}

/** What a text field of a message is: a file that is written, one that is read, or none. */
function useOf(name: string, message: Fields, parent: string): 'written' | 'read' | undefined {
  const type = message['@type'];
  if (name === 'access_log_path') return 'written';
  if (name === 'filename') return 'read';
  if (name !== 'path') return undefined;
  if (typeof type === 'string' && type.endsWith('.FileAccessLog')) return 'written';
  return parent === 'path_config_source' ? 'read' : undefined;
}

interface Files {
  readonly read: Set<string>;
  readonly written: Set<string>;
}

/** @param parent name of the field that the value stands in */
function collectFiles(value: unknown, parent: string, found: Files): void {
  if (Array.isArray(value)) {
    for (const item of value) collectFiles(item, parent, found);
    return;
  }
  for (const [name, item] of Object.entries(fields(value))) {
    const use = typeof item === 'string' ? useOf(name, fields(value), parent) : undefined;
    if (use === undefined) collectFiles(item, name, found);
    else if (/^\/(?!dev\/|proc\/|sys\/)/.test(item as string)) found[use].add(item as string);
  }
}

/** @param bootstrap canonical */
export function configurationFacts(bootstrap: unknown): ConfigurationFacts {
  const admin = socketOf(fields(fields(bootstrap).admin).address);
  const listeners = list(fields(fields(bootstrap).static_resources).listeners).flatMap(
    (value, index) => listenerFacts(value, index) ?? [],
  );
  const files: Files = { read: new Set(), written: new Set() };
  collectFiles(bootstrap, '', files);
  return {
    admin: admin === undefined ? undefined : `${reachable(admin.address)}:${admin.port}`,
    listeners,
    logFiles: [...files.written].sort(),
    files: [...files.read].sort(),
    isPrivileged: listeners.some(({ port }) => port < 1024),
  };
}
