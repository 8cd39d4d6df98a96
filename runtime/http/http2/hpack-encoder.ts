/**
 * HPACK, writing side (RFC 7541). One per connection and direction. Writes latin1 text, one character for each octet, for
 * `WriteQueue`.
 *
 * Fields that are likely to come again are put into the dynamic table, Huffman coded since that is done once. Those whose
 * value is new each time are written as they are: the peer's work and ours is worth more than the octets.
 */
import type { FieldName } from './field-names.js';
import { fieldName, NEVER_INDEXED, OMITTED, PLAIN } from './field-names.js';
import { huffmanEncode } from './huffman.js';
import { staticTableSize } from './static-table.js';

/** Longer ones would take too much of the table. */
const maxIndexedOctets = 512;

/** What may not stand in a value; above 0xff no character is one octet. */
const badValue = /[^\t\x20-\x7e\x80-\xff]/;

interface Entry {
  readonly name: FieldName;
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

/** A value that may be written: text beyond latin1 as UTF-8, control characters out. */
function repaired(value: string): string {
  const octets = /[^\x00-\xff]/.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value;
  return octets.replace(/[^\t\x20-\x7e\x80-\xff]/g, '');
}

export class HpackEncoder {
  /** By the number of the name: the position of each value's entry, counted from the first one ever made. */
  private readonly positions: (Map<string, number> | undefined)[] = [];
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

  /** One field; `''` for one that HTTP/2 does not have. @param name lower case */
  field(name: string, value: string): string {
    const known = fieldName(name);
    const position = this.positions[known.number]?.get(value);
    if (position !== undefined) return integer(0x80, 7, this.indexOf(position));
    const index = known.staticValues?.get(value);
    if (index !== undefined) return String.fromCharCode(0x80 | index);
    return this.literal(known, badValue.test(value) ? repaired(value) : value);
  }

  private literal(name: FieldName, value: string): string {
    const { text, use } = name;
    if (use === OMITTED || (text === 'te' && value !== 'trailers')) return '';
    if (use === NEVER_INDEXED) return this.nameOf(name, 0x10, 4) + plainString(value);
    const size = text.length + value.length + 32;
    if (use === PLAIN || size > maxIndexedOctets || size > this.capacity) {
      return this.nameOf(name, 0, 4) + plainString(value);
    }
    const literal = this.nameOf(name, 0x40, 6) + packedString(value);
    this.add(name, value, size);
    return literal;
  }

  private indexOf(position: number): number {
    return staticTableSize + (this.dropped + this.entries.length - position);
  }

  /** The start of a literal with its name. */
  private nameOf(
    { number, spelling, staticIndex, text }: FieldName,
    pattern: number,
    prefixBits: number,
  ): string {
    if (staticIndex > 0) return integer(pattern, prefixBits, staticIndex);
    const values = this.positions[number];
    if (values !== undefined) {
      for (const position of values.values()) return integer(pattern, prefixBits, this.indexOf(position));
    }
    return String.fromCharCode(pattern) + (spelling === '' ? packedString(text) : spelling);
  }

  private add(name: FieldName, value: string, size: number): void {
    this.evict(size);
    let values = this.positions[name.number];
    if (values === undefined) {
      values = new Map();
      this.positions[name.number] = values;
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
      this.size -= name.text.length + value.length + 32;
      this.positions[name.number]?.delete(value);
    }
    if (this.oldest > 128) {
      entries.splice(0, this.oldest);
      this.dropped += this.oldest;
      this.oldest = 0;
    }
  }
}
