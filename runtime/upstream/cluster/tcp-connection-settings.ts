/**
 * What a cluster's configuration says about connections without a codec.
 */
import { messageOf } from '../../common/message-fields.js';
import type { StatsScope } from '../../stats/stat.js';
import type { TcpConnectorOptions } from '../connection-pool/create-tcp-connector.js';
import type { ConnectionSettings } from './connection-settings.js';
import { proxyProtocolPreface } from './upstream-proxy-protocol.js';

export function tcpConnectionSettings(
  config: unknown,
  settings: ConnectionSettings,
  statPrefix: string,
  scope: StatsScope,
): Omit<TcpConnectorOptions, 'clock' | 'stats' | 'limits' | 'usage' | 'tls'> {
  const { transport_socket: transportSocket } = messageOf(config);
  const { connectTimeoutMs, http1, keepaliveTimeMs } = settings;
  return {
    connectTimeoutMs,
    keepaliveTimeMs,
    bufferLimitBytes: http1.bufferLimitBytes,
    preface: proxyProtocolPreface(transportSocket, statPrefix, scope),
  };
}
