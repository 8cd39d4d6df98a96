/**
 * The HTTP connection managers of a bootstrap, and which of them a client's connection meets: listener by port, filter
 * chain by the runtime's own selector.
 */
import type { Path } from '../../dsl/api/index.js';
import type { Fields } from '../../runtime/common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf, typeNameOf } from '../../runtime/common/message-fields.js';
import { compileChainMatch } from '../../runtime/listener/filter-chain-match.js';
import type { RouteTestRequest } from './route-test.js';

const managerType = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

/** A connection manager with its place. */
export interface HttpManager {
  readonly listener: string;
  readonly filterChain: string;
  /** Of the `HttpConnectionManager` in the bootstrap. */
  readonly path: Path;
  /** Canonical `HttpConnectionManager`. */
  readonly config: Fields;
}

interface ListenerChains {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly chains: readonly Fields[];
  /** Parallel to `chains`; undefined for chains of other filters. */
  readonly managers: readonly (HttpManager | undefined)[];
  /** `default_filter_chain`. */
  readonly fallback: HttpManager | undefined;
  readonly takesTls: boolean;
}

function managerOf(chain: Fields, listener: string, path: Path): HttpManager | undefined {
  const filters = messagesOf(chain.filters);
  const index = filters.findIndex((filter) => typeNameOf(filter.typed_config) === managerType);
  if (index < 0) return undefined;
  return {
    listener,
    filterChain: textOf(chain.name),
    path: [...path, 'filters', index, 'typed_config'],
    config: messageOf(filters[index]?.typed_config),
  };
}

function readListener(listener: Fields, index: number): ListenerChains {
  const path: Path = ['static_resources', 'listeners', index];
  const socket = messageOf(messageOf(listener.address).socket_address);
  const name = textOf(listener.name) || `listeners[${index}]`;
  const chains = messagesOf(listener.filter_chains);
  const fallback = messageOf(listener.default_filter_chain);
  return {
    name,
    address: textOf(socket.address),
    port: numberOf(socket.port_value, 0),
    chains,
    managers: chains.map((chain, at) => managerOf(chain, name, [...path, 'filter_chains', at])),
    fallback: managerOf(fallback, name, [...path, 'default_filter_chain']),
    takesTls: [...chains, fallback].some((chain) => chain.transport_socket !== undefined),
  };
}

/** How a client gets to a manager. */
export interface Entrance {
  readonly port: number;
  readonly tls: boolean;
  /** A server name that chooses its chain, undefined when any does. */
  readonly serverName: string | undefined;
}

/** A connection's manager, or in words why there is none. */
export type ManagerChoice = HttpManager | { readonly problem: string };

/** All of a bootstrap. */
export class HttpManagers {
  readonly all: readonly HttpManager[];
  readonly #listeners: readonly ListenerChains[];

  /** @param bootstrap canonical */
  constructor(bootstrap: Fields) {
    const all = messagesOf(messageOf(bootstrap.static_resources).listeners).map(readListener);
    this.#listeners = all.filter(
      ({ fallback, managers }) => fallback ?? managers.find((one) => one !== undefined),
    );
    this.all = this.#listeners.flatMap(({ fallback, managers }) =>
      [...managers, fallback].filter((one) => one !== undefined),
    );
  }

  entrance(manager: HttpManager): Entrance {
    const listener = this.#listeners.find(
      ({ fallback, managers }) => fallback === manager || managers.includes(manager),
    );
    const chain = listener?.chains[listener.managers.indexOf(manager)] ?? {};
    const [name] = (messageOf(chain.filter_chain_match).server_names ?? []) as readonly string[];
    return {
      port: listener?.port ?? 0,
      tls: listener?.takesTls === true,
      serverName: name?.replace(/^\*/, 'witness'),
    };
  }

  choose(request: RouteTestRequest): ManagerChoice {
    const listener = this.#listener(request);
    return 'problem' in listener ? listener : this.#chain(listener, request);
  }

  #listener(request: RouteTestRequest): ListenerChains | { readonly problem: string } {
    const names = this.#listeners.map(({ name, port }) => `${name} (port ${port})`).join(', ');
    if (this.#listeners.length === 0) return { problem: 'there is no static listener for HTTP' };
    if (request.listener !== undefined) {
      const named = this.#listeners.find(({ name }) => name === request.listener);
      return named ?? { problem: `there is no HTTP listener '${request.listener}'; there are ${names}` };
    }
    const port = request.port ?? (request.scheme === 'https' ? 443 : 80);
    const byPort = this.#listeners.filter((one) => one.port === port);
    const [only, second] = byPort.length > 0 ? byPort : this.#listeners;
    if (only !== undefined && second === undefined) return only;
    const wantsTls = request.scheme === 'https';
    const fitting = (byPort.length > 0 ? byPort : this.#listeners).filter(
      ({ takesTls }) => takesTls === wantsTls,
    );
    if (fitting.length === 1) return fitting[0] as ListenerChains;
    return { problem: `say which listener is meant, by the port of the URL or by 'listener': ${names}` };
  }

  #chain(listener: ListenerChains, request: RouteTestRequest): ManagerChoice {
    const { chains, fallback, managers, name } = listener;
    const isTls = request.scheme === 'https' && listener.takesTls;
    const index = compileChainMatch(chains)({
      localAddress:
        listener.address === '0.0.0.0' || listener.address === '' ? '192.0.2.1' : listener.address,
      localPort: listener.port,
      remoteAddress: request.sourceAddress,
      remotePort: 40_000,
      transportProtocol: isTls ? 'tls' : 'raw_buffer',
      serverName: isTls ? (request.serverName ?? hostOf(request.authority)).toLowerCase() : '',
      applicationProtocols: isTls ? request.alpn : [],
    });
    if (index === undefined)
      return fallback ?? { problem: `no filter chain of ${name} takes this connection` };
    return (
      managers[index] ?? { problem: `the filter chain ${index} of ${name} has no HTTP connection manager` }
    );
  }
}

/** Without port and brackets. */
function hostOf(authority: string): string {
  return /^\[([^\]]*)\]/.exec(authority)?.[1] ?? authority.replace(/:\d*$/, '');
}
