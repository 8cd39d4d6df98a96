/** DNS messages to octets (RFC 1035 section 4, OPT per RFC 6891). */

import { ipOctets } from './ip-octets.js';
import type { DnsMessage, Edns, ResourceRecord } from './message.js';
import { DnsFormatError, typeNumber } from './message.js';
import { nameToLabels } from './name.js';

const OPT = 41;

class Writer {
  octets = Buffer.allocUnsafe(512);
  length = 0;
  /** Where a suffix of labels was written; case counts, so that compression never changes a name. */
  readonly #suffixes = new Map<string, number>();
  readonly #compress: boolean;

  constructor(compress: boolean) {
    this.#compress = compress;
  }

  room(count: number): void {
    if (this.length + count <= this.octets.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.octets.length * 2, this.length + count));
    this.octets.copy(grown, 0, 0, this.length);
    this.octets = grown;
  }

  u8(value: number): void {
    this.room(1);
    this.length = this.octets.writeUInt8(value, this.length);
  }

  u16(value: number): void {
    this.room(2);
    this.length = this.octets.writeUInt16BE(value, this.length);
  }

  u32(value: number): void {
    this.room(4);
    this.length = this.octets.writeUInt32BE(value, this.length);
  }

  bytes(data: Uint8Array): void {
    this.room(data.length);
    this.octets.set(data, this.length);
    this.length += data.length;
  }

  name(name: string, compressible: boolean): void {
    const labels = nameToLabels(name);
    for (let at = 0; at < labels.length; at++) {
      const suffix = JSON.stringify(labels.slice(at));
      const known = this.#suffixes.get(suffix);
      if (known !== undefined && compressible && this.#compress) {
        this.u16(0xc000 | known);
        return;
      }
      if (known === undefined && this.length < 0x4000) this.#suffixes.set(suffix, this.length);
      const label = labels[at]!;
      this.room(label.length + 1);
      this.u8(label.length);
      this.length += this.octets.write(label, this.length, 'latin1');
    }
    this.u8(0);
  }
}

function writeData(writer: Writer, record: ResourceRecord): void {
  switch (record.type) {
    case 'A':
    case 'AAAA': {
      const octets = ipOctets(record.address);
      if (octets?.length !== (record.type === 'A' ? 4 : 16)) {
        throw new DnsFormatError(`"${record.address}" is no address for a record of type ${record.type}`);
      }
      writer.bytes(octets);
      return;
    }
    case 'CNAME':
    case 'NS':
    case 'PTR':
      writer.name(record.target, true);
      return;
    case 'SRV':
      writer.u16(record.priority);
      writer.u16(record.weight);
      writer.u16(record.port);
      // RFC 2782: name compression is not to be used for the target.
      writer.name(record.target, false);
      return;
    case 'TXT':
      for (const text of record.texts) {
        if (text.length > 255) throw new DnsFormatError('text over 255 octets');
        writer.u8(text.length);
        writer.bytes(text);
      }
      return;
    case 'SOA':
      writer.name(record.primary, true);
      writer.name(record.mailbox, true);
      for (const field of ['serial', 'refresh', 'retry', 'expire', 'minimum'] as const) {
        writer.u32(record[field]);
      }
      return;
    default:
      writer.bytes(record.data);
  }
}

function writeRecord(writer: Writer, record: ResourceRecord): void {
  writer.name(record.name, true);
  writer.u16(typeNumber(record.type));
  writer.u16(record.class);
  writer.u32(record.ttl);
  writer.u16(0);
  const start = writer.length;
  writeData(writer, record);
  writer.octets.writeUInt16BE(writer.length - start, start - 2);
}

function writeEdns(writer: Writer, edns: Edns): void {
  writer.u8(0);
  writer.u16(OPT);
  writer.u16(edns.udpSize);
  writer.u8(edns.extendedRcode);
  writer.u8(edns.version);
  writer.u16(edns.dnssecOk ? 0x8000 : 0);
  writer.u16(edns.options.reduce((size, option) => size + 4 + option.data.length, 0));
  for (const option of edns.options) {
    writer.u16(option.code);
    writer.u16(option.data.length);
    writer.bytes(option.data);
  }
}

/**
 * Writes a message. Names are compressed unless `compress` is false; SRV targets never are.
 *
 * @throws DnsFormatError for a name, address or text that has no wire form.
 */
export function encodeMessage(message: DnsMessage, options: { readonly compress?: boolean } = {}): Buffer {
  const writer = new Writer(options.compress ?? true);
  writer.u16(message.id);
  writer.u16(
    (message.response ? 0x8000 : 0) |
      ((message.opcode & 15) << 11) |
      (message.authoritative ? 0x400 : 0) |
      (message.truncated ? 0x200 : 0) |
      (message.recursionDesired ? 0x100 : 0) |
      (message.recursionAvailable ? 0x80 : 0) |
      (message.authenticData ? 0x20 : 0) |
      (message.checkingDisabled ? 0x10 : 0) |
      (message.rcode & 15),
  );
  writer.u16(message.questions.length);
  writer.u16(message.answers.length);
  writer.u16(message.authorities.length);
  writer.u16(message.additionals.length + (message.edns ? 1 : 0));
  for (const question of message.questions) {
    writer.name(question.name, true);
    writer.u16(typeNumber(question.type));
    writer.u16(question.class);
  }
  for (const record of message.answers) writeRecord(writer, record);
  for (const record of message.authorities) writeRecord(writer, record);
  for (const record of message.additionals) writeRecord(writer, record);
  if (message.edns) writeEdns(writer, message.edns);
  return writer.octets.subarray(0, writer.length);
}
