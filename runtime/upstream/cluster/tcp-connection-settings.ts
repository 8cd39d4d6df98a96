/**
 * What a cluster's configuration says about connections without a codec.
 */
import type { Fields } from '../../common/message-fields.js';
import { messageOf } from '../../common/message-fields.js';
import type { StatsScope } from '../../stats/stat.js';
import type { TcpConnectorOptions } from '../connection-pool/create-tcp-connector.js';
import type { ConnectionSettings } from './connection-settings.js';
import { innerTransportSocket, proxyProtocolPreface } from './upstream-proxy-protocol.js';

/** Pools of HTTP offer a protocol when the configuration names none; octets without a codec are of no protocol. */
function withoutDefaultProtocols(
  transportSocket: Fields,
  tls: ConnectionSettings['tls'],
): ConnectionSettings['tls'] {
  const common = messageOf(messageOf(transportSocket.typed_config).common_tls_context);
  if (tls === undefined || (common.alpn_protocols as readonly string[] | undefined)?.length) return tls;
  const { ALPNProtocols: _, ...others } = tls;
  return others;
}

export function tcpConnectionSettings(
  config: unknown,
  settings: ConnectionSettings,
  statPrefix: string,
  scope: StatsScope,
): Omit<TcpConnectorOptions, 'clock' | 'stats' | 'limits' | 'usage'> {
  const { transport_socket: transportSocket } = messageOf(config);
  const { connectTimeoutMs, http1, keepaliveTimeMs, tls } = settings;
  return {
    connectTimeoutMs,
    keepaliveTimeMs,
    bufferLimitBytes: http1.bufferLimitBytes,
    tls: withoutDefaultProtocols(messageOf(innerTransportSocket(transportSocket)), tls),
    preface: proxyProtocolPreface(transportSocket, statPrefix, scope),
  };
}
