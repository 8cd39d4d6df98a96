import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { xxHash64 } from '../../../runtime/common/xx-hash-64.js';

// The specification's algorithm in plain 64-bit numbers.
const mask = (1n << 64n) - 1n;
const [p1, p2, p3, p4, p5] = [
  11400714785074694791n,
  14029467366897019727n,
  1609587929392839161n,
  9650029242287828579n,
  2870177450012600261n,
] as const;
const rotate = (value: bigint, by: number): bigint =>
  ((value << BigInt(by)) | (value >> BigInt(64 - by))) & mask;
const round = (lane: bigint, input: bigint): bigint => (rotate((lane + input * p2) & mask, 31) * p1) & mask;
const merge = (hash: bigint, lane: bigint): bigint => ((hash ^ round(0n, lane)) * p1 + p4) & mask;

function reference(octets: Buffer, seed: bigint): bigint {
  let at = 0;
  let hash = (seed + p5) & mask;
  if (octets.length >= 32) {
    const lanes = [seed + p1 + p2, seed + p2, seed, seed - p1].map((lane) => BigInt.asUintN(64, lane));
    for (; at + 32 <= octets.length; at += 32) {
      for (const [index, lane] of lanes.entries()) {
        lanes[index] = round(lane, octets.readBigUInt64LE(at + 8 * index));
      }
    }
    const turns = [1, 7, 12, 18];
    hash = lanes.reduce((sum, lane, index) => (sum + rotate(lane, turns[index] as number)) & mask, 0n);
    for (const lane of lanes) hash = merge(hash, lane);
  }
  hash = (hash + BigInt(octets.length)) & mask;
  for (; at + 8 <= octets.length; at += 8) {
    hash = (rotate(hash ^ round(0n, octets.readBigUInt64LE(at)), 27) * p1 + p4) & mask;
  }
  if (at + 4 <= octets.length) {
    hash = (rotate(hash ^ ((BigInt(octets.readUInt32LE(at)) * p1) & mask), 23) * p2 + p3) & mask;
    at += 4;
  }
  for (; at < octets.length; at++) {
    hash = (rotate(hash ^ ((BigInt(octets[at] as number) * p5) & mask), 11) * p1) & mask;
  }
  hash = ((hash ^ (hash >> 33n)) * p2) & mask;
  hash = ((hash ^ (hash >> 29n)) * p3) & mask;
  return hash ^ (hash >> 32n);
}

test('published values', () => {
  assert.is(xxHash64(''), 0xef46db3751d8e999n);
  assert.is(xxHash64('a'), 0xd24ec4f1a98c6e5bn);
  assert.is(xxHash64('abc'), 0x44bc2cf5ad770999n);
  assert.is(xxHash64('Nobody inspects the spammish repetition'), 0xfbcea83c8a378bf1n);
});

test('any octets, any length, any seed: as the specification says', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 130 }), fc.bigInt({ min: 0n, max: mask }), (octets, seed) => {
      const buffer = Buffer.from(octets);
      assert.is(xxHash64(buffer.toString('latin1'), seed), reference(buffer, seed));
    }),
    { numRuns: 500 },
  );
});

test.run();
