/**
 * `hash_policy: source_ip`: Envoy hashes the text of the address with xxHash64, seed 0
 * (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). Once per connection, so `bigint` is fast enough.
 */
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;

const cut = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotate = (value: bigint, by: bigint): bigint => cut((value << by) | (value >> (64n - by)));
const round = (sum: bigint, lane: bigint): bigint => cut(rotate(cut(sum + lane * P2), 31n) * P1);
const merge = (hash: bigint, sum: bigint): bigint => cut((hash ^ round(0n, sum)) * P1 + P4);

/** @returns unsigned, of 64 bits */
export function sourceIpHash(ip: string): bigint {
  const octets = Buffer.from(ip, 'latin1');
  let at = 0;
  let hash = P5;
  if (octets.length >= 32) {
    const sums = [cut(P1 + P2), P2, 0n, cut(-P1)];
    for (; at + 32 <= octets.length; at += 32) {
      for (let lane = 0; lane < 4; lane++) {
        sums[lane] = round(sums[lane] as bigint, octets.readBigUInt64LE(at + lane * 8));
      }
    }
    const turns = [1n, 7n, 12n, 18n];
    hash = cut(sums.reduce((all, sum, lane) => all + rotate(sum, turns[lane] as bigint), 0n));
    for (const sum of sums) hash = merge(hash, sum);
  }
  hash = cut(hash + BigInt(octets.length));
  for (; at + 8 <= octets.length; at += 8) {
    hash = cut(rotate(hash ^ round(0n, octets.readBigUInt64LE(at)), 27n) * P1 + P4);
  }
  if (at + 4 <= octets.length) {
    hash = cut(rotate(hash ^ cut(BigInt(octets.readUInt32LE(at)) * P1), 23n) * P2 + P3);
    at += 4;
  }
  for (; at < octets.length; at++) {
    hash = cut(rotate(hash ^ cut(BigInt(octets[at] as number) * P5), 11n) * P1);
  }
  hash = cut((hash ^ (hash >> 33n)) * P2);
  hash = cut((hash ^ (hash >> 29n)) * P3);
  return hash ^ (hash >> 32n);
}
