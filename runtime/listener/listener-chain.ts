/**
 * The filter chain of a listener: TLS or plain text in front of its terminal network filter. Replaced as a whole when
 * something changes that connections depend on.
 */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Server as TlsServer, TLSSocket } from 'node:tls';
import { createServer as createTlsServer } from 'node:tls';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, textOf, typeNameOf } from '../common/message-fields.js';
import type {
  ConnectionInfo,
  FactoryContext,
  NetworkFilter,
  NetworkFilterFactory,
} from '../network/filter.js';
import { ConfigError } from '../network/filter.js';
import type { Counter } from '../stats/stat.js';
import type { DownstreamTls } from './tls-context.js';
import { downstreamTls } from './tls-context.js';

let lastConnectionId = 0;

/** IPv4 addresses that a dual-stack socket reports in IPv6 form, in their own form. */
function plainIp(address: string | undefined): string {
  return address?.startsWith('::ffff:') ? address.slice(7) : (address ?? '');
}

function infoOf(socket: Socket, tls: TLSSocket | undefined): ConnectionInfo {
  return {
    id: ++lastConnectionId,
    remoteAddress: plainIp(socket.remoteAddress),
    remotePort: socket.remotePort ?? 0,
    localAddress: plainIp(socket.localAddress),
    localPort: socket.localPort ?? 0,
    tls: tls !== undefined,
    serverName: tls === undefined ? '' : textOf((tls as unknown as { servername?: unknown }).servername),
    alpn: textOf(tls?.alpnProtocol),
  };
}

export interface ListenerChain {
  readonly filter: NetworkFilter;
  readonly tls: DownstreamTls | undefined;
  /** Equal for chains whose connections need not know the difference, but for what the filter itself can update. */
  readonly identity: string;
  accept(socket: Socket): void;
  /** Ends handshakes under way, too. */
  close(): void;
}

/** The one chain that a listener may have here. */
function onlyChain(listener: Fields): { chain: Fields; path: (string | number)[] } {
  const chains = messagesOf(listener.filter_chains);
  const { default_filter_chain } = listener;
  if (chains.length + (default_filter_chain === undefined ? 0 : 1) > 1) {
    throw new ConfigError('a choice of filter chains needs real Envoy', ['filter_chains'], true);
  }
  if (default_filter_chain !== undefined) {
    return { chain: messageOf(default_filter_chain), path: ['default_filter_chain'] };
  }
  const [chain] = chains;
  if (chain === undefined) throw new ConfigError('no filter chains specified', ['filter_chains']);
  return { chain, path: ['filter_chains', 0] };
}

function inside<T>(make: () => T, ...path: (string | number)[]): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof ConfigError ? error.under(...path) : error;
  }
}

/** What a listener says of its chain, read but not built. */
export interface ChainConfig {
  readonly identity: string;
  readonly filterConfig: unknown;
  readonly factory: NetworkFilterFactory;
  /** From the listener to the payload of its filter. */
  readonly filterPath: readonly (string | number)[];
  readonly tls: DownstreamTls | undefined;
}

/** @throws ConfigError with the path inside the listener */
export function readChain(
  listener: Fields,
  factories: ReadonlyMap<string, NetworkFilterFactory>,
): ChainConfig {
  const { chain, path } = onlyChain(listener);
  const filters = messagesOf(chain.filters);
  const index = filters.length - 1;
  const type = typeNameOf(filters[index]?.typed_config);
  const factory = factories.get(type);
  if (filters.length !== 1 || factory === undefined) {
    const wrong = filters.find((one) => !factories.has(typeNameOf(one.typed_config))) ?? filters[index];
    const name = typeNameOf(wrong?.typed_config) || textOf(wrong?.name);
    throw new ConfigError(`the network filter ${name} needs real Envoy`, [...path, 'filters'], true);
  }
  const tls = inside(() => downstreamTls(chain.transport_socket), ...path);
  const hash = createHash('sha256').update(
    JSON.stringify([chain.transport_socket, type, listener.per_connection_buffer_limit_bytes]),
  );
  for (const { certificate } of [...(tls?.certificates ?? []), ...(tls?.trusted ?? [])])
    hash.update(certificate);
  return {
    identity: hash.digest('hex'),
    filterConfig: filters[index]?.typed_config,
    factory,
    filterPath: [...path, 'filters', index, 'typed_config'],
    tls,
  };
}

/** @throws ConfigError with the path inside the listener */
export function createChain(
  config: ChainConfig,
  context: FactoryContext,
  sslErrors: Counter,
  handshakes: Counter,
): ListenerChain {
  const filter = inside(() => config.factory(config.filterConfig, context), ...config.filterPath);
  const { identity, tls } = config;
  if (tls === undefined) {
    return {
      filter,
      tls,
      identity,
      accept: (socket) => filter.onConnection(socket, infoOf(socket, undefined)),
      close: () => filter.close(),
    };
  }
  const underWay = new Set<Socket>();
  const server: TlsServer = createTlsServer(tls.options, (secure) => {
    handshakes.inc();
    filter.onConnection(secure as Duplex, infoOf(secure, secure));
  });
  server.on('tlsClientError', () => sslErrors.inc());
  return {
    filter,
    tls,
    identity,
    accept(socket) {
      underWay.add(socket);
      socket.once('close', () => underWay.delete(socket));
      socket.on('error', () => undefined);
      server.emit('connection', socket);
    },
    close() {
      filter.close();
      for (const socket of underWay) socket.destroy();
    },
  };
}
