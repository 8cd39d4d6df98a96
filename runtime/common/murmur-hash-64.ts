/**
 * MurmurHash64A as the C++ library hashes texts, which Envoy's `MURMUR_HASH_2` rings use. Only when a ring is built: it is not
 * on the path of a request.
 */
const mask = 0xffffffffffffffffn;
const multiplier = 0xc6a4a7935bd1e995n;
const librarySeed = 0xc70f6907n;

const shiftMix = (value: bigint): bigint => value ^ (value >> 47n);

/**
 * @param octets one character for each octet
 * @returns unsigned, of 64 bits
 */
export function murmurHash64(octets: string): bigint {
  const bytes = Buffer.from(octets, 'latin1');
  const whole = bytes.length & ~7;
  let hash = librarySeed ^ ((BigInt(bytes.length) * multiplier) & mask);
  const mix = (data: bigint): void => {
    hash = ((hash ^ data) * multiplier) & mask;
  };
  for (let at = 0; at < whole; at += 8) {
    const data = (bytes.readBigUInt64LE(at) * multiplier) & mask;
    mix((shiftMix(data) * multiplier) & mask);
  }
  if (whole < bytes.length) {
    let rest = 0n;
    for (let at = bytes.length - 1; at >= whole; at--) rest = (rest << 8n) | BigInt(bytes[at] as number);
    mix(rest);
  }
  return shiftMix((shiftMix(hash) * multiplier) & mask);
}
