/**
 * The header of the PROXY protocol that goes before a TCP check (`proxy_protocol_config`).
 */
import { ConfigError } from '../../network/filter.js';
import type { Socket } from 'node:net';
import { isIPv6 } from 'node:net';
import { messageOf, textOf } from '../../common/message-fields.js';

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
/** Version 2, command LOCAL, no addresses: the proxy speaks for itself. */
const local = Buffer.concat([signature, Buffer.from([0x20, 0, 0, 0])]);

function version1({ localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 }: Socket): Buffer {
  const family = isIPv6(remoteAddress) ? 'TCP6' : 'TCP4';
  return Buffer.from(`PROXY ${family} ${localAddress} ${remoteAddress} ${localPort} ${remotePort}\r\n`);
}

/** @returns undefined when nothing is asked for */
export function proxyProtocolHeader(config: unknown): ((socket: Socket) => Buffer) | undefined {
  if (config === undefined) return undefined;
  const { added_tlvs, pass_through_tlvs } = messageOf(config);
  if (added_tlvs !== undefined || pass_through_tlvs !== undefined) {
    // The message is shared with the transport socket, where it is served: only here it is not.
    throw new ConfigError('TLVs of a health check need real Envoy', ['proxy_protocol_config'], true);
  }
  return textOf(messageOf(config).version, 'V1') === 'V1' ? version1 : () => local;
}
