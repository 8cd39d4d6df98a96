/**
 * Frames of RFC 6455, as much as short text messages need: no fragments, no extensions, payloads below 64 KiB.
 */

export const text = 1;
export const close = 8;

/** @param mask four random octets: a client has to mask what it sends (section 5.3) */
export function encodeFrame(opcode, payload, mask) {
  const { length } = payload;
  const masked = mask === undefined ? 0 : 0x80;
  const head =
    length < 126
      ? [0x80 | opcode, masked | length]
      : [0x80 | opcode, masked | 126, length >> 8, length & 0xff];
  if (mask === undefined) return Buffer.concat([Buffer.from(head), payload]);
  return Buffer.concat([Buffer.from(head), mask, payload.map((octet, at) => octet ^ mask[at % 4])]);
}

/** @returns a function that takes octets and calls back with each whole frame */
export function frameReader(onFrame) {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      if (rest.length < 2) return;
      const short = rest[1] & 0x7f;
      const isMasked = (rest[1] & 0x80) !== 0;
      let at = 2;
      let length = short;
      if (short === 126) {
        if (rest.length < 4) return;
        length = rest.readUInt16BE(2);
        at = 4;
      }
      const mask = isMasked ? rest.subarray(at, at + 4) : undefined;
      if (isMasked) at += 4;
      if (rest.length < at + length) return;
      const payload = rest.subarray(at, at + length);
      const opcode = rest[0] & 0x0f;
      rest = rest.subarray(at + length);
      onFrame(opcode, mask === undefined ? payload : payload.map((octet, index) => octet ^ mask[index % 4]));
    }
  };
}
