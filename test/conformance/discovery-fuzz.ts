/**
 * A million DNS packets and a hundred thousand API bodies, random and mutated: no exception, no broken reply, no state
 * that cannot be kept, and no memory that is not given back.
 */
import { fuzzApi, fuzzDns } from '../support/discovery-fuzz.js';

const packets = 1_000_000;
const bodies = 100_000;
/** Caches and the catalog that the bodies made. */
const mostGrowthBytes = 200_000_000;

export async function run(): Promise<{
  readonly passed: number;
  readonly failed: number;
  readonly lines: readonly string[];
}> {
  const before = process.memoryUsage().heapUsed;
  const seed = Date.now() >>> 0;
  const dns = fuzzDns(packets, seed);
  const api = await fuzzApi(bodies, seed);
  const growth = process.memoryUsage().heapUsed - before;
  const lines = [
    `${packets} packets, ${bodies} bodies, seed ${seed}, heap ${(growth / 1e6).toFixed(0)} MB larger`,
    ...dns,
    ...api,
  ];
  const failed = dns.length + api.length + (growth > mostGrowthBytes ? 1 : 0);
  // One for the packets and one for the bodies: how many there were is in the line above.
  return { passed: failed === 0 ? 2 : 0, failed, lines };
}
