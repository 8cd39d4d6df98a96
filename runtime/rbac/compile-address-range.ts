/** `CidrRange` -> a test of an address. */
import { BlockList, isIP } from 'node:net';
import { messageOf, numberOf, textOf } from '../common/message-fields.js';
import { ConfigError } from '../network/filter.js';

/** @returns false for `''` and for addresses of the other family. @throws ConfigError with the path inside the range */
export function compileAddressRange(range: unknown): (ip: string) => boolean {
  const { address_prefix, prefix_len } = messageOf(range);
  const prefix = textOf(address_prefix);
  const version = isIP(prefix);
  if (version === 0) throw new ConfigError(`malformed IP address: ${prefix}`, ['address_prefix']);
  const family = version === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(prefix, Math.min(numberOf(prefix_len, 0), version === 6 ? 128 : 32), family);
  // Asked for an address of the other family, Node says yes to `::/0`.
  return (ip) => isIP(ip) === version && list.check(ip, family);
}
