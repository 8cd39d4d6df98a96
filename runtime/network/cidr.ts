/**
 * `CidrRange` lists -> a test of an address.
 */
import { BlockList, isIPv6 } from 'node:net';
import type { Fields } from '../common/message-fields.js';
import { numberOf, textOf } from '../common/message-fields.js';

const family = (ip: string) => (isIPv6(ip) ? 'ipv6' : 'ipv4') as 'ipv4' | 'ipv6';

export function compileCidrList(ranges: readonly Fields[]): (ip: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const ip = textOf(range.address_prefix);
    list.addSubnet(ip, numberOf(range.prefix_len, 0), family(ip));
  }
  return (ip) => list.check(ip, family(ip));
}
