/** The header of the PROXY protocol that a connection to a host begins with. Pure. */
import { ipOctets } from '../dns/ip-octets.js';
import type { ProxiedAddresses, ProxyTlv } from './proxy-header.js';
import { signature2 } from './proxy-header.js';

const LOCAL = 0x20;
const PROXY = 0x21;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;
/** The length is told in 16 bits. */
const maxLength = 65535;

/** @returns undefined for addresses that are no IPs, or of two families */
function octetsOf({ localAddress, remoteAddress }: ProxiedAddresses): Uint8Array[] | undefined {
  const [remote, local] = [ipOctets(remoteAddress), ipOctets(localAddress)];
  return remote !== undefined && local !== undefined && remote.length === local.length
    ? [remote, local]
    : undefined;
}

/** Version 1: a line; `UNKNOWN` where there are no addresses. */
export function proxyLine(addresses: ProxiedAddresses): Buffer {
  const octets = octetsOf(addresses);
  if (octets === undefined) return Buffer.from('PROXY UNKNOWN\r\n', 'latin1');
  const { localAddress, localPort, remoteAddress, remotePort } = addresses;
  const family = octets[0]?.length === 4 ? 'TCP4' : 'TCP6';
  return Buffer.from(
    `PROXY ${family} ${remoteAddress} ${localAddress} ${remotePort} ${localPort}\r\n`,
    'latin1',
  );
}

/**
 * Version 2; `LOCAL` where there are no addresses. TLVs that do not fit into the length are left out, all of them.
 * @param onTooLong told then
 */
export function proxyBinary(
  addresses: ProxiedAddresses,
  tlvs: readonly ProxyTlv[],
  onTooLong: () => void,
): Buffer {
  const octets = octetsOf(addresses);
  const head = (command: number, family: number, length: number): Buffer =>
    Buffer.concat([signature2, Buffer.from([command, family, length >> 8, length & 255])]);
  if (octets === undefined) return head(LOCAL, 0, 0);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(addresses.remotePort, 0);
  ports.writeUInt16BE(addresses.localPort, 2);
  const vectors = tlvs.map(({ type, value }) =>
    Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 255]), value]),
  );
  const fixed = Buffer.concat([...octets, ports]);
  const extension = Buffer.concat(vectors);
  const fits = fixed.length + extension.length <= maxLength;
  if (!fits) onTooLong();
  const body = fits ? Buffer.concat([fixed, extension]) : fixed;
  const family = octets[0]?.length === 4 ? TCP_OVER_IPV4 : TCP_OVER_IPV6;
  return Buffer.concat([head(PROXY, family, body.length), body]);
}
