/** Octets to DNS messages. Every read is bounded, and a compression pointer may only point further back. */

import { ipText } from './ip-octets.js';
import type { DnsMessage, Edns, Question, ResourceRecord } from './message.js';
import { DnsFormatError, typeName } from './message.js';
import { labelText } from './name.js';

const OPT = 41;

class Reader {
  at = 0;
  readonly octets: Buffer;

  constructor(octets: Buffer) {
    this.octets = octets;
  }

  need(count: number, end = this.octets.length): void {
    if (this.at + count > end) throw new DnsFormatError(`message ends early, at octet ${this.octets.length}`);
  }

  u8(): number {
    this.need(1);
    return this.octets[this.at++]!;
  }

  u16(): number {
    this.need(2);
    this.at += 2;
    return this.octets.readUInt16BE(this.at - 2);
  }

  u32(): number {
    this.need(4);
    this.at += 4;
    return this.octets.readUInt32BE(this.at - 4);
  }

  bytes(count: number): Buffer {
    this.need(count);
    this.at += count;
    return Buffer.from(this.octets.subarray(this.at - count, this.at));
  }

  name(): string {
    const labels: string[] = [];
    let size = 1;
    let at = this.at;
    // A pointer must point before the part of the name that it ends, so the walk always ends.
    let floor = at;
    let jumped = false;
    for (;;) {
      const length = this.octets[at];
      if (length === undefined) throw new DnsFormatError('name runs over the end of the message');
      if (length === 0) {
        if (!jumped) this.at = at + 1;
        return labels.join('.');
      }
      if (length >= 0xc0) {
        const low = this.octets[at + 1];
        if (low === undefined) throw new DnsFormatError('pointer runs over the end of the message');
        const target = ((length & 0x3f) << 8) | low;
        if (target >= floor) throw new DnsFormatError(`pointer at octet ${at} does not point back`);
        if (!jumped) this.at = at + 2;
        jumped = true;
        at = target;
        floor = target;
        continue;
      }
      if (length > 63) throw new DnsFormatError(`unknown label type at octet ${at}`);
      if (at + 1 + length > this.octets.length) {
        throw new DnsFormatError('label runs over the end of the message');
      }
      size += length + 1;
      if (size > 255) throw new DnsFormatError('name over 255 octets');
      labels.push(labelText(this.octets.toString('latin1', at + 1, at + 1 + length)));
      at += length + 1;
    }
  }
}

function readRecord(
  reader: Reader,
  head: { name: string; class: number; ttl: number },
  type: number,
  end: number,
): ResourceRecord {
  const size = end - reader.at;
  const known = typeName(type);
  switch (known) {
    case 'A':
    case 'AAAA':
      if (size !== (known === 'A' ? 4 : 16)) throw new DnsFormatError(`${known} record of ${size} octets`);
      return { ...head, type: known, address: ipText(reader.bytes(size)) };
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { ...head, type: known, target: reader.name() };
    case 'SRV':
      return {
        ...head,
        type: known,
        priority: reader.u16(),
        weight: reader.u16(),
        port: reader.u16(),
        target: reader.name(),
      };
    case 'TXT': {
      const texts: Uint8Array[] = [];
      while (reader.at < end) {
        const length = reader.u8();
        reader.need(length, end);
        texts.push(new Uint8Array(reader.bytes(length)));
      }
      return { ...head, type: known, texts };
    }
    case 'SOA':
      return {
        ...head,
        type: known,
        primary: reader.name(),
        mailbox: reader.name(),
        serial: reader.u32(),
        refresh: reader.u32(),
        retry: reader.u32(),
        expire: reader.u32(),
        minimum: reader.u32(),
      };
    default:
      return { ...head, type: `TYPE${type}`, data: new Uint8Array(reader.bytes(size)) };
  }
}

function readEdns(reader: Reader, udpSize: number, ttl: number, end: number): Edns {
  const options: { code: number; data: Uint8Array }[] = [];
  while (reader.at < end) {
    reader.need(4, end);
    const code = reader.u16();
    const length = reader.u16();
    reader.need(length, end);
    options.push({ code, data: new Uint8Array(reader.bytes(length)) });
  }
  return {
    udpSize,
    extendedRcode: ttl >>> 24,
    version: (ttl >>> 16) & 255,
    dnssecOk: (ttl & 0x8000) !== 0,
    options,
  };
}

/**
 * Reads a message. Octets behind it are ignored, the first OPT record counts.
 *
 * @throws DnsFormatError when the octets are no whole message.
 */
export function decodeMessage(octets: Uint8Array): DnsMessage {
  const reader = new Reader(Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength));
  const id = reader.u16();
  const flags = reader.u16();
  const counts = [reader.u16(), reader.u16(), reader.u16(), reader.u16()] as const;
  const questions: Question[] = [];
  for (let n = 0; n < counts[0]; n++) {
    questions.push({ name: reader.name(), type: typeName(reader.u16()), class: reader.u16() });
  }
  let edns: Edns | undefined;
  const section = (count: number): ResourceRecord[] => {
    const records: ResourceRecord[] = [];
    for (let n = 0; n < count; n++) {
      const name = reader.name();
      const type = reader.u16();
      const recordClass = reader.u16();
      const ttl = reader.u32();
      const length = reader.u16();
      reader.need(length);
      const end = reader.at + length;
      if (type === OPT) {
        const read = readEdns(reader, recordClass, ttl, end);
        edns ??= read;
      } else {
        records.push(readRecord(reader, { name, class: recordClass, ttl }, type, end));
      }
      if (reader.at !== end) throw new DnsFormatError(`record data of ${name} has the wrong length`);
    }
    return records;
  };
  const answers = section(counts[1]);
  const authorities = section(counts[2]);
  const additionals = section(counts[3]);
  return {
    id,
    response: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    authoritative: (flags & 0x400) !== 0,
    truncated: (flags & 0x200) !== 0,
    recursionDesired: (flags & 0x100) !== 0,
    recursionAvailable: (flags & 0x80) !== 0,
    authenticData: (flags & 0x20) !== 0,
    checkingDisabled: (flags & 0x10) !== 0,
    rcode: flags & 15,
    questions,
    answers,
    authorities,
    additionals,
    edns,
  };
}
