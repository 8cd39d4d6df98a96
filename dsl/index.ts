/**
 * The language: what a configuration imports from `envoy3`.
 */
export type { AccessLogOptions } from './builders/access-log.js';
export { accessLog } from './builders/access-log.js';
export type { AdminOptions } from './builders/admin.js';
export { admin } from './builders/admin.js';
export type { BootstrapOptions } from './builders/bootstrap.js';
export { bootstrap } from './builders/bootstrap.js';
export type { ClusterOptions, DnsOptions } from './builders/cluster.js';
export { cluster, staticCluster, strictDns } from './builders/cluster.js';
export type { ConsulServiceOptions } from './builders/consul-service.js';
export { consulService, consulServicesOf } from './builders/consul-service.js';
export type { DurationInput } from './builders/duration.js';
export { duration } from './builders/duration.js';
export type { HttpListenerOptions, HttpsListenerOptions } from './builders/http-listener.js';
export { httpListener, httpsListener, router } from './builders/http-listener.js';
export type { LoadBalancing } from './builders/load-balancing.js';
export { leastRequest, random, roundRobin } from './builders/load-balancing.js';
export type { ListenerOf, NamedCluster, RouteTo, VirtualHostOf } from './builders/names.js';
export type { HeaderInput, MatchInput, RedirectOptions, RetryInput, RouteOptions } from './builders/route.js';
export { directResponse, redirect, route, weighted } from './builders/route.js';
export type {
  ServiceCheckInput,
  ServiceDefinitions,
  ServiceInput,
  ServiceName,
} from './builders/services.js';
export { defineServices } from './builders/services.js';
export type { TlsOptions } from './builders/tls.js';
export { tlsFromPem } from './builders/tls.js';
export type { VirtualHostOptions } from './builders/virtual-host.js';
export { virtualHost } from './builders/virtual-host.js';
export { env, readFile } from './inputs.js';
export { defineBootstrap } from './raw.js';
export type * from './types.js';
