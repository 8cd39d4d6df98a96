/**
 * Buffers for what was read in bulk, used again and again. A fresh one for each read of 64 KiB makes the collector run
 * through the whole heap every few hundred reads: in a bulk transfer that cost as much as everything else together.
 */

/** Smaller reads are copied and forgotten: Node cuts small buffers from slabs of its own, which costs next to nothing. */
const bulkOctets = 8 * 1024;
const bufferOctets = 64 * 1024;
/** As many are kept for later: 4 MiB. */
const maxKept = 64;

const free: Buffer[] = [];

/** A copy of what was read. */
export interface OctetCopy {
  readonly octets: Buffer;
  /** To be called when nobody looks at it any more; undefined: nobody needs to say so. */
  readonly release: (() => void) | undefined;
}

/** @param octets at most 64 KiB */
export function copyOctets(octets: Buffer): OctetCopy {
  if (octets.length < bulkOctets) return { octets: Buffer.from(octets), release: undefined };
  const buffer = free.pop() ?? Buffer.allocUnsafeSlow(bufferOctets);
  octets.copy(buffer);
  return {
    octets: buffer.subarray(0, octets.length),
    release() {
      if (free.length < maxKept) free.push(buffer);
    },
  };
}
