/**
 * The wire format of Protocol Buffers, as far as the few messages need it that the runtime speaks itself.
 */

/** Collects the fields of one message. Absent and empty values are left out, as proto3 does. */
export class ProtobufWriter {
  private readonly parts: Buffer[] = [];

  text(field: number, value: string): this {
    return value === '' ? this : this.octets(field, Buffer.from(value, 'utf8'));
  }

  /** Also for messages inside, empty ones included. */
  octets(field: number, value: Buffer): this {
    this.parts.push(varint(field * 8 + 2), varint(value.length), value);
    return this;
  }

  /** @param value a whole number that is not negative, below 2^53 */
  number(field: number, value: number): this {
    if (value !== 0) this.parts.push(varint(field * 8), varint(value));
    return this;
  }

  /** Zero included. @param value unsigned, of 64 bits */
  fixed64(field: number, value: bigint): this {
    const octets = Buffer.alloc(8);
    octets.writeBigUInt64LE(value);
    this.parts.push(varint(field * 8 + 1), octets);
    return this;
  }

  /** @param value unsigned, of 32 bits */
  fixed32(field: number, value: number): this {
    const octets = Buffer.alloc(4);
    octets.writeUInt32LE(value);
    this.parts.push(varint(field * 8 + 5), octets);
    return this;
  }

  finish(): Buffer {
    return Buffer.concat(this.parts);
  }
}

function varint(value: number): Buffer {
  const octets: number[] = [];
  let left = value;
  while (left > 0x7f) {
    octets.push((left % 0x80) + 0x80);
    left = Math.floor(left / 0x80);
  }
  octets.push(left);
  return Buffer.from(octets);
}

/** Octets that are no message. */
export class ProtobufError extends Error {}

export interface ProtobufField {
  readonly field: number;
  /** Of varints; 64 bits lose what is beyond 2^53. */
  readonly number: number;
  /** Of texts, messages and octets; eight octets of a fixed 64-bit value. */
  readonly octets: Buffer;
}

const none = Buffer.alloc(0);

/** The fields of a message in the order of the octets. @throws ProtobufError */
export function* protobufFields(message: Buffer): Generator<ProtobufField> {
  let at = 0;
  const take = (length: number): Buffer => {
    if (length > message.length - at) throw new ProtobufError('the message is cut off');
    at += length;
    return message.subarray(at - length, at);
  };
  const takeVarint = (): number => {
    let value = 0;
    for (let factor = 1, count = 0; count < 10; factor *= 0x80, count++) {
      const octet = take(1)[0] as number;
      value += (octet & 0x7f) * factor;
      if (octet < 0x80) return value;
    }
    throw new ProtobufError('a number is longer than 64 bits');
  };
  while (at < message.length) {
    const tag = takeVarint();
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { field, number: takeVarint(), octets: none };
        break;
      case 1:
        yield { field, number: 0, octets: take(8) };
        break;
      case 2:
        yield { field, number: 0, octets: take(takeVarint()) };
        break;
      case 5:
        yield { field, number: 0, octets: take(4) };
        break;
      default:
        throw new ProtobufError('a field has no known type');
    }
  }
}

/** `google.protobuf.Struct` as an object. @throws ProtobufError */
export function readStruct(message: Buffer): Record<string, unknown> {
  const struct: Record<string, unknown> = {};
  for (const { field, octets } of protobufFields(message)) {
    if (field !== 1) continue;
    let key = '';
    let value: unknown = null;
    for (const entry of protobufFields(octets)) {
      if (entry.field === 1) key = entry.octets.toString('utf8');
      else if (entry.field === 2) value = readValue(entry.octets);
    }
    struct[key] = value;
  }
  return struct;
}

function readValue(message: Buffer): unknown {
  let value: unknown = null;
  for (const { field, number, octets } of protobufFields(message)) {
    if (field === 2) value = octets.readDoubleLE(0);
    else if (field === 3) value = octets.toString('utf8');
    else if (field === 4) value = number !== 0;
    else if (field === 5) value = readStruct(octets);
    else if (field === 6) value = [...protobufFields(octets)].map((item) => readValue(item.octets));
  }
  return value;
}
