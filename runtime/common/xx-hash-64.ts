/**
 * xxHash64, the hash of Envoy's hash policies and of its consistent balancers (`HashUtil::xxHash64`), after the
 * specification (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). The arithmetic is on halves of 32 bits:
 * with `bigint` a short text costs ten times as much, and a ring has many thousands of them.
 */

/** A number of 64 bits, changed in place. */
class Word {
  hi = 0;
  lo = 0;

  set(hi: number, lo: number): this {
    this.hi = hi | 0;
    this.lo = lo | 0;
    return this;
  }

  copy({ hi, lo }: Word): this {
    this.hi = hi;
    this.lo = lo;
    return this;
  }

  add(hi: number, lo: number): this {
    const low = (this.lo >>> 0) + (lo >>> 0);
    this.hi = (this.hi + hi + (low > 0xffffffff ? 1 : 0)) | 0;
    this.lo = low | 0;
    return this;
  }

  xor(hi: number, lo: number): this {
    this.hi ^= hi;
    this.lo ^= lo;
    return this;
  }

  multiply(hi: number, lo: number): this {
    const low = this.lo;
    const crossed = Math.imul(low, hi) + Math.imul(this.hi, lo);
    this.hi = (highProduct(low, lo) + crossed) | 0;
    this.lo = Math.imul(low, lo);
    return this;
  }

  /** @param by of [1, 31] */
  rotateLeft(by: number): this {
    const { hi, lo } = this;
    this.hi = (hi << by) | (lo >>> (32 - by));
    this.lo = (lo << by) | (hi >>> (32 - by));
    return this;
  }

  /** Itself, shifted to the right, mixed in. @param by of [1, 63], not 32 */
  mixShifted(by: number): this {
    const { hi, lo } = this;
    if (by > 32) return this.xor(0, hi >>> (by - 32));
    return by === 32 ? this.xor(0, hi) : this.xor(hi >>> by, (lo >>> by) | (hi << (32 - by)));
  }
}

/** The upper half of the product of two unsigned numbers of 32 bits. */
function highProduct(left: number, right: number): number {
  const a = left & 0xffff;
  const b = left >>> 16;
  const c = right & 0xffff;
  const d = right >>> 16;
  const low = a * c;
  const one = a * d;
  const other = b * c;
  const carry = (low >>> 16) + (one & 0xffff) + (other & 0xffff);
  return (b * d + (one >>> 16) + (other >>> 16) + (carry >>> 16)) | 0;
}

// The five primes of the specification, in halves.
const p1h = 0x9e3779b1;
const p1l = 0x85ebca87;
const p2h = 0xc2b2ae3d;
const p2l = 0x27d4eb4f;
const p3h = 0x165667b1;
const p3l = 0x9e3779f9;
const p4h = 0x85ebca77;
const p4l = 0xc2b2ae63;
const p5h = 0x27d4eb2f;
const p5l = 0x165667c5;

// One hash is made at a time, so its registers can stand here.
const lanes = [new Word(), new Word(), new Word(), new Word()] as const;
const hash = new Word();
const scratch = new Word();

function readLow(octets: string, at: number): number {
  return (
    octets.charCodeAt(at) |
    (octets.charCodeAt(at + 1) << 8) |
    (octets.charCodeAt(at + 2) << 16) |
    (octets.charCodeAt(at + 3) << 24)
  );
}

function round(lane: Word, hi: number, lo: number): Word {
  scratch.set(hi, lo).multiply(p2h, p2l);
  return lane.add(scratch.hi, scratch.lo).rotateLeft(31).multiply(p1h, p1l);
}

function mergeRound(lane: Word): void {
  const { hi, lo } = lane;
  lane.set(0, 0);
  round(lane, hi, lo);
  hash.xor(lane.hi, lane.lo).multiply(p1h, p1l).add(p4h, p4l);
}

/** Whole stripes of 32 octets. @returns where the rest begins */
function takeStripes(octets: string, seedHi: number, seedLo: number): number {
  const [one, two, three, four] = lanes;
  one.set(seedHi, seedLo).add(p1h, p1l).add(p2h, p2l);
  two.set(seedHi, seedLo).add(p2h, p2l);
  three.set(seedHi, seedLo);
  // Less the first prime.
  four.set(seedHi, seedLo).add(~p1h, -p1l);
  let at = 0;
  for (; at + 32 <= octets.length; at += 32) {
    for (let lane = 0; lane < 4; lane++) {
      const from = at + 8 * lane;
      round(lanes[lane] as Word, readLow(octets, from + 4), readLow(octets, from));
    }
  }
  hash.copy(one).rotateLeft(1);
  scratch.copy(two).rotateLeft(7);
  hash.add(scratch.hi, scratch.lo);
  scratch.copy(three).rotateLeft(12);
  hash.add(scratch.hi, scratch.lo);
  scratch.copy(four).rotateLeft(18);
  hash.add(scratch.hi, scratch.lo);
  for (const lane of lanes) mergeRound(lane);
  return at;
}

/** Less than a stripe. */
function takeRest(octets: string, from: number): void {
  const lane = lanes[0];
  let at = from;
  for (; at + 8 <= octets.length; at += 8) {
    round(lane.set(0, 0), readLow(octets, at + 4), readLow(octets, at));
    hash.xor(lane.hi, lane.lo).rotateLeft(27).multiply(p1h, p1l).add(p4h, p4l);
  }
  if (at + 4 <= octets.length) {
    scratch.set(0, readLow(octets, at)).multiply(p1h, p1l);
    hash.xor(scratch.hi, scratch.lo).rotateLeft(23).multiply(p2h, p2l).add(p3h, p3l);
    at += 4;
  }
  for (; at < octets.length; at++) {
    scratch.set(0, octets.charCodeAt(at)).multiply(p5h, p5l);
    hash.xor(scratch.hi, scratch.lo).rotateLeft(11).multiply(p1h, p1l);
  }
}

/** The hash of a text in the register `hash`. */
function hashText(octets: string, seedHi: number, seedLo: number): void {
  let at = 0;
  if (octets.length >= 32) at = takeStripes(octets, seedHi, seedLo);
  else hash.set(seedHi, seedLo).add(p5h, p5l);
  hash.add(0, octets.length);
  takeRest(octets, at);
  hash.mixShifted(33).multiply(p2h, p2l).mixShifted(29).multiply(p3h, p3l).mixShifted(32);
}

/**
 * @param octets one character for each octet, as all texts of the data path
 * @param seed unsigned, of 64 bits
 * @returns unsigned, of 64 bits
 */
export function xxHash64(octets: string, seed = 0n): bigint {
  if (seed === 0n) hashText(octets, 0, 0);
  else hashText(octets, Number(seed >> 32n) | 0, Number(seed & 0xffffffffn) | 0);
  return (BigInt(hash.hi >>> 0) << 32n) | BigInt(hash.lo >>> 0);
}

/** The same with the seed 0, for many texts: without a `bigint`. @param halves gets the upper and the lower half */
export function xxHash64Halves(octets: string, halves: HashHalves): void {
  hashText(octets, 0, 0);
  halves.hi = hash.hi >>> 0;
  halves.lo = hash.lo >>> 0;
}

/** A hash of 64 bits in two unsigned numbers of 32. */
export interface HashHalves {
  hi: number;
  lo: number;
}
