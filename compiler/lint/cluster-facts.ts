/**
 * What rules ask about a cluster.
 */
import { isIP } from 'node:net';
import type { Fields, Message } from '../check/bootstrap-view.js';
import { fieldsAt, isSet, textAt, typeOf } from '../check/bootstrap-view.js';
import { dnsClusterType, httpOptionsType, upstreamTlsType } from './message-names.js';

export function nameOf(message: Message): string {
  return textAt(message.value.name);
}

/** Endpoints written in the cluster. */
export function endpointsOf(cluster: Message): Message[] {
  return cluster
    .at('load_assignment')
    .list('endpoints')
    .flatMap((locality) => locality.list('lb_endpoints'))
    .map((entry) => entry.at('endpoint'));
}

export function socketOf(endpoint: Message): Fields {
  return fieldsAt(fieldsAt(endpoint.value.address).socket_address);
}

/** Host names and addresses of the endpoints. */
export function hostsOf(cluster: Message): string[] {
  return endpointsOf(cluster).map((endpoint) => textAt(socketOf(endpoint).address));
}

/** The message with the DNS settings, when the cluster resolves names. */
export function resolverOf(cluster: Message): Message | undefined {
  const { type } = cluster.value;
  if (type === 'STRICT_DNS' || type === 'LOGICAL_DNS') return cluster;
  const config = cluster.at('cluster_type').at('typed_config');
  return typeOf(config.value) === dnsClusterType ? config : undefined;
}

/** Endpoints that are all IP addresses; false for a cluster without endpoints, which gets names later. */
export function hasOnlyIps(cluster: Message): boolean {
  const hosts = hostsOf(cluster);
  return hosts.length > 0 && hosts.every((host) => isIP(host) !== 0);
}

/** `HttpProtocolOptions` of the cluster; an empty message when there are none. */
export function httpOptionsOf(cluster: Message): Message {
  return cluster.at('typed_extension_protocol_options').at(httpOptionsType);
}

/** Whether requests may go out over HTTP/2 or HTTP/3, by the new options or by the old field. */
export function speaksHttp2(cluster: Message): boolean {
  const options = httpOptionsOf(cluster).value;
  const explicit = fieldsAt(options.explicit_http_config);
  return (
    isSet(cluster.value.http2_protocol_options) ||
    isSet(options.auto_config) ||
    isSet(options.use_downstream_protocol_config) ||
    isSet(explicit.http2_protocol_options) ||
    isSet(explicit.http3_protocol_options)
  );
}

/** The TLS settings towards the hosts of the cluster, when they are plainly that. */
export function upstreamTlsOf(cluster: Message): Message | undefined {
  const config = cluster.at('transport_socket').at('typed_config');
  return typeOf(config.value) === upstreamTlsType ? config : undefined;
}

/** The cluster of a name. */
export function clusterByName(clusters: readonly Message[]): ReadonlyMap<string, Message> {
  return new Map(clusters.map((cluster) => [nameOf(cluster), cluster]));
}

/** Names of the clusters that a route action sends to, without those of headers and plugins. */
export function targetsOf(action: Fields): string[] {
  const weighted = fieldsAt(action.weighted_clusters).clusters;
  const names = Array.isArray(weighted) ? weighted.map((one) => textAt(fieldsAt(one).name)) : [];
  return [textAt(action.cluster), ...names].filter((name) => name !== '');
}
