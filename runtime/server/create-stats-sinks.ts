/**
 * `stats_sinks` of the bootstrap -> the sinks, each with its socket.
 */
import { createSocket } from 'node:dgram';
import { isIP, isIPv6 } from 'node:net';
import type { Logger } from '../common/logger.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf, typeNameOf } from '../common/message-fields.js';
import { under } from '../network/config-path.js';
import { ConfigError } from '../network/filter.js';
import type { StatsSink } from '../stats/stats-sink.js';
import type { DatagramSender } from '../stats/statsd-sink.js';
import { StatsdSink } from '../stats/statsd-sink.js';
import type { ExtractTags } from '../stats/tag-extractor.js';

interface UdpAddress {
  readonly ip: string;
  readonly port: number;
}

/** @throws ConfigError with the path inside the sink */
function udpAddress(config: Fields): UdpAddress {
  const socket = messageOf(messageOf(config.address).socket_address);
  const ip = textOf(socket.address);
  if (isIP(ip) === 0) throw new ConfigError(`malformed IP address: ${ip}`, ['address', 'socket_address']);
  return { ip, port: numberOf(socket.port_value, 0) };
}

function openUdp({ ip, port }: UdpAddress, log: Logger): DatagramSender {
  const socket = createSocket(isIPv6(ip) ? 'udp6' : 'udp4');
  let told = false;
  socket.unref();
  socket.on('error', (error) => {
    // A collector that is not there answers each datagram by an error.
    if (!told) log.warning(`statistics for ${ip}:${port} are lost: ${error.message}`);
    told = true;
  });
  return {
    send: (octets) => socket.send(octets, port, ip),
    close: () => socket.close(),
  };
}

interface PreparedSink {
  readonly address: UdpAddress;
  readonly prefix: string;
  readonly hasTags: boolean;
  readonly maxDatagramBytes: number;
}

const statsd = 'envoy.config.metrics.v3.StatsdSink';
const dogStatsd = 'envoy.config.metrics.v3.DogStatsdSink';

function prepareSink(sink: Fields): PreparedSink {
  const config = messageOf(sink.typed_config);
  const type = typeNameOf(config);
  if (type !== statsd && type !== dogStatsd) {
    throw new ConfigError(
      `the stats sink ${type || textOf(sink.name)} needs real Envoy`,
      ['typed_config'],
      true,
    );
  }
  return {
    address: under(() => udpAddress(config), 'typed_config'),
    prefix: textOf(config.prefix) || 'envoy',
    hasTags: type === dogStatsd,
    maxDatagramBytes: numberOf(config.max_bytes_per_datagram, 0),
  };
}

/** @throws ConfigError with the path from the list on; nothing is open then */
export function createStatsSinks(configs: unknown, extractTags: ExtractTags, log: Logger): StatsSink[] {
  const prepared = messagesOf(configs).map((sink, index) => under(() => prepareSink(sink), index));
  return prepared.map(
    ({ address, hasTags, maxDatagramBytes, prefix }) =>
      new StatsdSink(openUdp(address, log), {
        prefix,
        extractTags: hasTags ? extractTags : undefined,
        maxDatagramBytes,
      }),
  );
}
