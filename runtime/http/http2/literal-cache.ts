/**
 * Literals that were read before, found by their octets: the usual header of a client or server that does not index it is
 * then neither decoded nor checked again. Measured: 1.5 us of 9 for a small gRPC call behind nginx, which never indexes.
 *
 * Direct-mapped and shared by all connections. A literal enters when its hash was the last one seen at its place, so values
 * that are new each time cost a number and nothing that stays.
 */
import type { HeaderField } from './header-field.js';

const slots = 4096;
/** Longer values are rarely the same. */
export const maxCachedOctets = 128;

interface Entry {
  readonly octets: Uint8Array;
  /** What the name was: its field of the tables, undefined when it is within the octets. */
  readonly nameOf: HeaderField | undefined;
  readonly field: HeaderField;
}

const entries: (Entry | undefined)[] = new Array(slots).fill(undefined);
const lastSeen = new Int32Array(slots);

/** Of the last `findLiteral`, for `keepLiteral`. */
let hash = 0;

/** @param start of the literal's texts, lengths included */
export function findLiteral(
  bytes: Uint8Array,
  start: number,
  end: number,
  nameOf: HeaderField | undefined,
): HeaderField | undefined {
  hash = end - start;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  const entry = entries[(hash ^ (hash >>> 15)) & (slots - 1)];
  if (entry === undefined || entry.nameOf !== nameOf || entry.octets.length !== end - start) return undefined;
  const { octets } = entry;
  for (let at = 0; at < octets.length; at++) if (octets[at] !== bytes[start + at]) return undefined;
  return entry.field;
}

/** After a `findLiteral` that has found nothing. */
export function keepLiteral(
  bytes: Uint8Array,
  start: number,
  end: number,
  nameOf: HeaderField | undefined,
  field: HeaderField,
): void {
  const slot = (hash ^ (hash >>> 15)) & (slots - 1);
  if (lastSeen[slot] !== hash) {
    lastSeen[slot] = hash;
    return;
  }
  entries[slot] = { octets: Uint8Array.prototype.slice.call(bytes, start, end), nameOf, field };
}
