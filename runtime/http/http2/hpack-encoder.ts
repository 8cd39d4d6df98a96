/**
 * HPACK, writing side (RFC 7541). One per connection and direction. Writes latin1 text, one character for each octet, for
 * `WriteQueue`.
 *
 * Fields that are likely to come again are put into the dynamic table, Huffman coded since that is done once. Those whose
 * value is new each time are written as they are: the peer's work and ours is worth more than the octets.
 */
import { huffmanEncode } from './huffman.js';
import { staticFields, staticNames, staticTableSize } from './static-table.js';

/** Their values differ from message to message, and would push out what comes again. */
const neverAgain: ReadonlySet<string> = new Set([
  ':path',
  'age',
  'content-length',
  'content-range',
  'etag',
  'grpc-timeout',
  'if-modified-since',
  'if-none-match',
  'last-modified',
  'location',
  'traceparent',
  'x-b3-spanid',
  'x-b3-traceid',
  'x-client-trace-id',
  'x-request-id',
]);

/** Written so that no intermediary puts them into a table, where their value could be guessed (RFC 7541 section 7.1.3). */
const secret: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'set-cookie',
  // In Envoy, short ones only; a session is no less secret for being long.
  'cookie',
]);

/** Longer ones would take too much of the table. */
const maxIndexedOctets = 512;

interface Entry {
  readonly name: string;
  readonly value: string;
}

/** RFC 7541 section 5.1. @param pattern bits before the prefix */
function integer(pattern: number, prefixBits: number, value: number): string {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) return String.fromCharCode(pattern | value);
  let text = String.fromCharCode(pattern | mask);
  let rest = value - mask;
  for (; rest >= 0x80; rest >>>= 7) text += String.fromCharCode((rest & 0x7f) | 0x80);
  return text + String.fromCharCode(rest);
}

function plainString(text: string): string {
  return integer(0, 7, text.length) + text;
}

function packedString(text: string): string {
  const packed = huffmanEncode(text);
  return packed.length < text.length ? integer(0x80, 7, packed.length) + packed : plainString(text);
}

export class HpackEncoder {
  /** Position of each entry, counted from the first one ever made. */
  private readonly positions = new Map<string, Map<string, number>>();
  private readonly entries: (Entry | undefined)[] = [];
  /** Position of the oldest entry, and how many there were before `entries[0]`. */
  private oldest = 0;
  private dropped = 0;
  private size = 0;
  private capacity: number;
  private readonly maxCapacity: number;
  /** What the next block must begin with. */
  private resize = '';

  /** @param tableSize the most that we use, whatever the peer allows */
  constructor(tableSize: number) {
    this.maxCapacity = tableSize;
    // Until its SETTINGS are read the peer has a table of this size (RFC 9113 section 6.5.2).
    this.capacity = Math.min(4096, tableSize);
    if (this.capacity < 4096) this.resize = integer(0x20, 5, this.capacity);
  }

  /** SETTINGS_HEADER_TABLE_SIZE of the peer. */
  setPeerTableSize(octets: number): void {
    const capacity = Math.min(octets, this.maxCapacity);
    if (capacity === this.capacity) return;
    this.capacity = capacity;
    this.evict(0);
    // Of several changes the peer must see the smallest and the last; each one in its turn does that.
    this.resize += integer(0x20, 5, capacity);
  }

  /** Starts a block. */
  begin(): string {
    const { resize } = this;
    if (resize !== '') this.resize = '';
    return resize;
  }

  /** One field. @param name lower case */
  field(name: string, value: string): string {
    const known = staticFields.get(name)?.get(value);
    if (known !== undefined) return String.fromCharCode(0x80 | known);
    const position = this.positions.get(name)?.get(value);
    if (position !== undefined) return integer(0x80, 7, this.indexOf(position));
    if (secret.has(name)) return this.nameOf(name, 0x10, 4) + plainString(value);
    const size = name.length + value.length + 32;
    if (neverAgain.has(name) || size > maxIndexedOctets || size > this.capacity) {
      return this.nameOf(name, 0, 4) + plainString(value);
    }
    const text = this.nameOf(name, 0x40, 6) + packedString(value);
    this.add(name, value, size);
    return text;
  }

  private indexOf(position: number): number {
    return staticTableSize + (this.dropped + this.entries.length - position);
  }

  /** The start of a literal with its name. */
  private nameOf(name: string, pattern: number, prefixBits: number): string {
    const known = staticNames.get(name);
    if (known !== undefined) return integer(pattern, prefixBits, known);
    const values = this.positions.get(name);
    if (values !== undefined) {
      for (const position of values.values()) return integer(pattern, prefixBits, this.indexOf(position));
    }
    return String.fromCharCode(pattern) + packedString(name);
  }

  private add(name: string, value: string, size: number): void {
    this.evict(size);
    let values = this.positions.get(name);
    if (values === undefined) {
      values = new Map();
      this.positions.set(name, values);
    }
    values.set(value, this.dropped + this.entries.length);
    this.entries.push({ name, value });
    this.size += size;
  }

  private evict(needed: number): void {
    const { entries } = this;
    while (this.size + needed > this.capacity && this.oldest < entries.length) {
      const { name, value } = entries[this.oldest] as Entry;
      entries[this.oldest++] = undefined;
      this.size -= name.length + value.length + 32;
      const values = this.positions.get(name) as Map<string, number>;
      values.delete(value);
      if (values.size === 0) this.positions.delete(name);
    }
    if (this.oldest > 128) {
      entries.splice(0, this.oldest);
      this.dropped += this.oldest;
      this.oldest = 0;
    }
  }
}
