/**
 * How checks reach a host: by connections of their own, under the TLS of the cluster. They belong to no pool and count for
 * no limit: a host that is full has to be told from one that is ill.
 */
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { UpstreamTls } from '../cluster/upstream-tls.js';
import type { Host } from '../host/host.js';

/**
 * @param protocols what the check offers by ALPN instead of what the cluster offers
 * @param onConnected called once when octets may be written: under TLS, after the handshake
 */
export type CheckConnector = (
  host: Host,
  protocols: readonly string[] | undefined,
  onConnected: () => void,
) => Socket;

/**
 * As in Envoy no protocol is offered where none is configured, while pools offer the one that they speak.
 * @param tls of the cluster, asked at each connection since it may rotate; undefined: plain text
 */
export function createCheckConnector(tls: (() => Pick<UpstreamTls, 'connect'>) | undefined): CheckConnector {
  return ({ healthCheck: { address }, hostname }, protocols, onConnected) => {
    const target = address.kind === 'ip' ? { host: address.ip, port: address.port } : { path: address.path };
    const protocolsInstead = protocols === undefined || protocols.length === 0 ? undefined : protocols;
    const socket =
      tls === undefined
        ? connect(target, onConnected)
        : tls().connect(target, { hostname, protocols: [], protocolsInstead }, onConnected);
    socket.setNoDelay(true);
    return socket;
  };
}
