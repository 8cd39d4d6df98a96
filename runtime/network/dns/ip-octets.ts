/** IP addresses between text and octets. */

import { isIPv4, isIPv6 } from 'node:net';

/** The 4 octets of an IPv4 text, or the 16 of an IPv6 text (without zone); undefined for anything else. */
export function ipOctets(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  let groups = text;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (dotted) {
    const [, head, a, b, c, d] = dotted;
    groups = `${head}${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`;
  }
  const [left = '', right] = groups.split('::');
  const before = left === '' ? [] : left.split(':');
  const after = right === undefined || right === '' ? [] : right.split(':');
  const octets = new Uint8Array(16);
  const put = (list: readonly string[], from: number): void => {
    list.forEach((group, index) => {
      const value = Number.parseInt(group, 16);
      octets[from + index * 2] = value >> 8;
      octets[from + index * 2 + 1] = value & 255;
    });
  };
  put(before, 0);
  put(after, 16 - after.length * 2);
  return octets;
}

/** Text of 4 or 16 octets; IPv6 as RFC 5952 wants it, IPv4-mapped as `::ffff:1.2.3.4`. */
export function ipText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(octets[at]! * 256 + octets[at + 1]!);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${octets.slice(12).join('.')}`;
  }
  let best = -1;
  let bestLength = 1;
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > bestLength) {
      best = start;
      bestLength = length;
    }
  }
  const hex = groups.map((group) => group.toString(16));
  if (best < 0) return hex.join(':');
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + bestLength).join(':')}`;
}
