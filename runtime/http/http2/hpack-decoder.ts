/**
 * HPACK, reading side (RFC 7541). One per connection and direction; every header block of the connection must go through
 * it, in order, also those that nobody wants any more.
 */
import type { HeaderField } from './header-field.js';
import { headerField } from './header-field.js';
import { huffmanDecode } from './huffman.js';
import { findLiteral, keepLiteral, maxCachedOctets } from './literal-cache.js';
import { staticTable, staticTableSize } from './static-table.js';

/** How a block was read. */
export const DECODED = 0;
/** A connection error COMPRESSION_ERROR: the two tables do not agree any more. */
export const BROKEN = 1;
/** Read to its end, so the tables agree, but it has more fields or octets than allowed; `fields` is cut. */
export const TOO_LARGE = 2;
export const TOO_MANY = 3;

/** Integers are below this: nothing of a header is as large. */
const maxInteger = 2 ** 28;

export class HpackDecoder {
  /** Of the last block. */
  readonly fields: HeaderField[] = [];
  /** The newest entry is the last. Entries before `first` are gone. */
  private entries: HeaderField[] = [];
  private first = 0;
  private size = 0;
  private capacity: number;
  /** SETTINGS_HEADER_TABLE_SIZE of ours that the peer has acknowledged, or may know. */
  private readonly maxCapacity: number;
  private readonly maxOctets: number;
  private readonly maxFields: number;
  // The cursor of the block being read.
  private at = 0;
  private end = 0;
  private bytes: Buffer = empty;
  private broken = false;

  /**
   * @param tableSize what our SETTINGS say
   * @param maxOctets limit of names and values together (`max_request_headers_kb`)
   * @param maxFields limit of fields, pseudo headers included (`max_headers_count`)
   */
  constructor(tableSize: number, maxOctets: number, maxFields: number) {
    this.capacity = tableSize;
    this.maxCapacity = tableSize;
    this.maxOctets = maxOctets;
    this.maxFields = maxFields;
  }

  /** Reads one whole block into `fields`. */
  decode(bytes: Buffer, start: number, end: number): number {
    const { fields } = this;
    fields.length = 0;
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.broken = false;
    let octets = 0;
    let result = DECODED;
    let mayResize = true;
    while (this.at < end) {
      const first = bytes[this.at] as number;
      let field: HeaderField | undefined;
      if (first >= 0x80) {
        field = this.entry(this.integer(7));
      } else if ((first & 0xe0) === 0x20) {
        // Only at the start of a block (RFC 7541 section 4.2).
        const capacity = this.integer(5);
        if (!mayResize || this.broken || capacity > this.maxCapacity) return this.fail();
        this.capacity = capacity;
        this.evict(0);
        continue;
      } else {
        const indexing = (first & 0x40) !== 0;
        // What must never be indexed is not kept here either.
        field = this.literal(this.integer(indexing ? 6 : 4), (first & 0xf0) !== 0x10);
        if (field !== undefined && indexing) this.add(field);
      }
      if (field === undefined || this.broken) return this.fail();
      mayResize = false;
      if (result !== DECODED) continue;
      octets += field.size - 32;
      if (octets > this.maxOctets) result = TOO_LARGE;
      else if (fields.length >= this.maxFields) result = TOO_MANY;
      else fields.push(field);
    }
    this.bytes = empty;
    return result;
  }

  private fail(): number {
    this.bytes = empty;
    return BROKEN;
  }

  private entry(index: number): HeaderField | undefined {
    if (index <= staticTableSize) return staticTable[index];
    const at = this.entries.length - (index - staticTableSize);
    return at >= this.first ? this.entries[at] : undefined;
  }

  private literal(nameIndex: number, mayCache: boolean): HeaderField | undefined {
    const { bytes } = this;
    const start = this.at;
    const nameOf = nameIndex === 0 ? undefined : this.entry(nameIndex);
    if (nameIndex !== 0 && nameOf === undefined) return undefined;
    const end = mayCache ? this.literalEnd(nameIndex === 0 ? 2 : 1) : -1;
    if (end > 0) {
      const found = findLiteral(bytes, start, end, nameOf);
      if (found !== undefined) {
        this.at = end;
        return found;
      }
    }
    const name = nameOf === undefined ? this.string() : nameOf.name;
    const value = this.string();
    if (name === undefined || value === undefined) return undefined;
    const field = headerField(name, value);
    if (end > 0) keepLiteral(bytes, start, end, nameOf, field);
    return field;
  }

  /** Where one or two short texts end, -1 when they are not short. */
  private literalEnd(texts: number): number {
    let at = this.at;
    for (let left = texts; left > 0; left--) {
      if (at >= this.end) return -1;
      const length = (this.bytes[at] as number) & 0x7f;
      if (length === 0x7f) return -1;
      at += 1 + length;
    }
    return at <= this.end && at - this.at <= maxCachedOctets ? at : -1;
  }

  /** RFC 7541 section 5.1. @param prefixBits bits of the first octet that belong to the integer */
  private integer(prefixBits: number): number {
    const { bytes, end } = this;
    const mask = (1 << prefixBits) - 1;
    let value = (bytes[this.at++] as number) & mask;
    if (value < mask) return value;
    for (let shift = 0; ; shift += 7) {
      if (this.at >= end || shift > 28) {
        this.broken = true;
        return 0;
      }
      const octet = bytes[this.at++] as number;
      value += (octet & 0x7f) * 2 ** shift;
      if (value > maxInteger) {
        this.broken = true;
        return 0;
      }
      if (octet < 0x80) return value;
    }
  }

  /** RFC 7541 section 5.2. */
  private string(): string | undefined {
    if (this.at >= this.end) return undefined;
    const isHuffman = (this.bytes[this.at] as number) >= 0x80;
    const length = this.integer(7);
    const start = this.at;
    const stop = start + length;
    if (this.broken || stop > this.end) return undefined;
    this.at = stop;
    return isHuffman ? huffmanDecode(this.bytes, start, stop) : this.bytes.toString('latin1', start, stop);
  }

  private add(field: HeaderField): void {
    this.evict(field.size);
    // An entry larger than the table empties it and is not an error (RFC 7541 section 4.4).
    if (field.size > this.capacity) return;
    this.entries.push(field);
    this.size += field.size;
  }

  /** Makes room. */
  private evict(needed: number): void {
    const { entries } = this;
    while (this.size + needed > this.capacity && this.first < entries.length) {
      this.size -= (entries[this.first++] as HeaderField).size;
    }
    // Those that are gone are dropped together, now and then.
    if (this.first > 128 && this.first * 2 > entries.length) {
      this.entries = entries.slice(this.first);
      this.first = 0;
    }
  }
}

const empty = Buffer.alloc(0);
