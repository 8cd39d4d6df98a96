/**
 * The two messages of `grpc.health.v1` in gRPC's framing (a compression flag and a length before each message), which are
 * too small to need a library of Protocol Buffers.
 */

const flagLength = 5;
/** `HealthCheckRequest.service` and `HealthCheckResponse.status` are both field 1. */
const serviceTag = 0x0a;
const statusTag = 0x08;

/** `HealthCheckResponse.ServingStatus` that means that the service is well. */
export const SERVING = 1;

function varint(value: number): number[] {
  const octets: number[] = [];
  let left = value;
  while (left > 0x7f) {
    octets.push((left & 0x7f) | 0x80);
    left >>>= 7;
  }
  octets.push(left);
  return octets;
}

function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(flagLength);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** @param service `''`: the server as a whole */
export function healthCheckRequest(service: string): Buffer {
  if (service === '') return framed(Buffer.alloc(0));
  const name = Buffer.from(service, 'utf8');
  return framed(Buffer.concat([Buffer.from([serviceTag, ...varint(name.length)]), name]));
}

/** @returns undefined when it is not a number of up to 64 bits */
function readVarint(octets: Buffer, from: number): { value: number; next: number } | undefined {
  let value = 0;
  for (let at = from; at < octets.length && at < from + 10; at++) {
    const octet = octets[at] as number;
    if (at - from < 7) value += (octet & 0x7f) * 2 ** (7 * (at - from));
    if (octet < 0x80) return { value, next: at + 1 };
  }
  return undefined;
}

/** @returns where the field ends, undefined when it does not */
function skip(message: Buffer, wireType: number, from: number): number | undefined {
  switch (wireType) {
    case 0:
      return readVarint(message, from)?.next;
    case 1:
      return from + 8;
    case 2: {
      const length = readVarint(message, from);
      return length === undefined ? undefined : length.next + length.value;
    }
    case 5:
      return from + 4;
    default:
      return undefined;
  }
}

/** The status of a `HealthCheckResponse`, 0 when it has none. @returns undefined when it is no such message */
export function servingStatus(message: Buffer): number | undefined {
  let status = 0;
  let at = 0;
  while (at < message.length) {
    const tag = readVarint(message, at);
    if (tag === undefined || tag.value < 8) return undefined;
    if (tag.value === statusTag) {
      const found = readVarint(message, tag.next);
      if (found === undefined) return undefined;
      status = found.value;
      at = found.next;
      continue;
    }
    const next = skip(message, tag.value & 7, tag.next);
    if (next === undefined || next > message.length) return undefined;
    at = next;
  }
  return status;
}

/** What stands in gRPC's framing so far. */
export interface GrpcFrames {
  readonly messages: readonly Buffer[];
  /** One was compressed, which nobody asked for. */
  readonly hasFlags: boolean;
  /** Octets of a message that is not whole. */
  readonly rest: Buffer;
}

export function readGrpcFrames(octets: Buffer): GrpcFrames {
  const messages: Buffer[] = [];
  let hasFlags = false;
  let at = 0;
  while (octets.length - at >= flagLength) {
    const end = at + flagLength + octets.readUInt32BE(at + 1);
    if (end > octets.length) break;
    if (octets[at] !== 0) hasFlags = true;
    messages.push(octets.subarray(at + flagLength, end));
    at = end;
  }
  return { messages, hasFlags, rest: octets.subarray(at) };
}
