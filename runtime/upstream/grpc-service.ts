/**
 * `envoy.config.core.v3.GrpcService`: unary calls to a service that filters ask. The gRPC library is loaded with the first
 * filter that needs it.
 */
import type { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js';
import type { Clock } from '../common/clock.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../common/message-fields.js';
import type { SupportedFields } from '../config/supported-fields.js';
import { ConfigError } from '../network/filter.js';
import type { StreamFilterContext } from '../http/filter.js';
import type { Cluster } from './cluster/cluster.js';

type Grpc = typeof import('@grpc/grpc-js');

/** A call under way. */
export interface UnaryCall {
  /** Nobody waits any more: `done` is not called after it. */
  cancel(): void;
}

export interface GrpcService {
  /**
   * @param method `/package.Service/Method`
   * @param done the answer's octets, or why there is none
   */
  call(
    method: string,
    request: Buffer,
    timeoutMs: number,
    done: (answer: Buffer | undefined, error: string) => void,
  ): UnaryCall;
}

/** Where a call goes to. */
interface Target {
  readonly address: string;
  readonly cluster: Cluster | undefined;
}

interface Preparation {
  readonly target: () => Target | undefined;
  readonly authority: string;
  readonly metadata: readonly (readonly [string, string])[];
}

/** With how it was made, so that a change of the cluster's TLS is seen. */
interface KeptClient {
  readonly client: Client;
  readonly tls: Cluster['upstreamTls'];
}

/** By authority and address; all filters of a server share them. */
type Clients = Map<string, KeptClient>;

const maxClients = 64;
const clientsOf = new WeakMap<object, Clients>();

class LazyGrpcService implements GrpcService {
  private readonly preparation: Preparation;
  private readonly clock: Clock;
  private library: Grpc | undefined = undefined;
  private readonly loading: Promise<Grpc>;
  private readonly clients: Clients;

  constructor(preparation: Preparation, clock: Clock, clients: Clients) {
    this.preparation = preparation;
    this.clock = clock;
    this.clients = clients;
    this.loading = import('@grpc/grpc-js');
    this.loading.then(
      (library) => {
        this.library = library;
      },
      () => undefined,
    );
  }

  call(...[method, request, timeoutMs, done]: Parameters<GrpcService['call']>): UnaryCall {
    let over = false;
    let running: UnaryCall | undefined;
    const finish = (answer: Buffer | undefined, error: string): void => {
      if (over) return;
      over = true;
      timer.cancel();
      done(answer, error);
    };
    const timer = this.clock.setTimer(timeoutMs, () => {
      running?.cancel();
      finish(undefined, `no answer within ${timeoutMs} ms`);
    });
    const start = (library: Grpc): void => {
      if (!over) running = this.start(library, method, request, finish);
    };
    if (this.library !== undefined) start(this.library);
    else this.loading.then(start, (error: Error) => finish(undefined, error.message));
    return {
      cancel() {
        over = true;
        timer.cancel();
        running?.cancel();
      },
    };
  }

  private start(
    library: Grpc,
    method: string,
    request: Buffer,
    done: (answer: Buffer | undefined, error: string) => void,
  ): UnaryCall | undefined {
    const target = this.preparation.target();
    if (target === undefined) {
      done(undefined, 'there is no host for the service');
      return undefined;
    }
    const metadata: Metadata = new library.Metadata();
    for (const [name, value] of this.preparation.metadata) metadata.add(name, value);
    const call = this.client(library, target).makeUnaryRequest(
      method,
      (octets: Buffer) => octets,
      (octets: Buffer) => octets,
      request,
      metadata,
      (error, answer) => done(error === null ? answer : undefined, error?.message ?? ''),
    );
    return { cancel: () => call.cancel() };
  }

  private client(library: Grpc, { address, cluster }: Target): Client {
    const { authority } = this.preparation;
    const key = `${authority} ${address}`;
    const found = this.clients.get(key);
    if (found !== undefined) {
      if (found.tls === cluster?.upstreamTls) return found.client;
      this.clients.delete(key);
      found.client.close();
    }
    const [oldest] = this.clients;
    if (oldest !== undefined && this.clients.size >= maxClients) {
      this.clients.delete(oldest[0]);
      oldest[1].client.close();
    }
    const client = new library.Client(address, credentials(library, cluster), {
      'grpc.enable_http_proxy': 0,
      'grpc.service_config_disable_resolution': 1,
      ...(authority === '' ? {} : { 'grpc.default_authority': authority }),
    });
    this.clients.set(key, { client, tls: cluster?.upstreamTls });
    return client;
  }
}

function credentials({ credentials: kinds }: Grpc, cluster: Cluster | undefined): ChannelCredentials {
  const tls = cluster?.upstreamTls;
  if (tls === undefined) return kinds.createInsecure();
  return kinds.createFromSecureContext(tls.material.secureContext, tls.verification);
}

function addressOf(cluster: Cluster): string | undefined {
  const address = cluster.loadBalancer.chooseHost(undefined)?.address;
  if (address === undefined) return undefined;
  if (address.kind === 'pipe') return `unix:${address.path}`;
  return address.ip.includes(':')
    ? `ipv6:[${address.ip}]:${address.port}`
    : `ipv4:${address.ip}:${address.port}`;
}

/** @throws ConfigError with the path inside the message */
export function createGrpcService(
  given: unknown,
  context: Pick<StreamFilterContext, 'clock' | 'clusters' | 'hasCluster'>,
): GrpcService {
  const config = messageOf(given);
  const { clock, clusters } = context;
  const clients: Clients = clientsOf.get(clusters) ?? new Map<string, KeptClient>();
  clientsOf.set(clusters, clients);
  const metadata = messagesOf(config.initial_metadata).map(
    ({ key, value }: Fields) => [textOf(key).toLowerCase(), textOf(value)] as const,
  );
  if (config.google_grpc !== undefined) {
    const address = textOf(messageOf(config.google_grpc).target_uri);
    return new LazyGrpcService(
      { target: () => ({ address, cluster: undefined }), authority: '', metadata },
      clock,
      clients,
    );
  }
  const { authority, cluster_name } = messageOf(config.envoy_grpc);
  const name = textOf(cluster_name);
  if (!context.hasCluster(name)) {
    throw new ConfigError(`Unknown gRPC client cluster '${name}'`, ['envoy_grpc', 'cluster_name']);
  }
  const target = (): Target | undefined => {
    const cluster = clusters.get(name);
    const address = cluster === undefined ? undefined : addressOf(cluster);
    return address === undefined ? undefined : { address, cluster };
  };
  return new LazyGrpcService({ target, authority: textOf(authority) || name, metadata }, clock, clients);
}

const core = 'envoy.config.core.v3.';

export const grpcServiceSupportedFields: SupportedFields = {
  [`${core}GrpcService`]: {
    envoy_grpc: true,
    google_grpc: true,
    timeout: true,
    initial_metadata: true,
  },
  [`${core}GrpcService.EnvoyGrpc`]: {
    cluster_name: true,
    authority: true,
    // The library adds no headers of Envoy's.
    skip_envoy_headers: 'ignored',
  },
  [`${core}GrpcService.GoogleGrpc`]: { target_uri: true, stat_prefix: 'ignored' },
};
