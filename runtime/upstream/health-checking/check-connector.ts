/**
 * How checks reach a host: by connections of their own, under the TLS of the cluster. They belong to no pool and count for
 * no limit: a host that is full has to be told from one that is ill.
 */
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { connect as connectTls } from 'node:tls';
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
 * @param tls of the cluster; undefined: plain text
 * @param clusterProtocols `common_tls_context.alpn_protocols` of the cluster
 */
export function createCheckConnector(
  tls: ConnectionOptions | undefined,
  clusterProtocols: readonly string[],
): CheckConnector {
  return ({ healthCheck: { address } }, protocols = clusterProtocols, onConnected) => {
    const target = address.kind === 'ip' ? { host: address.ip, port: address.port } : { path: address.path };
    let socket: Socket;
    if (tls === undefined) {
      socket = connect(target);
      socket.once('connect', onConnected);
    } else {
      const { ALPNProtocols: _, ...context } = tls;
      const offered = protocols.length === 0 ? {} : { ALPNProtocols: [...protocols] };
      const secure = connectTls({ ...target, ...context, ...offered });
      secure.once('secureConnect', onConnected);
      socket = secure;
    }
    socket.setNoDelay(true);
    return socket;
  };
}
